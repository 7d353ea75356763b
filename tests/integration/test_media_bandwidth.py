"""A way that gets narrow and wide again, between the media process and Chromium on the far side of it."""

import asyncio
from collections.abc import Callable

import pytest

from kiosk.contract.media import PeerStats
from tests.bench.rivals.pair import CALL, Pair, pair
from tests.bench.rivals.terminal import Terminal
from tests.fakes.bad_wire import Way

NARROW = Way(delay_ms=10, rate_bps=600_000)


async def until(one: Pair, holds: Callable[[PeerStats], bool], limit_s: float) -> None:
    """Pictures are watched meanwhile, on both sides."""
    assert isinstance(one.near, Terminal)
    try:
        async with asyncio.timeout(limit_s):
            while not holds(one.near.peer(CALL).stats):
                await one.near.watch([CALL], 0.2)
    except TimeoutError:
        raise AssertionError(f"not within {limit_s} s: {one.near.peer(CALL).stats}") from None


async def follow() -> None:
    """Up within seconds, down before the picture stands, and up again."""
    async with pair("terminal") as one:
        await until(one, lambda stats: stats.available_bps > 1_500_000 and stats.in_bps > 1_000_000, 12)
        one.wire.be(to_near=NARROW, to_far=NARROW)
        await until(one, lambda stats: stats.available_bps < 800_000 and stats.in_bps < 800_000, 8)
        await until(one, lambda stats: stats.out_bps < 600_000, 5)
        _, out = await one.look(4)
        assert out.per_s >= 12, out
        assert out.audio_gaps_pct <= 10, out
        one.wire.be()
        await until(one, lambda stats: stats.available_bps > 1_200_000, 20)


@pytest.mark.timeout(200)
async def test_what_is_sent_follows_what_the_way_carries() -> None:
    """Chromium does the same. It encodes on the same two cores, so one call of three has to be undisturbed."""
    failures: list[str] = []
    for _ in range(3):
        try:
            return await follow()
        except AssertionError as error:
            failures.append(str(error))
    raise AssertionError("\n".join(failures))
