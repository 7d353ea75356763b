"""A client of the Janus API over WebSocket: session, handles, requests, events. Knows no round and no peer connection.

`async with connected(url) as session:` … `handle = await session.attach(on_event)` … `await handle.request({…})`.
"""

import asyncio
import contextlib
import errno
import logging
import secrets
import ssl
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec
from msgspec import Struct, field

from kiosk.contract.errors import MalformedError, MediaServerError, Reason
from kiosk.runtime.later import later
from kiosk.runtime.log import Refusals

if TYPE_CHECKING:
    import websockets
    from websockets.asyncio.client import ClientConnection
else:
    websockets = later("websockets")  # 1.5 MB, which a terminal without a media server can do without

_logger = logging.getLogger(__name__)

VIDEO_ROOM = "janus.plugin.videoroom"
LINGER_S = 5
"""So long Janus keeps the session of a lost socket: `reclaim_session_timeout` of our installations."""
CONNECT_S = 2.0
ANSWER_S = 4.0
"""Whoever has not answered then is taken for lost."""
_KEEP_ALIVE_S = 2.0
_CLOSE_S = 1.0
_MAX_BYTES = 1 << 20
_SUBPROTOCOL = "janus-protocol"

# Error codes of Janus (apierror.h) and VideoRoom that somebody reacts to.
NO_SUCH_SESSION = 458
NO_SUCH_HANDLE = 459
NO_SUCH_ROOM = 426
NO_SUCH_FEED = 428
UNAUTHORISED = 433
ID_EXISTS = 436


class Jsep(Struct, frozen=True, kw_only=True):
    """A session description."""

    type: str
    """`offer` or `answer`."""
    sdp: str


class Event(Struct, frozen=True, kw_only=True):
    """What Janus says of a handle, asked or unasked."""

    kind: str
    """`event` (of the plugin), `webrtcup`, `media`, `slowlink`, `hangup`, `detached`, `trickle`; see Janus's API."""
    data: dict[str, Any] = field(default_factory=dict)
    """Of the plugin; for other kinds all that came, such as `reason` of a hangup."""
    jsep: Jsep | None = None


class _Error(Struct, frozen=True, kw_only=True):
    code: int
    reason: str = ""


class _Plugin(Struct, frozen=True, kw_only=True):
    data: dict[str, Any] = field(default_factory=dict)


class _Message(Struct, frozen=True, kw_only=True):
    """One text frame from Janus."""

    janus: str
    transaction: str = ""
    sender: int = 0
    data: dict[str, Any] = field(default_factory=dict)
    plugindata: _Plugin = _Plugin()
    jsep: Jsep | None = None
    error: _Error | None = None


OnEvent = Callable[[Event], None]


class _Asked(NamedTuple):
    """A request that waits."""

    answer: asyncio.Future[_Message]
    is_acked: bool
    number: int
    """Of the handle that was asked, 0: the session."""


class Handle:
    """One use of a plugin; made by `Session.attach` or `Session.take_over`."""

    def __init__(self, session: "Session", number: int) -> None:
        self._session = session
        self.number = number

    async def request(
        self, body: dict[str, Any], jsep: Jsep | None = None, timeout_s: float = ANSWER_S, **more: Any
    ) -> Event:
        """The plugin's answer, whether it comes at once or as an event.

        Args:
            body: of the plugin's request.
            more: beside the body, such as `opaque_id`.

        Raises:
            MediaServerError: refused with a code (`FAR_SIDE_REFUSED`), no answer in time, or the connection is lost.
        """
        message: dict[str, Any] = {"janus": "message", "handle_id": self.number, "body": body, **more}
        if jsep:
            message["jsep"] = msgspec.to_builtins(jsep)
        answer = await self._session.ask(message, timeout_s)
        data = answer.plugindata.data
        if "error_code" in data:
            detail = f"{body.get('request', 'a request')} was refused: {data.get('error', '')}"
            code = data["error_code"]
            raise MediaServerError(detail, Reason.FAR_SIDE_REFUSED, code if isinstance(code, int) else 0)
        return Event(kind="event", data=data, jsep=answer.jsep)

    async def trickle(self, candidate: dict[str, Any] | None) -> None:
        """One candidate as in RTCIceCandidateInit; None ends them. Raises MediaServerError."""
        last: dict[str, Any] = {"completed": True}
        await self._session.ask(
            {"janus": "trickle", "handle_id": self.number, "candidate": candidate or last}, is_acked=True
        )

    async def hang_up(self) -> None:
        """Ends the peer connection, not the handle. Raises MediaServerError."""
        await self._session.ask({"janus": "hangup", "handle_id": self.number})

    async def detach(self) -> None:
        """Raises MediaServerError."""
        self._session.forget(self)
        await self._session.ask({"janus": "detach", "handle_id": self.number})


