"""What a peer asks a line to send again: how soon once more, how many times over, and how much of it at most. Pure."""

import math
from collections.abc import Callable

_MOST_S = 0.25
"""Repeats in a row, as time at their rate."""
_SOON = 0.6
"""Of a round trip: asked again before that, the first answer is still on its way. A whole one is too much to wait for,
since requests are early and late too, and one that is refused is made only a round trip later."""
_LOSSY = 0.02
"""With such a share of the packets lost, so many repeats are lost that a picture stands still for it."""
_MOST_COPIES = 3
_FORGET_S = 2.0
_SPENT_S = 0.5
"""What repeats have lately taken is forgotten with this time constant."""


class Repeats:
    """Of one line to one peer. What is too much is left out: a peer that still wants it asks again."""

    def __init__(self, rate_bps: float, clock: Callable[[], float]) -> None:
        """`clock` in seconds."""
        self.rate_bps = rate_bps
        self._clock = clock
        self._free_s = 0.0
        self._spent_bits = self._spent_s = 0.0
        self._asked: dict[int, tuple[float, int]] = {}
        """A packet's number to when it was last repeated, and how often; oldest first."""

    @property
    def spent_bps(self) -> float:
        """What they take of the way these days; pictures have to do with the rest."""
        return self._spent_bits * math.exp((self._spent_s - self._clock()) / _SPENT_S) / _SPENT_S

    def copies(self, number: int, size: int, round_trip_s: float, loss: float) -> int:
        """How many times packet `number` of `size` bytes is to leave now; 0: it did so just now, or there is no room.

        Args:
            loss: share of our packets that do not come.
        """
        now_s = self._clock()
        last_s, times = self._asked.pop(number, (-_FORGET_S, 0))
        wait_s = max(0.0, self._free_s - now_s)
        if now_s - last_s < _SOON * round_trip_s or wait_s > _MOST_S:
            self._asked |= {number: (last_s, times)} if times else {}
            return 0
        is_roomy = loss > _LOSSY and wait_s < _MOST_S / 3
        count = min(2 + times, _MOST_COPIES) if is_roomy else 1
        bits = count * size * 8
        self._free_s = now_s + wait_s + bits / self.rate_bps
        self._spent_bits, self._spent_s = self.spent_bps * _SPENT_S + bits, now_s
        self._asked[number] = (now_s, times + 1)
        while now_s - self._asked[oldest := next(iter(self._asked))][0] > _FORGET_S:
            del self._asked[oldest]
        return count
