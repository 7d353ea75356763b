"""A way that gets narrow and wide again, between the media process and Chromium on the far side of it."""

import asyncio
from collections.abc import Callable

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


async def until_believed(one: Pair, bitrate_bps: int, limit_s: float) -> None:
    """Waits until the partner's browser believes that its way carries so much; it grows by 8 % a second by itself."""
    async with asyncio.timeout(limit_s):
        while max(int(entry.get("availableOutgoingBitrate", 0)) for entry in await one.far.stats()) < bitrate_bps:
            await one.near.watch([CALL], 0.2)


async def test_what_is_sent_follows_what_the_way_carries() -> None:
    """A wide way is used soon. A narrow one: both rates go down, pictures live and sound is whole. Wide again.

    How fast Chromium's rate rises is the bench's to say: it encodes on these cores.
    """
    async with pair("terminal") as one:
        await until(one, lambda stats: stats.out_bps > 1_200_000, 10)
        await until(one, lambda stats: stats.in_bps > 1_000_000, 20)
        one.wire.be(to_near=NARROW, to_far=NARROW)
        await until(one, lambda stats: 0 < stats.available_bps < 800_000 and stats.in_bps < 800_000, 15)
        await until(one, lambda stats: 0 < stats.out_bps < 600_000, 10)
        _, out = await one.look(4)
        assert out.per_s >= 10, out
        assert out.frozen_pct <= 30, out
        assert out.audio_gaps_pct <= 20, out
        async with asyncio.timeout(8):
            while len(await one.near.watch([CALL], 1)) < 15:
                pass
        one.wire.be()
        await until(one, lambda stats: stats.out_bps > 1_200_000, 15)
        await until_believed(one, 2_000_000, 20)
