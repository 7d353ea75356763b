"""Rings for tiles: made with the first picture, replaced by a larger one."""

import asyncio
import os

import av
import pytest

from kiosk.media.tiles import Tiles
from kiosk.runtime.frames import FrameRingReader, FrameRingWriter
from kiosk.runtime.tiles import FrameServer


class Server(FrameServer):
    """A server without a socket."""

    def __init__(self) -> None:
        super().__init__(os.getuid())
        self.published: list[tuple[str, FrameRingWriter]] = []
        self.gone: list[str] = []

    def publish(self, tile: str, ring: FrameRingWriter) -> None:
        self.published.append((tile, ring))

    def withdraw(self, tile: str) -> None:
        self.gone.append(tile)


async def test_a_ring_lasts_until_a_picture_does_not_fit() -> None:
    """Calls grow from small to large in the same ring; a larger screen gets a new one, and the old one is closed."""
    server = Server()
    tiles = Tiles(server, asyncio.get_running_loop())
    for width, height in ((320, 180), (1280, 720), (640, 360), (720, 1280)):
        tiles.write("a/camera", av.VideoFrame(width, height, "yuv420p"))
        await asyncio.sleep(0)
    assert [tile for tile, _ in server.published] == ["a/camera", "a/camera"]
    assert server.published[0][1].fd == -1
    reader = FrameRingReader(server.published[1][1].fd)
    frame = reader.latest()
    assert frame
    assert (frame.width, frame.height) == (720, 1280)
    tiles.drop("a/camera")
    tiles.drop("a/camera")
    assert server.gone == ["a/camera"]


@pytest.mark.parametrize(
    ("size", "shown"), [((1440, 2560), (1215, 2160)), ((3840, 2400), (3456, 2160)), ((4096, 2160), (3840, 2025))]
)
async def test_a_picture_larger_than_the_app_takes_is_made_smaller(
    size: tuple[int, int], shown: tuple[int, int]
) -> None:
    """A partner's tall or very wide screen; the app would refuse it, and show nothing."""
    server = Server()
    tiles = Tiles(server, asyncio.get_running_loop())
    tiles.write("a/screen", av.VideoFrame(*size, "yuv420p"))
    await asyncio.sleep(0)
    reader = FrameRingReader(server.published[0][1].fd)
    frame = reader.latest()
    assert frame
    assert (frame.width, frame.height) == tuple(side & ~1 for side in shown)
    reader.close()
    tiles.drop("a/screen")


async def test_a_tile_dropped_at_once_is_never_announced() -> None:
    """The announcement comes from another thread and may be late."""
    server = Server()
    tiles = Tiles(server, asyncio.get_running_loop())
    tiles.write("self", av.VideoFrame(64, 64, "rgb24"))
    tiles.drop("self")
    await asyncio.sleep(0)
    assert not server.published
