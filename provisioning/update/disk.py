"""What an update needs of a disk beside `provisioning.durable`: files for others to read, links, and room."""

import contextlib
import shutil
from pathlib import Path

from kiosk.contract.errors import ReleaseError
from kiosk.contract.update import Cause
from provisioning import durable

_PUBLIC = 0o644


def write(path: Path, data: bytes) -> None:
    """Replaces the file in one step, and returns when it is on the disk; others may read it, as the agent does."""
    durable.write(path, data, _PUBLIC)


def link(path: Path, target: str) -> None:
    """Points the symbolic link `path` elsewhere in one step, and returns when that is on the disk."""
    new = path.with_name(path.name + ".new")
    with contextlib.suppress(FileNotFoundError):
        new.unlink()
    new.symlink_to(target)
    new.replace(path)
    durable.sync_folder(path.parent)


def has_space(folder: Path, needed: int) -> bool:
    """Whether the folder's disk has so many bytes left."""
    return shutil.disk_usage(folder).free >= needed


def require_space(folder: Path, needed: int) -> None:
    """Raises ReleaseError where the folder's disk has not so many bytes left."""
    if not has_space(folder, needed):
        free = shutil.disk_usage(folder).free
        raise ReleaseError(Cause.DISK_FULL, f"{folder} has {free >> 20} MB left, {needed >> 20} are needed")
