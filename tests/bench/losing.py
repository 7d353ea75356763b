"""A bad network: what is seen and heard of a call where packets are lost, late and overtake each other.

One partner in Chromium on the far side of a wire with 50 ± 30 ms of delay each way (drawn for each packet, so that
packets overtake each other), pictures of 720p30 and sound both ways. "In" is what comes to the terminal, or to Chromium
in its place; "out" is what the partner gets. Then the wire is cut for five seconds. `--rival` measures one side only.
Half a minute each: in twelve seconds one picture that stands is two per cent.
"""

import asyncio
import time
from typing import Any

from tests.bench import figures
from tests.bench.rivals.pair import CALL, RIVALS, Pair, Seen, pair
from tests.fakes.bad_wire import Way

LOSSES_PCT = (0, 1, 5, 10)
_DELAY_MS, _JITTER_MS = 50.0, 30.0
_SETTLE_S = 8.0
_CUT_S = 5.0
_LIMIT_S = 30.0


async def _measure(name: str, seconds: float) -> dict[str, Any]:
    found: dict[str, Any] = {}
    async with pair(name) as one:
        for loss_pct in LOSSES_PCT:
            way = Way(loss_pct=loss_pct, delay_ms=_DELAY_MS, jitter_ms=_JITTER_MS)
            one.wire.be(to_near=way, to_far=way)
            await asyncio.sleep(_SETTLE_S)
            into, out = await one.look(seconds)
            found[f"loss_{loss_pct}"] = _row(into, out)
            figures.say(f"{name}, {loss_pct} %: {found[f'loss_{loss_pct}']}")
        found[f"cut_{_CUT_S:g}s"] = {"recovery_s": await _cut(one)}
    return found


def _row(into: Seen, out: Seen) -> dict[str, Any]:
    """The worse of both directions for what is promised, and each of them."""
    latencies = [one.latency_ms for one in (into, out) if one.latency_ms is not None]
    return {
        "frozen_pct": max(into.frozen_pct, out.frozen_pct),
        "pictures_per_s": min(into.per_s, out.per_s),
        "latency_ms": max(latencies, default=None),
        "audio_gaps_pct": max(into.audio_gaps_pct, out.audio_gaps_pct),
        "in": into._asdict(),
        "out": out._asdict(),
    }


async def _cut(one: Pair) -> float:
    """From the moment the wire is whole again until pictures move on both sides."""
    one.wire.be()
    await asyncio.sleep(_SETTLE_S)
    one.wire.cut()
    await asyncio.sleep(_CUT_S)
    one.wire.be()
    start_s = time.monotonic()
    while time.monotonic() - start_s < _LIMIT_S:
        looks = await asyncio.gather(one.near.watch([CALL], 0.25), one.far.watch([CALL], 0.25))
        if all(looks):
            return round(max(shown[0].at_s for shown in looks) - start_s, 2)
    return _LIMIT_S


async def bench(seconds: float, rival: str | None = None) -> figures.Result:
    """Both rivals, one after the other, or only `rival`."""
    return {name: await _measure(name, seconds) for name in RIVALS if rival in (None, name)}


if __name__ == "__main__":
    said = figures.options(__doc__ or "", "seconds", 30.0, "how long to look at each condition", rivals=RIVALS)
    figures.run(lambda: bench(said.seconds, said.rival), is_json=said.json)
