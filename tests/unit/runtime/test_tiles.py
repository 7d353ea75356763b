"""Descriptors on their way from media to the touch app, over a real socket."""

import array
import asyncio
import os
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from kiosk.contract.media import Levels
from kiosk.runtime.frames import FrameRingReader, FrameRingWriter, Picture
from kiosk.runtime.tiles import FrameClient, FrameServer


class App:
    """What the touch app keeps, and a way to wait for it."""

    def __init__(self) -> None:
        self.rings: dict[str, FrameRingReader] = {}
        self.levels: asyncio.Queue[int] = asyncio.Queue()
        self._changed = asyncio.Event()

    def on_ring(self, tile: str, reader: FrameRingReader) -> None:
        self.rings[tile] = reader
        self._changed.set()

    def on_gone(self, tile: str) -> None:
        del self.rings[tile]
        self._changed.set()

    def on_levels(self, levels: Levels) -> None:
        self.levels.put_nowait(levels.microphone_pct)

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


class Heights:
    """What media was told, and a way to wait for the next."""

    def __init__(self, server: FrameServer) -> None:
        self._told: asyncio.Queue[dict[str, int]] = asyncio.Queue()
        server.on_heights = lambda heights: self._told.put_nowait(dict(heights))

    async def next(self) -> dict[str, int]:
        async with asyncio.timeout(5):
            return await self._told.get()


def app_on(path: Path, app: App) -> FrameClient:
    return FrameClient(path, os.getuid(), app.on_ring, app.on_gone, on_levels=app.on_levels)


async def test_media_hears_how_tall_tiles_are_shown(tmp_path: Path) -> None:
    """The tallest place over all apps, each change once; what an app showed is hidden when it is gone."""
    path, server = tmp_path / "frames.sock", FrameServer(os.getuid())
    heights = Heights(server)
    first, second = app_on(path, App()), app_on(path, App())
    async with server.listen(path), running(first):
        first.send_heights({"a/camera": 480, "self": 0})
        assert await heights.next() == {"a/camera": 480}
        async with running(second):
            second.send_heights({"a/camera": 100, "b/screen": 720})
            assert await heights.next() == {"a/camera": 480, "b/screen": 720}
            first.send_heights({"a/camera": 50})
            assert await heights.next() == {"a/camera": 100, "b/screen": 720}
        assert await heights.next() == {"a/camera": 50}
    assert await heights.next() == {}


async def test_heights_are_said_again_when_media_comes_back(tmp_path: Path) -> None:
    """What was said before media was there, and what the last media was told, the next one knows at once."""
    path, app = tmp_path / "frames.sock", App()
    client = app_on(path, app)
    client.send_heights({"a/camera": 360})
    async with running(client):
        for _ in range(2):
            server = FrameServer(os.getuid())
            heights = Heights(server)
            async with server.listen(path):
                assert await heights.next() == {"a/camera": 360}


async def test_levels_reach_the_app(tmp_path: Path) -> None:
    """A loudness told by media arrives, among rings."""
    path, app, server = tmp_path / "frames.sock", App(), FrameServer(os.getuid())
    server.publish("self", ring_of(1))
    async with server.listen(path), running(app_on(path, app)):
        await app.until("self")
        server.tell(Levels(microphone_pct=42))
        async with asyncio.timeout(5):
            assert await app.levels.get() == 42


BAD_LINES = {
    "not JSON": b"{{\n",
    "not text": b"\xff\xfe\n",
    "another message": b'{"type":"levels","microphone_pct":1}\n',
    "a word for a height": b'{"type":"heights","heights":{"a":"tall"}}\n',
    "a height below nothing": b'{"type":"heights","heights":{"a":-1}}\n',
    "a height beyond every panel": b'{"type":"heights","heights":{"a":100000}}\n',
    "a line without end": b"a" * 5000,
    "too many tiles": b'{"type":"heights","heights":{' + b",".join(b'"%d":1' % n for n in range(65)) + b"}}\n",
}


@pytest.mark.parametrize("line", BAD_LINES.values(), ids=BAD_LINES.keys())
async def test_an_app_that_talks_nonsense_is_put_out(tmp_path: Path, line: bytes) -> None:
    """It is refused, counted and closed; the other app keeps its pictures and its say."""
    path, app, server = tmp_path / "frames.sock", App(), FrameServer(os.getuid())
    heights, client = Heights(server), app_on(path, app)
    async with server.listen(path), running(client):
        reader, writer = await asyncio.open_unix_connection(path)
        writer.write(line)
        async with asyncio.timeout(5):
            assert await reader.read() == b""
        writer.close()
        client.send_heights({"a/camera": 360})
        assert await heights.next() == {"a/camera": 360}
        server.publish("self", ring_of(1))
        await app.until("self")
    assert server.refused == 1
