"""Files that are whole or not there at all, also after a power cut; knows nothing of what is in them."""

import contextlib
import os
import shutil
from collections.abc import Iterator
from pathlib import Path


def write(path: Path, data: bytes, mode: int = 0o600) -> None:
    """Replaces the file in one step that a power cut cannot halve. Makes its folder, for the same readers.

    Raises:
        OSError: the disk is full, read-only or broken; what was there is there still.
    """
    make_folder(path.parent, mode | (mode & 0o444) >> 2)
    new = path.with_name(f".{path.name}.new")
    with contextlib.suppress(FileNotFoundError):
        new.unlink()  # of a life that was cut off
    try:
        with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, mode), "wb") as file:
            file.write(data)
            file.flush()
            os.fchmod(file.fileno(), mode)
            os.fsync(file.fileno())
        new.replace(path)
    except OSError:
        with contextlib.suppress(OSError):
            new.unlink()
        raise
    sync_folder(path.parent)


@contextlib.contextmanager
def whole(folder: Path) -> Iterator[None]:
    """A folder that is made within: what was begun is taken away again where it comes to no end."""
    was_there = folder.is_dir()
    before = {folder, *folder.rglob("*")} if was_there else set()
    try:
        yield
    except BaseException:
        if was_there:
            for path in sorted({*folder.rglob("*")} - before, reverse=True):
                path.rmdir() if path.is_dir() and not path.is_symlink() else path.unlink()
        else:
            shutil.rmtree(folder, ignore_errors=True)
        raise


def destroy(path: Path) -> None:
    """Overwrites the file with zeros and takes it away; nothing happens where there is none.

    What a card's controller has moved elsewhere stays there: the secret must be worthless by now as well.

    Raises:
        OSError: it cannot be written or taken away.
    """
    with contextlib.suppress(FileNotFoundError):
        with path.open("r+b") as file:
            file.write(bytes(os.fstat(file.fileno()).st_size))
            file.flush()
            os.fsync(file.fileno())
        path.unlink()
        sync_folder(path.parent)


def remove(path: Path) -> None:
    """Takes the file away for good; nothing happens where there is none."""
    with contextlib.suppress(FileNotFoundError):
        path.unlink()
        sync_folder(path.parent)


def make_folder(path: Path, mode: int = 0o700) -> None:
    """With all folders above it. Those that are there stay as they are."""
    missing = [one for one in (path, *path.parents) if not one.exists()]
    for folder in reversed(missing):
        folder.mkdir(exist_ok=True)
        folder.chmod(mode)
        sync_folder(folder.parent)


def sync_folder(path: Path) -> None:
    """Names in it that came or went survive a power cut from now on."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
