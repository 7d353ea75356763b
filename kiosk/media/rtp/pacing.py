"""Spreads a large picture's packets, so that sound and other pictures get through."""

import asyncio
from collections.abc import Callable

_BURST_S = 0.03
"""What may leave at once, as time at the pacer's rate: an ordinary picture is not held up at all."""


class Pacer:
    """One line to one peer. Whoever sends waits for its turn; what is not paced (sound) never does."""

    def __init__(self, rate_bps: int, clock: Callable[[], float]) -> None:
        """`clock` in seconds."""
        self.rate_bps = rate_bps
        self.waited_s = 0.0
        """When somebody last had to wait, by `clock`."""
        self._clock = clock
        self._free_s = 0.0

    def reserve(self, size: int) -> float:
        """How long to wait before the next `size` bytes leave; they are reckoned with from now on."""
        now_s = self._clock()
        self._free_s = max(self._free_s, now_s - _BURST_S)
        wait_s = self._free_s - now_s
        self._free_s += size * 8 / self.rate_bps
        if wait_s <= 0:
            return 0.0
        self.waited_s = now_s
        return wait_s

    async def turn(self, size: int) -> None:
        """Returns when `size` bytes may leave."""
        wait_s = self.reserve(size)
        if wait_s:
            await asyncio.sleep(wait_s)
