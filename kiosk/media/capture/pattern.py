"""A moving test picture: grey fields, one orange field, and a white bar that wanders from left to right."""

import av
import numpy as np

from kiosk.media.capture.planes import Luma, plane_array
from kiosk.media.capture.source import Pace

ORANGE_YUV = (150, 62, 186)
"""The field in the middle, BT.601 limited range; RGB about (246, 137, 18)."""
BAR_Y = 235
BAR_PARTS = 16
"""The bar has a sixteenth of the width."""
CROSSING_S = 3.0
"""The bar's way from edge to edge."""
STILL_SIZE = (2592, 1944)
"""As a camera of five megapixels has it."""


class PatternCamera:
    """A camera for demonstrations and tests; the same picture on every machine. About 0.2 ms a picture at 640x360."""

    name = "pattern"

    def __init__(self, width: int, height: int, frames_per_second: int) -> None:
        self._width, self._height = width, height
        self._frames_per_second = frames_per_second
        self._count = 0

    def open(self) -> None:
        self._pace = Pace(1 / self._frames_per_second)
        self._background = _background(self._width, self._height)

    def read(self) -> av.VideoFrame:
        self._pace.wait()
        frame = self._paint(self._background)
        self._count += 1
        return frame

    def still(self) -> av.VideoFrame:
        """In `STILL_SIZE`; the bar stands where it stands in the video."""
        return self._paint(_background(*STILL_SIZE))

    def _paint(self, background: list[Luma]) -> av.VideoFrame:
        height, width = background[0].shape
        frame = av.VideoFrame(width, height, "yuv420p")
        for index, plane in enumerate(background):
            plane_array(frame, index)[:, : plane.shape[1]] = plane
        bar = width // BAR_PARTS
        way = self._count / (self._frames_per_second * CROSSING_S) % 1
        left = int(way * (width - bar)) & ~1
        plane_array(frame, 0)[:, left : left + bar] = BAR_Y
        for index in (1, 2):
            plane_array(frame, index)[:, left // 2 : (left + bar) // 2] = 128
        return frame

    def close(self) -> None:
        pass


def _background(width: int, height: int) -> list[Luma]:
    luma = np.empty((height, width), np.uint8)
    columns = np.arange(width) * 8 // width
    luma[:] = (40 + 20 * columns).astype(np.uint8)
    planes: list[Luma] = [luma]
    planes += [np.full(((height + 1) // 2, (width + 1) // 2), 128, np.uint8) for _ in range(2)]
    for plane, value in zip(planes, ORANGE_YUV, strict=True):
        lines, columns_count = plane.shape
        plane[lines // 4 : lines * 3 // 4, columns_count // 3 : columns_count * 2 // 3] = value
    return planes
