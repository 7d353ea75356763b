"""Pictures to VP8 or H.264 for a call: no delay, keyframes on request, a rate that may change. The best that works.

Measured on an EPYC, ms of CPU a picture: VP8 640x360 1.3, 1280x720 6.0; x264 ultrafast 640x360 0.7.
picamera2's own encoder is not among these: it takes its pictures from the camera, past us, in one size for all.
"""

import logging
import time
from collections.abc import Callable
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Protocol

import av
from av.video.codeccontext import VideoCodecContext
from av.video.frame import PictureType

from kiosk.contract.configuration import Codec
from kiosk.contract.errors import MediaError, Reason
from kiosk.media.sending.clock import TIME_BASE as TIME_BASE
from kiosk.media.sending.content import Content
from kiosk.media.sending.libvpx import Vp8Encoder
from kiosk.media.sending.packets import Packet
from kiosk.media.sending.sizes import Size, full_bitrate_bps

_logger = logging.getLogger(__name__)

_NO_KEYFRAMES = 3000
"""Keyframes come when somebody asks; this is the longest way between two."""
_HARDWARE_ENCODER = Path("/dev/video11")
"""H.264 on a Raspberry Pi 4 (bcm2835-codec); a Pi 5 has none."""
_LARGEST_IN_HARDWARE = Size(1920, 1088)
_BUFFER_S = 0.25
"""How much of a second's bits one picture of x264 may take at once."""
_TRIAL = Size(640, 360)
_TRIAL_PICTURES = 6
_FAST_S = 0.004
"""A picture of that size; below it there is time for a better preset than the fastest."""


class Encoder(Protocol):
    """One codec in one size. Used in one thread."""

    name: str
    bitrate_bps: int
    has_smooth_rate: bool
    """A new rate costs no keyframe."""

    def set_bitrate(self, bitrate_bps: int) -> None:
        """From the next picture on."""

    def encode(self, frame: av.VideoFrame, pts: int, *, is_keyframe: bool) -> list[Packet]:
        """One picture in, usually one packet out; `pts` in `TIME_BASE`.

        Raises:
            MediaError: the encoder has failed.
        """


class _FFmpegEncoder:
    """What all of FFmpeg's have in common."""

    name: str
    has_smooth_rate = False

    def __init__(self, size: Size, frames_per_second: int, bitrate_bps: int, content: Content) -> None:
        """Raises av.FFmpegError when it does not open."""
        self.size, self._frames_per_second, self._content = size, frames_per_second, content
        self.bitrate_bps = bitrate_bps
        self._context = self._open()

    def _open(self) -> VideoCodecContext:
        context = av.CodecContext.create(self.name, "w")
        assert isinstance(context, VideoCodecContext)
        context.width, context.height, context.pix_fmt = *self.size, "yuv420p"
        context.framerate = Fraction(self._frames_per_second)
        context.time_base = TIME_BASE
        context.gop_size = _NO_KEYFRAMES
        context.thread_count = 1
        context.bit_rate = self.bitrate_bps
        self._configure(context)
        context.open()
        return context

    def _configure(self, context: VideoCodecContext) -> None:
        raise NotImplementedError

    def set_bitrate(self, bitrate_bps: int) -> None:
        self.bitrate_bps = bitrate_bps
        self._context = self._open()

    def encode(self, frame: av.VideoFrame, pts: int, *, is_keyframe: bool) -> list[Packet]:
        frame.pts, frame.time_base = pts, TIME_BASE
        frame.pict_type = PictureType.I if is_keyframe else PictureType.NONE
        try:
            return [packet for packet in self._context.encode(frame) if packet.size]
        except av.FFmpegError as error:
            raise MediaError(f"encoder {self.name}: {error}", Reason.INTERNAL) from None


class VpxEncoder(_FFmpegEncoder):
    """VP8 by way of FFmpeg, which hands a running libvpx no new rate, so each one costs a keyframe."""

    name = "libvpx"

    def _configure(self, context: VideoCodecContext) -> None:
        bitrate = str(self.bitrate_bps)
        is_motion = self._content is Content.MOTION
        context.qmin, context.qmax = (4, 56) if is_motion else (4, 40)
        context.options = {
            **{"deadline": "realtime", "cpu-used": "-12", "noise-sensitivity": "0", "lag-in-frames": "0"},
            **{"static-thresh": "1", "undershoot-pct": "100", "overshoot-pct": "15"},
            **{"minrate": bitrate, "maxrate": bitrate, "bufsize": bitrate},
            **({"max-intra-rate": "600"} if is_motion else {"screen-content-mode": "1"}),
        }


