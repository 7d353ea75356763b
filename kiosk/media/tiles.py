"""Pictures into the rings of the touch app, one a tile; made with the first picture, replaced by a larger one."""

import asyncio

import av

from kiosk.media.capture.planes import fitted, picture_of
from kiosk.runtime.frames import MAX_HEIGHT_PX, MAX_WIDTH_PX, FrameRingWriter
from kiosk.runtime.tiles import FrameServer

SELF = "self"
_LEAST_WIDTH, _LEAST_HEIGHT = 1280, 720
"""Rings hold at least this. Memory is used up only where pictures are written, and calls grow from small to large."""


class Tiles:
    """Each tile is written by one thread at a time; `drop` on the loop, when nobody writes that tile any more."""

    def __init__(self, server: FrameServer, loop: asyncio.AbstractEventLoop) -> None:
        self._server, self._loop = server, loop
        self._rings: dict[str, FrameRingWriter] = {}

    def write(self, tile: str, frame: av.VideoFrame) -> None:
        """Show a picture. 0.09 ms at 1280x720 when it is yuv420p, as cameras and decoders give it."""
        if frame.width > MAX_WIDTH_PX or frame.height > MAX_HEIGHT_PX:  # a screen of 4:3, or on end
            frame = fitted(frame, MAX_WIDTH_PX, MAX_HEIGHT_PX)
        if frame.format.name not in ("yuv420p", "yuvj420p"):
            frame = frame.reformat(format="yuv420p")
        picture = picture_of(frame)
        ring = self._rings.get(tile)
        if ring is None or not ring.has_room_for(picture):
            old = ring
            width, height = max(picture.y_stride, _LEAST_WIDTH), max(picture.height, _LEAST_HEIGHT)
            ring = self._rings[tile] = FrameRingWriter(width, height)
            self._loop.call_soon_threadsafe(self._publish, tile, ring, old)
        ring.write(picture)

    def _publish(self, tile: str, ring: FrameRingWriter, old: FrameRingWriter | None) -> None:
        if self._rings.get(tile) is ring:
            self._server.publish(tile, ring)
        if old:
            old.close()

    def drop(self, tile: str) -> None:
        """The tile is no more."""
        ring = self._rings.pop(tile, None)
        if ring:
            self._server.withdraw(tile)
            ring.close()
