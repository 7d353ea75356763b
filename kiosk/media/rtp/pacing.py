"""Spreads a large picture's packets, and limits retransmission, so that sound and other pictures get through."""

import asyncio
from collections.abc import Callable

_BURST_S = 0.03
"""What may leave at once, as time at the pacer's rate: an ordinary picture is not held up at all."""

_MOST_S = 0.15
"""Retransmissions in a row, as time at their rate."""
_FORGET_S = 2.0


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


class Repeats:
    """A line's retransmissions to one peer. What is too much is dropped: a peer that still wants it asks again."""

    def __init__(self, rate_bps: float, clock: Callable[[], float]) -> None:
        """`clock` in seconds."""
        self.rate_bps = rate_bps
        self._clock = clock
        self._free_s = 0.0
        self._sent_s: dict[int, float] = {}

    def may_leave(self, data: bytes, round_trip_s: float) -> bool:
        """For an RTP packet of RFC 4588. False: it was repeated less than a round trip ago, or there is no room."""
        now_s = self._clock()
        number = _original(data)
        if now_s - self._sent_s.get(number, -_FORGET_S) < round_trip_s or self._free_s - now_s > _MOST_S:
            return False
        self._free_s = max(self._free_s, now_s) + len(data) * 8 / self.rate_bps
        self._sent_s.pop(number, None)
        self._sent_s[number] = now_s
        while now_s - self._sent_s[oldest := next(iter(self._sent_s))] > _FORGET_S:
            del self._sent_s[oldest]
        return True


def _original(data: bytes) -> int:
    """The repeated packet's own number, in front of its payload."""
    at = 12 + 4 * (data[0] & 0x0F)
    if data[0] & 0x10:
        at += 4 + 4 * int.from_bytes(data[at + 2 : at + 4], "big")
    return int.from_bytes(data[at : at + 2], "big")
