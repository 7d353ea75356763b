"""Images as they are downloaded: `.img`, or packed as `.xz`, `.gz` or `.zip`; known by their first bytes.

Reads forwards only, so that nothing has to be unpacked to a disk.
"""

import contextlib
import gzip
import hashlib
import lzma
import os
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, cast

from kiosk.contract.errors import CardError

CHUNK = 4 << 20
_XZ, _GZIP, _ZIP = b"\xfd7zXZ\x00", b"\x1f\x8b", b"PK\x03\x04"


class Image:
    """An opened image; use `opened`."""

    def __init__(self, path: Path, packed: BinaryIO, unpacked: BinaryIO) -> None:
        self.path = path
        self.packed_bytes = os.fstat(packed.fileno()).st_size
        """Size of the file, of which `packed_position` bytes are done."""
        self._packed = packed
        self._unpacked = unpacked

    @property
    def packed_position(self) -> int:
        return self._packed.tell()

    def read(self, count: int) -> bytes:
        """The next `count` unpacked bytes, fewer only at the end.

        Raises:
            CardError: the file is damaged, cut off or cannot be read.
        """
        parts = []
        try:
            while count and (part := self._unpacked.read(count)):
                parts.append(part)
                count -= len(part)
        except (lzma.LZMAError, zlib.error, zipfile.BadZipFile, EOFError, gzip.BadGzipFile):
            raise CardError(f"{self.path} is damaged or not complete: download it again") from None
        except OSError as error:
            raise CardError(f"{self.path}: {error.strerror}") from None
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def skip(self, count: int) -> None:
        """Passes over `count` unpacked bytes."""
        while count and (part := self.read(min(count, CHUNK))):
            count -= len(part)


@contextlib.contextmanager
def opened(path: Path) -> Iterator[Image]:
    """The image in `path`, at its beginning.

    Raises:
        CardError: there is none, or a `.zip` has not exactly one `.img`.
    """
    with contextlib.ExitStack() as stack:
        try:
            packed = cast(BinaryIO, stack.enter_context(path.open("rb")))
            unpacked = _unpacked(path, packed, stack)
        except (zipfile.BadZipFile, NotImplementedError):
            raise CardError(f"{path} is damaged or not complete: download it again") from None
        except OSError as error:
            raise CardError(f"{path}: {error.strerror}") from None
        yield Image(path, packed, unpacked)


def check(path: Path, sha256: str) -> None:
    """Compares the file, as it was downloaded, with the sum its publisher names.

    Raises:
        CardError: it is another, or cannot be read.
    """
    try:
        with path.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise CardError(f"{path}: {error.strerror}") from None
    if found != sha256.strip().lower():
        raise CardError(f"{path} is not the file that was published: its SHA-256 is {found}; download it again")


def _unpacked(path: Path, packed: BinaryIO, stack: contextlib.ExitStack) -> BinaryIO:
    beginning = packed.read(8)
    packed.seek(0)
    if beginning.startswith(_XZ):
        return cast(BinaryIO, stack.enter_context(lzma.LZMAFile(packed)))
    if beginning.startswith(_GZIP):
        return cast(BinaryIO, stack.enter_context(gzip.GzipFile(fileobj=packed)))
    if beginning.startswith(_ZIP):
        archive = stack.enter_context(zipfile.ZipFile(packed))
        names = [name for name in archive.namelist() if name.lower().endswith(".img")]
        if len(names) != 1:
            raise CardError(f"{path}: a .zip needs exactly one .img in it, this one has {len(names)}")
        return cast(BinaryIO, stack.enter_context(archive.open(names[0])))
    return packed
