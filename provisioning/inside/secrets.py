"""Whether secrets lie where only those who need them can read them, and none is left where it came from."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from provisioning.card.places import SECRET
from provisioning.enrolment import ticket
from provisioning.inside.machine import Machine
from provisioning.outside.verdict import Verdict, fault, ok, skipped

_FOLDERS = ("etc/rundtisch/credentials", "etc/credstore.encrypted", "etc/rundtisch/network")
_SEARCHED = ("etc/rundtisch", "opt/rundtisch", "boot", "var/lib/rundtisch")
_BOOT = ("boot/firmware", "boot")
_MARK = b"PRIVATE KEY-----"
_MOST_BYTES = 16 * 1024
"""A key is smaller."""
_OTHERS = stat.S_IRWXG | stat.S_IRWXO


def check(machine: Machine) -> Iterator[Verdict]:
    """All verdicts on secrets."""
    if os.geteuid() != 0:
        yield skipped("secrets", "permissions", "only root sees them: run it as root")
        return
    yield from (_folder(machine, name) for name in _FOLDERS if machine.path(name).is_dir())
    yield _keys(machine)
    yield _card(machine)


def _folder(machine: Machine, name: str) -> Verdict:
    folder = machine.path(name)
    wide = [path for path in (folder, *folder.iterdir()) if _is_wide(path)]
    if wide:
        names = ", ".join(_plain(machine, path) for path in wide)
        remedy = f"chown -R root: /{name}; chmod -R go= /{name}"
        return fault("secrets", f"/{name}", f"open to others than root: {names}", remedy)
    return ok("secrets", f"/{name}", "root's alone")


def _keys(machine: Machine) -> Verdict:
    """Private keys among all files of ours that others may read."""
    found = [path for name in _SEARCHED for path in _files(machine.path(name)) if _holds_key(path)]
    if found:
        names = ", ".join(_plain(machine, path) for path in found)
        remedy = "remove them, revoke what they opened (provision central enrolment revoke SITE.ROOM), enrol anew"
        return fault("secrets", "keys", f"a private key that others can read: {names}", remedy)
    return ok("secrets", "keys", "no private key that others than root can read")


def _card(machine: Machine) -> Verdict:
    secret = (*SECRET, *(f"{name}.old" for name in SECRET))
    left = [f"{boot}/{name}" for boot in _BOOT for name in (ticket.NAME, *secret)]
    there = [f"/{name}" for name in left if machine.path(name).exists()]
    if there:
        return fault("secrets", "boot partition", f"left on it: {', '.join(there)}", f"shred -u {' '.join(there)}")
    return ok("secrets", "boot partition", "neither ticket, password nor number on it")


def _files(folder: Path) -> Iterator[Path]:
    for place, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if name not in (".venv", "lib")]  # packages carry keys for tests
        yield from (Path(place, name) for name in names)


def _holds_key(path: Path) -> bool:
    try:
        about = path.lstat()
        if not stat.S_ISREG(about.st_mode) or about.st_size > _MOST_BYTES or not _is_wide(path):
            return False
        return _MARK in path.read_bytes()
    except OSError:
        return False


def _is_wide(path: Path) -> bool:
    about = path.lstat()
    return not stat.S_ISLNK(about.st_mode) and bool(about.st_uid or about.st_mode & _OTHERS)


def _plain(machine: Machine, path: Path) -> str:
    return f"/{path.relative_to(machine.root)}"
