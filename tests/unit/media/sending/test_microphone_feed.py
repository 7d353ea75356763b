"""When sound was heard, as its packets and our reports say, while the microphone's clock is not the machine's."""

import asyncio
import random

import numpy as np
import pytest

from kiosk.media.sending.microphone_feed import MicrophoneFeed
from kiosk.media.sending.packets import Packet, PacketTrack

BLOCK, RATE_HZ = 960, 48_000


class Bench:
    """A feed with one listener, and a clock that the test moves."""

    def __init__(self) -> None:
        self.now_s = 1000.0
        self.feed = MicrophoneFeed(asyncio.get_running_loop(), lambda rate_hz: round(self.now_s * rate_hz))
        self.track = PacketTrack("audio", lambda: None)
        self.track.is_taken = True
        self.track.set_open(True)
        self.feed.add(self.track)
        self.packets: list[Packet] = []

    async def hear(self, seconds: float, drift: float = 0.0, jitter_s: float = 0.0) -> list[int]:
        """Time stamps of what was sent; `drift`: how much slower the microphone's clock is."""
        chance, begin_s, first = random.Random(1), self.now_s, len(self.packets)
        for number in range(int(seconds * 50)):
            self.now_s = begin_s + (number + 1) * 0.02 * (1 + drift) + chance.uniform(0, jitter_s)
            self.feed.take(np.zeros(BLOCK, np.int16))
            self.packets.append(await self.track.recv())
        return [packet.pts or 0 for packet in self.packets[first:]]


@pytest.mark.parametrize("drift", [0.0, 2e-4, -2e-4])
async def test_time_stamps_count_samples(drift: float) -> None:
    """No jump within a sentence, however the blocks come; what the reports say stays within 10 ms of the truth."""
    bench = Bench()
    stamps = await bench.hear(60, drift, jitter_s=0.008)
    assert set(np.diff(stamps)) == {BLOCK}
    assert bench.feed.now() == pytest.approx(stamps[-1] + BLOCK, abs=0.01 * RATE_HZ)


async def test_the_first_sample_was_heard_before_the_block_was_whole() -> None:
    """20 ms before."""
    bench = Bench()
    (stamp,) = await bench.hear(0.02)
    assert stamp == round(bench.now_s * RATE_HZ) - BLOCK


async def test_a_pause_is_one_in_the_time_stamps() -> None:
    """Muted for two seconds: the partner's buffer must not take it for loss, or for sound that comes late."""
    bench = Bench()
    before = await bench.hear(10, drift=-2e-4)
    bench.now_s += 2
    after = await bench.hear(10)
    assert after[0] - before[-1] == pytest.approx(2.02 * RATE_HZ, abs=0.01 * RATE_HZ)
    assert set(np.diff(after)) == {BLOCK}


async def test_time_never_runs_back() -> None:
    """Not even when a fast microphone is far ahead and there is a short pause."""
    bench = Bench()
    before = await bench.hear(60, drift=-5e-3)
    bench.now_s += 0.15
    after = await bench.hear(1)
    assert after[0] > before[-1]
