"""Whether a process holds more and more memory: a line through the samples of hours; and when it may start anew."""

from collections import deque
from collections.abc import Mapping
from datetime import datetime, time
from zoneinfo import ZoneInfo

from msgspec import Struct

_EVERY_S = 300.0
_KEPT = 24 * 12
"""A day of samples."""
_LEAST = 6 * 12
"""A line needs six hours."""
_WARM_UP = 6
"""The first half hour is a process that fills its caches."""


class Growth(Struct, frozen=True, kw_only=True):
    """One process that should start anew."""

    process: str
    memory_mb: float
    growth_mb_h: float


class Trend:
    """Take a sample now and then; time comes in."""

    def __init__(self, most_growth_mb_h: float, most_mb: float) -> None:
        """Either is reason enough: growing faster, or holding more."""
        self._most_growth_mb_h, self._most_mb = most_growth_mb_h, most_mb
        self._samples: dict[str, deque[tuple[float, float]]] = {}
        self._skipped: dict[str, int] = {}

    def take(self, at_s: float, memory_mb: Mapping[str, float]) -> None:
        """One look at `at_s` of a clock that only goes forward; those in between are passed over."""
        for name, value in memory_mb.items():
            samples = self._samples.setdefault(name, deque(maxlen=_KEPT))
            if not samples or at_s - samples[-1][0] >= _EVERY_S * 0.9:
                samples.append((at_s, value))

    def forget(self, process: str) -> None:
        """It came back: its memory begins anew."""
        self._samples.pop(process, None)

    def growth_mb_h(self, process: str) -> float | None:
        """Slope of the least squares' line; None while there are too few samples."""
        samples = list(self._samples.get(process, ()))[_WARM_UP:]
        if len(samples) < _LEAST:
            return None
        middle_s = sum(at for at, _ in samples) / len(samples)
        middle_mb = sum(value for _, value in samples) / len(samples)
        spread = sum((at - middle_s) ** 2 for at, _ in samples)
        rise = sum((at - middle_s) * (value - middle_mb) for at, value in samples)
        return round(3600 * rise / spread, 2) if spread else None

    def growing(self) -> tuple[Growth, ...]:
        """Who should start anew when nobody is here, the worst first."""
        found = []
        for name, samples in self._samples.items():
            growth, memory = self.growth_mb_h(name), samples[-1][1]
            if memory >= self._most_mb or (growth is not None and growth >= self._most_growth_mb_h):
                found.append(Growth(process=name, memory_mb=memory, growth_mb_h=growth or 0.0))
        return tuple(sorted(found, key=lambda one: one.memory_mb, reverse=True))


def is_night(now: datetime, zone: ZoneInfo, begin: time, end: time) -> bool:
    """Whether it is between the two times in the house's own zone; the window may reach over midnight."""
    at = now.astimezone(zone).time()
    return begin <= at < end if begin <= end else at >= begin or at < end