class Session:
    """One Janus session on one WebSocket; made by `connected`."""

    def __init__(self, socket: "ClientConnection", refusals: Refusals | None) -> None:
        self._socket = socket
        self._refusals = refusals
        self._answers: dict[str, _Asked] = {}
        self._listeners: dict[int, OnEvent] = {}
        self.number = 0
        """To be claimed with after the socket is lost."""
        self.ended: asyncio.Future[MediaServerError] = asyncio.get_running_loop().create_future()
        """Why there is no connection any more; until then nothing."""

    async def attach(self, on_event: OnEvent, plugin: str = VIDEO_ROOM) -> Handle:
        """A new handle; `on_event` gets what the plugin says unasked. Raises MediaServerError."""
        answer = await self.ask({"janus": "attach", "plugin": plugin})
        return self.take_over(_number(answer), on_event)

    def take_over(self, number: int, on_event: OnEvent) -> Handle:
        """A handle of a claimed session."""
        self._listeners[number] = on_event
        return Handle(self, number)

    def forget(self, handle: Handle) -> None:
        """Its events are dropped from now on."""
        self._listeners.pop(handle.number, None)

    async def ask(self, message: dict[str, Any], timeout_s: float = ANSWER_S, is_acked: bool = False) -> _Message:
        """Sends a request and waits for what answers it; with `is_acked` Janus's word that it has come is enough.

        Raises:
            MediaServerError: Janus refuses, does not answer in time, or the connection is lost.
        """
        if self.ended.done():
            raise self.ended.result()
        transaction = secrets.token_hex(8)
        answer: asyncio.Future[_Message] = asyncio.get_running_loop().create_future()
        self._answers[transaction] = _Asked(answer, is_acked, message.get("handle_id", 0))
        try:
            async with asyncio.timeout(timeout_s):
                await self._send({**message, "transaction": transaction})
                reply = await answer
        except TimeoutError:
            raise MediaServerError(f"no answer to {message['janus']}", Reason.NO_ANSWER) from None
        finally:
            del self._answers[transaction]
        if reply.error:
            detail = f"{message['janus']} was refused: {reply.error.reason}"
            raise MediaServerError(detail, Reason.FAR_SIDE_REFUSED, reply.error.code)
        return reply

    async def _send(self, message: dict[str, Any]) -> None:
        if self.number:
            message["session_id"] = self.number
        try:
            await self._socket.send(msgspec.json.encode(message), text=True)
        except websockets.ConnectionClosed as error:
            raise MediaServerError(f"cannot send: {type(error).__name__}") from None

    async def begin(self, claim: int) -> None:
        """Creates the session, or claims one that still lives. Raises MediaServerError."""
        if claim:
            self.number = claim
            await self.ask({"janus": "claim"}, CONNECT_S)
        else:
            self.number = _number(await self.ask({"janus": "create"}, CONNECT_S))

    async def listen(self) -> None:
        """Takes what comes until the connection ends."""
        try:
            async for text in self._socket:
                try:
                    message = msgspec.json.decode(text, type=_Message)
                except msgspec.MsgspecError as error:
                    self._refuse(f"not a message of Janus: {error}")
                    continue
                self._take(message, text)
                await asyncio.sleep(0)  # whoever waited for this goes on before the next one is taken
        except websockets.ConnectionClosed:
            pass
        finally:
            self.end(MediaServerError("the connection is closed"))

    async def keep_alive(self) -> None:
        """Until Janus answers no longer; without it a session ends after 60 s."""
        while True:
            await asyncio.sleep(_KEEP_ALIVE_S)
            try:
                await self.ask({"janus": "keepalive"}, is_acked=True)
            except MediaServerError as error:
                self.end(error)
                return

    def end(self, why: MediaServerError) -> None:
        """From here on everything that is asked raises `why`."""
        if not self.ended.done():
            self.ended.set_result(why)
        self._give_up(why)

    def _give_up(self, why: MediaServerError, number: int | None = None) -> None:
        """What was asked of this handle, or of all, is not answered any more."""
        for asked in self._answers.values():
            if number in (None, asked.number) and not asked.answer.done():
                asked.answer.set_exception(why)

    def _take(self, message: _Message, text: str | bytes) -> None:
        asked = self._answers.get(message.transaction)
        if asked is not None and not asked.answer.done():
            if message.janus != "ack" or asked.is_acked:
                asked.answer.set_result(message)
        elif message.janus == "timeout":
            self.end(MediaServerError("the session has timed out", code=NO_SUCH_SESSION))
        elif message.sender in self._listeners:
            data = message.plugindata.data if message.janus == "event" else msgspec.json.decode(text)
            self._listeners[message.sender](Event(kind=message.janus, data=data, jsep=message.jsep))
            if message.janus == "hangup":  # whoever negotiates with it waits in vain
                self._give_up(MediaServerError(f"hung up: {data.get('reason', '')}", Reason.NO_ANSWER), message.sender)

    def _refuse(self, detail: str) -> None:
        error = MalformedError("media server", detail)
        if self._refusals:
            self._refusals.note(error)
        else:
            _logger.warning("refused: %s", error.detail)


