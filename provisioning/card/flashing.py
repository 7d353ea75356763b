"""From an image, or from what is on a card already, to a card for one terminal: three kinds of target, one way.

The boot partition is made ready in a file of its own; only when it is whole is anything written to a card or image.
"""

import contextlib
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from kiosk.contract.errors import CardError
from provisioning.card import disks, image, medium, readying, survey, writing
from provisioning.card.fat import Fat
from provisioning.card.folder import Folder
from provisioning.card.medium import Medium
from provisioning.card.preparation import Preparation
from provisioning.card.readying import Ready
from provisioning.card.system import System
from provisioning.card.writing import Progress, Written

_Opening = Callable[[], AbstractContextManager[Medium]]


@dataclass(frozen=True, kw_only=True)
class Job:
    """What is wanted, wherever it goes."""

    preparation: Preparation
    source: Path | None = None
    """An image; None: what is there already is made ready."""
    system: System | None = None
    """None: as the boot partition looks."""
    is_dry: bool = False
    """Everything is looked at, nothing written."""


@dataclass(frozen=True)
class Report:
    """What was done, or with a dry job would be."""

    target: Path
    ready: Ready
    written: Written | None = None
    """Where an image was written: all of it, as it was read back."""


def to_device(
    job: Job,
    path: Path,
    progress: Progress,
    look: Callable[[Path], disks.Disk] = disks.look,
    *,
    may_be_fixed: bool = False,
) -> Report:
    """Writes a card in a reader, or makes the one in it ready; `may_be_fixed`: see `disks.check`.

    Raises:
        CardError: it must not be written, is too small or broken, or the image is not what it should be.
        ConfigurationError: what the preparation names cannot be.
    """
    disk = look(path)
    disks.check(disk, may_be_fixed=may_be_fixed)
    return _to_medium(job, path, lambda: medium.device(path), disk.size, progress)


def to_image(job: Job, path: Path, progress: Progress) -> Report:
    """Makes an image file out of another one, or makes an image file ready. See `to_device`."""
    if path.exists() and not path.is_file():
        raise CardError(f"{path} is no file; a card goes by --device")
    if job.source is None:
        return _to_medium(job, path, lambda: medium.file(path), None, progress)
    if path.exists():
        raise CardError(f"{path} is there already, and is not overwritten")
    part = path.with_name(path.name + ".part")
    try:
        report = _to_medium(job, path, lambda: medium.file(part, is_new=True), None, progress)
        if not job.is_dry:
            part.replace(path)
        return report
    finally:
        part.unlink(missing_ok=True)


def to_folder(job: Job, path: Path) -> Report:
    """Makes a boot partition ready that is mounted. See `to_device`."""
    return Report(path, readying.make(Folder(path), job.preparation, job.system, is_dry=job.is_dry))


def _to_medium(job: Job, path: Path, opening: _Opening, size: int | None, progress: Progress) -> Report:
    with tempfile.TemporaryDirectory(prefix="rundtisch-card-") as place, _plainly(path):
        if job.source is None:
            with opening() as target:
                return _anew(job, path, target, Path(place), progress)
        return _whole(job, path, opening, size, Path(place), progress)


def _whole(job: Job, path: Path, opening: _Opening, size: int | None, place: Path, progress: Progress) -> Report:
    """An image, with the boot partition made ready, over all that is there."""
    source = job.source
    assert source is not None
    found = survey.of_image(source, place, progress)
    if size is not None and size < found.layout.end:
        raise writing.too_small(str(path), size, found.layout.end)
    ready = _ready(job, found.boot, f"the boot partition of {source}")
    if job.is_dry:
        return Report(path, ready)
    with opening() as target, image.opened(source) as opened:
        return Report(path, ready, writing.write(target, opened, found.layout, found.boot, progress))


def _anew(job: Job, path: Path, target: Medium, place: Path, progress: Progress) -> Report:
    """The boot partition that is there, made ready."""
    found = survey.of_medium(target, place, progress)
    before = place / "before"
    shutil.copyfile(found.boot, before)
    ready = _ready(job, found.boot, f"the boot partition of {path}")
    if not job.is_dry:
        writing.exchange(target, found.layout, before, found.boot, progress)
    return Report(path, ready)


def _ready(job: Job, file: Path, name: str) -> Ready:
    boot = Fat(file, name)
    ready = readying.make(boot, job.preparation, job.system, is_dry=False)
    boot.check()
    return ready


@contextlib.contextmanager
def _plainly(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise medium.fault(error, str(path)) from None
