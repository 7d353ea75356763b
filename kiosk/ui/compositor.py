"""Proof that the compositor lives: it answers on its own socket. Without it frames go nowhere, and nobody notices.

Speaks the one request of Wayland that is needed for that; see wayland.freedesktop.org/docs/html, `wl_display.sync`.
"""

import asyncio
import os
import struct
from pathlib import Path

from kiosk.runtime.life import Life, Pulse

_ASK_S = 3.0
_WITHIN_S = 10.0
_FIRST_WITHIN_S = 60.0
_DISPLAY, _CALLBACK = 1, 2
"""Object ids: the one that everybody begins with, and ours."""
_SYNC = struct.pack("=III", _DISPLAY, 12 << 16, _CALLBACK)
"""Opcode 0, 12 bytes in all: answered when everything before has been done."""
_HEADER_BYTES = 8


def socket_of_ours() -> Path | None:
    """The socket of the compositor that started us; None where the app draws without one."""
    name = os.environ.get("WAYLAND_DISPLAY", "")
    return Path(os.environ.get("XDG_RUNTIME_DIR", ""), name) if name else None


async def watch(path: Path, life: Life) -> None:
    """Asks every few seconds, for ever; while there is no answer nothing beats."""
    pulse = life.pulse("compositor", _FIRST_WITHIN_S)
    while True:
        await answered(path, pulse)
        await asyncio.sleep(_ASK_S)


async def answered(path: Path, pulse: Pulse) -> None:
    """One question; returns with the answer, after which `pulse` beats, or when there is nobody to ask."""
    try:
        reader, writer = await asyncio.open_unix_connection(path)
    except OSError:
        return
    try:
        writer.write(_SYNC)
        await reader.readexactly(_HEADER_BYTES)
        pulse.beat(_WITHIN_S)
    except (OSError, asyncio.IncompleteReadError):
        pass
    finally:
        writer.close()
