"""A rival and one partner, who is Chromium on the far side of a bad wire; both send and both are watched."""

import asyncio
import contextlib
import itertools
import tempfile
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, NamedTuple

from kiosk.contract.media import Plan, PlannedPeer, Sending
from tests.bench.rivals.cast import Shown
from tests.bench.rivals.chromium import Chromium, chromium
from tests.bench.rivals.film import write_camera
from tests.bench.rivals.terminal import Terminal
from tests.fakes.bad_wire import BadWire, bad_wire

CALL = "a" * 16
RIVALS = ("terminal", "chromium")
FROZEN_S = 0.2
_FRESH_S = 20.0
_BEGIN_S = 1.0
"""Not looked at: a browser that begins to read codes stands still for a quarter of a second, and its camera with it."""


class Seen(NamedTuple):
    """What was seen and heard on one side in some seconds."""

    frozen_pct: float
    """Share of the time in which a picture stood longer than 200 ms."""
    per_s: float
    """Pictures a second."""
    latency_ms: float | None
    """Median, from camera to screen; None where no code could be read."""
    audio_gaps_pct: float
    """Share of the sound that was made up."""


def frozen_pct(shown: list[Shown], start_s: float, end_s: float) -> float:
    """Of the time between; the first and the last picture have neighbours at its ends."""
    times = [start_s, *(one.at_s for one in shown), end_s]
    gaps = [after - before for before, after in itertools.pairwise(times)]
    return 100 * sum(gap for gap in gaps if gap > FROZEN_S) / (end_s - start_s)


class Pair:
    """`name` says which rival is the near side."""

    def __init__(self, name: str, near: Terminal | Chromium, far: Chromium, wire: BadWire) -> None:
        self.name, self.near, self.far, self.wire = name, near, far, wire
        self.begun_s = 0.0
        """When the call was offered, by `time.monotonic`."""

    async def begin(self) -> None:
        """Both sides send from now on, pictures of 1280x720 and sound."""
        await self.far.clock(1280, 720, 30)
        if isinstance(self.near, Terminal):
            on = Sending.ON
            await self.near.do(Plan(camera=on, microphone=on, peers=(PlannedPeer(call=CALL),)))
        else:
            await self.near.clock(1280, 720, 30)
            await self.near.join([CALL], publishes=False)
        self.begun_s = time.monotonic()
        await self.far.offer()
        await self.near.first_pictures([CALL])
        await self.far.first_pictures([CALL])

    async def look(self, seconds: float) -> tuple[Seen, Seen]:
        """What comes in to the near side, and what comes out at the far side."""
        before = await asyncio.gather(self._gaps(self.near), self._gaps(self.far))
        start_s = time.monotonic() + _BEGIN_S
        end_s = start_s + seconds
        watched_s = _BEGIN_S + seconds
        watched = await asyncio.gather(self.near.watch([CALL], watched_s), self.far.watch([CALL], watched_s))
        shown = [[one for one in side if start_s <= one.at_s <= end_s] for side in watched]
        after = await asyncio.gather(self._gaps(self.near), self._gaps(self.far))
        seen = []
        for index, pictures in enumerate(shown):
            made_up_s, heard_s = (b - a for a, b in zip(before[index], after[index], strict=True))
            ages = sorted(age for one in pictures if (age := self._age_ms(index, one)) is not None)
            seen.append(
                Seen(
                    round(frozen_pct(pictures, start_s, end_s), 2),
                    round(len(pictures) / seconds, 1),
                    round(ages[len(ages) // 2], 1) if ages else None,
                    round(100 * min(max(made_up_s, 0.0) / max(heard_s, seconds / 2), 1.0), 2),
                )
            )
        return seen[0], seen[1]

    def _age_ms(self, side: int, one: Shown) -> float | None:
        """The code is the time, or the number of a picture of the terminal's camera file."""
        if one.number < 0:
            return None
        if side == 1 and isinstance(self.near, Terminal):
            taken_s = self.near.taken_s(one)
            return None if taken_s is None else (one.at_s - taken_s) * 1000
        wall_ms = (one.at_s + time.time() - time.monotonic()) * 1000
        age_ms = (wall_ms - one.number) % 2**24
        return age_ms if age_ms < _FRESH_S * 1000 else None

    async def _gaps(self, side: Terminal | Chromium) -> tuple[float, float]:
        """Seconds of sound that were made up, and of all sound, of the connection there is now."""
        if isinstance(side, Terminal):
            return side.peer(CALL).stats.concealed_s, time.monotonic()
        for one in await side.stats():
            if one["type"] == "inbound-rtp" and one["kind"] == "audio":
                made_up = one.get("concealedSamples", 0) - one.get("silentConcealedSamples", 0)
                return made_up / 48_000, one.get("totalSamplesReceived", 0) / 48_000
        return 0.0, 0.0

    async def sound_and_picture_bps(self) -> tuple[int, int]:
        """What has come so far, in bits: to the near side, to the far side."""
        return await self._bits(self.near), await self._bits(self.far)

    async def _bits(self, side: Terminal | Chromium) -> int:
        if isinstance(side, Terminal):
            return side.bits_received(CALL)
        stats: list[dict[str, Any]] = await side.stats()
        return 8 * sum(int(one["bytesReceived"]) for one in stats if one["type"] == "inbound-rtp")


@contextlib.asynccontextmanager
async def pair(name: str) -> AsyncIterator[Pair]:
    """A running pair, in a call."""
    async with contextlib.AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        wire = await stack.enter_async_context(bad_wire())
        far = await stack.enter_async_context(chromium(folder, is_far=True))
        near: Terminal | Chromium
        if name == "terminal":
            camera = folder / "camera.y4m"
            write_camera(camera)
            near = await stack.enter_async_context(Terminal(folder, str(camera), has_app=False).running())
        else:
            near = await stack.enter_async_context(chromium(folder))
        far.source = CALL
        far.on_signal, near.on_signal = near.hear, far.hear
        made = Pair(name, near, far, wire)
        await made.begin()
        yield made
