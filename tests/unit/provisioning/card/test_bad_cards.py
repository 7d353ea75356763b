"""Cards, images and boot partitions that are not as they should be: each ends in a plain message, none half written."""

import contextlib
import errno
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from kiosk.contract.errors import CardError
from provisioning.card import flashing, image, medium, partitions, survey, writing
from provisioning.card.flashing import Job
from provisioning.card.medium import Medium
from provisioning.card.partitions import HALF_WRITTEN, HEAD_BYTES
from provisioning.card.preparation import Preparation
from provisioning.card.writing import Progress
from tests.fakes.file_limit import no_file_larger_than
from tests.unit.provisioning.card.conftest import (
    BOOT_START,
    FIRMWARE,
    ROOT_START,
    SIZE,
    TRIXIE,
    Images,
    make_image,
    run,
)


class Bad:
    """A card over a file that fails as cards do."""

    def __init__(self, file: Medium, size: int | None = None) -> None:
        self._file = file
        self.name, self.size = "/dev/sdx", size
        self.pulled_at: int | None = None
        """Nothing behind this byte can be written or read."""
        self.forgets_at: int | None = None
        """Says it has written behind this byte, and has not, as cards with a false size do."""

    def write_at(self, offset: int, data: bytes) -> None:
        if self.pulled_at is not None and offset + len(data) > self.pulled_at:
            raise OSError(errno.EIO, "Input/output error")
        self._file.write_at(offset, bytes(len(data)) if self.forgets_at and offset > self.forgets_at else data)

    def read_at(self, offset: int, count: int) -> bytes:
        return self._file.read_at(offset, count)

    def sync(self) -> None:
        self._file.sync()

    def forget(self) -> None:
        self._file.forget()


@pytest.fixture
def card(tmp_path: Path) -> Iterator[Bad]:
    with medium.file(tmp_path / "card", is_new=True) as file:
        yield Bad(file)


def _write(card: Bad, source: Path, progress: Progress, tmp_path: Path) -> None:
    found = survey.of_image(source, tmp_path, progress)
    with image.opened(source) as opened:
        writing.write(card, opened, found.layout, found.boot, progress)


def test_a_card_that_is_pulled_out_is_marked(card: Bad, images: Images, progress: Progress, tmp_path: Path) -> None:
    """Whoever has it next reads why; the image it was to be is not taken for whole."""
    card.pulled_at = 30 << 20
    with pytest.raises(CardError, match=r"was pulled out.*unusable until it is written again") as failed:
        _write(card, images.trixie, progress, tmp_path)
    assert "/dev/sdx" in failed.value.detail
    assert (tmp_path / "card").read_bytes().startswith(HALF_WRITTEN)
    with pytest.raises(CardError, match="not written to its end: write it again"):
        partitions.layout(card.read_at(0, HEAD_BYTES), "/dev/sdx")


def test_a_card_is_good_again_once_it_is_written_again(
    card: Bad, images: Images, progress: Progress, tmp_path: Path
) -> None:
    """The mark goes with the last byte."""
    card.pulled_at = 30 << 20
    with pytest.raises(CardError):
        _write(card, images.trixie, progress, tmp_path)
    card.pulled_at = None
    _write(card, images.trixie, progress, tmp_path)
    assert partitions.layout(card.read_at(0, HEAD_BYTES), "card").boot.start == BOOT_START


def test_a_card_with_a_false_size_is_found_by_reading_back(
    card: Bad, images: Images, progress: Progress, tmp_path: Path
) -> None:
    """It took every byte without a word; where it begins to lie is said."""
    card.forgets_at = ROOT_START - 1
    with pytest.raises(CardError, match=r"reads back otherwise.*at 44 MiB: take another card"):
        _write(card, images.trixie, progress, tmp_path)
    assert (tmp_path / "card").read_bytes().startswith(HALF_WRITTEN)


def test_a_card_that_is_too_small_is_left_alone(card: Bad, images: Images, progress: Progress, tmp_path: Path) -> None:
    """The image's own table says how large it is, before anything is written."""
    card.size = SIZE - 512
    with pytest.raises(CardError, match=r"too small: it has 0\.1 GB, the image needs 0\.1 GB"):
        _write(card, images.trixie, progress, tmp_path)
    assert (tmp_path / "card").read_bytes() == b""


def test_a_card_pulled_out_while_it_is_made_ready_is_marked_too(
    images: Images, prepared: Preparation, progress: Progress, tmp_path: Path
) -> None:
    """Half of a file system is no file system."""
    file = shutil.copyfile(images.trixie, tmp_path / "card")
    changed = tmp_path / "changed"
    with medium.file(file) as opened:
        card = Bad(opened)
        found = survey.of_medium(card, tmp_path, progress)
        shutil.copyfile(found.boot, changed)
        run("mcopy", "-i", changed, "-", "::/new", said=b"x" * (3 << 20))
        card.pulled_at = BOOT_START + (1 << 20)
        with pytest.raises(CardError, match="unusable until it is written again"):
            writing.exchange(card, found.layout, found.boot, changed, progress)
    assert file.read_bytes().startswith(HALF_WRITTEN)