class X264Encoder(_FFmpegEncoder):
    """H.264 in software."""

    name = "libx264"
    has_smooth_rate = True
    preset = "ultrafast"

    def _configure(self, context: VideoCodecContext) -> None:
        context.profile = "Baseline"
        # x264 follows a new rate only while its rate was once equal to its maximum, and never beyond that.
        full_bps = max(self.bitrate_bps, full_bitrate_bps(*self.size, self._frames_per_second))
        context.bit_rate = full_bps
        is_motion = self._content is Content.MOTION
        buffer_bits = int(full_bps * (_BUFFER_S if is_motion else 2))
        context.options = {
            **{"preset": self.preset, "tune": "zerolatency"},
            **{"maxrate": str(full_bps), "bufsize": str(buffer_bits)},
            "x264-params": "repeat-headers=1:scenecut=0:sliced-threads=0" + ("" if is_motion else ":qpmax=34"),
        }

    def _open(self) -> VideoCodecContext:
        context = super()._open()
        context.bit_rate = self.bitrate_bps
        return context

    def set_bitrate(self, bitrate_bps: int) -> None:
        self._context.bit_rate = self.bitrate_bps = bitrate_bps


class X264BetterEncoder(X264Encoder):
    """The same where the machine has time for it."""

    preset = "superfast"


class HardwareEncoder(_FFmpegEncoder):
    """H.264 by the Pi 4's own encoder. Not yet seen on one."""

    name = "h264_v4l2m2m"

    def _configure(self, context: VideoCodecContext) -> None:
        context.profile = "Baseline"

    def __init__(self, size: Size, frames_per_second: int, bitrate_bps: int, content: Content) -> None:
        super().__init__(size, frames_per_second, bitrate_bps, content)
        gray = av.VideoFrame(*size, "yuv420p")
        if not any(self.encode(gray, number * 3000, is_keyframe=False) for number in range(_TRIAL_PICTURES)):
            raise MediaError("encoder h264_v4l2m2m: opens, but gives nothing", Reason.INTERNAL)
        self._context = self._open()  # what the first one still holds is gray


def _kinds(codec: Codec, size: Size) -> list[type[Vp8Encoder] | type[_FFmpegEncoder]]:
    if codec is Codec.VP8:
        return [Vp8Encoder, VpxEncoder]
    is_in_hardware = size.width <= _LARGEST_IN_HARDWARE.width and size.height <= _LARGEST_IN_HARDWARE.height
    hardware: list[type[_FFmpegEncoder]] = [HardwareEncoder] if _HARDWARE_ENCODER.exists() and is_in_hardware else []
    return [*hardware, X264BetterEncoder if has_time(time.perf_counter) else X264Encoder]


@cache
def has_time(clock: Callable[[], float]) -> bool:
    """Whether this machine is fast enough for x264's better preset: tried once, on pictures in motion. 10 ms."""
    encoder = X264BetterEncoder(_TRIAL, 30, 600_000, Content.MOTION)
    pictures = []
    for number in range(_TRIAL_PICTURES):
        frame = av.VideoFrame(*_TRIAL, "yuv420p")
        for plane in frame.planes:
            plane.update(
                bytes((at * 7 + number * 13 + at // 640) & 0xFF for at in range(640)) * (plane.buffer_size // 640)
                + bytes(plane.buffer_size % 640)
            )
        pictures.append(frame)
    encoder.encode(pictures[0], 0, is_keyframe=True)
    start_s = clock()
    for number, frame in enumerate(pictures[1:], 1):
        encoder.encode(frame, number * 3000, is_keyframe=False)
    return (clock() - start_s) / (_TRIAL_PICTURES - 1) < _FAST_S


def open_encoder(codec: Codec, size: Size, frames_per_second: int, bitrate_bps: int, content: Content) -> Encoder:
    """The best encoder that opens.

    Raises:
        MediaError: none does.
    """
    for kind in _kinds(codec, size):
        try:
            return kind(size, frames_per_second, bitrate_bps, content)
        except (av.FFmpegError, ValueError, MediaError) as error:
            _logger.warning("encoder %s does not open: %s", kind.name, error)
    raise MediaError(f"no encoder for {codec}", Reason.INTERNAL)
