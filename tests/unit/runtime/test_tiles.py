"""Descriptors on their way from media to the touch app, over a real socket."""

import array
import asyncio
import os
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from kiosk.runtime.frames import FrameRingReader, FrameRingWriter, Picture
from kiosk.runtime.tiles import FrameClient, FrameServer


class App:
    """What the touch app keeps, and a way to wait for it."""

    def __init__(self) -> None:
        self.rings: dict[str, FrameRingReader] = {}
        self._changed = asyncio.Event()

    def on_ring(self, tile: str, reader: FrameRingReader) -> None:
        self.rings[tile] = reader
        self._changed.set()

    def on_gone(self, tile: str) -> None:
        del self.rings[tile]
        self._changed.set()

    async def until(self, *tiles: str, timeout_s: float = 5) -> None:
        async with asyncio.timeout(timeout_s):
            while set(self.rings) != set(tiles):
                await self._changed.wait()
                self._changed.clear()


@asynccontextmanager
async def running(client: FrameClient) -> AsyncIterator[None]:
    task = asyncio.create_task(client.run())
    yield
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


def ring_of(value: int) -> FrameRingWriter:
    ring = FrameRingWriter(64, 64)
    luma, chroma = memoryview(bytes([value]) * 64 * 64), memoryview(bytes(32 * 32))
    ring.write(Picture((luma, chroma, chroma), 64, 64, 64, 32, 0))
    return ring


def value_of(reader: FrameRingReader) -> int:
    frame = reader.latest()
    assert frame is not None
    return frame.planes[0][0]


def open_descriptors() -> int:
    return len(os.listdir("/proc/self/fd"))


async def test_an_app_gets_every_ring_and_every_change(tmp_path: Path) -> None:
    """Rings from before it came, new ones, replaced ones and the end of one; no descriptor is left behind."""
    path, app = tmp_path / "frames.sock", App()
    rings = [ring_of(value) for value in range(4)]
    server = FrameServer(os.getuid())
    server.publish("self", rings[0])
    before = open_descriptors()
    async with server.listen(path), running(FrameClient(path, os.getuid(), app.on_ring, app.on_gone)):
        await app.until("self")
        for index in range(1, 3):
            server.publish(f"call{index}/camera", rings[index])
        await app.until("self", "call1/camera", "call2/camera")
        assert [value_of(app.rings[tile]) for tile in ("self", "call1/camera", "call2/camera")] == [0, 1, 2]
        replaced = app.rings["self"]
        server.publish("self", rings[3])
        server.withdraw("call1/camera")
        await app.until("self", "call2/camera")
        assert value_of(app.rings["self"]) == 3
        assert replaced.latest() is None
    assert app.rings == {}
    assert open_descriptors() == before


async def test_an_app_finds_media_again(tmp_path: Path) -> None:
    """Media dies: its tiles go. It comes back: they do as well."""
    path, app, ring = tmp_path / "frames.sock", App(), ring_of(1)
    async with running(FrameClient(path, os.getuid(), app.on_ring, app.on_gone)):
        for _ in range(2):
            server = FrameServer(os.getuid())
            server.publish("self", ring)
            async with server.listen(path):
                await app.until("self")
            await app.until()


async def test_a_stranger_gets_nothing(tmp_path: Path) -> None:
    """Another uid is sent away before it has seen a descriptor."""
    path = tmp_path / "frames.sock"
    server = FrameServer(os.getuid() + 1)
    server.publish("self", ring_of(1))
    async with server.listen(path):
        reader, writer = await asyncio.open_unix_connection(path)
        assert await reader.read() == b""
        writer.close()
        await writer.wait_closed()


async def test_bad_lines_and_rings_do_not_reach_the_app(tmp_path: Path) -> None:
    """A line that is none, and a file that is no ring, end nothing but this connection or this tile."""
    path, app, ring = tmp_path / "frames.sock", App(), ring_of(1)
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
        listener.bind(str(path))
        listener.listen()
        listener.setblocking(False)
        client = FrameClient(path, os.getuid(), app.on_ring, app.on_gone)
        async with running(client):
            loop = asyncio.get_running_loop()
            bad, _ = await loop.sock_accept(listener)
            bad.send(b'{"type":"ring","tile":7}\n')
            good, _ = await loop.sock_accept(listener)
            bad.close()
            no_ring = os.memfd_create("no-ring")
            rights = array.array("i", [no_ring, ring.fd])
            line = b'{"type":"ring","tile":"a","size":1}\n{"type":"ring","tile":"b","size":1}\n'
            good.sendmsg([line], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, rights)])
            os.close(no_ring)
            await app.until("b")
            good.close()
    assert client._refusals.total == 2
