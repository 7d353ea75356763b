"""Between memory from a device and PyAV's pictures in I420."""

import time

import av
import numpy as np
import numpy.typing as npt
from av.video.reformatter import ColorRange, Colorspace, Interpolation

from kiosk.runtime.frames import ColourMatrix, ColourRange, Picture

_SCALING = Interpolation.AREA
"""Letters stay whole when a picture becomes smaller."""
Luma = npt.NDArray[np.uint8]


def plane_array(frame: av.VideoFrame, index: int) -> Luma:
    """One plane of a yuv420p frame as a writable array without a copy, lines by stride."""
    plane = frame.planes[index]
    return np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size)


def frame_from_i420(data: Luma, width: int, height: int, stride: int) -> av.VideoFrame:
    """A frame with a copy of `data`: planes Y, U, V one behind the other, chroma with half of `stride`.

    Raises:
        ValueError: `data` is shorter than that.
    """
    frame = av.VideoFrame(width, height, "yuv420p")
    at = 0
    for index in range(3):
        target = plane_array(frame, index)
        line_bytes = stride if index == 0 else stride // 2
        lines = target.shape[0]
        source = data[at : at + line_bytes * lines].reshape(lines, line_bytes)
        columns = min(line_bytes, target.shape[1])
        target[:, :columns] = source[:, :columns]
        at += line_bytes * lines
    return frame


def frame_from_lines(data: Luma, width: int, height: int, stride: int, pixels: str) -> av.VideoFrame:
    """A frame with a copy of `yuyv422`, `uyvy422` or `nv12` lines, in NV12 chroma behind luma with the same stride.

    Raises:
        ValueError: `data` is shorter than that.
    """
    frame = av.VideoFrame(width, height, pixels)
    columns, at = (width if pixels == "nv12" else width * 2), 0
    for index in range(len(frame.planes)):
        target = plane_array(frame, index)
        lines = height if index == 0 else (height + 1) // 2
        source = data[at : at + stride * lines].reshape(lines, stride)
        target[:lines, :columns] = source[:, :columns]
        at += stride * lines
    return frame


def fitted(frame: av.VideoFrame, width: int, height: int) -> av.VideoFrame:
    """The frame in yuv420p of limited range, made smaller where it is larger than this; its shape stays."""
    part = min(1.0, width / frame.width, height / frame.height)
    if part == 1 and frame.format.name == "yuv420p" and frame.color_range != ColorRange.JPEG:
        return frame
    wide, high = (max(2, round(side * part) & ~1) for side in (frame.width, frame.height))
    return frame.reformat(wide, high, "yuv420p", dst_color_range="MPEG", interpolation=_SCALING)


def small_of(frame: av.VideoFrame) -> av.VideoFrame | None:
    """The same picture in a smaller size, where the device made one along with it: there is nothing to scale then."""
    return frame.opaque if isinstance(frame.opaque, av.VideoFrame) else None


def picture_of(frame: av.VideoFrame, timestamp_ns: int | None = None) -> Picture:
    """A yuv420p frame as the frame ring takes it; the planes stay PyAV's and live as long as the frame."""
    y, u, v = frame.planes
    is_full = frame.color_range == ColorRange.JPEG or frame.format.name == "yuvj420p"
    return Picture(
        (memoryview(y), memoryview(u), memoryview(v)),
        frame.width,
        frame.height,
        y.line_size,
        u.line_size,
        time.monotonic_ns() if timestamp_ns is None else timestamp_ns,
        ColourRange.FULL if is_full else ColourRange.LIMITED,
        ColourMatrix.BT709 if frame.colorspace == Colorspace.ITU709 else ColourMatrix.BT601,
    )
