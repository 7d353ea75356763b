"""Loops on their way to one peer. A closed gate sends nothing; aiortc's sender stays with its track all the same."""

import asyncio
from collections.abc import Callable
from fractions import Fraction
from typing import Any, TypeAlias

import av
from aiortc import MediaStreamTrack
from aiortc.mediastreams import MediaStreamError

from kiosk.desk.robot.loops import Loop

Packet: TypeAlias = "av.Packet[Any]"


class LoopTrack(MediaStreamTrack):
    """Plays a loop at its own pace, from its first piece whenever the gate opens or the peer asks for a keyframe."""

    def __init__(self, kind: str) -> None:
        super().__init__()
        self.kind = kind
        self._make: Callable[[], Loop] | None = None
        self._is_open = asyncio.Event()
        self._next = 0
        self._ticks = 0
        self._due_s = 0.0

    def play(self, make: Callable[[], Loop]) -> None:
        """What to play, asked for as soon as the gate is open, again and again: the same loop every time."""
        self._make = make

    def set_open(self, is_open: bool) -> None:
        if is_open and not self._is_open.is_set():
            self.restart()
            self._is_open.set()
        elif not is_open:
            self._is_open.clear()

    def restart(self) -> None:
        """Goes on with the first piece, which is a keyframe."""
        self._next = 0

    async def recv(self) -> Packet:
        clock = asyncio.get_running_loop().time
        while True:
            await self._is_open.wait()
            if self.readyState != "live":
                raise MediaStreamError
            assert self._make is not None, "opened before it has something to play"
            loop, now_s = self._make(), clock()
            if now_s - self._due_s > 0.5:
                # The gate was closed, or the process slept: the RTP clock jumps with the time.
                self._ticks += int(min(now_s - self._due_s, 3600.0) * loop.clock_hz) if self._due_s else 0
                self._due_s = now_s
            await asyncio.sleep(self._due_s - now_s)
            if self._is_open.is_set():
                return self._piece(loop)

    def _piece(self, loop: Loop) -> Packet:
        packet = av.Packet(loop.pieces[self._next])
        packet.pts, packet.time_base = self._ticks, Fraction(1, loop.clock_hz)
        self._next = (self._next + 1) % len(loop.pieces)
        self._ticks += loop.ticks
        self._due_s += 1 / loop.per_s
        return packet

    def stop(self) -> None:
        super().stop()
        self._is_open.set()
