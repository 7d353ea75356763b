"""From an image to a card: files stand in for cards, the programs of Debian judge what came out."""

import gzip
import hashlib
import lzma
import shutil
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from kiosk.contract.errors import CardError
from provisioning.card import flashing
from provisioning.card.flashing import Job
from provisioning.card.preparation import Preparation
from provisioning.card.system import System
from provisioning.card.writing import Progress
from tests.unit.provisioning.card.conftest import BOOT_START, ROOT_START, SIZE, Images, boot_file, run


def _pack(image: Path, kind: str, target: Path) -> Path:
    if kind == "xz":
        target.write_bytes(lzma.compress(image.read_bytes(), preset=0))
    elif kind == "gz":
        target.write_bytes(gzip.compress(image.read_bytes(), 1))
    elif kind == "zip":
        with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
            archive.write(image, "raspios-lite.img")
            archive.writestr("readme.txt", "not this")
    else:
        shutil.copyfile(image, target)
    return target


@pytest.mark.parametrize("kind", ["img", "xz", "gz", "zip"])
def test_an_image_becomes_a_card_for_one_terminal(
    images: Images, prepared: Preparation, progress: Progress, tmp_path: Path, kind: str
) -> None:
    """Packed in whichever way; its root file system is as it was, its boot partition whole and made ready."""
    source = _pack(images.trixie, kind, tmp_path / f"raspios.{kind}")
    target = tmp_path / "card.img"
    report = flashing.to_image(Job(preparation=prepared, source=source), target, progress)
    assert report.written is not None
    assert report.written.size == target.stat().st_size == SIZE
    assert report.written.sha256 == hashlib.sha256(target.read_bytes()).hexdigest()
    assert report.ready.system is System.TRIXIE
    assert target.read_bytes()[ROOT_START:] == images.trixie.read_bytes()[ROOT_START:]
    assert b"token" in boot_file(target, "rundtisch-enrol.toml")
    assert boot_file(target, "rundtisch/bundle.tar") == (tmp_path / "bundle.tar").read_bytes()
    assert b"hostname: rathaus-zimmer-2" in boot_file(target, "user-data")
    boot = tmp_path / "boot"
    boot.write_bytes(target.read_bytes()[BOOT_START:ROOT_START])
    run("fsck.vfat", "-n", boot)


def test_a_table_of_the_newer_kind_is_read_too(
    images: Images, prepared: Preparation, progress: Progress, tmp_path: Path
) -> None:
    """GPT, as images with two root partitions have it."""
    target = tmp_path / "card.img"
    flashing.to_image(Job(preparation=prepared, source=images.gpt), target, progress)
    assert b"hostname" in boot_file(target, "user-data")


def test_bookworm_starts_by_a_script(images: Images, prepared: Preparation, progress: Progress, tmp_path: Path) -> None:
    """Found by what is not on its boot partition."""
    target = tmp_path / "card.img"
    report = flashing.to_image(Job(preparation=prepared, source=images.bookworm), target, progress)
    assert report.ready.system is System.BOOKWORM
    assert b"systemd.run=/boot/firmware/firstrun.sh " in boot_file(target, "cmdline.txt")
    run("bash", "-n", "/dev/stdin", said=boot_file(target, "firstrun.sh"))


def test_what_is_there_is_made_ready_again(
    images: Images, prepared: Preparation, progress: Progress, tmp_path: Path
) -> None:
    """Without an image: for another terminal, nothing of the first is left, and only the boot partition is touched."""
    card = shutil.copyfile(images.trixie, tmp_path / "card.img")
    flashing.to_image(Job(preparation=prepared), card, progress)
    again = replace(prepared, terminal="rathaus.zimmer-3", software=None, ticket=None)
    report = flashing.to_image(Job(preparation=again), card, progress)
    assert {change.name: change.kind for change in report.ready.changes}["user-data"] == "changed"
    assert b"rathaus-zimmer-3" in boot_file(card, "user-data")
    listed = run("mdir", "-b", "-/", "-i", f"{card}@@{BOOT_START}", "::/").decode()
    assert "bundle.tar" not in listed
    assert "enrol" not in listed
    assert card.read_bytes()[:BOOT_START] == images.trixie.read_bytes()[:BOOT_START]
    assert card.read_bytes()[ROOT_START:] == images.trixie.read_bytes()[ROOT_START:]


def test_a_dry_run_writes_nothing_and_sees_the_same(
    images: Images, prepared: Preparation, progress: Progress, tmp_path: Path
) -> None:
    """Neither a new file nor a byte of an old one."""
    card = shutil.copyfile(images.trixie, tmp_path / "card.img")
    job = Job(preparation=prepared, is_dry=True)
    report = flashing.to_image(job, card, progress)
    assert "rundtisch/bundle.tar" in {change.name for change in report.ready.changes}
    assert card.read_bytes() == images.trixie.read_bytes()
    flashing.to_image(replace(job, source=images.trixie), tmp_path / "other.img", progress)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["bundle.tar", "card.img", "root.json"]


def test_the_way_is_told_to_its_end(
    images: Images, prepared: Preparation, progress: Progress, steps: list[tuple[str, int, int]], tmp_path: Path
) -> None:
    """Three parts, each up to all of it and never back."""
    flashing.to_image(Job(preparation=prepared, source=images.trixie), tmp_path / "card.img", progress)
    assert list(dict.fromkeys(what for what, _, _ in steps)) == ["reading the image", "writing", "reading back"]
    for part in ("writing", "reading back"):
        told = [(done, whole) for what, done, whole in steps if what == part]
        assert told == sorted(told)
        assert told[-1][0] == told[-1][1]


def test_an_image_that_is_there_is_not_overwritten(
    images: Images, prepared: Preparation, progress: Progress, tmp_path: Path
) -> None:
    """And a device is no file."""
    target = tmp_path / "mine.img"
    target.write_bytes(b"mine")
    with pytest.raises(CardError, match="is there already"):
        flashing.to_image(Job(preparation=prepared, source=images.trixie), target, progress)
    assert target.read_bytes() == b"mine"
    with pytest.raises(CardError, match="--device"):
        flashing.to_image(Job(preparation=prepared), Path("/dev/null"), progress)


def test_no_file_is_left_of_a_card_that_failed(
    images: Images, prepared: Preparation, progress: Progress, tmp_path: Path
) -> None:
    """An image that is cut off ends in an error, and in no `.part`."""
    source = tmp_path / "cut.xz"
    whole = lzma.compress(images.trixie.read_bytes(), preset=0)
    source.write_bytes(whole[: len(whole) * 9 // 10])
    with pytest.raises(CardError, match="download it again"):
        flashing.to_image(Job(preparation=prepared, source=source), tmp_path / "card.img", progress)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["bundle.tar", "cut.xz", "root.json"]


def test_only_what_may_be_written_is(prepared: Preparation, progress: Progress, tmp_path: Path) -> None:
    """The disk of this very system, by what this very kernel says."""
    with Path("/proc/self/mountinfo").open() as mounts:
        number = next((line.split()[2] for line in mounts if line.split()[4] == "/"), "0:0")
    place = Path(f"/sys/dev/block/{number}")
    if not place.exists():
        pytest.skip("the root of this system is on no disk of its own")
    disk = place.resolve()
    name = disk.parent.name if (disk / "partition").exists() else disk.name
    with pytest.raises(CardError, match="this system runs from"):
        flashing.to_device(Job(preparation=prepared), Path("/dev") / name, progress)
