"""How the rings of `kiosk.runtime.frames` get from media to the touch app: JSON lines, with descriptors (SCM_RIGHTS).

Media listens, the app connects. A descriptor belongs to the `TileRing` line it arrives with; both come in order, so
the n-th descriptor is that of the n-th such line. The app says how tall it shows the tiles, and nothing else.
"""

import array
import asyncio
import contextlib
import logging
import os
import socket
import struct
from collections import deque
from collections.abc import AsyncIterator, Callable, Mapping
from pathlib import Path

from kiosk.contract import codec
from kiosk.contract.errors import LinkError, MalformedError, Reason
from kiosk.contract.media import Levels, TileGone, TileHeights, TileRing
from kiosk.runtime.frames import FrameRingReader, FrameRingWriter
from kiosk.runtime.link import RETRY_S
from kiosk.runtime.log import Refusals

_logger = logging.getLogger(__name__)

_MAX_DESCRIPTORS = 16
"""Waiting for their line; more of them is an attack or a bug."""
_MAX_LINE_BYTES = 4096
_MAX_QUEUED = 256
"""Lines that an app may leave unread; it is dropped then, and comes back for the whole set."""
_MAX_TILES = 64
_MAX_HEIGHT_PX = 4320


def _peer_uid(sock: socket.socket) -> int:
    return int(struct.unpack("3i", sock.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))[1])


class _Lines:
    """What has come of a line whose end has not."""

    def __init__(self) -> None:
        self._waiting = b""

    def feed(self, data: bytes) -> list[bytes]:
        """The lines that have their end now. Raises MalformedError for one that is too long."""
        *lines, self._waiting = (self._waiting + data).split(b"\n")
        if any(len(line) > _MAX_LINE_BYTES for line in (self._waiting, *lines)):
            raise MalformedError("frames socket", "a line without end", Reason.OVERSIZED)
        return lines


