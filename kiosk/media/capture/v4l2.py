"""A USB camera or grabber by the kernel's own interface: what it gives as pictures, and why it does not."""

import errno
import logging
import time
from collections.abc import Callable
from pathlib import Path

import av
import numpy as np

from kiosk.contract.errors import MediaError, Reason
from kiosk.media.capture.kernel import Kernel, Linux
from kiosk.media.capture.planes import fitted, frame_from_i420, frame_from_lines
from kiosk.media.capture.source import READ_TIMEOUT_S
from kiosk.media.capture.videodev import Device, Pixels

_logger = logging.getLogger(__name__)

_PACKED = {Pixels.YUYV: "yuyv422", Pixels.UYVY: "uyvy422", Pixels.NV12: "nv12"}
_SETTLE_S = 0.5
"""Exposure and white balance begin anew in another format; pictures until then are no good for a still."""
_STILL_SIDE_PX = 8192
"""Asked for where a camera lists no sizes; the driver grants the largest it has."""
_FAULTS = {
    errno.EBUSY: (Reason.CAMERA_BUSY, "another program has it"),
    errno.EACCES: (Reason.CAMERA_MISSING, "this user may not open it (group video?)"),
    errno.EPERM: (Reason.CAMERA_MISSING, "this user may not open it (group video?)"),
    errno.ENOENT: (Reason.CAMERA_MISSING, "not plugged in"),
    errno.ENODEV: (Reason.CAMERA_MISSING, "pulled out"),
    errno.ENXIO: (Reason.CAMERA_MISSING, "pulled out"),
    errno.ENOTTY: (Reason.CAMERA_MISSING, "no video device"),
    errno.ENOSPC: (Reason.CAMERA_BUSY, "the USB bus has no bandwidth left for it"),
}


class StableName:
    """Where the configured device is now: `/dev/videoN` may come back under another number when it was pulled out."""

    def __init__(self, path: Path, kernel: Kernel) -> None:
        self.configured, self._kernel = path, kernel
        self._names: list[Path] = []

    def path(self) -> Path:
        """By a name that stays, where the device had one when it was open last."""
        for name in self._names:
            if name.exists():
                return name
        return self.configured

    def learn(self, path: Path) -> None:
        """It is open, at `path`."""
        self._names = self._kernel.names(path) or self._names


class V4l2Camera:
    """A `VideoSource`. MJPEG is asked for first: raw pictures of 720p are too much for USB 2."""

    def __init__(
        self,
        where: StableName,
        width: int,
        height: int,
        frames_per_second: int,
        kernel: Kernel | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Pictures are `width` by `height` at most, in the shape that the camera has."""
        self._where, self._width, self._height = where, width, height
        self._frames_per_second = frames_per_second
        self._kernel, self._clock = kernel or Linux(), clock
        self._device: Device | None = None
        self.name = where.configured.name
        self.broken = 0
        """Pictures that could not be decoded, since it was opened."""

    def open(self) -> None:
        path = self._where.path()
        self._path = path
        try:
            self._device = device = Device(self._kernel, path)
            card = device.card()
            if card is None:
                raise self._missing("gives no pictures")
            self.name = card or path.name
            self._start(self._width, self._height)
        except OSError as error:
            raise self._fault(error) from None
        self._where.learn(path)

    def _start(self, width: int, height: int, first: Pixels | None = None) -> None:
        assert self._device
        self._timings = timings = self._device.timings()
        if timings and timings.whole:
            self._device.follow(timings)
        granted = self._device.set_format(width, height, first)
        if granted is None:
            raise self._missing(f"none of {', '.join(pixels.name for pixels in Pixels)}")
        self._granted = granted
        self._decoder = av.CodecContext.create("mjpeg", "r") if granted.pixels is Pixels.MJPEG else None
        self._device.set_rate(self._frames_per_second)
        self._device.start()

    def read(self) -> av.VideoFrame:
        return fitted(self._whole(), self._width, self._height)

    def has_signal(self) -> bool:
        """Whether anything comes in; follows it when it has changed its size. Raises MediaError when that fails."""
        assert self._device
        try:
            if not self._device.has_signal():
                return False
            if self._device.timings() != self._timings:
                self._switch(self._width, self._height)
        except OSError as error:
            raise self._fault(error) from None
        return True

    def _whole(self) -> av.VideoFrame:
        """The next picture that is not broken; cameras send a broken one now and then, above all the first."""
        assert self._device
        until = self._clock() + READ_TIMEOUT_S
        broken = 0
        while True:
            try:
                data = self._device.next(max(0.0, until - self._clock()))
            except OSError as error:
                raise self._fault(error) from None
            frame = self._frame(data) if data else None
            if frame:
                return frame
            if data is not None:
                broken += 1
                self.broken += 1
            if data is None or self._clock() >= until:
                raise self._missing(f"no picture, {broken} broken ones")

    def _frame(self, data: bytes) -> av.VideoFrame | None:
        granted = self._granted
        pixels = np.frombuffer(data, np.uint8)
        try:
            if self._decoder:
                frames = self._decoder.decode(av.Packet(data))
                return next((frame for frame in frames if isinstance(frame, av.VideoFrame)), None)
            if granted.pixels is Pixels.I420:
                return frame_from_i420(pixels, *granted[1:])
            return frame_from_lines(pixels, *granted[1:], _PACKED[granted.pixels])
        except (av.FFmpegError, ValueError):
            return None

    def still(self) -> av.VideoFrame:
        """The largest picture that the camera offers; video stands still meanwhile, for about a second."""
        assert self._device
        video = self._granted
        try:
            largest = self._device.largest() or (video.pixels, _STILL_SIDE_PX, _STILL_SIDE_PX)
        except OSError as error:
            raise self._fault(error) from None
        if largest[1] * largest[2] <= video.width * video.height:
            return _as_large(self._whole())
        frame = None
        try:
            self._switch(largest[1], largest[2], largest[0])
            frame = self._settled()
        except MediaError as error:
            # A camera may list what it, or its USB bus, cannot do: then the still is as large as the video.
            _logger.warning("still in %dx%d: %s", largest[1], largest[2], error.detail)
        self._switch(video.width, video.height, video.pixels)
        return _as_large(frame or self._whole())

    def _switch(self, width: int, height: int, pixels: Pixels | None = None) -> None:
        assert self._device
        self._device.stop()
        try:
            self._start(width, height, pixels)
        except OSError as error:
            raise self._fault(error) from None

    def _settled(self) -> av.VideoFrame:
        until = self._clock() + _SETTLE_S
        while True:
            frame = self._whole()
            if self._clock() >= until:
                return frame

    def _fault(self, error: OSError) -> MediaError:
        reason, why = _FAULTS.get(error.errno or 0, (Reason.CAMERA_MISSING, error.strerror))
        return MediaError(f"{self._path}: {why}", reason)

    def _missing(self, why: str) -> MediaError:
        return MediaError(f"{self._path}: {why}", Reason.CAMERA_MISSING)

    def close(self) -> None:
        if self._device:
            if self.broken:
                _logger.info("%s: %d broken pictures", self.name, self.broken)
            self._device.close()
            self._device = None


def _as_large(frame: av.VideoFrame) -> av.VideoFrame:
    return fitted(frame, frame.width, frame.height)
