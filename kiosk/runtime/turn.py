"""Asks a TURN server for an address and gives it back (RFC 5766): the whole of what a relay is for, without media."""

import asyncio
import hashlib
import hmac
import secrets
import ssl
import struct
from collections.abc import Awaitable, Callable
from urllib.parse import parse_qs

from kiosk.contract.errors import MediaServerError, Reason
from kiosk.contract.media import IceServer

ANSWER_S = 3.0
_COOKIE = 0x2112A442
_HEADER = struct.Struct("!HHI12s")
_ALLOCATE, _REFRESH = 0x003, 0x004
_SUCCESS, _ERROR = 0x100, 0x110
_USERNAME, _INTEGRITY, _ERROR_CODE, _LIFETIME = 0x0006, 0x0008, 0x0009, 0x000D
_REALM, _NONCE, _TRANSPORT, _RELAYED = 0x0014, 0x0015, 0x0019, 0x0016
_UDP = struct.pack("!B3x", 17)
_UNAUTHORISED, _STALE = 401, 438
_MOST_BYTES = 4096

Attributes = dict[int, bytes]
Ask = Callable[[bytes], Awaitable[bytes]]
"""One request, one answer."""


async def allocate(server: IceServer, tls: ssl.SSLContext | None = None) -> None:
    """Passes when the first of the server's addresses that is a TURN one gives us an address.

    Raises:
        MediaServerError: NO_ANSWER, FAR_SIDE_REFUSED (with the code), NETWORK_LOST, or not a TURN server.
    """
    url = next((url for url in server.urls if url.startswith("turn")), "")
    if not url:
        raise MediaServerError("no TURN address", Reason.MALFORMED)
    try:
        async with asyncio.timeout(ANSWER_S):
            await _connect(url, tls, lambda ask: _exchange(ask, server))
    except TimeoutError:
        raise MediaServerError("no answer", Reason.NO_ANSWER) from None
    except (OSError, EOFError, ValueError, struct.error) as error:
        raise MediaServerError(f"cannot be reached: {type(error).__name__}", Reason.NETWORK_LOST) from None


def place(url: str) -> tuple[str, int]:
    """Host, without brackets, and port of a TURN address. Raises ValueError: the port is none."""
    scheme, _, rest = url.partition(":")
    where = rest.partition("?")[0]
    host, _, port = where.rpartition(":") if ":" in where else (where, "", "")
    number = int(port) if port else 5349 if scheme == "turns" else 3478
    if not 0 < number < 65536:
        raise ValueError(f"port {number}")
    return host.strip("[]"), number


async def _connect(url: str, tls: ssl.SSLContext | None, use: Callable[[Ask], Awaitable[None]]) -> None:
    """By UDP, TCP or TLS, as the address says."""
    host, number = place(url)
    query = url.partition("?")[2]
    is_tls = url.startswith("turns:")
    if is_tls or parse_qs(query).get("transport") == ["tcp"]:
        reader, writer = await asyncio.open_connection(host, number, ssl=(tls or True) if is_tls else None)
        try:
            await use(lambda message: _by_stream(reader, writer, message))
        finally:
            writer.close()
        return
    loop = asyncio.get_running_loop()
    transport, wire = await loop.create_datagram_endpoint(_Datagrams, remote_addr=(host, number))
    try:
        await use(lambda message: _by_datagram(transport, wire, message))
    finally:
        transport.close()


async def _by_stream(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, message: bytes) -> bytes:
    writer.write(message)
    head = await reader.readexactly(_HEADER.size)
    length = _HEADER.unpack(head)[1]
    return head + await reader.readexactly(min(length, _MOST_BYTES))


class _Datagrams(asyncio.DatagramProtocol):
    """What comes, one after the other."""

    def __init__(self) -> None:
        self.came: asyncio.Queue[bytes | Exception] = asyncio.Queue()

    def datagram_received(self, data: bytes, addr: object) -> None:
        self.came.put_nowait(data)

    def error_received(self, exc: Exception) -> None:
        self.came.put_nowait(exc)


async def _by_datagram(transport: asyncio.DatagramTransport, wire: _Datagrams, message: bytes) -> bytes:
    """Sent again every half second, as a datagram may be lost."""
    while True:
        transport.sendto(message)
        try:
            async with asyncio.timeout(0.5):
                while True:
                    answer = await wire.came.get()
                    # "Nobody listens there" may be a relay that starts: asked again until it is late.
                    if isinstance(answer, bytes) and answer[8:20] == message[8:20]:
                        return answer
        except TimeoutError:
            continue


async def _exchange(ask: Ask, server: IceServer) -> None:
    """Asked without a name first, so that the server says realm and nonce; then with it; then given back."""
    code, attributes = await _request(ask, _ALLOCATE, {_TRANSPORT: _UDP}, b"")
    if code == 0:
        return
    if code != _UNAUTHORISED:
        raise MediaServerError(f"refused with {code}", Reason.FAR_SIDE_REFUSED, code)
    realm = attributes.get(_REALM, b"")
    key = hashlib.md5(b":".join((server.username.encode(), realm, server.credential.encode()))).digest()
    known = {_USERNAME: server.username.encode(), _REALM: realm, _NONCE: attributes.get(_NONCE, b"")}
    code, attributes = await _request(ask, _ALLOCATE, {_TRANSPORT: _UDP, **known}, key)
    if code:
        raise MediaServerError(f"refused with {code}", Reason.FAR_SIDE_REFUSED, code)
    if _RELAYED not in attributes:
        raise MediaServerError("gave no address", Reason.MALFORMED)
    await _request(ask, _REFRESH, {_LIFETIME: struct.pack("!I", 0), **known}, key)


async def _request(ask: Ask, method: int, attributes: Attributes, key: bytes) -> tuple[int, Attributes]:
    """The error code, 0 without one, and what came with the answer. Raises MediaServerError for no answer of TURN."""
    transaction = secrets.token_bytes(12)
    answer = await ask(_message(method, transaction, attributes, key))
    kind, length, cookie, echoed = _HEADER.unpack_from(answer)
    if cookie != _COOKIE or echoed != transaction or len(answer) < _HEADER.size + length:
        raise MediaServerError("not an answer of TURN", Reason.MALFORMED)
    found = _read(answer[_HEADER.size : _HEADER.size + length])
    if kind == method | _SUCCESS:
        return 0, found
    error = found.get(_ERROR_CODE, b"")
    if kind != method | _ERROR or len(error) < 4:
        raise MediaServerError("not an answer of TURN", Reason.MALFORMED)
    return (error[2] & 7) * 100 + error[3], found


def _message(method: int, transaction: bytes, attributes: Attributes, key: bytes) -> bytes:
    """With integrity where there is a key; the header then counts it before it is there (RFC 5389, 15.4)."""
    body = b"".join(_attribute(kind, value) for kind, value in attributes.items())
    if not key:
        return _HEADER.pack(method, len(body), _COOKIE, transaction) + body
    head = _HEADER.pack(method, len(body) + 24, _COOKIE, transaction)
    return head + body + _attribute(_INTEGRITY, hmac.new(key, head + body, hashlib.sha1).digest())


def _attribute(kind: int, value: bytes) -> bytes:
    return struct.pack("!HH", kind, len(value)) + value + bytes(-len(value) % 4)


def _read(body: bytes) -> Attributes:
    found: Attributes = {}
    at = 0
    while at + 4 <= len(body):
        kind, length = struct.unpack_from("!HH", body, at)
        found.setdefault(kind, body[at + 4 : at + 4 + length])
        at += 4 + length + -length % 4
    return found
