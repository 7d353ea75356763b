"""Small images as Raspberry Pi OS has them: a partition table, FAT with the firmware's files, ext4."""

import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from provisioning.card.preparation import Preparation
from provisioning.card.software import Software
from provisioning.enrolment import ticket

BOOT_START, BOOT_BYTES = 4 << 20, 40 << 20
ROOT_START, ROOT_BYTES = BOOT_START + BOOT_BYTES, 8 << 20
SIZE = ROOT_START + ROOT_BYTES
CMDLINE = (
    "console=serial0,115200 console=tty1 root=PARTUUID=0b1c2d3e-02 rootfstype=ext4 fsck.repair=yes rootwait resize\n"
)
FIRMWARE = {
    "cmdline.txt": CMDLINE,
    "config.txt": "dtparam=audio=on\ncamera_auto_detect=1\n\n[cm5]\ndtoverlay=dwc2,dr_mode=host\n",
    "kernel8.img": "k",
    "issue.txt": "Raspberry Pi reference 2025-10-01\nGenerated using pi-gen, 0123abc, stage2\n",
}
CLOUD = {"user-data": "#cloud-config\n", "network-config": "# none\n", "meta-data": "instance_id: rpios-image\n"}
TRIXIE, BOOKWORM = FIRMWARE | CLOUD, FIRMWARE
_TABLES = {"dos": ("c", "83"), "gpt": ("EBD0A0A2-B9E5-4433-87C0-68B6B72699C7", "0FC63DAF-8483-4772-8E79-3D69D8477DE4")}


def run(*command: str | Path, said: bytes = b"") -> bytes:
    """The programs of Debian's packages; /usr/sbin is not on everybody's path."""
    words = ["env", "PATH=/usr/sbin:/usr/bin:/sbin:/bin", *map(str, command)]
    return subprocess.run(words, input=said, capture_output=True, check=True).stdout


def make_image(path: Path, files: dict[str, str], table: str = "dos") -> Path:
    """An image at `path` with `files` on its boot partition."""
    size = SIZE + (1 << 20 if table == "gpt" else 0)  # a GPT has a copy of itself at the end
    with path.open("wb") as file:
        file.truncate(size)
    fat, linux = _TABLES[table]
    parts = f"start={BOOT_START // 512}, size={BOOT_BYTES // 512}, type={fat}\n"
    parts += f"start={ROOT_START // 512}, size={ROOT_BYTES // 512}, type={linux}\n"
    run("sfdisk", "--quiet", path, said=f"label: {table}\n{parts}".encode())
    boot = path.with_suffix(".boot")
    with boot.open("wb") as file:
        file.truncate(BOOT_BYTES)
    run("mkfs.vfat", "-F", "32", "-n", "BOOTFS", boot)
    for name, text in files.items():
        run("mcopy", "-i", boot, "-", f"::/{name}", said=text.encode())
    run("dd", f"if={boot}", f"of={path}", "bs=1M", f"seek={BOOT_START >> 20}", "conv=notrunc,sparse", "status=none")
    boot.unlink()
    tree = path.with_suffix(".tree")
    (tree / "etc").mkdir(parents=True)
    (tree / "etc/os-release").write_text("ID=debian\n")
    run("mkfs.ext4", "-q", "-F", "-d", tree, "-E", f"offset={ROOT_START}", path, f"{ROOT_BYTES >> 10}k")
    return path


def boot_file(image: Path, name: str) -> bytes:
    """One file of an image's boot partition, read by mtools and not by ours."""
    return run("mcopy", "-i", f"{image}@@{BOOT_START}", f"::/{name}", "-")


@dataclass(frozen=True)
class Images:
    """Of each system one, not to be written to."""

    trixie: Path
    bookworm: Path
    gpt: Path


@pytest.fixture(scope="session")
def images(tmp_path_factory: pytest.TempPathFactory) -> Images:
    place = tmp_path_factory.mktemp("images")
    return Images(
        make_image(place / "trixie.img", TRIXIE),
        make_image(place / "bookworm.img", BOOKWORM),
        make_image(place / "gpt.img", TRIXIE, "gpt"),
    )


@pytest.fixture
def prepared(tmp_path: Path) -> Preparation:
    """A terminal with a ticket, a configuration and a bundle."""
    bundle = tmp_path / "bundle.tar"
    bundle.write_bytes(bytes(range(256)) * 4096)
    trust = tmp_path / "root.json"
    trust.write_text("{}")
    return Preparation(
        terminal="rathaus.zimmer-2",
        ticket=ticket.new(
            server="https://enrol.example.org",
            fingerprint="ab" * 32,
            token="t" * 43,
            terminal="rathaus.zimmer-2",
            now=datetime(2026, 3, 2, tzinfo=UTC),
            valid_for=timedelta(days=14),
        ),
        settings={"etc/rundtisch/terminal.toml": b"[terminal]\n"},
        software=lambda system: Software(bundle, trust),
    )


@pytest.fixture
def steps() -> list[tuple[str, int, int]]:
    """What a progress was told."""
    return []


@pytest.fixture
def progress(steps: list[tuple[str, int, int]]) -> Callable[[str, int, int], None]:
    return lambda what, done, whole: steps.append((what, done, whole))
