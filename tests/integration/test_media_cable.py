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


async def lose(percent: int, far: tuple[str, ...]) -> None:
    """From now on so many of the packets that reach the terminal are lost, at random."""
    drop = f"meta l4proto udp numgen random mod 100 < {percent} counter drop" if percent else ""
    rules = f"""
        flush ruleset
        table inet loss {{
            chain arriving {{
                type filter hook input priority 0;
                {drop}
            }}
        }}
    """
    process = await asyncio.create_subprocess_exec(*far, "nft", "-f", "-", stdin=asyncio.subprocess.PIPE)
    await process.communicate(rules.encode())
    assert process.returncode == 0


async def test_pictures_flow_through_a_lossy_network(tmp_path: Path) -> None:
    """With 3 % of the packets lost and two video lines, the stock library stands still most of the time; we do not."""
    assert "RUNDTISCH_FAR_PID" in os.environ, "needs two namespaces: bash provisioning/namespace.sh python -m pytest …"
    far = ("nsenter", "-t", os.environ["RUNDTISCH_FAR_PID"], "-n")
    async with running_terminal(tmp_path, prefix=far) as terminal:
        async with open_page(terminal, A.call, has_screen=True) as page:
            terminal.do(A)
            await page.offer()
            await terminal.until(lambda report: report.peers[0].frames_received > 20)
            await lose(3, far)
            try:
                before, start_s = terminal.peer(A.call), time.monotonic()
                goal = terminal.reports + 8
                await terminal.until(lambda _: terminal.reports >= goal, timeout_s=15)
                after, seconds = terminal.peer(A.call), time.monotonic() - start_s
            finally:
                await lose(0, far)
            assert (after.frames_received - before.frames_received) / seconds >= 15
            assert (after.screen_frames_received - before.screen_frames_received) / seconds >= 15
            assert page.generation == 0, "a path that is up was given up"
