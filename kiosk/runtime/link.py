"""The link between two processes: a Unix stream socket, one JSON line a message, a greeting first.

Knows bytes, uids and the greeting; not what the messages mean. End of file is the news that the other process died.
"""

import asyncio
import contextlib
import logging
import os
import pwd
import socket
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

from kiosk.contract import codec
from kiosk.contract.errors import LinkError, MalformedError, Reason
from kiosk.contract.links import CONTRACT_VERSION, Greeting, Role
from kiosk.runtime.log import Refusals

_logger = logging.getLogger(__name__)

RETRY_S = 0.2
"""Pause between two tries to reach a process next door; it is systemd's turn to bring it back."""
_GREETING_TIMEOUT_S = 2.0
_MAX_WAITING_BYTES = 4 * 1024 * 1024
"""A peer that does not read for so long hangs; it is dropped, and finds its way back with a fresh snapshot."""


def uid_of(user: str) -> int:
    """The uid of a user name or number; our own for an empty one. Raises LinkError for an unknown name."""
    if not user:
        return os.getuid()
    if user.isdigit():
        return int(user)
    try:
        return pwd.getpwnam(user).pw_uid
    except KeyError:
        raise LinkError(f"there is no user {user!r}") from None


class Link:
    """One connected peer. Send from the loop's thread; receive in one task."""

    def __init__(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        name: str,
        refusals: Refusals | None = None,
    ) -> None:
        self._reader = reader
        self._writer = writer
        self.name = name
        self.refusals = refusals or Refusals(_logger)

    @property
    def peer_pid(self) -> int:
        """Which process it is, as the kernel says; a restarted one has another."""
        return _credentials(self._writer)[0]

    def send(self, message: object) -> None:
        """Queue one message; never blocks. A dead or hanging peer is closed, which `receive` reports."""
        transport = self._writer.transport
        if transport.is_closing():
            return
        if transport.get_write_buffer_size() > _MAX_WAITING_BYTES:
            _logger.warning("%s does not read; dropped", self.name)
            transport.abort()
            return
        self._writer.write(codec.encode(message) + b"\n")

    async def receive(self, kind: Any) -> Any:
        """The next message of type `kind`; malformed and oversized lines are refused, counted and skipped.

        Raises:
            EOFError: the peer is gone.
        """
        while True:
            try:
                line = await self._reader.readuntil(b"\n")
            except asyncio.LimitOverrunError as overrun:
                await self._skip_line(overrun.consumed)
                continue
            except (asyncio.IncompleteReadError, ConnectionError):
                raise EOFError(self.name) from None
            try:
                return codec.decode(line, kind, f"link {self.name}")
            except MalformedError as error:
                self.refusals.note(error)

    async def _skip_line(self, consumed: int) -> None:
        size = 0
        while True:
            try:
                if consumed:
                    size += len(await self._reader.readexactly(consumed))
                size += len(await self._reader.readuntil(b"\n"))
            except asyncio.LimitOverrunError as overrun:
                consumed = overrun.consumed
                continue
            except (asyncio.IncompleteReadError, ConnectionError):
                raise EOFError(self.name) from None
            error = MalformedError(f"link {self.name}", f"a line of {size} bytes", Reason.OVERSIZED)
            self.refusals.note(error)
            return

    async def close(self) -> None:
        self._writer.close()
        with contextlib.suppress(ConnectionError, BrokenPipeError):
            await self._writer.wait_closed()


def _credentials(writer: asyncio.StreamWriter) -> tuple[int, int, int]:
    """Process, user and group of the peer, see SO_PEERCRED in unix(7)."""
    sock = writer.get_extra_info("socket")
    pid, uid, gid = struct.unpack("3i", sock.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))
    return pid, uid, gid


def _check_uid(writer: asyncio.StreamWriter, uids: set[int], name: str) -> None:
    peer_uid = _credentials(writer)[1]
    if peer_uid not in uids:
        raise LinkError(f"link {name}: uid {peer_uid} instead of {min(uids, key=lambda uid: uid == 0)}")


async def _greet(link: Link, mine: Role, theirs: Role) -> None:
    link.send(Greeting(role=mine))
    try:
        async with asyncio.timeout(_GREETING_TIMEOUT_S):
            line = await link._reader.readuntil(b"\n")
    except (TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, ConnectionError):
        raise LinkError(f"link {link.name}: no greeting") from None
    greeting: Greeting = codec.decode(line, Greeting, f"link {link.name}")
    if greeting.role is not theirs:
        raise LinkError(f"link {link.name}: {greeting.role} instead of {theirs}")
    if greeting.version != CONTRACT_VERSION:
        detail = f"link {link.name}: contract {greeting.version} instead of {CONTRACT_VERSION}"
        raise LinkError(detail, Reason.VERSION_MISMATCH)


@contextlib.asynccontextmanager
async def listen(
    where: Path | socket.socket,
    mine: Role,
    theirs: Role,
    uid: int,
    on_link: Callable[[Link], Awaitable[None]],
    refusals: Refusals | None = None,
) -> AsyncIterator[None]:
    """Accepts peers of one role and uid while the context is open; `on_link` runs as long as its peer is there.

    Strangers, wrong versions and silent peers are refused before `on_link` sees them. A second peer of the same role is
    allowed (a restarted process may overlap with its dying self).
    """
    tasks: set[asyncio.Task[None]] = set()
    noted = refusals or Refusals(_logger)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        link = Link(reader, writer, theirs, noted)
        try:
            _check_uid(writer, {uid}, theirs)
            await _greet(link, mine, theirs)
            await on_link(link)
        except (LinkError, MalformedError) as error:
            noted.note(error)
        except EOFError:
            _logger.info("%s is gone", theirs)
        finally:
            await link.close()

    def accepted(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.ensure_future(serve(reader, writer))
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    if isinstance(where, Path):
        where.parent.mkdir(parents=True, exist_ok=True)
        where.unlink(missing_ok=True)
        server = await asyncio.start_unix_server(accepted, path=where, limit=codec.MAX_MESSAGE_BYTES)
        where.chmod(0o660)
    else:
        server = await asyncio.start_unix_server(accepted, sock=where, limit=codec.MAX_MESSAGE_BYTES)
    try:
        yield
    finally:
        server.close()
        for task in tuple(tasks):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def connect(path: Path, mine: Role, theirs: Role, uid: int, refusals: Refusals | None = None) -> Link:
    """Reaches the process that listens on `path`, trying without end while it is away.

    Raises:
        LinkError: somebody else listens there, or another version.
    """
    while True:
        try:
            reader, writer = await asyncio.open_unix_connection(path, limit=codec.MAX_MESSAGE_BYTES)
        except OSError:
            await asyncio.sleep(RETRY_S)
            continue
        link = Link(reader, writer, theirs, refusals)
        try:
            _check_uid(writer, {uid, 0}, theirs)  # who listens is root, where systemd opened the socket
            await _greet(link, mine, theirs)
        except LinkError as error:
            await link.close()
            if error.detail.endswith("no greeting"):
                await asyncio.sleep(RETRY_S)
                continue
            raise
        return link
