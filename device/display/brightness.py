"""How bright the screen is to be: by the light in the room, else by the time of day, within bounds. Pure."""

import math
from collections.abc import Sequence
from datetime import time

from kiosk.contract.configuration import Daytime, Display

STEADY_PCT = 8
"""The light in a room trembles; a difference below this is none."""
STEP_PCT = 4
"""One step of a change that nobody is to notice."""


def by_daytime(daytimes: Sequence[Daytime], now: time) -> int | None:
    """What holds at this time of day: the last that has begun, at night the last of the day before."""
    if not daytimes:
        return None
    ordered = sorted(daytimes, key=lambda one: one.at)
    begun = [one for one in ordered if time.fromisoformat(one.at) <= now]
    return (begun or ordered)[-1].brightness_pct


def by_light(section: Display, lux: float) -> int:
    """Between the bounds by the logarithm of the light, as eyes do it."""
    dark, bright = max(section.dark_room_lux, 1.0), max(section.bright_room_lux, 2.0)
    share = math.log(max(lux, dark) / dark) / math.log(bright / dark)
    return round(section.darkest_pct + min(1.0, share) * (section.brightest_pct - section.darkest_pct))


def within(section: Display, pct: int) -> int:
    return min(section.brightest_pct, max(section.darkest_pct, pct))


def dimmed(section: Display, pct: int) -> int:
    """While nobody is here; below the bounds, but never nothing."""
    return max(1, round(pct * section.dimmed_pct / 100))


class Steady:
    """Follows a value, but not its trembling: small changes are left out until they have become big ones."""

    def __init__(self) -> None:
        self._pct: int | None = None

    def follow(self, pct: int, section: Display) -> int:
        """The ends are reached exactly, so that a bright day is bright."""
        is_end = pct in (section.darkest_pct, section.brightest_pct)
        if self._pct is None or is_end or abs(pct - self._pct) >= STEADY_PCT:
            self._pct = pct
        return self._pct


def steps(now_pct: int, wanted_pct: int) -> list[int]:
    """The way from one to the other, the end included."""
    step = STEP_PCT if wanted_pct > now_pct else -STEP_PCT
    return [*range(now_pct + step, wanted_pct, step), wanted_pct] if now_pct != wanted_pct else []
