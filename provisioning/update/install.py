"""A bundle becomes a version: unpacked, its packages installed by hash, its own test passed. Switches nothing."""

import os
import shutil
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from kiosk.contract.errors import ReleaseError
from kiosk.contract.update import Cause
from provisioning.release import bundle, platform
from provisioning.release.bundle import REQUIREMENTS, SHARE, TOOLS, WHEELS, Manifest
from provisioning.update import disk
from provisioning.update.versions import ENVIRONMENT, Versions

GROWTH = 5
"""Unpacked, with the environment made of it, so many times the bundle."""
RESERVE_BYTES = 32 * 2**20
_INSTALL_S, _TRIAL_S = 1200.0, 180.0
_TAIL = 300
"""Characters of a program's last words that are told."""
_FULL = "No space left on device"


def install(file: Path, versions: Versions, configuration: Path, now: datetime) -> Manifest:
    """Makes a complete version of a bundle that was verified.

    Args:
        file: the bundle.
        versions: where the version goes.
        configuration: the terminal's file, which the new version has to understand.
        now: for the bundle's day of expiry.

    Raises:
        ReleaseError: it is expired, for another machine, damaged, cannot be installed or does not pass its test, or
            the disk is full. Nothing is left of it.
    """
    manifest = bundle.manifest_of(file)
    if manifest.platform != platform.own().name:
        raise ReleaseError(Cause.NOT_FOR_US, f"it is for {manifest.platform}, this is {platform.own().name}")
    if manifest.expires < now.astimezone(UTC):
        raise ReleaseError(Cause.EXPIRED, f"it was to be installed until {manifest.expires:%Y-%m-%d}")
    versions.root.mkdir(parents=True, exist_ok=True)
    needed = file.stat().st_size * GROWTH + RESERVE_BYTES
    if not disk.has_space(versions.root, needed):
        versions.shed(0)  # rather all of the next one loaded than none of it
    disk.require_space(versions.root, needed)
    folder = versions.begin(manifest.serial)
    try:
        bundle.unpack(file, folder)
        _make_environment(folder)
        try_out(folder, manifest, configuration)
        versions.finish(manifest.serial, manifest)
    except OSError as error:
        shutil.rmtree(folder, ignore_errors=True)
        cause = Cause.DISK_FULL if error.errno == 28 else Cause.INSTALL_FAILED
        raise ReleaseError(cause, str(error)) from None
    except ReleaseError:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    versions.shed(manifest.serial)
    return manifest


def try_out(folder: Path, manifest: Manifest, configuration: Path) -> None:
    """The version's own test, without a network. Raises ReleaseError where it fails."""
    command = (str(folder / ENVIRONMENT / "bin" / "python"), *manifest.trial, str(configuration))
    _run(command, Cause.TRIAL_FAILED, _TRIAL_S)


def _make_environment(folder: Path) -> None:
    environment = folder / ENVIRONMENT
    options = ("--without-pip", *(("--system-site-packages",) if _has_system_camera() else ()))
    _run((sys.executable, "-m", "venv", *options, str(environment)), Cause.INSTALL_FAILED, _INSTALL_S)
    pip = next(iter(sorted((folder / TOOLS).glob("pip-*.whl"))), None)
    if pip is None:
        raise ReleaseError(Cause.DAMAGED, "it has no pip")
    offline = ("--isolated", "--no-index", "--find-links", str(folder / WHEELS), "--require-hashes", "--no-deps")
    quiet = ("--disable-pip-version-check", "--no-input", "--no-cache-dir", "--quiet")
    own = (str(environment / "bin" / "python"), f"{pip}/pip", "install", *offline, *quiet)
    _run((*own, "--requirement", str(folder / REQUIREMENTS)), Cause.INSTALL_FAILED, _INSTALL_S)
    if (folder / SHARE).is_dir():
        shutil.copytree(folder / SHARE, environment / "share", dirs_exist_ok=True)


def _has_system_camera() -> bool:
    """On a Pi the camera's library belongs to the system's Python, see setup.sh."""
    system = (getattr(sys, "_base_executable", sys.executable), "-I", "-c", "import picamera2")
    return subprocess.run(system, capture_output=True, check=False).returncode == 0


def _run(command: tuple[str, ...], cause: Cause, timeout_s: float) -> None:
    """In a home of its own, where whatever it writes is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="rundtisch-") as home:
        environment = {
            "PATH": os.environ.get("PATH", "/usr/bin:/bin"),
            "HOME": home,
            "TMPDIR": home,
            "KIVY_HOME": home,
            "KIVY_NO_ARGS": "1",
            "LANG": "C.UTF-8",
        }
        try:
            done = subprocess.run(
                command,
                env=environment,
                cwd=home,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                errors="replace",
                timeout=timeout_s,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise ReleaseError(cause, f"not done after {timeout_s:.0f} s") from None
    if done.returncode:
        said = done.stdout.strip()
        raise ReleaseError(Cause.DISK_FULL if _FULL in said else cause, said[-_TAIL:] or f"exit code {done.returncode}")
