"""Trying a way out: a handful of packets in quick succession shows whether it carries more than is sent.

A camera before which nobody moves needs little, and what comes through of little says nothing of the way. As libwebrtc
does, with packets that have been sent before. Pure: times come from outside, in seconds.
"""

from typing import NamedTuple

LEAST_PACKETS, MOST_PACKETS = 5, 12
SPAN_S = 0.015
_FACTOR, _MORE = 2.0, 1.2
"""Of what is sent: it is tried with the first; with the second found there may be still more."""
_PERIODS_S = (2.0, 16.0)
"""Between two tries: twice the first, when the last one showed no more; and at most, after some of those."""
_FULL_S = 4.0
"""From the moment in which the way was full."""
_LIMIT_S = 1.0
"""Later nothing more is heard of it."""
_LEAST_SHARE = 0.8
"""Of the packets has to come."""
_THROUGH, _NEARLY = 0.9, 0.95
"""What came at this share of the speed at which it left came at full speed; a limit that was met is not used up."""
_HEAP = 0.5
"""What came in less than this share of the time in which it left was held up on the way, and shows nothing."""


class Heard(NamedTuple):
    """A packet of a try that has come."""

    sent_s: float
    arrival_s: float
    size: int


def speed_bps(heard: list[Heard]) -> float:
    """What the way carried, in bits per second; 0 where they do not tell. In order of departure."""
    if len(heard) < LEAST_PACKETS - 1:
        return 0.0
    leaving_s = heard[-1].sent_s - heard[0].sent_s
    arrivals = sorted(heard, key=lambda one: one.arrival_s)
    coming_s = arrivals[-1].arrival_s - arrivals[0].arrival_s
    if leaving_s <= 0 or coming_s < _HEAP * leaving_s:
        return 0.0
    left_bps = 8 * sum(one.size for one in heard[:-1]) / leaving_s
    came_bps = 8 * sum(one.size for one in arrivals[1:]) / coming_s
    return left_bps if came_bps > _THROUGH * left_bps else _NEARLY * came_bps


class Probing:
    """Of one transport: one try at a time. Numbers are transport-wide, without an end."""

    def __init__(self) -> None:
        self._period_s = _PERIODS_S[0]
        self._next_s = self._began_s = self._rate_bps = 0.0
        self._numbers: tuple[int, int] | None = None
        self._heard: dict[int, Heard] = {}

    def due_bps(self, target_bps: int, now_s: float) -> int:
        """At what rate to try now; from now on that try is under way. 0: not now."""
        if self._rate_bps and now_s - self._began_s > _LIMIT_S:
            self._end(0.0, now_s)
        if self._rate_bps or now_s < self._next_s:
            return 0
        self._began_s, self._rate_bps, self._numbers = now_s, _FACTOR * target_bps, None
        self._heard.clear()
        return int(self._rate_bps)

    def is_of(self, first: int, last: int) -> None:
        """The packets with these numbers were the try: its own, and others' between them."""
        self._numbers = (first, last)

    def wait(self, now_s: float) -> None:
        """The way is full: not now."""
        self._next_s = max(self._next_s, now_s + _FULL_S)

    def hear(self, number: int, heard: Heard) -> None:
        """A packet has come, of whatever kind."""
        if self._rate_bps and heard.sent_s >= self._began_s:
            self._heard[number] = heard

    def found_bps(self, now_s: float) -> float:
        """What the way carries, when the last packet of the try has come; else 0."""
        if not self._rate_bps or self._numbers is None or max(self._heard, default=0) < self._numbers[1]:
            return 0.0
        first, last = self._numbers
        heard = [self._heard[number] for number in range(first, last + 1) if number in self._heard]
        found_bps = speed_bps(heard) if len(heard) >= _LEAST_SHARE * (last + 1 - first) else 0.0
        self._end(found_bps, now_s)
        return found_bps

    def _end(self, found_bps: float, now_s: float) -> None:
        has_more = found_bps > _MORE * self._rate_bps / _FACTOR
        self._period_s = _PERIODS_S[0] if has_more else min(2 * self._period_s, _PERIODS_S[1])
        self._next_s = now_s if has_more else now_s + self._period_s
        self._rate_bps = 0.0
