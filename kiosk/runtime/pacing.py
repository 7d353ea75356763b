"""When to look for what comes by itself, again and again: soon after it has come. Pure, times in seconds of one clock.

Pictures of several streams are drawn, or taken from the network, at common moments, and each waits for the next one.
Moments of their own come half a step too late on average. These move to where the streams together wait the least.
"""

from collections.abc import Mapping

_MARGIN_S, _MARGIN_SPREADS, _MARGIN_STEPS = 0.002, 2.0, 0.75
"""So much later than it mostly comes a picture is still in time."""
_LATER, _EARLIER = 0.5, 0.2
"""Of the way there: who has just missed the moment waits for a whole step, who is early for almost nothing."""
_LEARN = 0.05
_EVEN = 0.04
"""A stream whose pictures come at another pace than steps, by more than this, is in no phase with them."""
_MISSED = 1.0
"""Steps that a picture costs which comes around the moment itself: now in time, now too late."""
_TINY_S = 1e-6
_HYSTERESIS = 0.8
_GONE_S = 0.5
_MOST = 16
"""Streams that are thought of; each is weighed against each."""


class _Stream:
    """The pictures of one sender."""

    def __init__(self, came_s: float) -> None:
        self.came_s = came_s
        self.period_s = 1 / 30
        self.spread_s = 0.0
        """How far off the beat they come, on average."""

    def note(self, came_s: float) -> None:
        passed_s = came_s - self.came_s
        self.came_s = came_s
        if not 0 < passed_s < _GONE_S:
            return
        off_s = passed_s / max(1, round(passed_s / self.period_s)) - self.period_s
        self.period_s += off_s * _LEARN
        self.spread_s += (abs(off_s) - self.spread_s) * _LEARN


class Pacing:
    """Of one screen, or one network. `step` at each moment, `look` at each or at some."""

    def __init__(self, free_s: float, longest_s: float, most_s: float) -> None:
        """Steps last `free_s` while nothing is known, and never less; streams are given the same number of steps each
        picture, the least that makes them no longer than `longest_s`. At one look they move by no more than `most_s`.
        """
        self._free_s, self._longest_s, self._most_s = free_s, longest_s, most_s
        self._streams: dict[str | int, _Stream] = {}
        self._leader: str | int = ""
        """The stream that is met as soon as its picture comes."""
        self.step_s = free_s
        self._due_s = 0.0

    def step(self, now_s: float) -> float:
        """The next moment, after the one that is now; a step from now where that was missed by more than one."""
        is_kept = abs(now_s - self._due_s) < self.step_s
        self._due_s = (self._due_s if is_kept else now_s) + self.step_s
        return self._due_s

    def look(self, now_s: float, came_s: Mapping[str, float] | Mapping[int, float]) -> None:
        """`came_s`: the streams that have a new picture at this moment, and when it came."""
        for stream, at_s in came_s.items():
            if at_s <= now_s and (stream in self._streams or len(self._streams) < _MOST):
                self._streams.setdefault(stream, _Stream(at_s)).note(at_s)
        self._streams = {stream: one for stream, one in self._streams.items() if now_s - one.came_s < _GONE_S}
        self.step_s = step_s = self._fitting_s()
        ages_s = {
            stream: (now_s - one.came_s) % step_s
            for stream, one in self._streams.items()
            if abs(one.period_s / step_s - round(one.period_s / step_s)) < _EVEN
        }
        if ages_s:
            move_s = self._choose(ages_s)
            move_s *= _LATER if move_s > 0 else _EARLIER
            self._due_s += min(max(move_s, -self._most_s), self._most_s)

    def _fitting_s(self) -> float:
        """A step of the quickest stream."""
        if not self._streams:
            return self._free_s
        period_s = min(one.period_s for one in self._streams.values())
        return max(period_s / -(-period_s // self._longest_s), self._free_s)

    def _choose(self, ages_s: Mapping[str | int, float]) -> float:
        """How far the moments are to move, at most half a step."""
        step_s = self.step_s
        margins_s = {
            stream: min(_MARGIN_S + _MARGIN_SPREADS * self._streams[stream].spread_s, step_s * _MARGIN_STEPS)
            for stream in ages_s
        }
        moves_s = {stream: margins_s[stream] - age_s for stream, age_s in ages_s.items()}
        costs = {}
        for stream, move_s in moves_s.items():
            waits_s = {other: (age_s + move_s) % step_s for other, age_s in ages_s.items()}
            missed = sum(wait_s < margins_s[other] - _TINY_S for other, wait_s in waits_s.items())
            costs[stream] = sum(waits_s.values()) + missed * step_s * _MISSED
        best = min(costs, key=costs.__getitem__)
        if self._leader not in costs or costs[best] < costs[self._leader] * _HYSTERESIS:
            self._leader = best
        move_s = moves_s[self._leader] % step_s
        return move_s if move_s < step_s / 2 else move_s - step_s