def test_a_disk_that_is_full_is_named(
    images: Images, prepared: Preparation, progress: Progress, tmp_path: Path
) -> None:
    """And no half image is left on it."""
    job = Job(preparation=prepared, source=images.trixie)
    with no_file_larger_than(45 << 20), pytest.raises(CardError, match=r"card\.img.* is full"):
        flashing.to_image(job, tmp_path / "card.img", progress)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["bundle.tar", "root.json"]


def _broken(images: Images, tmp_path: Path, offset: int, data: bytes) -> Path:
    file = shutil.copyfile(images.trixie, tmp_path / "broken.img")
    with file.open("r+b") as opened:
        opened.seek(offset)
        opened.write(data)
    return file


@pytest.mark.parametrize(
    ("offset", "data", "said"),
    [
        (510, b"\0\0", "it has no partition table"),
        (450, b"\x07", "it needs a FAT partition, and a Linux one behind it"),
        (BOOT_START, bytes(512), "its first partition is no FAT"),
        (ROOT_START + 1024, bytes(256), "its second partition is no ext4"),
        (BOOT_START + 32 * 512 + 16, b"\xff\x55" * 512, "is damaged"),
        (BOOT_START + 65, b"\1", "was pulled out while in use"),
    ],
)
def test_an_image_that_is_none_is_refused_before_a_card_is_touched(
    images: Images, prepared: Preparation, progress: Progress, tmp_path: Path, offset: int, data: bytes, said: str
) -> None:
    """A table, FAT, ext4 and a whole file system are looked for."""
    source = _broken(images, tmp_path, offset, data)
    with pytest.raises(CardError, match=said):
        flashing.to_image(Job(preparation=prepared, source=source), tmp_path / "card.img", progress)
    assert not (tmp_path / "card.img").exists()
    with pytest.raises(CardError, match=said):
        flashing.to_image(Job(preparation=prepared), source, progress)


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({"readme.txt": "a camera's card"}, r"no boot partition of Raspberry Pi OS: it has no cmdline\.txt"),
        (TRIXIE | {"kernel7.img": "k"}, r"32 bits: take Raspberry Pi OS Lite \(64-bit\)"),
        ({**FIRMWARE, "cmdline.txt": ""} | {"kernel8.img": "k"}, ""),
    ],
)
def test_another_system_is_refused(
    prepared: Preparation, progress: Progress, tmp_path: Path, files: dict[str, str], said: str
) -> None:
    """The last is as good as none of the others is bad: the check does not refuse everything."""
    source = make_image(tmp_path / "other.img", files)
    job = Job(preparation=prepared, source=source)
    expected = pytest.raises(CardError, match=said) if said else contextlib.nullcontext()
    with expected:
        flashing.to_image(job, tmp_path / "card.img", progress)


def test_a_boot_partition_without_room_is_said_beforehand(
    images: Images, prepared: Preparation, progress: Progress, tmp_path: Path
) -> None:
    """With what is free and what is needed."""
    with (tmp_path / "bundle.tar").open("r+b") as file:
        file.truncate(60 << 20)
    with pytest.raises(CardError, match=r"has 3\d MiB free; 61 MiB are needed for rundtisch/bundle\.tar"):
        flashing.to_image(Job(preparation=prepared, source=images.trixie), tmp_path / "card.img", progress)


@pytest.mark.parametrize(("name", "data"), [("a.xz", b"\xfd7zXZ\0rubbish" * 99), ("a.gz", b"\x1f\x8brubbish" * 99),
                                            ("a.zip", b"PK\3\4rubbish" * 99)])  # fmt: skip
def test_a_damaged_download_is_named(progress: Progress, tmp_path: Path, name: str, data: bytes) -> None:
    """Whatever it is packed with."""
    (tmp_path / name).write_bytes(data)
    with pytest.raises(CardError, match=rf"{name} is damaged or not complete: download it again"):
        survey.of_image(tmp_path / name, tmp_path, progress)


def test_a_download_is_held_to_its_publisher(tmp_path: Path) -> None:
    """By the sum that stands beside it on his page."""
    file = tmp_path / "raspios.img.xz"
    file.write_bytes(b"image")
    image.check(file, "6105D6CC76AF400325E94D588CE511BE5BFDBB73B437DC51ECA43917D7A43E3D\n")
    with pytest.raises(CardError, match="is not the file that was published"):
        image.check(file, "00" * 32)


@pytest.mark.parametrize(
    ("code", "said"),
    [
        (errno.EIO, "pulled out"),
        (errno.ENOMEDIUM, "pulled out"),
        (errno.EROFS, "write-protected"),
        (errno.EBUSY, "unmount it"),
        (errno.EACCES, "be root"),
        (errno.ENOSPC, "is full"),
        (errno.ENOENT, "No such file or directory"),
    ],
)
def test_the_kernels_errors_say_what_to_do(code: int, said: str) -> None:
    """In words; what has none of ours has the system's."""
    assert said in medium.fault(OSError(code, "No such file or directory"), "/dev/sdx").detail
