"""Video devices in memory. Calls in a wrong order are refused, as videobuf2 in the kernel refuses them."""

import errno
import os
import struct
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

from kiosk.media.capture import videodev
from kiosk.media.capture.planes import plane_array
from kiosk.media.capture.videodev import Pixels

_GRAY = 128


@dataclass
class VideoDevice:
    """A camera or grabber. The test plugs, unplugs and breaks it."""

    sizes: dict[Pixels, list[tuple[int, int]]]
    card: str = "Camera"
    luma: int = 90
    contrast: int = 60
    """Between the left and the right half of the picture."""
    can: int = videodev.CAN_CAPTURE_AND_STREAM
    is_listing: bool = True
    """Tells its sizes."""
    opening_error: int = 0
    streaming_errors: dict[Pixels, int] = field(default_factory=dict)
    is_plugged: bool = True
    is_giving: bool = True
    broken: int = 0
    """So many of the next pictures are."""
    status: int = 0
    timings: tuple[int, int] | int | None = None
    """Of the signal; an errno; or None: not known here."""
    frames_per_second: int = 30
    opened: int = 0
    log: list[str] = field(default_factory=list)

    def picture(self, pixels: Pixels, width: int, height: int) -> bytes:
        frame = av.VideoFrame(width, height, "yuvj420p" if pixels is Pixels.MJPEG else "yuv420p")
        for index, value in enumerate((self.luma, _GRAY, _GRAY)):
            plane_array(frame, index)[:] = value
        plane_array(frame, 0)[:, width // 2 :] = self.luma + self.contrast
        if pixels is Pixels.MJPEG:
            return _jpeg(frame)
        if pixels in (Pixels.YUYV, Pixels.UYVY):
            pairs = frame.reformat(format="yuyv422").to_ndarray().reshape(height, width, 2)
            return np.ascontiguousarray(pairs if pixels is Pixels.YUYV else pairs[:, :, ::-1]).tobytes()
        return frame.reformat(format="nv12" if pixels is Pixels.NV12 else "yuv420p").to_ndarray().tobytes()


def _jpeg(frame: av.VideoFrame) -> bytes:
    encoder = av.CodecContext.create("mjpeg", "w")
    encoder.width, encoder.height, encoder.pix_fmt = frame.width, frame.height, "yuvj420p"
    encoder.time_base = Fraction(1)
    return b"".join(bytes(packet) for packet in [*encoder.encode(frame), *encoder.encode(None)])


class _Memory(bytearray):
    is_mapped = True

    def close(self) -> None:
        self.is_mapped = False


class _Open:
    """One open descriptor."""

    def __init__(self, device: VideoDevice) -> None:
        self.device = device
        self.format = (Pixels.YUYV, 640, 480)
        self.memories: list[_Memory] = []
        self.queued: deque[int] = deque()
        self.is_streaming = False
        self.picture = b""
        self.painted = 0


class VideoKernel:
    """A `Kernel`. Time passes in it only while somebody waits for a picture."""

    def __init__(self, **devices: VideoDevice) -> None:
        self.devices = {Path("/dev") / name: device for name, device in devices.items()}
        self.links: dict[Path, list[Path]] = {}
        self._open: dict[int, _Open] = {}
        self.now_s = 1000.0

    def clock(self) -> float:
        return self.now_s

    @property
    def open_count(self) -> int:
        return len(self._open)

    def names(self, path: Path) -> list[Path]:
        return self.links.get(path, [])

    def open(self, path: Path) -> int:
        device = self.devices.get(path)
        if device is None or not device.is_plugged:
            raise _error(errno.ENOENT)
        if device.opening_error:
            raise _error(device.opening_error)
        device.opened += 1
        fd = 100 + device.opened
        self._open[fd] = _Open(device)
        return fd

    def map(self, fd: int, length: int, offset: int) -> _Memory:
        memory = _Memory(length)
        assert offset == len(self._open[fd].memories) * 4096
        self._open[fd].memories.append(memory)
        return memory

    def wait(self, fd: int, timeout_s: float) -> bool:
        opened = self._open[fd]
        if not opened.device.is_plugged or not opened.queued:
            raise _error(errno.ENODEV)
        self.now_s += 1 / opened.device.frames_per_second if opened.device.is_giving else timeout_s
        return opened.device.is_giving

    def close(self, fd: int) -> None:
        assert not any(memory.is_mapped for memory in self._open.pop(fd).memories)

    def ioctl(self, fd: int, code: int, argument: bytearray) -> None:
        opened = self._open[fd]
        if not opened.device.is_plugged:
            raise _error(errno.ENODEV)
        handlers: dict[int, Callable[[_Open, bytearray], None]] = {
            videodev.QUERYCAP: _query_capability,
            videodev.ENUM_FRAMESIZES: _list_size,
            videodev.S_FMT: _set_format,
            videodev.REQBUFS: _request_buffers,
            videodev.QUERYBUF: _query_buffer,
            videodev.QBUF: _queue,
            videodev.DQBUF: _dequeue,
            videodev.STREAMON: _stream_on,
            videodev.STREAMOFF: _stream_off,
            videodev.G_INPUT: lambda opened, argument: None,
            videodev.ENUMINPUT: _list_input,
            videodev.QUERY_DV_TIMINGS: _query_timings,
            videodev.S_DV_TIMINGS: lambda opened, argument: None,
        }
        if code not in handlers:
            raise _error(errno.ENOTTY)
        handlers[code](opened, argument)


def _error(number: int) -> OSError:
    return OSError(number, os.strerror(number))


def _query_capability(opened: _Open, argument: bytearray) -> None:
    name = opened.device.card.encode()
    argument[16 : 16 + len(name)] = name
    struct.pack_into("<II", argument, 84, opened.device.can | videodev.HAS_OWN_CAPABILITIES, opened.device.can)


def _list_size(opened: _Open, argument: bytearray) -> None:
    index, wanted = struct.unpack_from("<I4s", argument)
    sizes = opened.device.sizes.get(Pixels(wanted), [])
    if not opened.device.is_listing or index >= len(sizes):
        raise _error(errno.EINVAL)
    struct.pack_into("<III", argument, 8, videodev.SIZE_DISCRETE, *sizes[index])


def _set_format(opened: _Open, argument: bytearray) -> None:
    """Grants the size nearest in area, in the format asked for or the first one it has."""
    if opened.memories:
        raise _error(errno.EBUSY)
    width, height, wanted = struct.unpack_from("<II4s", argument, 8)
    sizes = opened.device.sizes
    pixels = Pixels(wanted) if Pixels(wanted) in sizes else next(iter(sizes))
    granted = min(sizes[pixels], key=lambda size: abs(size[0] * size[1] - width * height))
    opened.format = (pixels, *granted)
    stride = granted[0] * (2 if pixels in (Pixels.YUYV, Pixels.UYVY) else 1)
    struct.pack_into("<II4sII", argument, 8, *granted, pixels.value, 1, stride)
    opened.device.log.append(f"{pixels.name} {granted[0]}x{granted[1]}")


def _request_buffers(opened: _Open, argument: bytearray) -> None:
    if any(memory.is_mapped for memory in opened.memories) or opened.is_streaming:
        raise _error(errno.EBUSY)
    opened.memories.clear()
    opened.queued.clear()
    _paint(opened)


def _paint(opened: _Open) -> None:
    opened.picture, opened.painted = opened.device.picture(*opened.format), opened.device.contrast


def _query_buffer(opened: _Open, argument: bytearray) -> None:
    (index,) = struct.unpack_from("<I", argument)
    struct.pack_into("<Q", argument, 64, index * 4096)
    struct.pack_into("<I", argument, 72, len(opened.picture) + 64)


def _queue(opened: _Open, argument: bytearray) -> None:
    (index,) = struct.unpack_from("<I", argument)
    if index >= len(opened.memories) or index in opened.queued:
        raise _error(errno.EINVAL)
    opened.queued.append(index)


def _dequeue(opened: _Open, argument: bytearray) -> None:
    if not opened.is_streaming:
        raise _error(errno.EINVAL)
    if opened.painted != opened.device.contrast:
        _paint(opened)
    index, data = opened.queued.popleft(), opened.picture
    if opened.device.broken:
        opened.device.broken -= 1
        data = data[: len(data) // 3] if opened.format[0] is not Pixels.MJPEG else b"\xff\xd8broken"
    opened.memories[index][: len(data)] = data
    struct.pack_into("<IIII", argument, 0, index, videodev.VIDEO_CAPTURE, len(data), 0)


def _stream_on(opened: _Open, argument: bytearray) -> None:
    error = opened.device.streaming_errors.get(opened.format[0])
    if error:
        raise _error(error)
    if not opened.queued:
        raise _error(errno.EINVAL)
    opened.is_streaming = True


def _stream_off(opened: _Open, argument: bytearray) -> None:
    opened.is_streaming = False
    opened.queued.clear()


def _list_input(opened: _Open, argument: bytearray) -> None:
    struct.pack_into("<I", argument, 56, opened.device.status)


def _query_timings(opened: _Open, argument: bytearray) -> None:
    timings = opened.device.timings
    if timings is None:
        raise _error(errno.ENOTTY)
    if isinstance(timings, int):
        raise _error(timings)
    struct.pack_into("<III", argument, 0, 0, *timings)
