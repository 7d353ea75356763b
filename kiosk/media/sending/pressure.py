"""How short the machine is of time or cooling, as a number of steps that pictures have to shrink by.

Knows neither encoders nor cameras. Pure but for `read_throttled`, which is injected.
"""

from collections.abc import Callable
from pathlib import Path

_BUSY, _IDLE = 0.7, 0.35
"""Share of the time between two pictures that encoding takes: above the first it shrinks, below the second it grows."""
_MOST = 2.0
"""That a single picture counts for: one hold-up is no shortness."""
_LATE_S = 0.05
"""Packets that wait this long for the loop mean the same as an encoder that is too slow."""
_DOWN_S, _UP_S = 1.5, 10.0
"""So long it has to be short without a pause, or well; the handshakes of a beginning call hold up the loop, too."""
_SMOOTHING = 0.1
_LOOK_S = 2.0
MAX_STEPS = 3
"""The last one is for pictures a second; sizes have two."""

_THERMAL = Path("/sys/class/thermal")
_FIRMWARE = Path("/sys/devices/platform/soc/soc:firmware/get_throttled")
_HOT_MILLIDEGREES = 79_000
"""A Pi slows down from 80 °C on by itself, in larger steps."""
_NOW = 0b1111
"""Bits for under-voltage, capped frequency, throttled, soft limit at this moment; the high ones tell of the past."""


def read_throttled(thermal: Path = _THERMAL, firmware: Path = _FIRMWARE) -> bool:
    """Whether the processor is too hot, or slowed down. False where nothing tells."""
    try:
        if int(firmware.read_text(), 16) & _NOW:
            return True
    except (OSError, ValueError):
        pass  # no Raspberry Pi, or another kernel
    for zone in thermal.glob("thermal_zone*/temp"):
        try:
            if int(zone.read_text()) >= _HOT_MILLIDEGREES:
                return True
        except (OSError, ValueError):
            continue
    return False


class Pressure:
    """Of one feed."""

    def __init__(self, is_throttled: Callable[[], bool] = read_throttled) -> None:
        self.steps = 0
        """0: all is well."""
        self._is_throttled = is_throttled
        self._share = 0.0
        self._late_s = 0.0
        self._changed_s = self._looked_s = self._busy_s = self._well_s = 0.0
        self._is_hot = False

    def late(self, waited_s: float) -> None:
        """A packet waited this long for the loop."""
        self._late_s += _SMOOTHING / 2 * (waited_s - self._late_s)

    def note(self, busy_s: float, interval_s: float, now_s: float) -> None:
        """One picture was encoded in `busy_s`; the next one is due after `interval_s`."""
        self._share += _SMOOTHING * (min(busy_s / interval_s, _MOST) - self._share)
        self._changed_s = self._changed_s or now_s
        if now_s - self._looked_s >= _LOOK_S:
            self._looked_s, self._is_hot = now_s, self._is_throttled()
        is_short = self._share > _BUSY or self._late_s > _LATE_S or self._is_hot
        if is_short or self._share >= _IDLE:
            self._busy_s = now_s
        if not is_short or not self._well_s:
            self._well_s = now_s
        if is_short and now_s - max(self._well_s, self._changed_s) >= _DOWN_S and self.steps < MAX_STEPS:
            self._change(1, now_s)
        elif self.steps and now_s - max(self._busy_s, self._changed_s) >= _UP_S:
            self._change(-1, now_s)

    def _change(self, by: int, now_s: float) -> None:
        self.steps += by
        self._changed_s = now_s
        self._share, self._late_s = (_BUSY + _IDLE) / 2, 0.0
