"""Whether somebody speaks, from the loudness of what arrives."""

import time

import numpy as np

from kiosk.media.capture.source import SAMPLE_RATE_HZ, Samples

LOUD = 330
"""Root mean square of 16-bit samples, about -40 dBFS: above room noise, below a quiet voice."""
ON_S = 0.15
OFF_S = 0.6


class SpeakingMeter:
    """On after 150 ms of loud sound, off after 600 ms without. Time is counted in samples."""

    def __init__(self) -> None:
        self._loud_s = self._quiet_s = 0.0
        self._is_speaking = False
        self._heard_s = 0.0

    @property
    def is_speaking(self) -> bool:
        """Who sends nothing at all does not speak either. Any thread."""
        return self._is_speaking and time.monotonic() - self._heard_s < OFF_S

    def hear(self, samples: Samples) -> None:
        """Some milliseconds of sound, one channel."""
        if not self.is_speaking:
            self._is_speaking = False
        self._heard_s = time.monotonic()
        duration_s = len(samples) / SAMPLE_RATE_HZ
        quarter = samples[::4].astype(np.float32)
        if quarter @ quarter > LOUD**2 * len(quarter):
            self._loud_s, self._quiet_s = self._loud_s + duration_s, 0.0
        else:
            self._quiet_s += duration_s
            if self._quiet_s > ON_S:
                self._loud_s = 0.0
        if self._loud_s >= ON_S:
            self._is_speaking = True
        if self._quiet_s >= OFF_S:
            self._is_speaking = False
