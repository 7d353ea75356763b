"""What the app believes of its compositor: an answer, and nothing else."""

import asyncio
import struct
from collections.abc import Awaitable, Callable
from pathlib import Path

from kiosk.runtime.life import Pulse
from kiosk.ui import compositor

PATIENCE_S = 10.0
_Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


class Clock:
    now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


async def is_believed(path: Path, serve: _Serve | None) -> bool:
    """Whether the pulse beats after one question to a socket that `serve` answers."""
    clock = Clock()
    pulse = Pulse("compositor", 10, clock)
    clock.now_s = 11
    assert pulse.is_overdue
    server = await asyncio.start_unix_server(serve, path) if serve else None
    try:
        async with asyncio.timeout(PATIENCE_S):
            await compositor.answered(path, pulse)
    finally:
        if server:
            server.close()
    return not pulse.is_overdue


async def test_who_answers_lives(tmp_path: Path) -> None:
    """As the protocol has it: `wl_display.sync`, answered by `wl_callback.done`."""
    asked: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append(await reader.readexactly(12))
        writer.write(struct.pack("=III", 2, 12 << 16, 7))
        writer.close()

    assert await is_believed(tmp_path / "wayland-0", serve)
    assert asked == [struct.pack("=IHHI", 1, 0, 12, 2)]


async def test_who_hangs_up_or_is_not_there_does_not(tmp_path: Path) -> None:
    """A compositor that crashed."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readexactly(12)
        writer.close()

    assert not await is_believed(tmp_path / "wayland-0", serve)
    assert not await is_believed(tmp_path / "wayland-1", None)
