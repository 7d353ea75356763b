"""The boot partition of a Raspberry Pi OS, whichever way it is reached: as a folder (`folder`) or as bytes (`fat`)."""

import io
from pathlib import Path
from typing import BinaryIO, Protocol

_CHUNK = 1 << 20


class Boot(Protocol):
    """A boot partition. Names are paths in it: `cmdline.txt`, `rundtisch/terminal.toml`."""

    name: str

    def names(self) -> frozenset[str]:
        """What lies at its top, in lower case."""

    def read(self, name: str) -> bytes | None:
        """A small file, None where there is none."""

    def write(self, name: str, content: bytes | Path) -> None:
        """Puts a file there, from memory or from another file, makes its folder, and reads it back.

        Raises:
            CardError: there is no room, the partition is damaged or read-only, or it reads back otherwise.
        """

    def remove(self, name: str) -> None:
        """Takes a file or folder away, where there is one."""

    def free_bytes(self) -> int:
        """Room for new files."""


def size_of(content: bytes | Path) -> int:
    """In bytes."""
    return content.stat().st_size if isinstance(content, Path) else len(content)


def reader(content: bytes | Path) -> BinaryIO:
    """The content as a file, at its beginning."""
    return content.open("rb") if isinstance(content, Path) else io.BytesIO(content)


def same(one: BinaryIO, other: BinaryIO) -> bool:
    """Whether both read the same to their ends."""
    while True:
        part = one.read(_CHUNK)
        if part != other.read(_CHUNK):
            return False
        if not part:
            return True
