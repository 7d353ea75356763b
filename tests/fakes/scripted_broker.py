"""A broker that says what mosquitto does not: one TLS listener, MQTT 5, with reason codes as the test wants them."""

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator, Callable

_CONNECT, _CONNACK, _PUBLISH, _PUBACK, _SUBSCRIBE, _SUBACK, _DISCONNECT = 1, 2, 3, 4, 8, 9, 14


class ScriptedBroker:
    """Accepts everybody the TLS context lets in."""

    def __init__(self, connack: int = 0, publish: int = 0, on_connect: Callable[[], None] = lambda: None) -> None:
        """Reason codes for CONNACK and for every PUBACK; `on_connect` is called before a CONNECT is answered."""
        self._on_connect = on_connect
        self._connack = connack
        self._publish = publish
        self.connects = 0
        self.published: list[bytes] = []
        """Topic and payload together, as on the wire."""
        self.subscribed = asyncio.Event()
        self._writers: list[asyncio.StreamWriter] = []

    @contextlib.asynccontextmanager
    async def listening(self, host: str, port: int, context: ssl.SSLContext) -> AsyncIterator[None]:
        server = await asyncio.start_server(self._serve, host, port, ssl=context)
        try:
            yield
        finally:
            server.close()
            for writer in self._writers:
                writer.close()

    def disconnect(self, reason: int) -> None:
        """Ends the newest connection, with its reason."""
        self._writers[-1].write(bytes([_DISCONNECT << 4, 2, reason, 0]))
        self._writers[-1].close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.append(writer)
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError, ssl.SSLError):
            while True:
                kind, body = await _packet(reader)
                answer = self._answer(kind >> 4, body)
                writer.write(answer)

    def _answer(self, kind: int, body: bytes) -> bytes:
        if kind == _CONNECT:
            self.connects += 1
            self._on_connect()
            return bytes([_CONNACK << 4, 3, 0, self._connack, 0])
        if kind == _SUBSCRIBE:
            self.subscribed.set()
            filters = 6
            return bytes([_SUBACK << 4, 3 + filters, body[0], body[1], 0, *[1] * filters])
        if kind == _PUBLISH:
            self.published.append(body)
            end = 2 + int.from_bytes(body[:2], "big")
            return bytes([_PUBACK << 4, 4, body[end], body[end + 1], self._publish, 0])
        return b""


async def _packet(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    """Type byte and body, see MQTT 5, 2.1."""
    (kind,) = await reader.readexactly(1)
    length = shift = 0
    while True:
        (digit,) = await reader.readexactly(1)
        length |= (digit & 127) << shift
        shift += 7
        if digit < 128:
            return kind, await reader.readexactly(length)
