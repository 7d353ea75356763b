"""What browsers and media servers may send beside good offers: taken or refused, and nobody else's call suffers."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from kiosk.contract.links import IceServers
from kiosk.contract.media import IceServer, PeerLink, PlannedPeer, Signal, SignalKind
from tests.fakes.media_bench import Page, open_page, running_terminal

A, B = PlannedPeer(call="a" * 16), PlannedPeer(call="b" * 16)
NAMED = "candidate:9 1 udp 2122260223 0b1c2d3e-0001-4000-8000-0123456789ab.local 50000 typ host"
UNROUTABLE = "candidate:8 1 udp 2122260222 240.0.0.1 50000 typ host"
OTHER_PROTOCOL = "candidate:7 1 tcp 1518280447 10.99.0.77 9 typ host tcptype active"


def ice_lite(sdp: str) -> str:
    return sdp.replace("t=0 0\r\n", "t=0 0\r\na=ice-lite\r\n", 1)


def simulcast(sdp: str) -> str:
    """Three layers by name on the camera's line, as browsers offer them to a media server."""
    head, camera, screen = sdp.split("m=video", 2)
    rids = "".join(f"a=rid:{rid} send\r\n" for rid in "qhf")
    return f"{head}m=video{camera}{rids}a=simulcast:send q;h;f\r\nm=video{screen}"


def named_by_mdns(sdp: str) -> str:
    return "".join(
        f"a={NAMED}\r\n" if line.startswith("a=candidate:") else line for line in sdp.splitlines(keepends=True)
    )


async def flows(page: Page, frames: int = 5) -> None:
    seen = page.frames
    await page.until(lambda: page.frames >= seen + frames)


@pytest.mark.parametrize("change", [ice_lite, simulcast, named_by_mdns], ids=lambda change: change.__name__)
async def test_an_odd_offer_is_a_call(tmp_path: Path, change: Callable[[str], str]) -> None:
    """Of a peer without ICE of its own, with layers that nobody asked for, or whose addresses are only names."""
    async with running_terminal(tmp_path) as terminal, open_page(terminal, A.call) as page:
        terminal.do(A, camera="on", microphone="on")
        await page.offer(change)
        await flows(page)
        await terminal.until(lambda report: report.peers[0].frames_received > 5)
        assert "a=simulcast" not in page.answer
        assert terminal.report.refused == 0


async def test_codecs_that_nobody_here_has_leave_sound(tmp_path: Path) -> None:
    """VP9 and AV1 only: both pictures are rejected by port 0, and the microphone's line is answered."""
    async with running_terminal(tmp_path) as terminal, open_page(terminal, A.call) as page:
        terminal.do(A, camera="on", microphone="on")
        page.is_applying = False  # aiortc cannot take such an answer, browsers can
        await page.offer(lambda sdp: sdp.replace("VP8/90000", "VP9/90000").replace("H264/90000", "AV1/90000"))
        await page.until(lambda: page.answer != "")
        lines = [line.split()[:2] for line in page.answer.splitlines() if line.startswith("m=")]
        assert [(kind, port == "0") for kind, port in lines] == [
            ("m=audio", False),
            ("m=video", True),
            ("m=video", True),
        ]


async def test_another_key_than_was_offered_is_counted(tmp_path: Path) -> None:
    """As of somebody in between: no picture crosses, the reason is named, and the next offer is a call."""
    async with running_terminal(tmp_path) as terminal, open_page(terminal, A.call) as page:
        terminal.do(A, camera="on", microphone="on")
        await page.offer(lambda sdp: re.sub(r"(a=fingerprint:\S+ )\S\S:\S\S", r"\g<1>00:00", sdp))
        await page.until(lambda: page.asked_to_reconnect > 0)
        await terminal.until(lambda report: report.refused == 1)
        await flows(page)
        assert terminal.report.refused == 1


