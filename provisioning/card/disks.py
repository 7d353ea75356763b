"""What the kernel tells about a disk, and whether it may be overwritten. Reads `/sys` and `/proc`, writes nothing."""

import contextlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from kiosk.contract.errors import CardError

_SECTOR = 512
_USB = re.compile(r"usb\d+")
"""A root hub, in the path of all that is behind it."""
_SYSTEM = ("/", "/boot", "/boot/efi", "/boot/firmware", "/usr", "/var", "/home")


@dataclass(frozen=True)
class Disk:
    """A whole disk, as the kernel sees it."""

    path: Path
    model: str
    size: int
    """In bytes; 0 where a reader has no card."""
    is_card: bool
    """Made to be pulled out: the kernel says removable, an SD card, or a loop device over a file."""
    is_usb: bool
    """At the end of a USB cable, as an SSD in a case: fixed to the kernel, and no part of this machine."""
    is_read_only: bool
    mounts: tuple[str, ...]
    """Where it, a partition of it, or what lies on them (LUKS, LVM, RAID) is mounted."""
    is_swap: bool
    holders: tuple[str, ...]
    """What lies on it and is not mounted."""


def look(device: Path, sys: Path = Path("/sys"), proc: Path = Path("/proc")) -> Disk:
    """The facts of `/dev/sdX`, `/dev/mmcblkN` or a link to one; `sys` and `proc` are for tests.

    Raises:
        CardError: that is no disk, or only a partition of one.
    """
    name = _name(device)
    place = (sys / "class/block" / name).resolve()
    if not place.is_dir():
        raise CardError(f"{device} is no disk; `lsblk` shows what there is")
    if (place / "partition").exists():
        raise CardError(f"{device} is a partition: name the whole card, /dev/{place.parent.name}")
    stack = list(_stack(place))
    return Disk(
        path=device,
        model=" ".join(part for part in (_text(place / "device/vendor"), _text(place / "device/model")) if part),
        size=int(_text(place / "size") or 0) * _SECTOR,
        is_card=_is_card(place),
        is_usb=any(_USB.fullmatch(part) for part in place.parts),
        is_read_only=_text(place / "ro") == "1",
        mounts=tuple(sorted({mount for one in stack for mount in _mounts(one, proc)})),
        is_swap=any(_is_swap(one.name, proc) for one in stack),
        holders=tuple(sorted({one.name for one in stack if one.name != name and not (one / "partition").exists()})),
    )


def check(disk: Disk, *, may_be_fixed: bool = False) -> None:
    """Refuses what must not be overwritten.

    Args:
        may_be_fixed: somebody has named this disk, knowing that the kernel calls it fixed; at USB that is enough.

    Raises:
        CardError: with the reason, and what to do.
    """
    if reason := _refusal(disk, may_be_fixed):
        raise CardError(f"{disk.path} {reason}")


def _refusal(disk: Disk, may_be_fixed: bool) -> str:
    if any(mount in _SYSTEM for mount in disk.mounts):
        return "is the disk that this system runs from"
    if disk.is_swap:
        return "holds swap space of this system"
    if disk.mounts:
        return f"is mounted at {', '.join(disk.mounts)}: unmount it first (umount {disk.mounts[0]})"
    if disk.holders:
        return f"is in use by {', '.join(disk.holders)} (LUKS, LVM or RAID)"
    if not disk.is_card and not disk.is_usb:
        return "is a fixed disk; only removable ones are written, and others at USB: SD cards, sticks, SSDs in a case"
    if not disk.is_card and not may_be_fixed:
        return f"is a fixed disk, at USB; if you mean this {disk.model or 'disk'}, say --fixed {disk.path}"
    if not disk.size:
        return "has no card in it"
    if disk.is_read_only:
        return "is write-protected: look at the slide on the card or its adapter"
    return ""


def _name(device: Path) -> str:
    with contextlib.suppress(OSError):
        return device.resolve().name
    return device.name


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return ""


def _is_card(place: Path) -> bool:
    if _text(place / "removable") == "1":
        return True
    # The slot of a laptop is not removable to the kernel, its card is; eMMC on the same bus says MMC.
    return _text(place / "device/type") == "SD" or (place / "loop/backing_file").exists()


def _stack(place: Path) -> Iterator[Path]:
    """The disk, its partitions, and what lies on any of them."""
    yield place
    for below in sorted(place.iterdir()):
        if (below / "partition").exists():
            yield from _stack(below)
    holders = place / "holders"
    for holder in sorted(holders.iterdir()) if holders.is_dir() else ():
        yield from _stack(holder.resolve())


def _mounts(place: Path, proc: Path) -> Iterator[str]:
    """By number; and by name, since some file systems (btrfs) have numbers of their own."""
    number = _text(place / "dev")
    for line in _text(proc / "self/mountinfo").splitlines():
        fields, _, rest = line.partition(" - ")
        words = fields.split()
        source = ([*rest.split(), "", ""])[1]
        if len(words) > 4 and (
            words[2] == number or (source.startswith("/dev/") and _name(Path(source)) == place.name)
        ):
            yield words[4].replace("\\040", " ")


def _is_swap(name: str, proc: Path) -> bool:
    return any(_name(Path(line.split()[0])) == name for line in _text(proc / "swaps").splitlines()[1:] if line.strip())
