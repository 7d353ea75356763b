"""The same on block devices of the kernel: loop devices over files, for who is root where the kernel has them."""

import io
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from kiosk.contract.errors import CardError
from provisioning.__main__ import main
from provisioning.card import disks, flashing
from provisioning.card.disks import Disk
from provisioning.card.flashing import Job
from provisioning.card.partitions import HALF_WRITTEN
from provisioning.card.preparation import Preparation
from provisioning.card.writing import Progress
from tests.unit.provisioning.card.conftest import ROOT_START, SIZE, TRIXIE, Images, boot_file, run

Attach = Callable[[Path], Path]
_PLAN = """
central = { broker = "b.example.org", enrolment = "https://b.example.org:8444", ca_file = "ca.pem" }
sites.a = { title = "A", rooms.b = { title = "B" } }
"""


@pytest.fixture
def attach() -> Iterator[Attach]:
    """A loop device over a file."""
    made: list[Path] = []

    def one(file: Path) -> Path:
        try:
            device = Path(run("losetup", "--find", "--show", file).decode().strip())
        except subprocess.CalledProcessError as error:
            pytest.skip(f"no loop devices here: {error.stderr.decode().strip()}")
        made.append(device)
        return device

    yield one
    for device in made:
        run("losetup", "--detach", device)


@pytest.fixture
def mounted(tmp_path: Path) -> Iterator[Callable[..., Path]]:
    """Mounts, until the test is over."""
    made: list[Path] = []

    def one(*arguments: str | Path) -> Path:
        place = tmp_path / f"mount-{len(made)}"
        place.mkdir()
        try:
            run("mount", *arguments, place)
        except subprocess.CalledProcessError as error:
            pytest.skip(f"nothing can be mounted here: {error.stderr.decode().strip()}")
        made.append(place)
        return place

    yield one
    for place in reversed(made):
        run("umount", "--lazy", place)


def _blank(file: Path, size: int) -> Path:
    with file.open("wb") as opened:
        opened.truncate(size)
    return file


def test_a_card_is_written_through_its_device(
    attach: Attach, images: Images, prepared: Preparation, progress: Progress, tmp_path: Path
) -> None:
    """All of it, past the kernel's memory: the file below is asked, and the boot partition made ready again."""
    file = _blank(tmp_path / "card", SIZE + (8 << 20))
    device = attach(file)
    report = flashing.to_device(Job(preparation=prepared, source=images.trixie), device, progress)
    assert report.written is not None
    assert report.written.size == SIZE
    assert file.read_bytes()[ROOT_START:SIZE] == images.trixie.read_bytes()[ROOT_START:]
    assert b"rathaus-zimmer-2" in boot_file(file, "user-data")
    flashing.to_device(Job(preparation=Preparation(terminal="rathaus.zimmer-3")), device, progress)
    run("sync", file)
    assert b"rathaus-zimmer-3" in boot_file(file, "user-data")


def test_a_card_is_not_overwritten_unasked(
    attach: Attach, images: Images, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Where nobody can be asked, somebody has to have said yes."""
    (tmp_path / "plan.toml").write_text(_PLAN)
    (tmp_path / "ca.pem").write_text("-----BEGIN CERTIFICATE-----\n")
    file = _blank(tmp_path / "card", SIZE)
    device = attach(file)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.stdin", io.StringIO())
    assert main(["flash", "a.b", "--device", str(device), "--from", str(images.trixie)]) == 1
    assert f"{device} (no name, 0.1 GB) would be overwritten: say --yes" in capsys.readouterr().err
    assert not file.read_bytes().strip(b"\0")


def test_an_ssd_at_usb_is_written_where_it_was_named_as_one(
    attach: Attach, images: Images, prepared: Preparation, progress: Progress, tmp_path: Path
) -> None:
    """The same disk, but that the kernel says otherwise of it; without being named it is left alone."""
    file = _blank(tmp_path / "ssd", SIZE)
    device = attach(file)
    job = Job(preparation=prepared, source=images.trixie)

    def look(path: Path) -> Disk:
        return replace(disks.look(path), is_card=False, is_usb=True, model="SSD")

    with pytest.raises(CardError, match=f"if you mean this SSD, say --fixed {device}"):
        flashing.to_device(job, device, progress, look)
    assert not file.read_bytes().strip(b"\0")
    flashing.to_device(job, device, progress, look, may_be_fixed=True)
    assert b"rathaus-zimmer-2" in boot_file(file, "user-data")


def test_a_device_that_is_too_small_is_left_alone(
    attach: Attach, images: Images, prepared: Preparation, progress: Progress, tmp_path: Path
) -> None:
    """By what the kernel says of its size."""
    file = _blank(tmp_path / "card", SIZE - (1 << 20))
    device = attach(file)
    with pytest.raises(CardError, match="is too small"):
        flashing.to_device(Job(preparation=prepared, source=images.trixie), device, progress)
    assert not file.read_bytes().strip(b"\0")


def test_a_device_that_fails_is_marked(
    attach: Attach,
    mounted: Callable[..., Path],
    images: Images,
    prepared: Preparation,
    progress: Progress,
) -> None:
    """A disk below it that is full makes the kernel say EIO, as it does of a card that is gone."""
    small = mounted("-t", "tmpfs", "-o", "size=30M", "tmpfs")
    file = _blank(small / "card", SIZE)
    device = attach(file)
    with pytest.raises(CardError, match=r"was pulled out, or does not work any more; the card is unusable"):
        flashing.to_device(Job(preparation=prepared, source=images.trixie), device, progress)
    with file.open("rb") as opened:
        assert opened.read(len(HALF_WRITTEN)) == HALF_WRITTEN


def test_what_the_kernel_holds_is_refused(
    attach: Attach,
    mounted: Callable[..., Path],
    images: Images,
    prepared: Preparation,
    progress: Progress,
    tmp_path: Path,
) -> None:
    """By its own files; and where it was mounted only after these were read, by the kernel itself."""
    file = _blank(tmp_path / "card", SIZE)
    device = attach(file)
    before = disks.look(device)
    run("mkfs.ext4", "-q", device)
    place = mounted(device)
    job = Job(preparation=prepared, source=images.trixie)
    with pytest.raises(CardError, match=rf"is mounted at {place}: unmount it first"):
        flashing.to_device(job, device, progress)

    def stale(path: Path) -> Disk:
        return before

    with pytest.raises(CardError, match=f"{device} is in use: unmount it"):
        flashing.to_device(job, device, progress, look=stale)


def test_a_folder_that_is_read_only_is_refused(
    mounted: Callable[..., Path], prepared: Preparation, tmp_path: Path
) -> None:
    """As the kernel makes a FAT in which it has found a fault."""
    place = mounted("-t", "tmpfs", "-o", "ro", "tmpfs")
    with pytest.raises(CardError, match=r"is read-only: the card is write-protected, or its file system damaged"):
        flashing.to_folder(Job(preparation=prepared), place)


def test_a_folder_without_room_keeps_what_it_had(
    mounted: Callable[..., Path], images: Images, prepared: Preparation
) -> None:
    """It starts as before."""
    place = mounted("-t", "tmpfs", "-o", "size=512k", "tmpfs")
    for name, text in TRIXIE.items():
        (place / name).write_text(text)
    with pytest.raises(CardError, match=r"has 0 MiB free; \d MiB are needed"):
        flashing.to_folder(Job(preparation=prepared), place)
    assert {path.name: path.read_text() for path in place.iterdir()} == TRIXIE
