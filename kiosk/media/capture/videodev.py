"""One open video device, in the words of linux/videodev2.h (64-bit layout). Knows no PyAV and raises OSError only.

PyAV's wheels have no V4L2 input. Of the Python packages for it, linuxpy (once v4l2py) and v4l2-python3 are under the
GPL, videodev2 holds structures only, and OpenCV, at sixty megabytes, does not say why a device did not open.
"""

import errno
import struct
from enum import Enum
from pathlib import Path
from typing import NamedTuple

from kiosk.media.capture.kernel import Kernel, Memory

QUERYCAP, ENUM_FMT, S_FMT, ENUM_FRAMESIZES, S_PARM = 0x80685600, 0xC0405602, 0xC0D05605, 0xC02C564A, 0xC0CC5616
REQBUFS, QUERYBUF, QBUF, DQBUF, STREAMON, STREAMOFF = (
    *(0xC0145608, 0xC0585609, 0xC058560F, 0xC0585611),
    *(0x40045612, 0x40045613),
)
G_INPUT, ENUMINPUT, QUERY_DV_TIMINGS, S_DV_TIMINGS = 0x80045626, 0xC050561A, 0x80845663, 0xC0845657
VIDEO_CAPTURE = 1
MEMORY_MMAP = 1
CAN_CAPTURE_AND_STREAM = 0x04000001
HAS_OWN_CAPABILITIES = 0x80000000
FLAG_ERROR = 0x40
SIZE_DISCRETE = 1
NO_SIGNAL = 0x0001_0103
"""Of an input's status: no power, no signal, no horizontal lock, no sync."""
_UNTIMED = (errno.ENOLINK, errno.ENOLCK)
_FORMAT_BYTES, _BUFFER_BYTES, _STREAM_BYTES, _CAPABILITY_BYTES = 208, 88, 204, 104
_DESCRIPTION_BYTES, _SIZE_BYTES, _INPUT_BYTES, _TIMINGS_BYTES = 64, 44, 80, 132
_BUFFERS = 4
_MAX_ENTRIES = 64


class Pixels(Enum):
    """Formats that are understood, the best for video over USB first."""

    MJPEG = b"MJPG"
    YUYV = b"YUYV"
    UYVY = b"UYVY"
    NV12 = b"NV12"
    I420 = b"YU12"


class Granted(NamedTuple):
    """What the driver made of a wish."""

    pixels: Pixels
    width: int
    height: int
    stride: int


class Timings:
    """Of a picture on an HDMI cable. Two are equal when the size is; the measured clock trembles."""

    def __init__(self, width: int, height: int, whole: bytes) -> None:
        self.size, self.whole = (width, height), whole

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Timings) and other.size == self.size

    __hash__ = None  # type: ignore[assignment]


NO_TIMINGS = Timings(0, 0, b"")
"""Nothing is on the cable."""


