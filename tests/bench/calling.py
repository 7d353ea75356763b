"""A call with three partners at 720p30: what it costs the terminal, and what it costs a kiosk made of Chromium.

Both get the same streams from the same partners, in turns: each round starts the one and then the other anew, the next
round in the opposite order, so that a machine which is slower for a minute is so for both. A ratio is the median of the
rounds' ratios. The terminal is media and touch app (KIVY_GL_BACKEND=mock: nothing is drawn), Chromium all its processes
but that for the graphics card. Both draw without one here, which is no measure for a Pi; that part is left out on both
sides.
"""

import asyncio
import contextlib
import statistics
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

from kiosk.contract.media import PlannedPeer
from tests.bench import figures
from tests.bench.rivals import cost
from tests.bench.rivals.cast import Cast, Rival, Shown, partners
from tests.bench.rivals.chromium import chromium
from tests.bench.rivals.film import write_camera
from tests.bench.rivals.pair import RIVALS
from tests.bench.rivals.terminal import Terminal
from tests.fakes.janus import running
from tests.fakes.janus_partner import JanusRound, round_on

_ROUNDS = 3
_SETTLE_S = 2.0
_WATCH_S = 5.0
_JOINS = 5
_TRIES = 100


class Round:
    """One rival with some partners."""

    def __init__(self, rival: Any, cast: Cast) -> None:
        self.rival: Rival = rival
        self._cast = cast
        self._count = 0
        cast.on_signal = rival.hear
        rival.on_signal = cast.hear

    @contextlib.asynccontextmanager
    async def call(self, size: int, *, publishes: bool, obeys: bool = False) -> AsyncIterator[tuple[list[str], float]]:
        """A call with `size` partners; gives their calls, and after how many seconds all of them were on the screen."""
        self._count += 1
        calls = [f"{self.rival.name[0]}{self._count}{n}".ljust(16, "x") for n in range(size)]
        await self.rival.join(calls, publishes=publishes)
        start_s = time.monotonic()
        for call in calls:
            self._cast.join(call, obeys=obeys)
        try:
            yield calls, await self.rival.first_pictures(calls) - start_s
        finally:
            for call in calls:
                self._cast.leave(call)
            await self.rival.leave()

    async def latencies_ms(self, calls: list[str]) -> list[float]:
        """From the sending of a picture to the screen."""
        shown = await self.rival.watch(calls, _WATCH_S)
        told = await self._cast.told()
        return [ms for one in shown if (ms := _latency_ms(one, told[one.call]["sent"])) is not None]

    async def received_per_s(self, calls: list[str], seconds: float) -> float:
        """Pictures that come to the slowest partner."""
        before = await self._cast.told()
        await asyncio.sleep(seconds)
        after = await self._cast.told()
        return min(float(after[call]["pictures"] - before[call]["pictures"]) / seconds for call in calls)


class ServerRound(Round):
    """The same by way of a media server; the partners are there already when the rival joins."""

    def __init__(self, rival: Any, cast: Cast, janus: JanusRound) -> None:
        super().__init__(rival, cast)
        self._janus = janus

    @contextlib.asynccontextmanager
    async def call(self, size: int, *, publishes: bool, obeys: bool = False) -> AsyncIterator[tuple[list[str], float]]:
        self._count += 1
        calls = [f"{self.rival.name[0]}j{self._count}{n}".ljust(16, "x") for n in range(size)]
        seats = {call: await self._janus.seat() for call in calls}
        for call, seat in seats.items():
            self._cast.sit(call, seat)
        feeds = {seat.feed for seat in seats.values()}
        for _ in range(_TRIES):
            if feeds <= await self._janus.feeds():
                break
            await asyncio.sleep(0.1)
        seat = await self._janus.seat()
        start_s = time.monotonic()
        await self.rival.sit(
            seat, [PlannedPeer(call=call, feed=one.feed) for call, one in seats.items()], publishes=publishes
        )
        try:
            first_s = await self.rival.first_pictures(calls) - start_s
            if publishes:
                for call in calls:
                    self._cast.look(call, seat.feed)
            yield calls, first_s
        finally:
            for call in calls:
                self._cast.leave(call)
            await self.rival.leave()


def _latency_ms(shown: Shown, sent: list[tuple[int, float]]) -> float | None:
    """The code says which picture of the clip; the last time it was sent before it was seen counts."""
    times: list[float] = [at_s for number, at_s in sent if number == shown.number and at_s <= shown.at_s]
    return (shown.at_s - times[-1]) * 1000 if times else None


