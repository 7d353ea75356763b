"""Whether somebody speaks, from the loudness of what arrives."""

import time

import av
import numpy as np

from kiosk.media.capture.source import SAMPLE_RATE_HZ

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
        """Who sends nothing at all does not speak either."""
        return self._is_speaking and time.monotonic() - self._heard_s < OFF_S

    def hear(self, frame: av.AudioFrame) -> bool:
        """One decoded frame. Returns whether `is_speaking` has changed by it."""
        was_speaking = self.is_speaking
        self._heard_s = time.monotonic()
        samples = np.frombuffer(memoryview(frame.planes[0]), np.int16)
        if not was_speaking:
            self._is_speaking = False
        duration_s = frame.samples / (frame.sample_rate or SAMPLE_RATE_HZ)
        if np.sqrt(np.mean(np.square(samples[::4], dtype=np.float32))) > LOUD:
            self._loud_s, self._quiet_s = self._loud_s + duration_s, 0.0
        else:
            self._quiet_s += duration_s
            if self._quiet_s > ON_S:
                self._loud_s = 0.0
        if self._loud_s >= ON_S:
            self._is_speaking = True
        if self._quiet_s >= OFF_S:
            self._is_speaking = False
        return self.is_speaking != was_speaking
