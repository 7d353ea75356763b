"""A USB camera by the kernel's own interface: ioctl and mmap, see linux/videodev2.h (64-bit layout).

PyAV's wheels have no V4L2 input, and the Python packages for it are large or GPL; what is needed of it is this page.
"""

import errno
import fcntl
import mmap
import os
import select
import struct
from pathlib import Path

import av
import numpy as np

from kiosk.contract.errors import MediaError, Reason
from kiosk.media.capture.planes import frame_from_i420, plane_array
from kiosk.media.capture.source import READ_TIMEOUT_S

_QUERYCAP, _S_FMT, _REQBUFS, _QUERYBUF = 0x80685600, 0xC0D05605, 0xC0145608, 0xC0585609
_QBUF, _DQBUF, _STREAMON, _STREAMOFF, _S_PARM = 0xC058560F, 0xC0585611, 0x40045612, 0x40045613, 0xC0CC5616
_VIDEO_CAPTURE = 1
_MEMORY_MMAP = 1
_CAN_CAPTURE_AND_STREAM = 0x04000001
_FLAG_ERROR = 0x40
_FORMAT_BYTES, _BUFFER_BYTES, _STREAM_BYTES, _CAPABILITY_BYTES = 208, 88, 204, 104
_BUFFERS = 4
MJPEG, YUYV, I420 = b"MJPG", b"YUYV", b"YU12"


