"""Which relays are used: those that answer; and nothing in a list of them ends the process."""

import asyncio

import pytest
from aiortc import RTCIceServer

from kiosk.media.engine import relays
from kiosk.media.engine.relays import Relays


async def found(*urls: str) -> list[str]:
    """The addresses that are left of these; fails where looking for them ends the group."""
    usable: list[RTCIceServer] = []
    async with asyncio.timeout(5), asyncio.TaskGroup() as group:
        Relays(group, None, usable.extend).use([RTCIceServer(url, "name", "word") for url in urls])
    return [str(server.urls) for server in usable]


@pytest.mark.parametrize(
    "url",
    ["stun:10.99.0.1:99999", "turn:10.99.0.1:0", "turn:a..b:3478", "turns:" + "x" * 64 + ".example", "stun:\0:3478"],
)
async def test_an_address_that_is_none_is_refused(url: str) -> None:
    """Where it gets here all the same, it is one that does not answer."""
    with pytest.raises(ValueError, match=r".+"):
        relays.check(url)
    assert await found(url) == []


def test_stun_by_tls_is_refused() -> None:
    """aioice does not know it."""
    with pytest.raises(ValueError, match="stuns"):
        relays.check("stuns:10.99.0.1")
    for url in ("stun:10.99.0.1", "turn:relay.example?transport=tcp", "turns:relay.example:443?transport=tcp"):
        relays.check(url)
