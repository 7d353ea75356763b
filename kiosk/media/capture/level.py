"""How loud the microphone hears, for a bar on the screen. Keeps nothing of what was said."""

from collections.abc import Callable

import numpy as np

from kiosk.media.capture.source import SAMPLE_RATE_HZ, Samples

_EVERY_SAMPLES = SAMPLE_RATE_HZ // 10
_QUIET_DB, _LOUD_DB = -60.0, -12.0
"""Of full scale: 0 and 100 percent. A voice at the table has about -30."""
_FULL_SCALE = 32768.0


def level_pct(mean_square: float) -> int:
    """0 to 100 on a scale of decibels, from the mean square of 16-bit samples."""
    if mean_square <= 0:
        return 0
    loudness_db = 10 * float(np.log10(mean_square / _FULL_SCALE**2))
    return round(100 * min(1.0, max(0.0, (loudness_db - _QUIET_DB) / (_LOUD_DB - _QUIET_DB))))


class LevelMeter:
    """Tells the loudest piece of every tenth of a second; time is counted in samples, in the thread that hears."""

    def __init__(self, tell: Callable[[int], object]) -> None:
        self._tell = tell
        self._heard = 0
        self._loudest = 0.0

    def hear(self, samples: Samples) -> None:
        """Some milliseconds of sound; costs 10 µs for 20 ms."""
        if not len(samples):
            return
        self._loudest = max(self._loudest, float(np.mean(np.square(samples[::4], dtype=np.float32))))
        self._heard += len(samples)
        if self._heard >= _EVERY_SAMPLES:
            self._tell(level_pct(self._loudest))
            self._heard, self._loudest = 0, 0.0
