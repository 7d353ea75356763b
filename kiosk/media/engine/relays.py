"""Which STUN and TURN servers are reachable from here, and by what transport.

aiortc takes one STUN and one TURN address, and waits five seconds for each that does not answer before it answers an
offer. So they are tried before they are needed; UDP is preferred to TCP, and that to TLS.
"""

import asyncio
import contextlib
import logging
import ssl
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import aiortc.rtcicetransport
from aioice import stun, turn
from aiortc import RTCIceServer
from aiortc.rtcicetransport import parse_stun_turn_uri

_logger = logging.getLogger(__name__)

TRY_S = 1.5
"""A server that has not answered then is not used."""
_AGAIN_S = 10.0
"""Between two looks for the reason that a path was lost."""


def check(url: str) -> None:
    """Raises ValueError: no address of a server, or of one that is not known here."""
    where = parse_stun_turn_uri(url)
    if where["scheme"] == "stuns":
        raise ValueError("stuns is not supported")
    if not 0 < where["port"] < 0x10000:
        raise ValueError(f"port {where['port']}")
    if not where["host"].isprintable():
        raise ValueError("a host that is no name")
    where["host"].encode("idna")


class _Address(NamedTuple):
    url: str
    username: str | None
    credential: str | None


class Relays:
    """Looks after the servers; tells `on_found` those that can be used, in aiortc's words."""

    def __init__(
        self, group: asyncio.TaskGroup, ca_file: Path | None, on_found: Callable[[list[RTCIceServer]], None]
    ) -> None:
        """`ca_file`: an authority that servers with TLS may be of, beside the system's."""
        self._group, self._on_found = group, on_found
        self._trust = _trust(ca_file)
        use_trust(self._trust)
        self._servers: Sequence[RTCIceServer] = ()
        self._task: asyncio.Task[None] | None = None
        self._looked_s = 0.0

    def use(self, servers: Sequence[RTCIceServer]) -> None:
        """From now on these, as far as they answer."""
        self._servers = servers
        self._look()

    def look_again(self, *, is_urgent: bool) -> None:
        """The network has changed (urgent), or a path was lost: another transport may be the one that works."""
        now_s = asyncio.get_running_loop().time()
        if self._servers and (is_urgent or now_s - self._looked_s > _AGAIN_S):
            self._look()

    def _look(self) -> None:
        self._looked_s = asyncio.get_running_loop().time()
        if self._task:
            self._task.cancel()
        self._task = self._group.create_task(self._try_all(), name="relays")

    async def _try_all(self) -> None:
        addresses = [
            _Address(url, server.username, server.credential)
            for server in self._servers
            for url in ([server.urls] if isinstance(server.urls, str) else server.urls)
        ]
        answers = await asyncio.gather(*(self._answers(address) for address in addresses))
        found: list[RTCIceServer] = []
        for scheme in ("stun", "turn"):
            usable = [
                one for one, is_up in zip(addresses, answers, strict=True) if is_up and one.url.startswith(scheme)
            ]
            usable.sort(key=lambda one: (one.url.startswith("turns"), "transport=tcp" in one.url))
            if usable:
                best = usable[0]
                found.append(RTCIceServer(best.url, best.username, best.credential))
        _logger.info("%d of %d relay addresses answer", sum(answers), len(answers))
        self._on_found(found)

    async def _answers(self, address: _Address) -> bool:
        where = parse_stun_turn_uri(address.url)
        try:
            check(address.url)
            async with asyncio.timeout(TRY_S):
                if where["scheme"] == "stun":
                    await _ask_binding(where["host"], where["port"])
                else:
                    await self._allocate(where, address)
        except (OSError, TimeoutError, stun.TransactionError, ssl.SSLError, ConnectionError, ValueError) as error:
            _logger.info("%s: %s", where["scheme"], type(error).__name__)
            return False
        return True

    async def _allocate(self, where: dict[str, Any], address: _Address) -> None:
        transport, _ = await turn.create_turn_endpoint(
            asyncio.DatagramProtocol,
            server_addr=(where["host"], where["port"]),
            username=address.username,
            password=address.credential,
            ssl=self._trust if where["scheme"] == "turns" else False,
            transport=where["transport"],
        )
        transport.close()


class _Asking(asyncio.DatagramProtocol):
    def __init__(self) -> None:
        self.answered = asyncio.get_running_loop().create_future()

    def datagram_received(self, data: bytes, address: Any) -> None:
        with contextlib.suppress(ValueError):
            stun.parse_message(data)
            if not self.answered.done():
                self.answered.set_result(None)


async def _ask_binding(host: str, port: int) -> None:
    loop = asyncio.get_running_loop()
    transport, asking = await loop.create_datagram_endpoint(_Asking, remote_addr=(host, port))
    try:
        request = stun.Message(message_method=stun.Method.BINDING, message_class=stun.Class.REQUEST)
        for _ in range(3):
            transport.sendto(bytes(request))
            await asyncio.wait([asking.answered], timeout=TRY_S / 3)
            if asking.answered.done():
                return
        raise TimeoutError
    finally:
        transport.close()


def _trust(ca_file: Path | None) -> ssl.SSLContext:
    trust = ssl.create_default_context()
    if ca_file and ca_file.is_file():
        trust.load_verify_locations(cafile=str(ca_file))
    return trust


def use_trust(trust: ssl.SSLContext) -> None:
    """aiortc says only whether TURN goes by TLS; aioice would take a context as well, and with it our authority."""
    stock = _stock_arguments

    def arguments(servers: list[RTCIceServer]) -> dict[str, Any]:
        found = stock(servers)
        if found.get("turn_ssl"):
            found["turn_ssl"] = trust
        return found

    aiortc.rtcicetransport.connection_kwargs = arguments


_stock_arguments = aiortc.rtcicetransport.connection_kwargs
