"""What every camera and microphone is to the rest of media. Knows no device."""

import time
from typing import Protocol, TypeVar

import av
import numpy as np
import numpy.typing as npt

Samples = npt.NDArray[np.int16]
"""`SAMPLES_PER_READ` samples, mono."""

SAMPLE_RATE_HZ = 48_000
SAMPLES_PER_READ = 960
"""20 ms."""
READ_TIMEOUT_S = 2.0
"""A device that gives nothing for so long does not work."""

Item = TypeVar("Item", covariant=True)


class Source(Protocol[Item]):
    """A device. All three methods are called in one thread, one after the other."""

    @property
    def name(self) -> str:
        """What the device calls itself; known after `open`."""

    def open(self) -> None:
        """Raises MediaError when the device is missing or busy."""

    def read(self) -> Item:
        """Waits for the next picture, or for 20 ms of sound.

        Raises:
            MediaError: the device is gone, or gave nothing for `READ_TIMEOUT_S`.
        """

    def close(self) -> None:
        """Also after a failed `open`; never raises."""


class VideoSource(Source[av.VideoFrame], Protocol):
    """Pictures in format yuv420p; `planes.small_of` finds a smaller one beside them where the device makes two."""

    def still(self) -> av.VideoFrame:
        """One picture as large as the device can; between two calls of `read`, which may be late afterwards.

        Raises:
            MediaError: the device is gone.
        """


SoundSource = Source[Samples]


class Pace:
    """Keeps a made-up device at its rate. Too late by more than three intervals: the time is given up, not made up."""

    def __init__(self, interval_s: float) -> None:
        self._interval_s = interval_s
        self._due = time.monotonic()

    def wait(self) -> None:
        """Sleeps until the next item is due, in the capture's own thread."""
        self._due += self._interval_s
        late_s = time.monotonic() - self._due
        if late_s < 0:
            time.sleep(-late_s)
        elif late_s > 3 * self._interval_s:
            self._due = time.monotonic()
