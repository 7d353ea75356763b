"""News from the kernel that a cable is back or an address is there, by netlink: no polling, no traffic."""

import asyncio
import logging
import socket
import struct
from collections.abc import Callable, Iterator

_logger = logging.getLogger(__name__)

# From rtnetlink(7) and netdevice(7).
_RTMGRP = 0x1 | 0x10 | 0x100
"""Links, IPv4 and IPv6 addresses."""
_RTM_NEWLINK = 16
_RTM_NEWADDR = 20
_IFF_RUNNING = 0x40
_HEADER = struct.Struct("=IHHII")
_LINK = struct.Struct("=BBHiII")
_SETTLE_S = 0.2
"""Several messages come with one cable."""


async def watch(on_change: Callable[[], None]) -> None:
    """Calls `on_change` when a link starts running or an address is new. Never ends."""
    loop = asyncio.get_running_loop()
    running: dict[int, bool] = {}
    try:
        sock = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_NONBLOCK, socket.NETLINK_ROUTE)
        sock.bind((0, _RTMGRP))
    except OSError as error:
        _logger.warning("the network is not watched: %s", error.strerror)
        await asyncio.Event().wait()
        return
    with sock:
        while True:
            if await _is_news(loop, sock, running):
                await asyncio.sleep(_SETTLE_S)
                on_change()


async def _is_news(loop: asyncio.AbstractEventLoop, sock: socket.socket, running: dict[int, bool]) -> bool:
    try:
        return is_better(await loop.sock_recv(sock, 65_536), running)
    except OSError:  # more happened than the socket holds, see netlink(7)
        return True


def is_better(data: bytes, running: dict[int, bool]) -> bool:
    """Whether a datagram tells of something that came up; `running` remembers each link by its index."""
    news = [_came_up(kind, body, running) for kind, body in _messages(data)]
    return any(news)


def _messages(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Type and body of each message in a datagram, see netlink(7)."""
    while len(data) >= _HEADER.size:
        length, kind, *_ = _HEADER.unpack_from(data)
        if length < _HEADER.size:
            return
        yield kind, data[_HEADER.size : length]
        data = data[(length + 3) & ~3 :]


def _came_up(kind: int, body: bytes, running: dict[int, bool]) -> bool:
    if kind == _RTM_NEWADDR:
        return True
    if kind != _RTM_NEWLINK or len(body) < _LINK.size:
        return False
    _, _, _, index, flags, _ = _LINK.unpack_from(body)
    was, running[index] = running.get(index, False), bool(flags & _IFF_RUNNING)
    return running[index] and not was