def shown_per_s(shown: list[Shown], calls: list[str], seconds: float) -> float:
    """Pictures on the screen, of the partner with the fewest."""
    return min(sum(one.call == call for one in shown) for call in calls) / seconds


async def _measure(found: Round, seconds: float) -> dict[str, Any]:
    await asyncio.sleep(_SETTLE_S)  # what still starts is in nobody's way on a table
    firsts = []
    for _ in range(_JOINS - 1):
        async with found.call(3, publishes=False) as (_, first_s):
            firsts.append(first_s)
    async with found.call(3, publishes=False) as (calls, first_s):
        firsts.append(first_s)
        await asyncio.sleep(_SETTLE_S)
        receiving = await cost.measure(found.rival.pids, seconds)
        latencies_ms = await found.latencies_ms(calls)
    async with found.call(3, publishes=True) as (calls, _):
        await asyncio.sleep(_SETTLE_S)
        publishing, sent_per_s = await asyncio.gather(
            cost.measure(found.rival.pids, seconds), found.received_per_s(calls, seconds)
        )
        shown = shown_per_s(await found.rival.watch(calls, _WATCH_S), calls, _WATCH_S)
    return {
        "cores": round(receiving.cores, 3),
        "pss_mb": round(receiving.pss_mb, 1),
        "first_frame_s": round(statistics.median(firsts), 3),
        "latency_ms": round(statistics.median(latencies_ms), 1),
        "publishing": {
            "cores": round(publishing.cores, 3),
            "pss_mb": round(publishing.pss_mb, 1),
            "sent_per_s": round(sent_per_s, 1),
            "shown_per_s": round(shown, 1),
        },
    }


def ratios(terminal: dict[str, Any], browser: dict[str, Any]) -> dict[str, float]:
    """Terminal to Chromium."""
    names = {"cpu_ratio": "cores", "pss_ratio": "pss_mb"}
    found = {name: terminal[key] / browser[key] for name, key in names.items()}
    found |= {
        f"publishing_{name}": terminal["publishing"][key] / browser["publishing"][key] for name, key in names.items()
    }
    found["first_frame_ratio"] = terminal["first_frame_s"] / browser["first_frame_s"]
    found["latency_ratio"] = terminal["latency_ms"] / browser["latency_ms"]
    return {name: round(value, 3) for name, value in found.items()}


def summed(rounds: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Medians of all numbers of `rounds`, each a pair of rivals; of ratios those of each round."""
    found = [ratios(one["terminal"], one["chromium"]) for one in rounds]
    sides = {name: _median([one[name] for one in rounds]) for name in RIVALS}
    return _median(found) | sides | {"cpu_ratios": [one["cpu_ratio"] for one in found]}


def _median(dicts: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Of equal shape."""
    return {
        key: _median([one[key] for one in dicts])
        if isinstance(first, dict)
        else round(statistics.median(one[key] for one in dicts), 3)
        for key, first in dicts[0].items()
    }


def _start(name: str, folder: Path, camera: Path) -> contextlib.AbstractAsyncContextManager[Any]:
    folder.mkdir()
    return chromium(folder, camera) if name == "chromium" else Terminal(folder, str(camera), has_app=True).running()


async def _compare(cast: Cast, folder: Path, seconds: float, janus: JanusRound | None) -> dict[str, Any]:
    """Peer to peer where there is no media server."""
    way = "janus" if janus else "mesh"
    rounds = []
    for number in range(_ROUNDS):
        pair = {}
        for name in RIVALS if number % 2 == 0 else RIVALS[::-1]:
            async with _start(name, folder / f"{way}-{number}-{name}", folder / "camera.y4m") as rival:
                found = ServerRound(rival, cast, janus) if janus else Round(rival, cast)
                pair[name] = await _measure(found, seconds)
        rounds.append(pair)
        figures.say(f"{way}, round {number + 1} of {_ROUNDS}: {ratios(pair['terminal'], pair['chromium'])}")
    return summed(rounds)


async def bench(seconds: float) -> figures.Result:
    """By both ways. The ratios of the whole are the worse of the two."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_camera(folder / "camera.y4m")
        async with partners() as cast:
            mesh = await _compare(cast, folder, seconds, None)
            async with running(folder) as server, round_on(server.server) as janus:
                by_server = await _compare(cast, folder, seconds, janus)
    worst = {key: max(mesh[key], by_server[key]) for key in mesh if key.endswith("_ratio")}
    return worst | {"mesh": mesh, "janus": by_server}


if __name__ == "__main__":
    said = figures.options(__doc__ or "", "seconds", 8.0, "how long to look at each call")
    figures.run(lambda: bench(said.seconds), is_json=said.json)
