"""What an image or card is, before anything is done to it; its boot partition comes out as a file to work on."""

import errno
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from kiosk.contract.errors import CardError
from provisioning.card import image, partitions
from provisioning.card.image import CHUNK
from provisioning.card.medium import Medium
from provisioning.card.partitions import HEAD_BYTES, Layout, Partition
from provisioning.card.writing import Progress

_SUPERBLOCK = 2048
_ZEROS = bytes(CHUNK)
_MAX_BOOT_BYTES = 4 << 30
_NO_PI_OS = "is no image of Raspberry Pi OS Lite (64-bit)"


@dataclass(frozen=True)
class Survey:
    """What was found."""

    layout: Layout
    boot: Path
    """A copy of the boot partition; zeros take no room in it."""


def of_image(path: Path, workspace: Path, progress: Progress) -> Survey:
    """Unpacks as much of an image as tells what it is.

    Raises:
        CardError: it is damaged, or no Raspberry Pi OS.
    """
    with image.opened(path) as opened:
        position = 0

        def forwards(offset: int, count: int) -> bytes:
            nonlocal position
            opened.skip(offset - position)
            data = opened.read(count)
            position = offset + len(data)
            progress("reading the image", opened.packed_position, opened.packed_bytes)
            return data

        found = _survey(str(path), forwards, workspace)
        progress("reading the image", opened.packed_bytes, opened.packed_bytes)
        return found


def of_medium(target: Medium, workspace: Path, progress: Progress) -> Survey:
    """Reads the beginning of what was written before.

    Raises:
        CardError: it is no Raspberry Pi OS, or was not written to its end.
        OSError: the medium fails.
    """

    def anywhere(offset: int, count: int) -> bytes:
        progress("reading the boot partition", offset, offset + count)
        return target.read_at(offset, count)

    return _survey(target.name, anywhere, workspace)


def _survey(name: str, read: Callable[[int, int], bytes], workspace: Path) -> Survey:
    """Asks for what it wants in the order in which it lies."""
    layout = partitions.layout(read(0, HEAD_BYTES), name)
    boot = layout.boot
    if boot.length > _MAX_BOOT_BYTES:
        raise CardError(f"{name} {_NO_PI_OS}: its boot partition is larger than 4 GiB")
    copy = workspace / "boot"
    try:
        with copy.open("wb") as file:
            for offset in range(0, boot.length, CHUNK):
                _append(file, _part(read, boot, offset, name))
            file.truncate(boot.length)
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        raise CardError(f"{workspace} has no room for a boot partition: name another folder in $TMPDIR") from None
    if not partitions.is_ext4(read(layout.root.start, _SUPERBLOCK)):
        raise CardError(f"{name} {_NO_PI_OS}: its second partition is no ext4, or damaged")
    return Survey(layout, copy)


def _part(read: Callable[[int, int], bytes], boot: Partition, offset: int, name: str) -> bytes:
    wanted = min(CHUNK, boot.length - offset)
    data = read(boot.start + offset, wanted)
    if len(data) < wanted:
        raise CardError(f"{name} ends within its boot partition: download it again")
    if not offset and not partitions.is_fat(data):
        raise CardError(f"{name} {_NO_PI_OS}: its first partition is no FAT, or damaged")
    return data


def _append(file: BinaryIO, data: bytes) -> None:
    if data == _ZEROS[: len(data)]:
        file.seek(len(data), os.SEEK_CUR)
    else:
        file.write(data)