class Device:
    """Opened at once; `close` is due even when that fails half-way. One thread."""

    def __init__(self, kernel: Kernel, path: Path) -> None:
        self._kernel = kernel
        self._fd = kernel.open(path)
        self._buffers: list[Memory] = []
        self._is_streaming = False

    def card(self) -> str | None:
        """What the device calls itself; None when it gives no pictures (a USB camera has a second, metadata node)."""
        answer = self._ask(QUERYCAP, bytearray(_CAPABILITY_BYTES))
        whole, own = struct.unpack_from("<II", answer, 84)
        can = own if whole & HAS_OWN_CAPABILITIES else whole
        if can & CAN_CAPTURE_AND_STREAM != CAN_CAPTURE_AND_STREAM:
            return None
        return answer[16:48].split(b"\0")[0].decode("utf-8", "replace")

    def largest(self) -> tuple[Pixels, int, int] | None:
        """The largest pictures offered; at the same size the earlier of `Pixels`. None when nothing is listed."""
        offers = [(pixels, *size) for pixels in Pixels for size in self._sizes(pixels)]
        return max(offers, key=lambda offer: offer[1] * offer[2], default=None)

    def _sizes(self, pixels: Pixels) -> list[tuple[int, int]]:
        sizes = []
        for index in range(_MAX_ENTRIES):
            request = bytearray(_SIZE_BYTES)
            struct.pack_into("<I4s", request, 0, index, pixels.value)
            try:
                kind, *numbers = struct.unpack_from("<IIIIII", self._ask(ENUM_FRAMESIZES, request), 8)
            except OSError as error:
                if error.errno not in (errno.EINVAL, errno.ENOTTY):
                    raise
                break
            if kind == SIZE_DISCRETE:
                sizes.append((numbers[0], numbers[1]))
            else:  # from least to most: width, width, step, height, height
                sizes.append((numbers[1], numbers[4]))
                break
        return sizes

    def set_format(self, width: int, height: int, first: Pixels | None = None) -> Granted | None:
        """The first format that the driver grants, in the size it makes of the wish; None when it grants none."""
        for pixels in sorted(Pixels, key=lambda pixels: pixels is not first):
            request = bytearray(_FORMAT_BYTES)
            struct.pack_into("<I4xII4sI", request, 0, VIDEO_CAPTURE, width, height, pixels.value, 1)
            try:
                answer = self._ask(S_FMT, request)
            except OSError as error:
                if error.errno != errno.EINVAL:
                    raise
                continue  # some drivers refuse a format that they do not have, instead of granting another
            granted_width, granted_height, granted, _, stride = struct.unpack_from("<II4sII", answer, 8)
            if granted == pixels.value and granted_width and granted_height:
                return Granted(pixels, granted_width, granted_height, stride)
        return None

    def set_rate(self, frames_per_second: int) -> None:
        """A wish; some cameras have one rate only."""
        request = bytearray(_STREAM_BYTES)
        struct.pack_into("<IIIII", request, 0, VIDEO_CAPTURE, 0, 0, 1, frames_per_second)
        self._try(S_PARM, request)

    def has_signal(self) -> bool:
        """False when the device knows that nothing comes in at its socket; a camera has none and always has."""
        try:
            chosen = self._ask(G_INPUT, bytearray(4))
            source = bytearray(_INPUT_BYTES)
            source[:4] = chosen
            (status,) = struct.unpack_from("<I", self._ask(ENUMINPUT, source), 56)
        except OSError as error:
            if error.errno == errno.ENODEV:
                raise
            status = 0
        return not status & NO_SIGNAL and self.timings() != NO_TIMINGS

    def timings(self) -> Timings | None:
        """What comes in over HDMI; None: a camera, or a device that does not know."""
        request = bytearray(_TIMINGS_BYTES)
        try:
            answer = bytes(self._ask(QUERY_DV_TIMINGS, request))
        except OSError as error:
            if error.errno == errno.ENODEV:
                raise
            return NO_TIMINGS if error.errno in _UNTIMED else None
        width, height = struct.unpack_from("<II", answer, 4)
        return Timings(width, height, answer)

    def follow(self, timings: "Timings") -> None:
        """Take what comes in as it comes."""
        self._try(S_DV_TIMINGS, bytearray(timings.whole))

    def start(self) -> None:
        request = bytearray(struct.pack("<III8x", _BUFFERS, VIDEO_CAPTURE, MEMORY_MMAP))
        self._is_streaming = True
        for index in range(struct.unpack_from("<I", self._ask(REQBUFS, request))[0]):
            buffer = self._ask(QUERYBUF, _buffer(index))
            offset, length = struct.unpack_from("<Q", buffer, 64)[0], struct.unpack_from("<I", buffer, 72)[0]
            self._buffers.append(self._kernel.map(self._fd, length, offset))
            self._ask(QBUF, buffer)
        self._ask(STREAMON, bytearray(struct.pack("<i", VIDEO_CAPTURE)))

    def next(self, timeout_s: float) -> bytes | None:
        """The next picture's bytes, empty when the driver marks it as broken; None when none came in time."""
        if not self._kernel.wait(self._fd, timeout_s):
            return None
        buffer = _buffer(0)
        try:
            self._ask(DQBUF, buffer)
        except OSError as error:
            if error.errno in (errno.EAGAIN, errno.EIO):  # EIO: a passing fault, says the kernel's documentation
                return b""
            raise
        index, _, used, flags = struct.unpack_from("<IIII", buffer)
        data = b"" if flags & FLAG_ERROR or index >= len(self._buffers) else bytes(self._buffers[index][:used])
        self._ask(QBUF, buffer)
        return data

    def stop(self) -> None:
        """No pictures any more; another format may be set. Never raises."""
        if not self._is_streaming:
            return
        self._is_streaming = False
        self._try(STREAMOFF, bytearray(struct.pack("<i", VIDEO_CAPTURE)))
        for buffer in self._buffers:
            buffer.close()
        self._buffers.clear()
        self._try(REQBUFS, bytearray(struct.pack("<III8x", 0, VIDEO_CAPTURE, MEMORY_MMAP)))

    def close(self) -> None:
        """Never raises."""
        self.stop()
        self._kernel.close(self._fd)

    def _ask(self, code: int, argument: bytearray) -> bytearray:
        self._kernel.ioctl(self._fd, code, argument)
        return argument

    def _try(self, code: int, argument: bytearray) -> None:
        try:
            self._kernel.ioctl(self._fd, code, argument)
        except OSError:
            pass  # not every driver has it


def _buffer(index: int) -> bytearray:
    buffer = bytearray(_BUFFER_BYTES)
    struct.pack_into("<II", buffer, 0, index, VIDEO_CAPTURE)
    struct.pack_into("<I", buffer, 60, MEMORY_MMAP)
    return buffer