class V4l2Camera:
    """One `/dev/videoN`. MJPEG is asked for first: raw pictures of 720p are too much for USB 2."""

    def __init__(self, path: Path, width: int, height: int, frames_per_second: int) -> None:
        self._path, self._width, self._height = path, width, height
        self._frames_per_second = frames_per_second
        self._fd = -1
        self._buffers: list[mmap.mmap] = []
        self.name = path.name

    def open(self) -> None:
        try:
            self._fd = os.open(self._path, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
            self._check_capabilities()
            self._pixels, self._granted_width, self._granted_height, self._stride = self._set_format()
            self._set_rate()
            self._start()
        except OSError as error:
            is_busy = error.errno in (errno.EBUSY, errno.EACCES)
            raise MediaError(f"{self._path}: {error.strerror}", _reason(is_busy)) from None
        self._decoder = av.CodecContext.create("mjpeg", "r") if self._pixels == MJPEG else None

    def _check_capabilities(self) -> None:
        capability = bytearray(_CAPABILITY_BYTES)
        fcntl.ioctl(self._fd, _QUERYCAP, capability)
        self.name = capability[16:48].split(b"\0")[0].decode("utf-8", "replace") or self._path.name
        (can,) = struct.unpack_from("<I", capability, 88)
        if can & _CAN_CAPTURE_AND_STREAM != _CAN_CAPTURE_AND_STREAM:
            raise MediaError(f"{self._path}: {self.name} is no camera", Reason.CAMERA_MISSING)

    def _set_format(self) -> tuple[bytes, int, int, int]:
        for wanted in (MJPEG, YUYV, I420):
            request = bytearray(_FORMAT_BYTES)
            struct.pack_into("<I4xII4sI", request, 0, _VIDEO_CAPTURE, self._width, self._height, wanted, 1)
            fcntl.ioctl(self._fd, _S_FMT, request)
            width, height, granted, _, stride = struct.unpack_from("<II4sII", request, 8)
            if granted == wanted:
                return granted, width, height, stride
        raise MediaError(f"{self._path}: none of MJPEG, YUYV and I420", Reason.CAMERA_MISSING)

    def _set_rate(self) -> None:
        request = bytearray(_STREAM_BYTES)
        struct.pack_into("<IIIII", request, 0, _VIDEO_CAPTURE, 0, 0, 1, self._frames_per_second)
        try:
            fcntl.ioctl(self._fd, _S_PARM, request)
        except OSError:
            pass  # some cameras have one rate only

    def _start(self) -> None:
        request = bytearray(struct.pack("<III8x", _BUFFERS, _VIDEO_CAPTURE, _MEMORY_MMAP))
        fcntl.ioctl(self._fd, _REQBUFS, request)
        for index in range(struct.unpack_from("<I", request)[0]):
            buffer = _buffer(index)
            fcntl.ioctl(self._fd, _QUERYBUF, buffer)
            offset, length = struct.unpack_from("<Q", buffer, 64)[0], struct.unpack_from("<I", buffer, 72)[0]
            self._buffers.append(mmap.mmap(self._fd, length, offset=offset))
            fcntl.ioctl(self._fd, _QBUF, buffer)
        fcntl.ioctl(self._fd, _STREAMON, struct.pack("<i", _VIDEO_CAPTURE))

    def read(self) -> av.VideoFrame:
        while True:
            data = self._next_buffer()
            try:
                frame = self._frame(data)
            except (av.FFmpegError, ValueError):
                continue  # cameras send a broken picture now and then, above all the first
            if frame:
                return frame

    def _next_buffer(self) -> bytes:
        ready, _, _ = select.select([self._fd], [], [], READ_TIMEOUT_S)
        if not ready:
            raise MediaError(f"{self._path}: no picture", Reason.CAMERA_MISSING)
        buffer = _buffer(0)
        try:
            fcntl.ioctl(self._fd, _DQBUF, buffer)
            index, _, used, flags = struct.unpack_from("<IIII", buffer)
            data = b"" if flags & _FLAG_ERROR else self._buffers[index][:used]
            fcntl.ioctl(self._fd, _QBUF, buffer)
        except OSError as error:
            raise MediaError(f"{self._path}: {error.strerror}", Reason.CAMERA_MISSING) from None
        return data

    def _frame(self, data: bytes) -> av.VideoFrame | None:
        if self._decoder:
            for frame in self._decoder.decode(av.Packet(data)):
                if isinstance(frame, av.VideoFrame):
                    return to_i420(frame, self._width, self._height)
            return None
        pixels = np.frombuffer(data, np.uint8)
        if self._pixels == YUYV:
            frame = frame_from_yuyv(pixels, self._granted_width, self._granted_height, self._stride)
        else:
            frame = frame_from_i420(pixels, self._granted_width, self._granted_height, self._stride)
        return to_i420(frame, self._width, self._height)

    def close(self) -> None:
        if self._fd >= 0:
            try:
                fcntl.ioctl(self._fd, _STREAMOFF, struct.pack("<i", _VIDEO_CAPTURE))
            except OSError:
                pass
            for buffer in self._buffers:
                buffer.close()
            self._buffers.clear()
            os.close(self._fd)
            self._fd = -1


def _buffer(index: int) -> bytearray:
    buffer = bytearray(_BUFFER_BYTES)
    struct.pack_into("<II", buffer, 0, index, _VIDEO_CAPTURE)
    struct.pack_into("<I", buffer, 60, _MEMORY_MMAP)
    return buffer


def _reason(is_busy: bool) -> Reason:
    return Reason.CAMERA_BUSY if is_busy else Reason.CAMERA_MISSING


def frame_from_yuyv(
    data: "np.ndarray[tuple[int], np.dtype[np.uint8]]", width: int, height: int, stride: int
) -> av.VideoFrame:
    """A frame with a copy of packed 4:2:2 pixels. Raises ValueError when `data` is too short."""
    frame = av.VideoFrame(width, height, "yuyv422")
    plane_array(frame, 0)[:, : width * 2] = data[: stride * height].reshape(height, stride)[:, : width * 2]
    return frame


def to_i420(frame: av.VideoFrame, width: int, height: int) -> av.VideoFrame:
    """The frame in yuv420p of limited range, scaled where the camera granted another size."""
    return frame.reformat(width, height, "yuv420p", dst_color_range="MPEG")
