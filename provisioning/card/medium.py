"""What is written to: a file, or a card in a reader. Both sides of writing meet at `Medium`.

Raises `OSError` as the kernel does; `fault` turns it into a sentence.
"""

import contextlib
import errno
import fcntl
import mmap
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

from kiosk.contract.errors import CardError

_BLKRRPART = 0x125F
_BLKFLSBUF = 0x1261
_DIRECT_BYTES = 1 << 20
_GONE = {errno.EIO, errno.ENODEV, errno.ENXIO, errno.ENOMEDIUM, errno.EREMOTEIO, errno.ESHUTDOWN}
_SENTENCES = {
    errno.EBUSY: "is in use: unmount it, and close what has it open",
    errno.ENOSPC: "is full",
    errno.EFBIG: "is full: no file may become larger here",
    errno.EROFS: "is write-protected: look at the slide on the card or its adapter",
    errno.EACCES: "may not be written by you: be root (sudo), or of the group disk",
    errno.EPERM: "may not be written: it is write-protected, or you are not root",
}


class Medium(Protocol):
    """Bytes with a beginning and an end."""

    name: str
    size: int | None
    """In bytes; None: it grows as it is written."""

    def write_at(self, offset: int, data: bytes) -> None:
        """Writes all of `data`."""

    def read_at(self, offset: int, count: int) -> bytes:
        """`count` bytes, fewer only at the end."""

    def sync(self) -> None:
        """Returns when everything is on the medium, or raises what kept it from there."""

    def forget(self) -> None:
        """Reads come from the medium itself from now on, not from memory."""


class _Opened:
    """A medium behind a file descriptor."""

    def __init__(self, path: Path, descriptor: int, size: int | None) -> None:
        self.name = str(path)
        self.size = size
        self._descriptor = descriptor
        self._direct: int | None = None

    def write_at(self, offset: int, data: bytes) -> None:
        view = memoryview(data)
        while view:
            written = os.pwrite(self._descriptor, view, offset)
            offset += written
            view = view[written:]

    def read_at(self, offset: int, count: int) -> bytes:
        if self._direct is not None:
            return _read_direct(self._direct, offset, count)
        return os.pread(self._descriptor, count, offset)

    def sync(self) -> None:
        os.fsync(self._descriptor)

    def forget(self) -> None:
        os.posix_fadvise(self._descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
        with contextlib.suppress(OSError):  # no block device, or not root
            fcntl.ioctl(self._descriptor, _BLKFLSBUF)
        if self._direct is None:
            with contextlib.suppress(OSError):  # tmpfs and some others cannot
                self._direct = os.open(self.name, os.O_RDONLY | os.O_DIRECT | os.O_CLOEXEC)

    def close(self) -> None:
        for descriptor in (self._descriptor, self._direct):
            if descriptor is not None:
                os.close(descriptor)


@contextlib.contextmanager
def device(path: Path) -> Iterator[Medium]:
    """A card in a reader. While it is open nobody can mount it: the kernel refuses both, whoever comes second.

    Raises:
        OSError: `EBUSY`: something of it is mounted, or in other use.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_EXCL | os.O_CLOEXEC)
    opened = _Opened(path, descriptor, os.lseek(descriptor, 0, os.SEEK_END))
    try:
        yield opened
    finally:
        with contextlib.suppress(OSError):  # the kernel's view of its partitions; not of all devices
            fcntl.ioctl(descriptor, _BLKRRPART)
        opened.close()


@contextlib.contextmanager
def file(path: Path, *, is_new: bool = False) -> Iterator[Medium]:
    """An image file; a new one is made, and takes the place of an old one."""
    flags = os.O_CREAT | os.O_TRUNC if is_new else 0
    descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC | flags, 0o600)
    opened = _Opened(path, descriptor, None if is_new else os.fstat(descriptor).st_size)
    try:
        yield opened
    finally:
        opened.close()


def fault(error: OSError, name: str) -> CardError:
    """What an error of the kernel means, and what to do."""
    code = error.errno or 0
    if code in _GONE:
        return CardError(f"{name} was pulled out, or does not work any more")
    return CardError(f"{name} {_SENTENCES.get(code) or error.strerror or error}")


def _read_direct(descriptor: int, offset: int, count: int) -> bytes:
    """Past the kernel's memory. The buffer is a page's, as O_DIRECT wants; so are offsets and counts made."""
    start = offset - offset % mmap.PAGESIZE
    parts = []
    with mmap.mmap(-1, _DIRECT_BYTES) as buffer:
        place = start
        while place < offset + count:
            got = os.preadv(descriptor, [buffer], place)
            if not got:
                break
            parts.append(buffer[:got])
            place += got
            if got % mmap.PAGESIZE:
                break  # the end of the medium
    return b"".join(parts)[offset - start : offset - start + count]
