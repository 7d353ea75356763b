"""Bundles out of a checkout: our wheel, the locked wheels, units, fonts. The same commit makes the same bytes.

Needs a checkout with `.git` and the environment of the tests; never runs on a terminal.
"""

import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import tomllib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from msgspec.structs import replace

from kiosk.contract.errors import ConfigurationError, ReleaseError
from kiosk.contract.update import Cause
from provisioning.release import bundle, platform
from provisioning.release.bundle import REQUIREMENTS, SHARE, SYSTEMD, TOOLS, WHEELS, Manifest
from provisioning.release.platform import Platform

LIFE_DAYS = 365
TRIAL = ("-m", "provisioning.update.trial")
_LOCK = Path("provisioning/lock/runtime.txt")


@dataclass(frozen=True)
class Built:
    """One bundle and the list of its parts beside it."""

    bundle: Path
    parts: Path
    """CycloneDX, JSON."""
    manifest: Manifest


def build(
    checkout: Path,
    target: Path,
    platforms: tuple[Platform, ...],
    *,
    serial: int | None = None,
    days: int = LIFE_DAYS,
    trial: tuple[str, ...] = TRIAL,
) -> tuple[Built, ...]:
    """Builds a bundle a platform from what is committed in `checkout`, into `target`.

    Args:
        checkout: of this repository.
        target: folder for the bundles.
        platforms: for which machines.
        serial: default: the commit's time, as 202611301200.
        days: after the commit, for which a bundle may be installed.
        trial: see `Manifest.trial`.

    Raises:
        ConfigurationError: it is no checkout.
        ReleaseError: pip could not get what is locked.
    """
    made = datetime.fromtimestamp(int(_git(checkout, "log", "-1", "--format=%ct")), UTC)
    with tempfile.TemporaryDirectory(prefix="rundtisch-build-") as place:
        source = Path(place) / "source"
        _copy_source(checkout, source, made)
        folder = Path(place) / "bundle"
        _common_parts(source, folder, made)
        kind = Manifest(
            version=str(tomllib.loads((source / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]),
            serial=serial or int(made.strftime("%Y%m%d%H%M")),
            platform="",
            made=made,
            expires=made + timedelta(days=days),
            files={},
            trial=trial,
        )
        return tuple(_for_platform(source, folder, target, replace(kind, platform=one.name), one) for one in platforms)


def _for_platform(source: Path, folder: Path, target: Path, kind: Manifest, one: Platform) -> Built:
    """`kind`: the manifest, but for the files."""
    ours = {path.name for path in (folder / WHEELS).iterdir()}
    _locked_wheels(source, folder / WHEELS, one)
    (folder / REQUIREMENTS).write_text(requirements(folder / WHEELS), encoding="utf-8")
    manifest = replace(kind, files=bundle.hashes_of(folder))
    file = target / f"rundtisch-{kind.version}-{kind.serial}-{one.name}.tar"
    bundle.pack(folder, manifest, file)
    parts = file.with_suffix(".cdx.json")
    _list_parts(source, folder / REQUIREMENTS, parts)
    for path in (folder / WHEELS).iterdir():  # the next platform's are others
        if path.name not in ours:
            path.unlink()
    return Built(file, parts, manifest)


def requirements(wheels: Path) -> str:
    """Every wheel of the folder by name, version and hash, as pip's `--require-hashes` wants it."""
    lines = []
    for path in sorted(wheels.glob("*.whl")):
        name, version = path.name.split("-")[:2]
        lines.append(f"{name.replace('_', '-')}=={version} --hash=sha256:{bundle.hash_of(path)}")
    return "\n".join(lines) + "\n"


def pip_wheel() -> Path:
    """The wheel of pip that Python's own `venv` uses."""
    folder = sysconfig.get_config_var("WHEEL_PKG_DIR")
    places = [Path(folder)] if folder else []
    places.append(Path(sysconfig.get_path("stdlib")) / "ensurepip" / "_bundled")
    for place in places:
        for path in sorted(place.glob("pip-*.whl")):
            return path
    raise ConfigurationError("Python's own pip is missing: apt-get install python3-venv")


def _git(checkout: Path, *arguments: str) -> str:
    done = subprocess.run(["git", "-C", str(checkout), *arguments], capture_output=True, text=True, check=False)
    if done.returncode:
        raise ConfigurationError(f"{checkout}: no checkout: {done.stderr.strip()}")
    return done.stdout


def _copy_source(checkout: Path, source: Path, made: datetime) -> None:
    """What is committed, with the catalogues of texts compiled."""
    archive = source.with_suffix(".tar")
    source.mkdir()
    _git(checkout, "archive", f"--output={archive}", "HEAD")
    _run(("tar", "--extract", f"--file={archive}", f"--directory={source}"), dict(os.environ))
    for path in source.rglob("*.po"):
        with path.open("rb") as read, path.with_suffix(".mo").open("wb") as written:
            catalogue = read_po(read)
            catalogue.creation_date = catalogue.revision_date = made  # not the moment in which it is compiled
            write_mo(written, catalogue)


def _common_parts(source: Path, folder: Path, made: datetime) -> None:
    """All but the locked wheels."""
    environment = {**os.environ, "SOURCE_DATE_EPOCH": str(int(made.timestamp())), "PYTHONHASHSEED": "0"}
    for name in (WHEELS, TOOLS, SHARE):
        (folder / name).mkdir(parents=True)
    offline = ("wheel", "--no-deps", "--no-index", "--no-build-isolation", "--wheel-dir", str(folder / WHEELS))
    _pip((*offline, str(source)), environment)
    shutil.copy(pip_wheel(), folder / TOOLS)
    shutil.copytree(source / "systemd", folder / SYSTEMD)
    shutil.copy(source / "README.md", folder)
    fonts = folder / SHARE / "rundtisch" / "fonts"
    _run((sys.executable, "-m", "provisioning.fonts", str(fonts)), {**environment, "PYTHONPATH": str(source)})


def _locked_wheels(source: Path, wheels: Path, one: Platform) -> None:
    options = () if one == platform.own() else one.pip_options
    fetch = ("download", "--only-binary=:all:", "--no-deps", "--require-hashes", "--dest", str(wheels), *options)
    _pip((*fetch, "--requirement", str(source / _LOCK)), dict(os.environ))


def _list_parts(source: Path, listed: Path, target: Path) -> None:
    cyclonedx = (
        sys.executable,
        "-m",
        "cyclonedx_py",
        "requirements",
        "--output-reproducible",
        "--output-format",
        "JSON",
    )
    project = ("--pyproject", str(source / "pyproject.toml"), "--output-file", str(target))
    _run((*cyclonedx, *project, str(listed)), dict(os.environ))


def _pip(arguments: tuple[str, ...], environment: dict[str, str]) -> None:
    quiet = ("--disable-pip-version-check", "--no-input", "--quiet")
    _run((sys.executable, "-m", "pip", *arguments, *quiet), environment)


def _run(command: tuple[str, ...], environment: dict[str, str]) -> None:
    done = subprocess.run(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    if done.returncode:
        last = "\n  ".join(done.stdout.strip().splitlines()[-8:])
        raise ReleaseError(Cause.INSTALL_FAILED, f"{' '.join(command[1:4])} …:\n  {last}")