async def test_candidates_may_come_before_and_after_all_else(tmp_path: Path) -> None:
    """With names that nobody resolves, addresses that nobody routes, another protocol; the good ones are used."""
    async with running_terminal(tmp_path) as terminal, open_page(terminal, A.call) as page:
        terminal.do(A, camera="on", microphone="on")
        for text in (NAMED, UNROUTABLE, OTHER_PROTOCOL):
            page.signal(SignalKind.CANDIDATE, text, "0")
        kept: list[str] = []

        def without_candidates(sdp: str) -> str:
            lines = sdp.splitlines(keepends=True)
            kept.extend(line.strip().removeprefix("a=") for line in lines if line.startswith("a=candidate:"))
            return "".join(line for line in lines if not line.startswith(("a=candidate:", "a=end-of-candidates")))

        await page.offer(without_candidates)
        for text in (*kept, ""):
            page.signal(SignalKind.CANDIDATE, text, "0")
        await flows(page)
        for text in (*kept, NAMED, UNROUTABLE):
            page.signal(SignalKind.CANDIDATE, text, "0")
        await flows(page)
        assert terminal.report.refused == 0


async def test_addresses_of_relays_that_are_none_are_refused(tmp_path: Path) -> None:
    """Each is counted, the call goes on, and the next one begins as if they had not been said."""
    urls = ("stun:10.99.0.77:99999", "turn:a..b:3478", "stuns:10.99.0.77", "http://10.99.0.77")
    async with running_terminal(tmp_path) as terminal, open_page(terminal, A.call) as page:
        terminal.do(A, camera="on", microphone="on")
        await page.offer()
        await flows(page)
        terminal.send(IceServers(servers=(IceServer(urls=urls, username="name", credential="word"),)))
        await terminal.until(lambda report: report.refused == len(urls))
        await flows(page)
        await page.offer()
        await flows(page)


async def test_offers_that_cross_each_other_leave_one_call(tmp_path: Path) -> None:
    """The same one twice, an older one afterwards, an answer to an offer that was never made; then a newer one."""
    async with running_terminal(tmp_path) as terminal, open_page(terminal, A.call) as page:
        terminal.do(A, camera="on", microphone="on")
        await page.offer()
        await flows(page)
        page.generation += 1
        await page.offer()
        await page.until(lambda: page.pc.connectionState == "connected")
        await flows(page)
        sdp, asked = page.pc.localDescription.sdp, page.asked_to_reconnect
        for generation, kind in ((2, SignalKind.OFFER), (0, SignalKind.OFFER), (1, SignalKind.CANDIDATE)):
            text = sdp if kind is SignalKind.OFFER else UNROUTABLE
            terminal.send(Signal(source=A.call, target="room", kind=kind, generation=generation, sdp=text, mid="0"))
        page.signal(SignalKind.ANSWER, sdp)
        await terminal.until(lambda report: report.refused == 1)
        await flows(page, 20)
        assert (page.asked_to_reconnect, terminal.peer(A.call).link) == (asked, PeerLink.UP)


async def test_what_one_sends_is_not_felt_by_another(tmp_path: Path) -> None:
    """A peer that sends nonsense as fast as it can is refused and counted; the other one's pictures go on."""
    async with (
        running_terminal(tmp_path) as terminal,
        open_page(terminal, A.call) as page,
        open_page(terminal, B.call) as other,
    ):
        terminal.do(A, B, camera="on", microphone="on")
        await page.offer()
        await flows(page)
        for generation in range(40):
            other.generation = generation
            other.signal(SignalKind.OFFER, "v=0\r\nm=audio\r\n" * 99)
            other.signal(SignalKind.CANDIDATE, "candidate:nonsense", "0")
        await terminal.until(lambda report: report.refused >= 40)
        await flows(page, 20)
        assert terminal.peer(A.call).link is PeerLink.UP
        await other.offer()
        await flows(other)


async def test_good_offers_without_end_are_not_felt_by_another(tmp_path: Path) -> None:
    """A page that builds its call anew again and again is answered some times, then refused; later it has a call."""
    async with (
        running_terminal(tmp_path) as terminal,
        open_page(terminal, A.call) as page,
        open_page(terminal, B.call) as other,
    ):
        terminal.do(A, B, camera="on", microphone="on")
        await page.offer()
        await flows(page)
        other.is_answering = other.is_applying = False
        await other.offer()
        sdp = other.pc.localDescription.sdp
        for other.generation in range(1, 31):
            other.signal(SignalKind.OFFER, sdp)
        await terminal.until(lambda report: report.refused == 15)
        await flows(page, 20)
        assert terminal.peer(A.call).link is PeerLink.UP
        other.is_answering = other.is_applying = True
        await flows(other)
