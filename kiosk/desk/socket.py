"""One connected page: its WebSocket, read strictly and not too fast, written without ever waiting for it."""

import asyncio
import contextlib
import logging

from aiohttp import WSCloseCode, WSMsgType, web

from kiosk.contract import codec
from kiosk.contract.errors import InvitationError, MalformedError, Reason
from kiosk.contract.partner import FromPage, Refused, ToPage
from kiosk.desk.allowance import Allowance
from kiosk.desk.rules import refusal
from kiosk.desk.switchboard import Switchboard
from kiosk.runtime.invitation import Link

_logger = logging.getLogger(__name__)

HEARTBEAT_S = 20.0
"""A page that vanished without a word is noticed after one and a half of these."""
CLOSE_CODES = {Reason.LINK_WRONG: 4403, Reason.LINK_EXPIRED: 4410, Reason.LINK_REVOKED: 4410}
"""The page shows what `Refused` said and does not come back."""
_MAX_WAITING = 500
"""Messages a page may leave unread; then it hangs and is dropped."""


def new_response() -> web.WebSocketResponse:
    """A WebSocket with our limits, not yet prepared."""
    return web.WebSocketResponse(heartbeat=HEARTBEAT_S, max_msg_size=codec.MAX_MESSAGE_BYTES, compress=False)


async def refuse(response: web.WebSocketResponse, error: InvitationError) -> None:
    """Tells a page that its link is no good, and closes."""
    await response.send_str(codec.encode(Refused(reason=error.reason)).decode())
    await response.close(code=CLOSE_CODES.get(error.reason, WSCloseCode.POLICY_VIOLATION))


class PageSocket:
    """A `kiosk.desk.visits.Page` on a real WebSocket."""

    def __init__(
        self, request: web.Request, response: web.WebSocketResponse, link: Link, switchboard: Switchboard
    ) -> None:
        self.link = link
        self._transport = request.transport
        self._response = response
        self._switchboard = switchboard
        self._waiting: asyncio.Queue[ToPage | int] = asyncio.Queue(_MAX_WAITING)
        self._is_closing = False

    def send(self, message: ToPage) -> None:
        """Queues a message; a page that reads nothing is dropped."""
        if self._is_closing:
            return
        try:
            self._waiting.put_nowait(message)
        except asyncio.QueueFull:
            _logger.warning("page %s does not read; dropped", self.link.id)
            self._is_closing = True
            if self._transport is not None:
                self._transport.abort()

    def close(self, reason: Reason) -> None:
        """Says why, and closes the socket."""
        self.send(Refused(reason=reason))
        self._close(CLOSE_CODES.get(reason, WSCloseCode.POLICY_VIOLATION))

    def stop(self) -> None:
        """The server stops; the page is to come back to the next one."""
        self._close(WSCloseCode.SERVICE_RESTART)

    async def run(self) -> bool:
        """Serves the page until its socket is closed; true when it said goodbye, or we did."""
        writing = asyncio.create_task(self._write(), name="page-writer")
        try:
            return await self._read()
        finally:
            writing.cancel()
            await asyncio.gather(writing, return_exceptions=True)

    def _close(self, code: int) -> None:
        if not self._is_closing:
            self._is_closing = True
            with contextlib.suppress(asyncio.QueueFull):
                self._waiting.put_nowait(code)

    async def _read(self) -> bool:
        allowance = Allowance(asyncio.get_running_loop().time)
        while True:
            message = await self._response.receive()
            match message.type:
                case WSMsgType.TEXT | WSMsgType.BINARY:
                    await allowance.take()
                    self._said(message.data)
                case WSMsgType.CLOSE:
                    return True
                case WSMsgType.ERROR:
                    if getattr(message.data, "code", None) == WSCloseCode.MESSAGE_TOO_BIG:
                        self._switchboard.refusals.note(refusal(self, "a message that is too long", Reason.OVERSIZED))
                    return False
                case _:
                    return self._is_closing

    def _said(self, data: str | bytes) -> None:
        try:
            if isinstance(data, bytes):
                raise refusal(self, "a binary message", Reason.MALFORMED)
            said: FromPage = codec.decode(data.encode("utf-8", "replace"), FromPage, f"page {self.link.id}")
        except MalformedError as error:
            self._switchboard.refuse(self, error)
        else:
            self._switchboard.page_said(self, said)

    async def _write(self) -> None:
        with contextlib.suppress(ConnectionError):
            while True:
                message = await self._waiting.get()
                if isinstance(message, int):
                    await self._response.close(code=message)
                    return
                await self._response.send_str(codec.encode(message).decode())
