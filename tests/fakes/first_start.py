"""A blank disk with a card in it, for a first start in a chroot: Debian, real apt, pip and systemctl, no network.

The bundle's wheels are what the appliance's disk has installed, packed again; Debian's packages are empty ones.
"""

import subprocess
import zipfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

from provisioning.card import flashing
from provisioning.card.flashing import Job
from provisioning.card.preparation import PACKAGE_LIST, Preparation
from provisioning.card.system import System
from provisioning.release import build, bundle
from provisioning.release.bundle import REQUIREMENTS, SYSTEMD, TOOLS, WHEELS, Manifest
from tests.fakes.appliance import Disk

SERIAL = 7
_SITE = "opt/rundtisch/releases/factory/.venv/lib/python3.11/site-packages"
_PLATFORM = "x86_64-cp311"
_TRIAL = "import pathlib, sys; from kiosk.contract import configuration as c; c.load(pathlib.Path(sys.argv[1]))"
_FOR_ENROLMENT = (
    *("annotated_doc", "annotated_types", "cffi", "click", "cryptography", "msgspec", "pycparser", "pydantic"),
    *("pydantic_core", "segno", "shellingham", "typer", "typing_extensions", "typing_inspection"),
)
_ON_NO_CONSOLE = "[Service]\nStandardInput=null\nStandardOutput=truncate:/run/{unit}.said\n"
_FIRMWARE = {
    "cmdline.txt": "console=serial0,115200 console=tty1 root=x rootwait\n",
    "config.txt": "",
    "kernel8.img": "",
}
_CHROOT = """
disk=$1 layers=$2
shift 2
mkdir -p "$disk/root" "$disk/upper" "$disk/work"
mount -t overlay -o "lowerdir=$layers,upperdir=$disk/upper,workdir=$disk/work" overlay "$disk/root"
mount -t proc proc "$disk/root/proc"
mount --rbind /dev "$disk/root/dev"
mount -t tmpfs tmpfs "$disk/root/run"
exec env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8 chroot "$disk/root" "$@"
"""


class BlankDisk:
    """A system as an image has it, and the card's boot partition."""

    def __init__(self, directory: Path, layers: str) -> None:
        """`layers`: of the appliance; only Debian's own is used."""
        self.disk = Disk(directory, layers.split(":")[-1])
        for name, text in _FIRMWARE.items():
            self.disk.write(f"boot/firmware/{name}", text)
        self.disk.write("etc/hosts", "127.0.0.1\tlocalhost\n127.0.1.1\traspberrypi\n")
        for folder in ("etc/cloud", "etc/NetworkManager/system-connections", "var/tmp"):
            (self.disk.upper / folder).mkdir(parents=True)

    @property
    def boot(self) -> Path:
        return self.disk.upper / "boot/firmware"

    def path(self, path: str) -> Path:
        """What the first start wrote."""
        return self.disk.upper / path.lstrip("/")

    def flash(self, preparation: Preparation, system: System) -> None:
        flashing.to_folder(Job(preparation=preparation, system=system), self.boot)

    def without_console(self, *units: str) -> None:
        """What would be on the screen goes to `/run/{unit}.said`; a machine in a container has no screen."""
        for unit in units:
            self.disk.drop_in(unit, _ON_NO_CONSOLE.format(unit=unit))

    def start(self, *command: str) -> "subprocess.Popen[str]":
        """A command on the system; its children die with it."""
        return subprocess.Popen(
            (
                *("setpriv", "--pdeathsig", "KILL", "--"),
                *("unshare", "--mount", "--pid", "--fork", "--kill-child", "--propagation", "private"),
                *("bash", "-euc", _CHROOT, "chroot", str(self.disk.directory), self.disk.layers),
                *command,
            ),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def run(self, *command: str) -> tuple[int, str]:
        """Exit code and both streams."""
        with self.start(*command) as process:
            said, _ = process.communicate()
            return process.returncode, said


def make_bundle(folder: Path, layers: str) -> Path:
    """Our own wheel and what enrolment needs, our units, and a trial that loads the configuration."""
    ours, wheels, _ = (Path(one) for one in layers.split(":"))
    place = folder / "parts"
    (place / WHEELS).mkdir(parents=True)
    _pack(ours / _SITE, "rundtisch", place / WHEELS)
    for name in _FOR_ENROLMENT:
        _pack(wheels / _SITE, name, place / WHEELS)
    (place / REQUIREMENTS).write_text(build.requirements(place / WHEELS))
    (place / TOOLS).mkdir()
    (place / TOOLS / build.pip_wheel().name).write_bytes(build.pip_wheel().read_bytes())
    subprocess.run(("cp", "-r", Path(__file__).parents[2] / "systemd", place / SYSTEMD), check=True)
    made = datetime.now(UTC).replace(microsecond=0)
    manifest = Manifest(
        version="0.7",
        serial=SERIAL,
        platform=_PLATFORM,
        made=made,
        expires=made + timedelta(days=1),
        files=bundle.hashes_of(place),
        trial=("-c", _TRIAL),
    )
    bundle.pack(place, manifest, folder / "bundle.tar")
    return folder / "bundle.tar"


def make_packages(folder: Path) -> tuple[Path, ...]:
    """Empty packages by the names that a terminal wants."""
    folder.mkdir()
    lines = [line.partition("#")[0].strip() for line in PACKAGE_LIST.read_text().splitlines()]
    made = []
    for name in sorted({line.split("|")[-1] for line in lines if line}):
        tree = folder / name
        (tree / "DEBIAN").mkdir(parents=True)
        control = (
            f"Package: {name}\nVersion: 0.1\nArchitecture: all\nMaintainer: nobody <x@example.org>\nDescription: x\n"
        )
        (tree / "DEBIAN/control").write_text(control)
        made.append(folder / f"{name}_0.1_all.deb")
        subprocess.run(("dpkg-deb", "--build", "-Znone", tree, made[-1]), check=True, capture_output=True)
    return tuple(made)


def _pack(site: Path, name: str, target: Path) -> None:
    """An installed package as a wheel again."""
    about = next(site.glob(f"{name}-*.dist-info"), None)
    if about is None:  # a part of another one by now
        return
    tag = [line for line in (about / "WHEEL").read_text().splitlines() if line.startswith("Tag: ")][-1]  # py2, then py3
    rows = [row for row in (about / "RECORD").read_text().splitlines() if not row.startswith(("..", "/"))]
    kept = [row for row in rows if not row.partition(",")[0].endswith((".pyc", "/INSTALLER", "/REQUESTED", "/RECORD"))]
    file = target / f"{about.name.removesuffix('.dist-info')}-{tag.removeprefix('Tag: ')}.whl"
    with zipfile.ZipFile(file, "w") as wheel:
        for row in kept:
            path = row.split(",")[0]
            wheel.write(site / path, path)
        wheel.writestr(f"{about.name}/RECORD", "\n".join((*kept, f"{about.name}/RECORD,,")) + "\n")
