"""The bad wire of tests and benches does what it is told: whoever tunes by it must be able to believe it."""

import asyncio
import sys
import time

import pytest

from tests.fakes.bad_wire import FAR, BadWire, Way, bad_wire, far_side

COUNT = 400
ECHO = """
import socket
sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
sock.bind(("10.98.0.2", 9))
print("ready", flush=True)
while True:
    sock.sendto(*sock.recvfrom(2048))
"""


class Echoes(asyncio.DatagramProtocol):
    """Sends numbered datagrams and notes when which of them is back."""

    def __init__(self) -> None:
        self.back: dict[int, float] = {}

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.DatagramTransport)
        self.transport = transport

    def datagram_received(self, data: bytes, address: tuple[str, int]) -> None:
        self.back[int.from_bytes(data[:4], "big")] = time.monotonic()


async def echo(size: int = 100, interval_s: float = 0.002, wait_s: float = 0.6) -> list[float]:
    """Round trips in ms of those of `COUNT` datagrams that came back, in the order in which they were sent."""
    process = await asyncio.create_subprocess_exec(
        *far_side(sys.executable, "-c", ECHO), stdout=asyncio.subprocess.PIPE
    )
    try:
        assert process.stdout
        await process.stdout.readline()
        loop = asyncio.get_running_loop()
        transport, echoes = await loop.create_datagram_endpoint(Echoes, remote_addr=(FAR, 9))
        sent: dict[int, float] = {}
        start_s = loop.time()
        for number in range(COUNT):
            sent[number] = time.monotonic()
            transport.sendto(number.to_bytes(4, "big") + bytes(size - 4))
            await asyncio.sleep(max(0.0, start_s + number * interval_s - loop.time()))
        await asyncio.sleep(wait_s)
        transport.close()
        return [(echoes.back[number] - sent[number]) * 1000 for number in sent if number in echoes.back]
    finally:
        process.kill()
        await process.wait()


@pytest.fixture
async def wire():
    async with bad_wire() as made:
        yield made


async def test_a_good_wire_loses_nothing(wire: BadWire):
    """All datagrams come back, soon."""
    found = await echo()
    assert len(found) == COUNT
    assert sorted(found)[COUNT // 2] < 20


async def test_loss_and_delay_are_as_told(wire: BadWire):
    """10 % on one way, 50 ms on the other, ± 30 ms."""
    wire.be(to_near=Way(loss_pct=10), to_far=Way(delay_ms=50, jitter_ms=30))
    found = await echo()
    assert 0.84 <= len(found) / COUNT <= 0.96
    assert 45 <= sorted(found)[len(found) // 2] <= 75
    assert min(found) < 35 < 70 < max(found)


async def test_a_bottleneck_delays_and_then_drops(wire: BadWire):
    """1000 bytes each 2 ms are 4 Mbit/s; through 1 Mbit/s most are dropped, and those that come are late."""
    wire.be(to_far=Way(rate_bps=1_000_000, queue_ms=200))
    found = await echo(size=1000)
    assert 0.2 <= len(found) / COUNT <= 0.5
    assert 150 <= max(found) <= 300