def trust(ca_file: Path) -> ssl.SSLContext:
    """For `wss://`: who the system trusts, and the installation's own authority."""
    context = ssl.create_default_context()
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN  # the authority may be one below another's
    with contextlib.suppress(OSError):  # whoever needs the file most says what is wrong with it
        context.load_verify_locations(ca_file)
    return context


@contextlib.asynccontextmanager
async def connected(
    url: str,
    *,
    claim: int = 0,
    is_lingering: bool = False,
    tls: ssl.SSLContext | None = None,
    refusals: Refusals | None = None,
) -> AsyncIterator[Session]:
    """A session on the media server at `url`; look at `Session.ended` to learn of a lost connection.

    Args:
        url: `ws://` or `wss://`.
        claim: number of a session whose socket was lost.
        is_lingering: leave the session to Janus at the end (see `kiosk.contract.media.Seat`) instead of ending it.

    Raises:
        MediaServerError: cannot be reached within `CONNECT_S`, is no Janus, or refuses.
    """
    async with contextlib.AsyncExitStack() as stack:
        socket = await _open(url, tls)
        stack.push_async_callback(socket.close)
        session = Session(socket, refusals)
        tasks = [asyncio.create_task(session.listen(), name="janus listen")]
        stack.push_async_callback(_stop, tasks)
        await session.begin(claim)
        tasks.append(asyncio.create_task(session.keep_alive(), name="janus keep-alive"))
        try:
            yield session
        finally:
            if not is_lingering and not session.ended.done():
                with contextlib.suppress(MediaServerError):
                    await session.ask({"janus": "destroy"}, CONNECT_S)


async def _open(url: str, tls: ssl.SSLContext | None) -> "ClientConnection":
    try:
        async with asyncio.timeout(CONNECT_S):
            return await websockets.connect(
                url,
                subprotocols=[websockets.Subprotocol(_SUBPROTOCOL)],
                compression=None,
                max_size=_MAX_BYTES,
                ping_interval=None,  # `keep_alive` asks Janus itself
                close_timeout=_CLOSE_S,
                proxy=None,
                ssl=(tls or True) if url.startswith("wss:") else None,
            )
    except TimeoutError:
        raise MediaServerError("cannot be reached in time", Reason.NO_ANSWER) from None
    except (websockets.WebSocketException, OSError, ValueError) as error:
        # A machine that refuses is there: the way to it is no matter for patience. Of several addresses asyncio has the
        # numbers in its text only.
        is_refused = isinstance(error, OSError) and f"[Errno {errno.ECONNREFUSED}]" in str(error)
        reason = Reason.FAR_SIDE_REFUSED if is_refused else None
        raise MediaServerError(f"cannot be reached: {type(error).__name__}", reason) from None


async def _stop(tasks: list[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def _number(answer: _Message) -> int:
    """Of the session or handle that was made. Raises MediaServerError."""
    number = answer.data.get("id")
    if not isinstance(number, int):
        raise MediaServerError("not an answer of Janus", Reason.MALFORMED)
    return number
