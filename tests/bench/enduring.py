"""A long call in rounds: six partners come, two of them go and come again, all leave; by turns by either engine.

After each round media is looked at while nobody is there: its memory, descriptors, threads and tasks. The first round
by each engine is left out, since what is opened once (codecs, pools) stays open.
"""

import asyncio
import contextlib
import signal
import statistics
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any, NamedTuple

import psutil
from aiortc import MediaStreamTrack

from kiosk.contract.media import Lamp, Plan, PlannedPeer, Seat, Sending
from kiosk.desk.robot.loops import VP8, Loop, Repertoire
from kiosk.desk.robot.picture import PALETTES
from kiosk.desk.robot.tracks import LoopTrack
from provisioning.demo.waiting import until
from tests.bench import figures
from tests.bench.watched import tasks_file
from tests.fakes.janus import running
from tests.fakes.janus_partner import JanusPartner, JanusRound, round_on
from tests.fakes.media_bench import Page, Terminal

PARTNERS, LEAVING = 6, 2
_WARM_UP = 2
_SETTLE_S = 1.5
_STAY_S, _SHORT_STAY_S = 2.0, 0.3
_LOOPS = Repertoire(PALETTES[0])


def _playing(kind: str, make: Callable[[], Loop]) -> MediaStreamTrack:
    track = LoopTrack(kind)
    track.play(make)
    track.set_open(True)
    return track


class _LoopPage(Page):
    """Costs next to nothing."""

    def _voice(self) -> MediaStreamTrack:
        return _playing("audio", _LOOPS.microphone)

    def _picture(self, luma: int) -> MediaStreamTrack:
        return _playing("video", lambda: _LOOPS.camera(VP8))


class _LoopPartner(JanusPartner):
    """The same on a media server."""

    def _voice(self) -> MediaStreamTrack:
        return _playing("audio", _LOOPS.microphone)

    def _picture(self, luma: int) -> MediaStreamTrack:
        return _playing("video", lambda: _LOOPS.camera(VP8))


class Look(NamedTuple):
    """At the media process."""

    memory_mb: float
    descriptors: int
    threads: Counter[str]
    tasks: Counter[str]


class Call:
    """The plan, as partners come and go."""

    def __init__(self, terminal: Terminal, seat: Seat | None = None) -> None:
        self._terminal, self._seat = terminal, seat
        self._peers: dict[str, PlannedPeer] = {}

    def tell(self) -> None:
        sending = Sending.ON if self._peers else Sending.OFF
        peers = tuple(self._peers.values())
        self._terminal.plan = Plan(camera=sending, microphone=sending, seat=self._seat, peers=peers)
        self._terminal.send(self._terminal.plan)

    @contextlib.asynccontextmanager
    async def with_(self, peer: PlannedPeer) -> AsyncIterator[None]:
        """This partner is in the call."""
        self._peers[peer.call] = peer
        self.tell()
        try:
            yield
        finally:
            del self._peers[peer.call]
            self.tell()

    async def until_seen(self, call: str) -> None:
        """Its pictures are here."""
        await self._terminal.until(
            lambda report: any(peer.call == call and peer.frames_received > 5 for peer in report.peers)
        )


@contextlib.asynccontextmanager
async def near(call: Call, terminal: Terminal, id: str) -> AsyncIterator[None]:
    """A partner peer to peer."""
    page = terminal.pages[id] = _LoopPage(terminal, id)
    async with call.with_(PlannedPeer(call=id)):
        task = asyncio.create_task(page.run())
        try:
            await page.offer()
            await call.until_seen(id)
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            del terminal.pages[id]
            await page.close()


@contextlib.asynccontextmanager
async def far(call: Call, round: JanusRound, feed: str, id: str) -> AsyncIterator[None]:
    """A partner by way of the media server, where the room is `feed`. On a new seat: a server that is busy may take a
    moment to forget who sat on the last one."""
    async with _LoopPartner(await round.seat(), id) as partner, call.with_(partner.planned):
        await partner.publish()
        await partner.subscribe(feed)
        await call.until_seen(id)
        yield


