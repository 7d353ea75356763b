"""How fast one page may talk. Knows time, not messages."""

import asyncio
from collections.abc import Callable

MESSAGES_PER_S = 100.0
BURST = 200.0
"""A page that joins three peers says about 60 things at once: descriptions and candidates."""


class Allowance:
    """A token bucket. Who has used it up waits: nothing is lost, the page's own socket fills up behind it."""

    def __init__(self, clock: Callable[[], float], per_s: float = MESSAGES_PER_S, burst: float = BURST) -> None:
        """`clock` counts seconds and never runs backwards."""
        self._clock = clock
        self._per_s = per_s
        self._burst = burst
        self._left = burst
        self._at = clock()

    def wait_s(self) -> float:
        """Takes one message off the allowance; how long to wait before dealing with it."""
        now = self._clock()
        self._left = min(self._burst, self._left + (now - self._at) * self._per_s) - 1
        self._at = now
        return max(0.0, -self._left / self._per_s)

    async def take(self) -> None:
        """Returns when one more message may be dealt with."""
        wait_s = self.wait_s()
        if wait_s:
            await asyncio.sleep(wait_s)
