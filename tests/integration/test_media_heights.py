"""What is sent and decoded follows how tall the tiles are, on both sides and by both engines."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec

from kiosk.contract.media import PlannedPeer, SignalKind, Wish
from kiosk.runtime.tiles import FrameClient
from tests.fakes.janus import running
from tests.fakes.janus_partner import JanusPartner, round_on
from tests.fakes.layered_partner import LayeredPartner
from tests.fakes.media_bench import Terminal, open_page, running_terminal
from tests.integration.wire import Wire, _udp_ports, listening

A = PlannedPeer(call="a" * 16)
_PICTURE_BYTES = 600
"""Packets of sound are smaller, of pictures of this size most are not."""


@contextlib.asynccontextmanager
async def app(folder: Path) -> AsyncIterator[FrameClient]:
    """The touch app's end of the frames socket."""
    client = FrameClient(folder / "frames.sock", 0, lambda tile, ring: None, lambda tile: None)
    task = asyncio.create_task(client.run())
    try:
        yield client
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def reports(terminal: Terminal, count: int) -> None:
    """Waits for so many more; in a call there is at least one a second."""
    goal = terminal.reports + count
    await terminal.until(lambda _: terminal.reports >= goal, timeout_s=count + 5)


async def test_a_peer_hears_how_tall_it_is_shown(tmp_path: Path) -> None:
    """Large, hidden, large again: the page is told, nothing is decoded in between, and pictures come back at once."""
    async with (
        running_terminal(tmp_path) as terminal,
        open_page(terminal, A.call) as page,
        app(tmp_path) as client,
    ):
        client.send_heights({f"{A.call}/camera": 600})
        terminal.do(A, camera="on", microphone="on")
        await page.offer()
        await terminal.until(lambda report: bool(report.peers) and report.peers[0].frames_received > 5)
        await page.until(lambda: page.wish == Wish(camera_px=600, screen_px=0))
        client.send_heights({"self": 100})
        await page.until(lambda: page.wish == Wish(camera_px=0, screen_px=0))
        received = terminal.peer(A.call).frames_received
        await reports(terminal, 2)
        assert terminal.peer(A.call).frames_received - received < 10
        received = terminal.peer(A.call).frames_received
        client.send_heights({f"{A.call}/camera": 150})
        await terminal.until(lambda report: report.peers[0].frames_received > received + 3, timeout_s=2)
        assert page.wish == Wish(camera_px=150, screen_px=0)


async def test_a_peer_that_does_not_look_gets_no_pictures(tmp_path: Path) -> None:
    """Its wish is obeyed, and a wish for nothing at all refused; when it looks again it sees at once."""
    async with running_terminal(tmp_path) as terminal, open_page(terminal, A.call) as page:
        terminal.do(A, camera="on", microphone="on")
        await page.offer()
        await page.until(lambda: page.frames > 5)
        page.signal(SignalKind.WISH, wish=Wish(camera_px=0, screen_px=0))
        page.signal(SignalKind.WISH)
        await terminal.until(lambda report: report.refused == 1)
        wished_s = time.monotonic()
        await reports(terminal, 2)
        assert page.arrivals["video"] - wished_s < 0.2
        frames = page.frames
        page.signal(SignalKind.WISH, wish=Wish(camera_px=150))
        await page.until(lambda: page.frames > frames + 3, timeout_s=2)


async def test_a_media_server_sends_nothing_for_a_hidden_tile(tmp_path: Path) -> None:
    """The wire is looked at, not our own counters; shown again it is there at once."""
    async with (
        running_terminal(tmp_path) as terminal,
        running(tmp_path / "janus") as server,
        round_on(server.server) as round,
        JanusPartner(await round.seat(), A.call) as partner,
        app(tmp_path) as client,
    ):
        await partner.publish()
        client.send_heights({f"{A.call}/camera": 600})
        terminal.do()
        terminal.plan = msgspec.structs.replace(terminal.plan, seat=await round.seat(), peers=(partner.planned,))
        terminal.send(terminal.plan)
        await terminal.until(lambda report: bool(report.peers) and report.peers[0].frames_received > 5)
        with listening() as wire:
            await reports(terminal, 1)
            assert pictures_of(wire, server.pid) > 10
            client.send_heights({})
            await reports(terminal, 1)
        with listening() as wire:
            await reports(terminal, 2)
            assert pictures_of(wire, server.pid) == 0
        received = terminal.peer(A.call).frames_received
        client.send_heights({f"{A.call}/camera": 600})
        await terminal.until(lambda report: report.peers[0].frames_received > received + 3, timeout_s=2)


async def test_a_media_server_sends_the_layer_that_fits_the_tile(tmp_path: Path) -> None:
    """180, 720 and 360 lines of a camera that comes in three sizes, each within two seconds."""
    async with (
        running_terminal(tmp_path) as terminal,
        running(tmp_path / "janus") as server,
        round_on(server.server) as round,
        LayeredPartner(await round.seat(), A.call) as partner,
        app(tmp_path) as client,
    ):
        await partner.publish()
        terminal.do()
        terminal.plan = msgspec.structs.replace(terminal.plan, seat=await round.seat(), peers=(partner.planned,))
        terminal.send(terminal.plan)
        for tile_px, height_px in ((150, 180), (600, 720), (300, 360)):
            client.send_heights({f"{A.call}/camera": tile_px})
            await terminal.until(
                lambda report, height_px=height_px: (  # type: ignore[misc]
                    bool(report.peers) and report.peers[0].stats.height_px == height_px
                ),
                timeout_s=5,
            )


def pictures_of(wire: Wire, pid: int) -> int:
    """How many packets with pictures this process has sent."""
    wire.take()
    ports = _udp_ports(pid)
    return sum(one.size > _PICTURE_BYTES and one.source_port in ports for one in wire.packets)
