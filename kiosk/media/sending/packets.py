"""Encoded packets on their way to one peer: a track whose gate opens and closes, which forgets rather than piles up.

The track stays with its sender for the life of the peer connection: aiortc's sender waits in `recv` and would not look
for another track, so mute and camera off close the gate instead of replacing the track.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Any, TypeAlias

import av
from aiortc import MediaStreamTrack
from aiortc.mediastreams import MediaStreamError

Packet: TypeAlias = "av.Packet[Any]"

_MAX_VIDEO = 20
_MAX_AUDIO = 10


class PacketTrack(MediaStreamTrack):
    """What one peer gets of a capture. Loop's thread only."""

    def __init__(self, kind: str, want_keyframe: Callable[[], None]) -> None:
        """`want_keyframe` is called when video cannot go on without one."""
        super().__init__()
        self.kind = kind
        self._packets: deque[Packet] = deque()
        self._filled = asyncio.Event()
        self._needs_keyframe = kind == "video"
        self._want_keyframe = want_keyframe
        self._is_open = False
        self.is_taken = False
        """The peer's sender runs: it has asked for a packet, which it does only once it is connected."""
        self.sent = 0
        """Packets handed to the peer's sender."""

    @property
    def is_open(self) -> bool:
        return self._is_open

    def set_open(self, is_open: bool) -> None:
        """Close: nothing leaves from now on, and what waits is forgotten. Open: video starts with a keyframe."""
        if is_open == self._is_open:
            return
        self._is_open = is_open
        self._forget()
        if is_open and self._needs_keyframe and self.is_taken:
            self._want_keyframe()

    def offer(self, packet: Packet) -> None:
        """One encoded packet for this peer, in order."""
        if not self._is_open or not self.is_taken:
            return
        if self._needs_keyframe:
            if not packet.is_keyframe:
                return
            self._needs_keyframe = False
        self._packets.append(packet)
        self._filled.set()
        if self.kind == "audio" and len(self._packets) > _MAX_AUDIO:
            self._packets.popleft()
        elif len(self._packets) > _MAX_VIDEO:
            self._forget()
            self._want_keyframe()

    async def recv(self) -> Packet:
        if not self.is_taken:
            self.is_taken = True
            if self._is_open and self._needs_keyframe:
                self._want_keyframe()
        while not self._packets:
            if self.readyState != "live":
                raise MediaStreamError
            self._filled.clear()
            await self._filled.wait()
        self.sent += 1
        return self._packets.popleft()

    def stop(self) -> None:
        super().stop()
        self._filled.set()

    def _forget(self) -> None:
        self._packets.clear()
        self._needs_keyframe = self.kind == "video"


class SilentTrack(MediaStreamTrack):
    """Holds a line open that carries nothing; without a track aiortc's sender would look for one 50 times a second."""

    def __init__(self, kind: str) -> None:
        super().__init__()
        self.kind = kind
        self._ended = asyncio.Event()

    async def recv(self) -> Packet:
        await self._ended.wait()
        raise MediaStreamError

    def stop(self) -> None:
        super().stop()
        self._ended.set()
