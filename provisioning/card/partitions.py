"""Where on a card its two partitions lie, from the first MiB of it: MBR (as Raspberry Pi OS has) or GPT.

Knows bytes only; the numbers are those of the UEFI specification, chapter 5.
"""

import struct
import uuid
import zlib
from dataclasses import dataclass

from kiosk.contract.errors import CardError

HEAD_BYTES = 1 << 20
"""So much of a card is in front of its first partition, and holds every table that is read here."""
HALF_WRITTEN = b"rundtisch: this card was not written to its end\n"
"""Stands where the table will be, from before the first byte is written until all are verified."""
_SECTOR = 512
_MBR_SIGNATURE = b"\x55\xaa"
_MBR_FAT = {0x06, 0x0B, 0x0C, 0x0E}
_MBR_LINUX = {0x83}
_MBR_PROTECTIVE = 0xEE
_GPT_FAT = {
    uuid.UUID("c12a7328-f81f-11d2-ba4b-00a0c93ec93b"),  # EFI system
    uuid.UUID("ebd0a0a2-b9e5-4433-87c0-68b6b72699c7"),  # basic data
}
_GPT_LINUX = {
    uuid.UUID("0fc63daf-8483-4772-8e79-3d69d8477de4"),  # Linux data
    uuid.UUID("b921b045-1df0-41c3-af44-4c6f280d3fae"),  # root, arm64
}
_NO_PI_OS = "is no image of Raspberry Pi OS Lite (64-bit)"


@dataclass(frozen=True)
class Partition:
    """One part of a card, in bytes from its beginning."""

    start: int
    length: int
    is_fat: bool
    is_linux: bool

    @property
    def end(self) -> int:
        return self.start + self.length


@dataclass(frozen=True)
class Layout:
    """The two partitions that a terminal starts from."""

    boot: Partition
    root: Partition
    end: int
    """A card must have at least so many bytes."""


def layout(head: bytes, source: str) -> Layout:
    """The layout of the card or image `source`, of which `head` are the first `HEAD_BYTES`.

    Raises:
        CardError: there is no table, it is damaged, or it has no FAT partition with a Linux one behind it.
    """
    if head.startswith(HALF_WRITTEN):
        raise CardError(f"{source} was not written to its end: write it again, with --from IMAGE")
    if head[510:512] != _MBR_SIGNATURE:
        raise CardError(f"{source} {_NO_PI_OS}: it has no partition table")
    found = _mbr(head)
    if found is None:
        found = _gpt(head, source)
    boot = next((one for one in found if one.is_fat), None)
    root = next((one for one in found if one.is_linux and boot and one.start >= boot.end), None)
    if boot is None or root is None:
        raise CardError(f"{source} {_NO_PI_OS}: it needs a FAT partition, and a Linux one behind it")
    if boot.start < HEAD_BYTES:
        raise CardError(f"{source} {_NO_PI_OS}: its first partition begins within the first MiB")
    return Layout(boot, root, max(one.end for one in found))


def is_fat(sector: bytes) -> bool:
    """Whether the first 512 bytes of a partition say that it is FAT."""
    return sector[510:512] == _MBR_SIGNATURE and b"FAT" in (sector[54:57], sector[82:85])


def is_ext4(beginning: bytes) -> bool:
    """Whether the first 2 KiB of a partition hold the superblock of ext2, 3 or 4."""
    return beginning[1024 + 56 : 1024 + 58] == b"\x53\xef"


def _mbr(head: bytes) -> list[Partition] | None:
    """None: the table only says that the real one is a GPT."""
    found = []
    for place in range(446, 510, 16):
        kind = head[place + 4]
        start, count = struct.unpack_from("<II", head, place + 8)
        if kind == _MBR_PROTECTIVE:
            return None
        if kind and count:
            found.append(Partition(start * _SECTOR, count * _SECTOR, kind in _MBR_FAT, kind in _MBR_LINUX))
    return found


def _gpt(head: bytes, source: str) -> list[Partition]:
    header = head[_SECTOR : 2 * _SECTOR]
    size, crc = struct.unpack_from("<II", header, 12)
    first, count, width, entries_crc = struct.unpack_from("<QIII", header, 72)
    is_whole = header.startswith(b"EFI PART") and 92 <= size <= _SECTOR and 128 <= width <= 1024 and count <= 512
    entries = head[first * _SECTOR : first * _SECTOR + count * width] if is_whole else b""
    bare = header[:16] + bytes(4) + header[20:size]
    if not is_whole or zlib.crc32(bare) != crc or zlib.crc32(entries) != entries_crc:
        raise CardError(f"{source}: its partition table (GPT) is damaged; take the image anew")
    found = []
    for place in range(0, len(entries), width):
        kind = uuid.UUID(bytes_le=entries[place : place + 16])
        start, last = struct.unpack_from("<QQ", entries, place + 32)
        if kind.int:
            length = (last - start + 1) * _SECTOR
            found.append(Partition(start * _SECTOR, length, kind in _GPT_FAT, kind in _GPT_LINUX))
    return sorted(found, key=lambda one: one.start)