async def visit(join: Callable[[str], contextlib.AbstractAsyncContextManager[None]], stay_s: float) -> None:
    """One round."""
    ids = [letter * 16 for letter in "abcdefgh"[:PARTNERS]]
    async with contextlib.AsyncExitStack() as stay:
        await asyncio.gather(*(stay.enter_async_context(join(id)) for id in ids[LEAVING:]))
        for _ in range(2):
            async with contextlib.AsyncExitStack() as leave:
                await asyncio.gather(*(leave.enter_async_context(join(id)) for id in ids[:LEAVING]))
                await asyncio.sleep(stay_s)


async def by_mesh(terminal: Terminal, stay_s: float) -> None:
    call = Call(terminal)
    await visit(lambda id: near(call, terminal, id), stay_s)


async def by_server(terminal: Terminal, folder: Path, stay_s: float) -> None:
    async with running(folder) as server, round_on(server.server) as round:
        room = await round.seat()
        call = Call(terminal, room)
        await visit(lambda id: far(call, round, room.feed, id), stay_s)
        terminal.plan = Plan()
        terminal.send(terminal.plan)
        await terminal.until(lambda report: report.engine == "mesh")


async def look(terminal: Terminal, configuration: Path) -> Look:
    """While nobody is there."""
    await terminal.until(lambda report: not report.peers and report.camera is Lamp.OFF)
    await asyncio.sleep(_SETTLE_S)
    assert terminal.process
    process, path = psutil.Process(terminal.process.pid), tasks_file(configuration)
    path.unlink(missing_ok=True)
    process.send_signal(signal.SIGUSR1)
    await until(path.exists, 5, "media's list of its tasks")
    memory_mb = process.memory_full_info().uss / 2**20
    tasks, threads = (Counter(part.splitlines()) for part in path.read_text().split("\n\n"))
    return Look(memory_mb, process.num_fds(), threads, tasks)


async def bench(minutes: float) -> figures.Result:
    end_s = time.monotonic() + minutes * 60
    stay_s = _STAY_S if minutes >= 1 else _SHORT_STAY_S
    looks: list[Look] = []
    with tempfile.TemporaryDirectory(prefix="rt-") as name:
        folder = Path(name)
        terminal = Terminal(folder)
        terminal.module = "tests.bench.watched"
        async with terminal.agent():
            await terminal.start()
            try:
                await terminal.until(lambda report: True)
                while len(looks) <= _WARM_UP or time.monotonic() < end_s:
                    await (
                        by_server(terminal, folder / "janus", stay_s) if len(looks) % 2 else by_mesh(terminal, stay_s)
                    )
                    looks.append(await look(terminal, folder / "terminal.toml"))
                    figures.say(f"{len(looks)}: {looks[-1]}")
            finally:
                await terminal.stop()
    return _result(looks)


def _result(looks: list[Look]) -> figures.Result:
    calm = looks[_WARM_UP - 1 :]
    first, last = calm[0], calm[-1]
    second_half = calm[len(calm) // 2 :]
    few = max(1, len(second_half) // 3)
    half_mb, end_mb = (
        statistics.mean(one.memory_mb for one in part) for part in (second_half[:few], second_half[-few:])
    )
    left: dict[str, Any] = {
        "descriptors": last.descriptors - first.descriptors,
        "threads": sorted((last.threads - first.threads).elements()),
        "tasks": sorted((last.tasks - first.tasks).elements()),
    }
    memory = {"first": first.memory_mb, "half": half_mb, "end": end_mb}
    return {
        "rounds": len(looks),
        "growth_mb": round(end_mb - half_mb, 2),
        "memory_mb": {name: round(value, 1) for name, value in memory.items()},
        "left_over": left,
    }


if __name__ == "__main__":
    said = figures.options(__doc__ or "", "minutes", 10.0, "how long")
    figures.run(lambda: bench(said.minutes), is_json=said.json)
