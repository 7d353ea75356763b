"""The HDMI grabber behind "Show the laptop": a V4L2 device, or what stands in for it, that may have nothing to grab.

Some grabbers know that no signal comes in; others go on with a picture of one colour. Both end in the same reason.
"""

import time
from collections.abc import Callable

import av

from kiosk.contract.errors import MediaError, Reason
from kiosk.media.capture.planes import plane_array
from kiosk.media.capture.source import READ_TIMEOUT_S, VideoSource

WIDTH_PX, HEIGHT_PX = 1920, 1080
FRAMES_PER_SECOND = 15
_PLAIN_S = 3.0
"""A picture of one colour for so long is none."""
_LOOK_S = 1.0
_TREMBLE = 3
"""Between the darkest and the brightest of a picture of one colour, which has noise where it came as MJPEG."""
_EVERY = 16


class Laptop:
    """A `VideoSource`: a grabber whose faults are the laptop's. It works once a picture shows something."""

    def __init__(self, grabber: VideoSource, clock: Callable[[], float] = time.monotonic) -> None:
        """A `grabber` with a method `has_signal` is asked whether anything comes in."""
        self._grabber, self._clock = grabber, clock
        self._has_signal: Callable[[], bool] = getattr(grabber, "has_signal", lambda: True)

    @property
    def name(self) -> str:
        return self._grabber.name

    def open(self) -> None:
        try:
            self._grabber.open()
        except MediaError as error:
            raise _of_the_laptop(error) from None
        self._looked_s = -_LOOK_S
        self._has_seen = False
        self._plain_since_s: float | None = None

    def read(self) -> av.VideoFrame:
        """The next picture, of one colour for a moment only. Raises MediaError, LAPTOP_SILENT when none comes in."""
        try:
            while True:
                self._check_signal()
                frame = self._grabber.read()
                if self._has_picture(frame):
                    return frame
        except MediaError as error:
            raise _of_the_laptop(error) from None

    def still(self) -> av.VideoFrame:
        return self.read()

    def _has_picture(self, frame: av.VideoFrame) -> bool:
        if not _is_plain(frame):
            self._has_seen, self._plain_since_s = True, None
            return True
        now_s = self._clock()
        if self._plain_since_s is None:
            self._plain_since_s = now_s
        if now_s - self._plain_since_s >= (_PLAIN_S if self._has_seen else READ_TIMEOUT_S):
            raise MediaError(f"{self.name}: a picture of one colour", Reason.LAPTOP_SILENT)
        return self._has_seen

    def _check_signal(self) -> None:
        now_s = self._clock()
        if now_s - self._looked_s >= _LOOK_S:
            self._looked_s = now_s
            if not self._has_signal():
                raise MediaError(f"{self.name}: no signal", Reason.LAPTOP_SILENT)

    def close(self) -> None:
        self._grabber.close()


def _is_plain(frame: av.VideoFrame) -> bool:
    some = plane_array(frame, 0)[: frame.height : _EVERY, : frame.width : _EVERY]
    return int(some.max()) - int(some.min()) <= _TREMBLE


def _of_the_laptop(error: MediaError) -> MediaError:
    is_silent = error.reason is Reason.LAPTOP_SILENT
    return error if is_silent else MediaError(error.detail, Reason.LAPTOP_MISSING)
