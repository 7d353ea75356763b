"""The camera of a Raspberry Pi. The only module that knows picamera2, which exists on a Pi's system Python only.

Picamera2 may grant another format than asked for, without a word; so the granted one is read back and checked.
"""

from typing import TYPE_CHECKING, Any

import av
import numpy as np

from kiosk.contract.errors import MediaError, Reason
from kiosk.media.capture.planes import frame_from_i420
from kiosk.media.capture.source import READ_TIMEOUT_S

if TYPE_CHECKING:
    from picamera2 import Picamera2

_BUFFERS = 4


class PiCamera:
    """Main stream in YUV420, no preview, a fixed frame duration."""

    def __init__(self, width: int, height: int, frames_per_second: int) -> None:
        self._width, self._height = width, height
        self._frames_per_second = frames_per_second
        self._camera: Picamera2 | None = None
        self.name = "picamera2"

    def open(self) -> None:
        try:
            from picamera2 import Picamera2
        except ImportError:
            raise MediaError("this Python has no picamera2", Reason.CAMERA_MISSING) from None
        found = Picamera2.global_camera_info()
        if not found:
            raise MediaError("libcamera finds no camera", Reason.CAMERA_MISSING)
        self.name = str(found[0].get("Model", "picamera2"))
        try:
            self._camera = Picamera2(0)
            self._configure(self._camera)
            self._camera.start()
        except (RuntimeError, OSError) as error:
            # Camera.acquire() of libcamera fails with a RuntimeError when another process has it.
            raise MediaError(f"{self.name}: {error}", Reason.CAMERA_BUSY) from None

    def _configure(self, camera: Any) -> None:
        duration_us = 1_000_000 // self._frames_per_second
        configuration = camera.create_video_configuration(
            main={"size": (self._width, self._height), "format": "YUV420"},
            controls={"FrameDurationLimits": (duration_us, duration_us)},
            buffer_count=_BUFFERS,
            queue=False,
        )
        camera.align_configuration(configuration)
        camera.configure(configuration)
        granted = camera.camera_configuration()["main"]
        if granted["format"] != "YUV420":
            raise MediaError(f"{self.name}: granted {granted['format']} instead of YUV420", Reason.CAMERA_MISSING)
        self._width, self._height = granted["size"]
        self._stride = int(granted["stride"])

    def read(self) -> av.VideoFrame:
        assert self._camera
        try:
            request = self._camera.capture_request(wait=READ_TIMEOUT_S)
        except (TimeoutError, RuntimeError) as error:
            raise MediaError(f"{self.name}: no picture ({error})", Reason.CAMERA_MISSING) from None
        try:
            data: np.ndarray[tuple[int], np.dtype[np.uint8]] = request.make_buffer("main")
        finally:
            request.release()
        try:
            return frame_from_i420(data, self._width, self._height, self._stride)
        except ValueError as error:
            raise MediaError(f"{self.name}: {error}", Reason.CAMERA_MISSING) from None

    def close(self) -> None:
        if self._camera:
            self._camera.close()
            self._camera = None
