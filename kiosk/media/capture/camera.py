"""The camera of a Raspberry Pi. The only module that knows picamera2, which exists on a Pi's system Python only.

Picamera2 may grant another format than asked for, without a word; so the granted one is read back and checked.
"""

import logging
from collections.abc import Callable
from typing import Any, NamedTuple

import av

from kiosk.contract.errors import MediaError, Reason
from kiosk.media.capture.planes import frame_from_i420
from kiosk.media.capture.source import READ_TIMEOUT_S

_logger = logging.getLogger(__name__)

_BUFFERS = 4
_SMALL_HEIGHT = 360
"""Of the second stream, which costs the Pi's image processor nothing and spares us the scaling."""
_STILL_TIMEOUT_S = 5.0
"""The mode of the sensor changes, and exposure settles."""
_FORMAT = "YUV420"
Shape = tuple[int, int, int]
"""Width, height, bytes a line of Y."""


class System(NamedTuple):
    """The two Python packages from Raspberry Pi's archive."""

    picamera2: Any
    libcamera: Any


def installed() -> System:
    """Raises ImportError on anything but a Pi."""
    import libcamera
    import picamera2

    return System(picamera2, libcamera)


class PiCamera:
    """A `VideoSource`. Main stream and small stream in YUV420, no preview, a fixed frame duration, one owner."""

    def __init__(
        self, width: int, height: int, frames_per_second: int, system: Callable[[], System] = installed
    ) -> None:
        self._width, self._height = width, height
        self._frames_per_second, self._load = frames_per_second, system
        self._camera: Any = None
        self.name = "picamera2"

    def open(self) -> None:
        try:
            self._system = self._load()
        except ImportError:
            raise self._broken("this Python has no picamera2") from None
        kind = self._system.picamera2.Picamera2
        found = kind.global_camera_info()
        if not found:
            raise self._broken("libcamera finds no camera")
        self.name = str(found[0].get("Model", "picamera2"))
        try:
            self._camera = kind(0)
        except (RuntimeError, OSError) as error:
            # Camera.acquire() of libcamera fails with a RuntimeError when another process has it.
            raise MediaError(f"{self.name}: {error}", Reason.CAMERA_BUSY) from None
        except IndexError:
            raise self._broken("gone while it was opened") from None
        try:
            self._start(self._video())
        except (RuntimeError, OSError) as error:
            raise self._broken(str(error)) from None

    def _video(self) -> dict[str, Any]:
        duration_us = 1_000_000 // self._frames_per_second
        small = {"size": (_SMALL_HEIGHT * self._width // self._height & ~1, _SMALL_HEIGHT), "format": _FORMAT}
        configuration: dict[str, Any] = self._camera.create_video_configuration(
            main={"size": (self._width, self._height), "format": _FORMAT},
            lores=small if self._height > _SMALL_HEIGHT else None,
            controls={"FrameDurationLimits": (duration_us, duration_us)} | self._focus(),
            colour_space=self._system.libcamera.ColorSpace.Smpte170m(),
            buffer_count=_BUFFERS,
            queue=False,
        )
        self._camera.align_configuration(configuration)
        return configuration

    def _focus(self) -> dict[str, Any]:
        """All the time, where the camera has a lens that moves."""
        if "AfMode" not in self._camera.camera_controls:
            return {}
        return {"AfMode": self._system.libcamera.controls.AfModeEnum.Continuous}

    def _start(self, configuration: dict[str, Any]) -> None:
        self._camera.configure(configuration)
        granted = self._camera.camera_configuration()
        self._main = self._shape(granted["main"])
        self._small = self._shape(granted["lores"]) if granted.get("lores") else None
        self._camera.start()

    def _shape(self, granted: dict[str, Any]) -> Shape:
        if granted["format"] != _FORMAT:
            raise self._broken(f"granted {granted['format']} instead of {_FORMAT}")
        return *granted["size"], int(granted["stride"])

    def read(self) -> av.VideoFrame:
        request = self._patiently(self._camera.capture_request, READ_TIMEOUT_S)
        try:
            frame = self._copy(request, "main", self._main)
            if self._small:
                frame.opaque = self._copy(request, "lores", self._small)
        finally:
            request.release()
        return frame

    def still(self) -> av.VideoFrame:
        """All the sensor has; video stands still for about a second."""
        frame = None
        try:
            frame = self._whole_sensor()
        except MediaError as error:
            _logger.warning("still: %s", error.detail)  # then it is as large as the video
        try:
            self._camera.cancel_all_and_flush()
            self._camera.stop()
            self._start(self._video())
        except (RuntimeError, OSError) as error:
            raise self._broken(str(error)) from None
        return frame or self.read()

    def _whole_sensor(self) -> av.VideoFrame:
        width, height = self._camera.sensor_resolution
        configuration = self._camera.create_still_configuration(
            main={"size": (width & ~1, height & ~1), "format": _FORMAT},
            controls=self._focus(),
            colour_space=self._system.libcamera.ColorSpace.Smpte170m(),
            buffer_count=1,
            queue=False,
        )
        # Both modes at once would not fit into the Pi's contiguous memory: the still is given back before video starts.
        request = self._patiently(self._camera.switch_mode_capture_request_and_stop, _STILL_TIMEOUT_S, configuration)
        try:
            return self._copy(request, "main", self._shape(request.config["main"]))
        finally:
            request.release()

    def _patiently(self, ask: Callable[..., Any], timeout_s: float, *arguments: Any) -> Any:
        try:
            return ask(*arguments, wait=timeout_s)
        except (TimeoutError, RuntimeError, OSError) as error:
            raise self._broken(f"no picture ({error})") from None

    def _copy(self, request: Any, stream: str, shape: Shape) -> av.VideoFrame:
        try:
            return frame_from_i420(request.make_buffer(stream), *shape)
        except ValueError as error:
            raise self._broken(str(error)) from None

    def _broken(self, why: str) -> MediaError:
        return MediaError(f"{self.name}: {why}", Reason.CAMERA_MISSING)

    def close(self) -> None:
        camera, self._camera = self._camera, None
        if camera is None:
            return
        try:
            camera.cancel_all_and_flush()  # else closing waits for ever behind a picture that never came
            camera.close()
        except (RuntimeError, OSError):
            pass  # libcamera complains when the cable is off; there is nothing left to let go of
