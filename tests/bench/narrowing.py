"""How soon a way is used, what happens when it gets narrow, and how soon it is used again when it opens.

One partner in Chromium on the far side of a wire, pictures of 720p30 and sound both ways; the near side is the
terminal, or Chromium in its place. First the wire is free, then it lets 600 kbit/s through each way (with a queue of
300 ms, more is lost), then it is free again. "In" is what comes to the near side, "out" what the partner gets; rates
are counted by the partner's browser: what it sent, and what came. `--rival` measures one side only.
"""

import asyncio
import time
from collections.abc import Callable
from typing import Any, NamedTuple

from tests.bench import figures
from tests.bench.rivals.pair import RIVALS, Pair, pair
from tests.fakes.bad_wire import Way

WANTED_BPS = 1_500_000
NARROW_BPS = 600_000
_DELAY_MS = 10.0
_LIMIT_S = 20.0
_SAMPLE_S = 0.1
_WINDOW_S = 0.5
_SETTLE_S = 2.0


class Bits(NamedTuple):
    """What was counted up to a moment."""

    at_s: float
    into: int
    out: int


async def _count(one: Pair) -> Bits:
    stats: list[dict[str, Any]] = await one.far.stats()
    into = sum(int(entry["bytesSent"]) for entry in stats if entry["type"] == "outbound-rtp")
    out = sum(int(entry["bytesReceived"]) for entry in stats if entry["type"] == "inbound-rtp")
    return Bits(time.monotonic(), 8 * into, 8 * out)


async def _until_full(one: Pair, start_s: float) -> dict[str, float | None]:
    """Seconds from `start_s` until half a second carried the wanted rate, each way; None: not within the limit."""
    ways: dict[str, Callable[[Bits], int]] = {"in": lambda bits: bits.into, "out": lambda bits: bits.out}
    found: dict[str, float | None] = dict.fromkeys(ways)
    counts = [await _count(one)]
    while time.monotonic() - start_s < _LIMIT_S and None in found.values():
        await asyncio.sleep(_SAMPLE_S)
        counts.append(await _count(one))
        now = counts[-1]
        before = next((bits for bits in reversed(counts) if now.at_s - bits.at_s >= _WINDOW_S), now)
        for name, bits_of in ways.items():
            is_full = bits_of(now) - bits_of(before) >= WANTED_BPS * (now.at_s - before.at_s) > 0
            if found[name] is None and is_full:
                found[name] = round(now.at_s - start_s, 2)
    return found


async def _narrow(one: Pair, seconds: float) -> dict[str, Any]:
    """The first two seconds belong to whoever has to notice, and are left out."""
    way = Way(delay_ms=_DELAY_MS, rate_bps=NARROW_BPS)
    one.wire.be(to_near=way, to_far=way)
    await asyncio.sleep(_SETTLE_S)
    before = await _count(one)
    seen = await one.look(seconds)
    after = await _count(one)
    passed_s = after.at_s - before.at_s
    rates = ((after.into - before.into) / passed_s, (after.out - before.out) / passed_s)
    return {
        name: {**side._asdict(), "kbps": round(rate / 1000)}
        for name, side, rate in zip(("in", "out"), seen, rates, strict=True)
    }


async def _measure(name: str, seconds: float) -> dict[str, Any]:
    async with pair(name) as one:
        free = Way(delay_ms=_DELAY_MS)
        found: dict[str, Any] = {"ramp_up_s": await _until_full(one, one.begun_s)}
        figures.say(f"{name}, ramp-up: {found['ramp_up_s']}")
        one.wire.be(to_near=free, to_far=free)
        await asyncio.sleep(_SETTLE_S)
        found["bottleneck_600k"] = await _narrow(one, seconds)
        figures.say(f"{name}, 600 kbit/s: {found['bottleneck_600k']}")
        one.wire.be(to_near=free, to_far=free)
        found["reopened_s"] = await _until_full(one, time.monotonic())
        figures.say(f"{name}, open again: {found['reopened_s']}")
    return found


async def bench(seconds: float, rival: str | None = None) -> figures.Result:
    """Both rivals, one after the other, or only `rival`."""
    return {name: await _measure(name, seconds) for name in RIVALS if rival in (None, name)}


if __name__ == "__main__":
    said = figures.options(__doc__ or "", "seconds", 12.0, "how long to look at the narrow wire", rivals=RIVALS)
    figures.run(lambda: bench(said.seconds, said.rival), is_json=said.json)
