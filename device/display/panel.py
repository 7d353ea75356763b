"""The panel as the kernel sees it: its connector, its model by EDID, and the touch controllers beside it."""

import hashlib
import re
from pathlib import Path

from msgspec import Struct

_EDID_HEADER = bytes.fromhex("00ffffffffffff00")
_BLOCK = 128
_SERIAL_TEXT = b"\x00\x00\x00\xff"
_DESCRIPTORS = range(54, 126, 18)
_MULTI_TOUCH_X = 0x35
"""ABS_MT_POSITION_X of linux/input-event-codes.h: what has it is a touch panel, or a pad, which no terminal has."""


class Panel(Struct, frozen=True, kw_only=True):
    """What hangs on one connector."""

    connector: str = ""
    """As DRM and Wayland call it: `HDMI-A-1`, `DSI-1`; empty: there is none, or no such driver."""
    screen: str = ""
    """Maker, model and a hash of the serial number; empty where the panel has no EDID."""
    bus: int | None = None
    """Number of the I²C bus in its cable."""


def find(root: Path, connector: str) -> Panel:
    """The panel on this connector, or on the first that is connected."""
    for folder in sorted(root.glob("sys/class/drm/card*-*")):
        name = folder.name.partition("-")[2]
        if connector in ("", name) and _read(folder / "status").strip() == b"connected":
            return Panel(connector=name, screen=screen_of(_read(folder / "edid")), bus=_bus(folder))
    return Panel(connector=connector)


def screen_of(edid: bytes) -> str:
    """`SAM0B5C-1a2b3c4d` of an EDID's first block, VESA E-EDID 1.4; empty for what is none."""
    block = edid[:_BLOCK]
    if len(block) < _BLOCK or not block.startswith(_EDID_HEADER) or sum(block) % 256:
        return ""
    maker = int.from_bytes(block[8:10], "big")
    letters = "".join(chr(ord("A") - 1 + (maker >> shift & 31)) for shift in (10, 5, 0))
    product = int.from_bytes(block[10:12], "little")
    texts = [block[at + 5 : at + 18] for at in _DESCRIPTORS if block[at : at + 4] == _SERIAL_TEXT]
    serial = hashlib.sha256(block[12:16] + b"".join(texts)).hexdigest()[:8]
    return f"{letters}{product:04X}-{serial}" if re.fullmatch("[A-Z]{3}", letters) else ""


def count_touch_panels(root: Path) -> int:
    """How many there are at this moment: some monitors cut the power of theirs when they sleep."""
    found = 0
    for file in root.glob("sys/class/input/event*/device/capabilities/abs"):
        words = _read(file).split()
        try:
            found += bool(words) and int(words[-1], 16) >> _MULTI_TOUCH_X & 1
        except ValueError:
            continue
    return found


def _bus(folder: Path) -> int | None:
    """DRM links the bus as `ddc`, older kernels put it into the connector's folder."""
    names = [(folder / "ddc").resolve().name, *(path.name for path in sorted(folder.glob("i2c-*")))]
    for name in names:
        if match := re.fullmatch(r"i2c-(\d+)", name):
            return int(match[1])
    return None


def _read(file: Path) -> bytes:
    """Empty for what cannot be read: files of the kernel come and go."""
    try:
        return file.read_bytes()
    except OSError:
        return b""