class FrameServer:
    """Media's end: knows the ring of each tile and tells every app that is, or gets, connected."""

    def __init__(self, uid: int, refusals: Refusals | None = None) -> None:
        """Only processes of `uid` get pictures."""
        self._uid = uid
        self._rings: dict[str, FrameRingWriter] = {}
        self._clients: set[_Client] = set()
        self._refusals = refusals or Refusals(_logger)
        self._heights: dict[str, int] = {}
        self.on_heights: Callable[[Mapping[str, int]], None] = lambda heights: None
        """Called when the tallest place of a tile, over all apps, is another than before."""

    @property
    def heights(self) -> Mapping[str, int]:
        """The tallest place of each tile that is shown, in pixels, over all apps."""
        return self._heights

    @property
    def refused(self) -> int:
        """What apps said that is not of the contract, and strangers."""
        return self._refusals.total

    def publish(self, tile: str, ring: FrameRingWriter) -> None:
        """Announce the ring of a tile, or the one that replaces it. The server closes neither."""
        self._rings[tile] = ring
        for client in self._clients:
            client.send(TileRing(tile=tile, size=ring.size), ring.fd)

    def withdraw(self, tile: str) -> None:
        """The tile is no more."""
        if self._rings.pop(tile, None):
            for client in self._clients:
                client.send(TileGone(tile=tile))

    def tell(self, levels: Levels) -> None:
        """Tell every app that keeps up; of what is old in a moment nothing is queued."""
        for client in self._clients:
            client.tell(levels)

    def _heights_changed(self) -> None:
        """An app said something, or one that did has left; as long as none has, nobody knows what is shown."""
        heights: dict[str, int] = {}
        for client in self._clients:
            for tile, height in client.heights.items():
                heights[tile] = max(height, heights.get(tile, 0))
        if heights != self._heights:
            self._heights = heights
            self.on_heights(heights)

    def _client_gone(self, client: "_Client") -> None:
        self._clients.discard(client)
        self._heights_changed()

    @contextlib.asynccontextmanager
    async def listen(self, where: Path | socket.socket) -> AsyncIterator[None]:
        """Serves apps while the context is open, on a path or on a socket that systemd has opened."""
        listener = _bind(where) if isinstance(where, Path) else where
        listener.setblocking(False)
        accepting = asyncio.create_task(self._accept(listener), name="frames-socket")
        try:
            yield
        finally:
            accepting.cancel()
            await asyncio.gather(accepting, return_exceptions=True)
            listener.close()
            for client in tuple(self._clients):
                await client.close()

    async def _accept(self, listener: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        while True:
            sock, _ = await loop.sock_accept(listener)
            uid = _peer_uid(sock)
            if uid != self._uid:
                sock.close()
                self._refusals.note(LinkError(f"frames socket: uid {uid} instead of {self._uid}"))
                continue
            client = _Client(sock, self._client_gone, self._heights_changed, self._refusals)
            self._clients.add(client)
            for tile, ring in self._rings.items():
                client.send(TileRing(tile=tile, size=ring.size), ring.fd)


def _bind(path: Path) -> socket.socket:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listener.bind(str(path))
    path.chmod(0o660)
    listener.listen()
    return listener


class _Client:
    """One connected app. Its descriptors are duplicated, so that a ring may be closed before the line has left."""

    def __init__(
        self,
        sock: socket.socket,
        on_gone: "Callable[[_Client], None]",
        on_heights: Callable[[], None],
        refusals: Refusals,
    ) -> None:
        self._sock = sock
        self._lines: deque[tuple[bytes, int]] = deque()
        self._filled = asyncio.Event()
        self._on_gone = on_gone
        self._on_heights = on_heights
        self._refusals = refusals
        self.heights: dict[str, int] = {}
        self._task = asyncio.create_task(self._run(), name="frames-client")

    def tell(self, levels: Levels) -> None:
        if not self._lines:
            self.send(levels)

    def send(self, message: TileRing | TileGone | Levels, fd: int = -1) -> None:
        self._lines.append((codec.encode(message) + b"\n", os.dup(fd) if fd >= 0 else -1))
        self._filled.set()
        if len(self._lines) > _MAX_QUEUED:
            _logger.warning("the app does not read its frames socket; dropped")
            self._task.cancel()

    async def close(self) -> None:
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self) -> None:
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._write())
                group.create_task(self._read())
        except* (ConnectionError, EOFError):
            _logger.info("the app has left the frames socket")
        except* MalformedError as group_error:
            for error in group_error.exceptions:
                if isinstance(error, MalformedError):
                    self._refusals.note(error)
        finally:
            self._on_gone(self)
            self._sock.close()
            for _, fd in self._lines:
                if fd >= 0:
                    os.close(fd)
            self._lines.clear()

    async def _write(self) -> None:
        while True:
            while self._lines:
                line, fd = self._lines[0]
                sent = await self._send_first(line, fd)
                self._lines.popleft()
                if fd >= 0:
                    os.close(fd)
                if sent < len(line):
                    await asyncio.get_running_loop().sock_sendall(self._sock, line[sent:])
            self._filled.clear()
            await self._filled.wait()

    async def _send_first(self, line: bytes, fd: int) -> int:
        """The first bytes of a line take the descriptor along."""
        ancillary = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [fd]))] if fd >= 0 else []
        while True:
            try:
                return self._sock.sendmsg([line], ancillary)
            except BlockingIOError:
                await _ready(self._sock, is_writing=True)

    async def _read(self) -> None:
        lines = _Lines()
        while data := await asyncio.get_running_loop().sock_recv(self._sock, _MAX_LINE_BYTES):
            for line in lines.feed(data):
                self._take(codec.decode(line, TileHeights, "frames socket"))
        raise EOFError

    def _take(self, message: TileHeights) -> None:
        heights = message.heights
        if len(heights) > _MAX_TILES or not all(0 <= height <= _MAX_HEIGHT_PX for height in heights.values()):
            raise MalformedError("frames socket", "more tiles, or taller ones, than there can be")
        self.heights = {tile: height for tile, height in heights.items() if height}
        self._on_heights()


async def _ready(sock: socket.socket, *, is_writing: bool) -> None:
    """Returns when the socket can be written to, or read from."""
    loop = asyncio.get_running_loop()
    ready = asyncio.Event()
    add, remove = (loop.add_writer, loop.remove_writer) if is_writing else (loop.add_reader, loop.remove_reader)
    add(sock.fileno(), ready.set)
    try:
        await ready.wait()
    finally:
        remove(sock.fileno())


