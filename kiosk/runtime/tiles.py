"""How the rings of `kiosk.runtime.frames` get from media to the touch app: JSON lines, with descriptors (SCM_RIGHTS).

Media listens, the app connects and only listens. A descriptor belongs to the `TileRing` line it arrives with; both come
in order, so the n-th descriptor is that of the n-th such line.
"""

import array
import asyncio
import contextlib
import logging
import os
import socket
import struct
from collections import deque
from collections.abc import AsyncIterator, Callable
from pathlib import Path

from kiosk.contract import codec
from kiosk.contract.errors import LinkError, MalformedError
from kiosk.contract.media import TileGone, TileRing
from kiosk.runtime.frames import FrameRingReader, FrameRingWriter
from kiosk.runtime.link import RETRY_S
from kiosk.runtime.log import Refusals

_logger = logging.getLogger(__name__)

_MAX_DESCRIPTORS = 16
"""Waiting for their line; more of them is an attack or a bug."""
_MAX_LINE_BYTES = 4096
_MAX_QUEUED = 256
"""Lines that an app may leave unread; it is dropped then, and comes back for the whole set."""


def _peer_uid(sock: socket.socket) -> int:
    return int(struct.unpack("3i", sock.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))[1])


class FrameServer:
    """Media's end: knows the ring of each tile and tells every app that is, or gets, connected."""

    def __init__(self, uid: int, refusals: Refusals | None = None) -> None:
        """Only processes of `uid` get pictures."""
        self._uid = uid
        self._rings: dict[str, FrameRingWriter] = {}
        self._clients: set[_Client] = set()
        self._refusals = refusals or Refusals(_logger)

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
            client = _Client(sock, self._clients.discard)
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

    def __init__(self, sock: socket.socket, on_gone: "Callable[[_Client], None]") -> None:
        self._sock = sock
        self._lines: deque[tuple[bytes, int]] = deque()
        self._filled = asyncio.Event()
        self._on_gone = on_gone
        self._task = asyncio.create_task(self._run(), name="frames-client")

    def send(self, message: TileRing | TileGone, fd: int = -1) -> None:
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
                group.create_task(self._watch_for_end())
        except* (ConnectionError, EOFError):
            _logger.info("the app has left the frames socket")
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

    async def _watch_for_end(self) -> None:
        while await asyncio.get_running_loop().sock_recv(self._sock, 256):
            pass  # the app has nothing to say here
        raise EOFError


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
    ) -> None:
        """`on_ring` also for a ring that replaces one, which is closed after that call; `on_gone` before the close.

        Media runs as `uid`; where systemd opened the socket for it, root shows in its place.
        """
        self._path = path
        self._uids = {uid, 0}
        self._on_ring = on_ring
        self._on_gone = on_gone
        self._readers: dict[str, FrameRingReader] = {}
        self._refusals = refusals or Refusals(_logger)

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
            try:
                await self._read(sock, fds)
            finally:
                for fd in fds:
                    os.close(fd)

    async def _read(self, sock: socket.socket, fds: deque[int]) -> None:
        waiting = b""
        while True:
            await _ready(sock, is_writing=False)
            data, new_fds, flags, _ = socket.recv_fds(sock, _MAX_LINE_BYTES, _MAX_DESCRIPTORS)
            fds.extend(new_fds)
            if not data:
                raise EOFError
            if flags & socket.MSG_CTRUNC or len(fds) > _MAX_DESCRIPTORS:
                raise MalformedError("frames socket", "too many descriptors")
            *lines, waiting = (waiting + data).split(b"\n")
            if len(waiting) > _MAX_LINE_BYTES:
                raise MalformedError("frames socket", "a line without end")
            for line in lines:
                self._take(line, fds)

    def _take(self, line: bytes, fds: deque[int]) -> None:
        message: TileRing | TileGone = codec.decode(line, TileRing | TileGone, "frames socket")
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
