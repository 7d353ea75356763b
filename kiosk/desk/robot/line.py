"""The robot's line to the desk server: always there again, until its link is no good any more (`page/socket.js`)."""

import asyncio
import logging
import random
import ssl
from collections.abc import Awaitable, Callable
from urllib.parse import urlsplit, urlunsplit

import aiohttp

from kiosk.contract import codec
from kiosk.contract.codec import MAX_MESSAGE_BYTES
from kiosk.contract.errors import ConfigurationError, InvitationError, MalformedError, Reason
from kiosk.contract.partner import FromPage, Refused, ToPage
from kiosk.runtime.log import Refusals

_logger = logging.getLogger(__name__)

_FIRST_RETRY_S, _SLOWEST_RETRY_S = 0.1, 5.0
_FOR_GOOD = (1008, 4403, 4410)


def socket_address(link: str) -> str:
    """The WebSocket behind a desk or guest link.

    Raises:
        ConfigurationError: this is no such link.
    """
    parts = urlsplit(link)
    words = parts.path.strip("/").split("/")
    if parts.scheme not in ("http", "https") or len(words) != 2 or words[0] not in ("desk", "guest"):
        raise ConfigurationError("--link: expected http(s)://HOST/desk/TOKEN or …/guest/TOKEN")
    scheme = "wss" if parts.scheme == "https" else "ws"
    return urlunsplit((scheme, parts.netloc, f"/socket/{words[1]}", "", ""))


class Line:
    """One socket after the other."""

    def __init__(
        self,
        address: str,
        on_open: Callable[[], None],
        on_message: Callable[[ToPage], Awaitable[None]],
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._address, self._on_open, self._on_message = address, on_open, on_message
        self._tls: ssl.SSLContext | bool = tls or True
        self._socket: aiohttp.ClientWebSocketResponse | None = None
        self._outgoing: asyncio.Queue[FromPage] = asyncio.Queue()
        self._refusals = Refusals(_logger)
        self._reason = Reason.LINK_WRONG

    def send(self, message: FromPage) -> None:
        """Queues a message for the present socket; what is lost with it is asked for again after the next `on_open`."""
        if self._socket is not None:
            self._outgoing.put_nowait(message)

    async def run(self) -> None:
        """Keeps the line.

        Raises:
            InvitationError: the link is no good.
        """
        tries = 0
        async with aiohttp.ClientSession() as session:
            while True:
                try:
                    async with session.ws_connect(
                        self._address, max_msg_size=2 * MAX_MESSAGE_BYTES, ssl=self._tls
                    ) as socket:
                        tries = 0
                        await self._serve(socket)
                    if socket.close_code in _FOR_GOOD:
                        raise InvitationError("the desk server closed the line", self._reason)
                except (aiohttp.ClientError, ConnectionError, TimeoutError) as error:
                    if not tries:
                        _logger.warning("no line to the desk server: %s", type(error).__name__)
                pause_s = min(_SLOWEST_RETRY_S, _FIRST_RETRY_S * 2.0**tries)
                tries += 1
                await asyncio.sleep(random.uniform(pause_s / 2, pause_s))

    async def _serve(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._outgoing = asyncio.Queue()
        self._socket = socket
        writing = asyncio.create_task(self._write(socket), name="line-writer")
        try:
            self._on_open()
            async for frame in socket:
                if frame.type is aiohttp.WSMsgType.TEXT:
                    await self._take(frame.data)
        finally:
            self._socket = None
            writing.cancel()
            await asyncio.gather(writing, return_exceptions=True)

    async def _take(self, data: str) -> None:
        try:
            message: ToPage = codec.decode(data.encode(), ToPage, "desk server")
        except MalformedError as error:
            self._refusals.note(error)
            return
        if isinstance(message, Refused):
            self._reason = message.reason
            _logger.warning("refused (%s): %s", message.reason, message.detail)
        await self._on_message(message)

    async def _write(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        while True:
            message = await self._outgoing.get()
            await socket.send_str(codec.encode(message).decode())

    async def close(self) -> None:
        """Says what is left to say, then goodbye."""
        socket, self._socket = self._socket, None
        if socket is None:
            return
        while not self._outgoing.empty():
            await socket.send_str(codec.encode(self._outgoing.get_nowait()).decode())
        await socket.close()