class FrameClient:
    """The app's end: keeps the ring of each tile that media has, whenever media is there."""

    def __init__(
        self,
        path: Path,
        uid: int,
        on_ring: Callable[[str, FrameRingReader], None],
        on_gone: Callable[[str], None],
        refusals: Refusals | None = None,
        on_levels: Callable[[Levels], None] = lambda levels: None,
    ) -> None:
        """`on_ring` also for a ring that replaces one, which is closed after that call; `on_gone` before the close.

        Media runs as `uid`; where systemd opened the socket for it, root shows in its place.
        """
        self._on_levels = on_levels
        self._heights: TileHeights | None = None
        self._sock: socket.socket | None = None
        self._path = path
        self._uids = {uid, 0}
        self._on_ring = on_ring
        self._on_gone = on_gone
        self._readers: dict[str, FrameRingReader] = {}
        self._refusals = refusals or Refusals(_logger)

    def send_heights(self, heights: Mapping[str, int]) -> None:
        """Say how tall the tiles are shown, now and again whenever media comes back."""
        self._heights = TileHeights(heights=dict(heights))
        self._say_heights()

    def _say_heights(self) -> None:
        """A few hundred bytes into an empty buffer: where they do not fit at once, media does not read any more."""
        if self._sock is None or self._heights is None:
            return
        line = codec.encode(self._heights) + b"\n"
        try:
            sent = self._sock.send(line)
        except OSError:
            sent = 0
        if sent < len(line):
            with contextlib.suppress(OSError):
                self._sock.shutdown(socket.SHUT_RDWR)  # ends `_read`; all is said anew on the next connection

    async def run(self) -> None:
        """Connects, and connects again, without end. All tiles go when media goes."""
        while True:
            try:
                await self._serve_once()
            except (OSError, EOFError):
                pass
            except (LinkError, MalformedError) as error:
                self._refusals.note(error)
            finally:
                for tile in tuple(self._readers):
                    self._drop(tile)
            await asyncio.sleep(RETRY_S)

    async def _serve_once(self) -> None:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as sock:
            sock.setblocking(False)
            await asyncio.get_running_loop().sock_connect(sock, str(self._path))
            if (uid := _peer_uid(sock)) not in self._uids:
                raise LinkError(f"frames socket: uid {uid} listens")
            fds: deque[int] = deque()
            self._sock = sock
            self._say_heights()
            try:
                await self._read(sock, fds)
            finally:
                self._sock = None
                for fd in fds:
                    os.close(fd)

    async def _read(self, sock: socket.socket, fds: deque[int]) -> None:
        lines = _Lines()
        while True:
            await _ready(sock, is_writing=False)
            data, new_fds, flags, _ = socket.recv_fds(sock, _MAX_LINE_BYTES, _MAX_DESCRIPTORS)
            fds.extend(new_fds)
            if not data:
                raise EOFError
            if flags & socket.MSG_CTRUNC or len(fds) > _MAX_DESCRIPTORS:
                raise MalformedError("frames socket", "too many descriptors")
            for line in lines.feed(data):
                self._take(line, fds)

    def _take(self, line: bytes, fds: deque[int]) -> None:
        message: TileRing | TileGone | Levels = codec.decode(line, TileRing | TileGone | Levels, "frames socket")
        if isinstance(message, Levels):
            self._on_levels(message)
            return
        if isinstance(message, TileGone):
            self._drop(message.tile)
            return
        if not fds:
            raise MalformedError("frames socket", "a ring without its descriptor")
        fd = fds.popleft()
        try:
            reader = FrameRingReader(fd)
        except MalformedError as error:
            self._refusals.note(error)
            return
        finally:
            os.close(fd)
        replaced = self._readers.pop(message.tile, None)
        self._readers[message.tile] = reader
        self._on_ring(message.tile, reader)
        if replaced:
            replaced.close()

    def _drop(self, tile: str) -> None:
        reader = self._readers.pop(tile, None)
        if reader:
            self._on_gone(tile)
            reader.close()
