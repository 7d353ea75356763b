"""A boot partition that the system has mounted, as after Raspberry Pi Imager."""

import contextlib
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from kiosk.contract.errors import CardError
from provisioning.card import boot, medium

_CHUNK = 1 << 20


class Folder:
    """See `Boot`. Each file appears whole or not at all."""

    def __init__(self, path: Path) -> None:
        self.name = str(path)
        self._path = path
        if not path.is_dir():
            raise CardError(f"{path} is no folder: name the one where the card's boot partition is mounted")
        if os.statvfs(path).f_flag & os.ST_RDONLY:
            raise CardError(f"{path} is read-only: the card is write-protected, or its file system damaged (fsck.vfat)")

    def names(self) -> frozenset[str]:
        with self._plainly():
            return frozenset(entry.name.lower() for entry in self._path.iterdir())

    def read(self, name: str) -> bytes | None:
        with self._plainly():
            try:
                return (self._path / name).read_bytes()
            except (FileNotFoundError, NotADirectoryError):
                return None

    def write(self, name: str, content: bytes | Path) -> None:
        target = self._path / name
        part = target.with_name(target.name + ".new")
        with self._plainly():
            try:
                target.parent.mkdir(parents=True, exist_ok=True)
                _write(part, content)
                with part.open("rb") as written, boot.reader(content) as wanted:
                    is_equal = boot.same(written, wanted)
                if is_equal:
                    part.replace(target)
            finally:
                part.unlink(missing_ok=True)
            _sync(target.parent)
        if not is_equal:
            raise CardError(f"{target} reads back otherwise than it was written: take another card")

    def remove(self, name: str) -> None:
        target = self._path / name
        with self._plainly():
            if target.is_dir():
                shutil.rmtree(target)
            else:
                target.unlink(missing_ok=True)

    def free_bytes(self) -> int:
        with self._plainly():
            return shutil.disk_usage(self._path).free

    @contextlib.contextmanager
    def _plainly(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise medium.fault(error, self.name) from None


def _write(target: Path, content: bytes | Path) -> None:
    """Returns when it is on the card, and forgotten by the kernel, so that it is the card that is read back."""
    with target.open("wb") as file, boot.reader(content) as source:
        shutil.copyfileobj(source, file, _CHUNK)
        file.flush()
        os.fsync(file.fileno())
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
