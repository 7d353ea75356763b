"""Calls by way of a real coturn: by UDP, TCP and TLS, with credentials that expire, and nothing but the relay."""

import asyncio
import time
from pathlib import Path

import pytest

from kiosk.contract.links import IceServers
from kiosk.contract.media import IceServer, PlannedPeer, Route
from tests.fakes import coturn
from tests.fakes.coturn import Coturn
from tests.fakes.media_bench import Page, Terminal, open_page, running_terminal

A = PlannedPeer(call="a" * 16)


@pytest.fixture
async def relay(tmp_path: Path):
    async with coturn.running(tmp_path) as made:
        yield made


async def meet(terminal: Terminal, page: Page, timeout_s: float = 10) -> None:
    """Pictures both ways."""
    terminal.do(A, camera="on", microphone="on")
    await page.offer()
    await terminal.until(lambda report: bool(report.peers) and report.peers[0].frames_received > 10, timeout_s)
    await page.until(lambda: page.frames > 5)


@pytest.mark.parametrize("transport", ["udp", "tcp", "tls"])
async def test_a_closed_network_is_left_by_the_relay_only(tmp_path: Path, relay: Coturn, transport: str):
    """The page would be reachable directly; the terminal takes the relay all the same, and says so."""
    running = running_terminal(tmp_path, is_relay_only="true", ca_file=str(relay.ca_file))
    async with running as terminal, open_page(terminal, A.call) as page:
        terminal.send(IceServers(servers=relay.servers(transport)))
        await meet(terminal, page)
        report = await terminal.until(lambda report: report.peers[0].stats.route is not Route.NONE)
        assert report.peers[0].stats.route is Route.RELAY
        candidates = [line for line in page.answer.splitlines() if line.startswith("a=candidate")]
        assert candidates
        assert all(" typ relay" in line for line in candidates)


async def test_the_first_address_that_answers_is_taken(tmp_path: Path, relay: Coturn):
    """UDP leads nowhere and TLS is not trusted: TCP does it, and no offer waits for the dead addresses."""
    (tcp,) = relay.servers("tcp")
    (tls,) = relay.servers("tls")
    dead = IceServer(urls=("turn:10.99.0.77:3478?transport=udp",), username=tcp.username, credential=tcp.credential)
    stun = IceServer(urls=("stun:10.99.0.77:3478",))
    async with running_terminal(tmp_path, is_relay_only="true") as terminal, open_page(terminal, A.call) as page:
        terminal.send(IceServers(servers=(stun, dead, tls, tcp)))
        await meet(terminal, page)
        page.frames, start_s = 0, time.monotonic()
        await page.offer()
        await page.until(lambda: page.frames > 0)
        assert time.monotonic() - start_s < 2.5


async def test_without_a_relay_that_answers_nothing_goes_out(tmp_path: Path, relay: Coturn):
    """Credentials of yesterday: no path, no candidate of ours; with new ones there is a path, by itself."""
    async with running_terminal(tmp_path, is_relay_only="true") as terminal, open_page(terminal, A.call) as page:
        terminal.send(IceServers(servers=relay.servers("udp", lifetime_s=-60)))
        terminal.do(A, camera="on")
        await page.offer()
        await page.until(lambda: bool(page.answer))
        assert "a=candidate" not in page.answer
        terminal.send(IceServers(servers=relay.servers("udp")))
        await terminal.until(lambda report: bool(report.peers) and report.peers[0].frames_received > 5, 20)


async def test_an_address_that_is_gone_is_no_way_any_more(tmp_path: Path):
    """The machine moves to another address: heard of from the kernel, media back within 5 s, muted stays muted."""
    async with running_terminal(tmp_path) as terminal, open_page(terminal, A.call) as page:
        await _address("add", "10.99.0.8/24")
        try:
            terminal.do(A, camera="on")
            await page.offer(lambda sdp: sdp)
            await terminal.until(lambda report: bool(report.peers) and report.peers[0].frames_received > 5)
            await _address("del", "10.99.0.1/24")
            await _address("add", "10.99.0.9/24")
            before, start_s = terminal.peer(A.call).frames_received, time.monotonic()
            await terminal.until(lambda report: report.peers[0].frames_received > before + 20)
            assert time.monotonic() - start_s < 5
            assert page.asked_to_reconnect >= 1
            assert page.samples == 0
        finally:
            await _address("del", "10.99.0.9/24", is_expected=False)
            await _address("del", "10.99.0.8/24", is_expected=False)
            await _address("add", "10.99.0.1/24", is_expected=False)


async def _address(what: str, address: str, *, is_expected: bool = True) -> None:
    command = ("ip", "address", what, address, "dev", "near0")
    process = await asyncio.create_subprocess_exec(*command, stderr=asyncio.subprocess.DEVNULL)
    assert await process.wait() == 0 or not is_expected
