"""A cable between terminal and partner that is pulled and put back: two network namespaces, see namespace.sh."""

import asyncio
import os
import time
from pathlib import Path

from kiosk.contract.media import PeerLink, PlannedPeer
from tests.fakes.media_bench import open_page, running_terminal

A = PlannedPeer(call="a" * 16)


async def cable(state: str) -> None:
    """Pulls the cable (`down`) or puts it back (`up`)."""
    process = await asyncio.create_subprocess_exec("ip", "link", "set", "near0", state)
    assert await process.wait() == 0


async def test_a_cable_pulled_for_5_s_costs_at_most_5_more(tmp_path: Path) -> None:
    """The loss is noticed within 4 s, pictures are back both ways 5 s after the cable is; muted stays muted."""
    assert "RUNDTISCH_FAR_PID" in os.environ, "needs two namespaces: bash provisioning/namespace.sh python -m pytest …"
    far = ("nsenter", "-t", os.environ["RUNDTISCH_FAR_PID"], "-n")
    async with running_terminal(tmp_path, prefix=far) as terminal, open_page(terminal, A.call) as page:
        terminal.do(A, camera="on")
        await page.offer()
        await page.until(lambda: page.frames > 10)
        await terminal.until(lambda report: report.peers[0].frames_received > 10)
        await cable("down")
        pulled_s = time.monotonic()
        try:
            await terminal.until(lambda report: report.peers[0].link is PeerLink.LOST, timeout_s=4)
            await terminal.until(lambda _: time.monotonic() - pulled_s >= 5, timeout_s=6)
        finally:
            await cable("up")
        back_s, frames, received = time.monotonic(), page.frames, terminal.peer(A.call).frames_received
        await page.until(lambda: page.frames > frames + 5, timeout_s=8)
        await terminal.until(lambda report: report.peers[0].frames_received > received + 5, timeout_s=8)
        assert time.monotonic() - back_s < 5
        assert "audio" not in page.arrivals
        assert terminal.peer(A.call).audio_packets_sent == 0
