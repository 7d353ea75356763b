"""The media process by way of Debian's Janus: partners of plain aiortc, rounds made as the agent makes them."""

import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import msgspec
import pytest

from kiosk.contract.media import MediaReport, PeerLink, PeerReport, Plan, PlannedPeer, Seat, Sending
from tests.fakes.janus import Janus, running
from tests.fakes.janus_partner import JanusPartner, round_on
from tests.fakes.media_bench import Terminal, running_terminal


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[Janus]:
    async with running(tmp_path / "janus") as server:
        yield server


def do(terminal: Terminal, seat: Seat | None, *peers: PlannedPeer, **more: object) -> None:
    """A plan with camera and microphone on, unless `more` says otherwise."""
    plan = Plan(camera=Sending.ON, microphone=Sending.ON, seat=seat, peers=peers)
    terminal.plan = msgspec.structs.replace(plan, **more)
    terminal.send(terminal.plan)


async def until_all(
    terminal: Terminal, holds: Callable[[PeerReport], bool], count: int = 1, timeout_s: float = 10
) -> MediaReport:
    """Waits until there are so many peers, and it holds for each."""
    return await terminal.until(
        lambda report: len(report.peers) == count and all(holds(peer) for peer in report.peers), timeout_s
    )


async def test_pictures_and_sound_flow_both_ways(tmp_path: Path, server: Janus) -> None:
    """The room publishes once and is received; the partner's lines arrive, each as what it is."""
    async with (
        running_terminal(tmp_path) as terminal,
        round_on(server.server) as round,
        JanusPartner(await round.seat(), "a" * 16, has_screen=True) as partner,
    ):
        seat = await round.seat()
        await partner.publish()
        planned_s = time.monotonic()
        do(terminal, seat, partner.planned)
        report = await until_all(
            terminal,
            lambda peer: (
                peer.frames_received > 20 and peer.screen_frames_received > 5 and peer.audio_packets_received > 40
            ),
        )
        print("first frame", report.peers[0].first_frame_s, time.monotonic() - planned_s)
        assert report.engine == "janus"
        assert report.peers[0].link is PeerLink.UP
        await partner.subscribe(seat.feed)
        await partner.until(lambda: partner.frames > 10 and partner.samples > 30)
        assert terminal.report.refused == 0, terminal.report
