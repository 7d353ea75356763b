"""Pictures to VP8 or H.264 for a call: no delay, keyframes on request, a rate that may change.

Measured on an EPYC, ms of CPU a picture: VP8 640x360 1.3, 1280x720 6.0; x264 ultrafast 640x360 0.7.
"""

import logging
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
from av.video.codeccontext import VideoCodecContext
from av.video.frame import PictureType

from kiosk.contract.configuration import Codec
from kiosk.contract.errors import MediaError, Reason
from kiosk.media.sending.content import Content
from kiosk.media.sending.packets import Packet

_logger = logging.getLogger(__name__)

TIME_BASE = Fraction(1, 90_000)
MIN_BITRATE_BPS = 150_000
_MAX_BITRATE_BPS = 2_500_000
_BITS_PER_PIXEL = 0.09
_NO_KEYFRAMES = 3000
"""Keyframes come when somebody asks; this is the longest way between two."""
_HARDWARE_ENCODER = Path("/dev/video11")
"""H.264 on a Raspberry Pi 4 (bcm2835-codec); a Pi 5 has none."""


def full_bitrate_bps(width: int, height: int, frames_per_second: int) -> int:
    """What such pictures need where the way is wide."""
    wanted = int(width * height * frames_per_second * _BITS_PER_PIXEL)
    return max(2 * MIN_BITRATE_BPS, min(wanted, _MAX_BITRATE_BPS))


def _candidates(codec: Codec) -> Iterator[str]:
    if codec is Codec.VP8:
        yield "libvpx"
        return
    if _HARDWARE_ENCODER.exists():
        yield "h264_v4l2m2m"
    yield "libx264"


class VideoEncoder:
    """One encoder for one size. Used in one thread."""

    def __init__(
        self,
        codec: Codec,
        width: int,
        height: int,
        frames_per_second: int,
        bitrate_bps: int,
        content: Content = Content.MOTION,
    ) -> None:
        """Takes the best encoder that opens. Raises MediaError when none does."""
        self.width, self.height = width, height
        self._codec, self._frames_per_second, self._content = codec, frames_per_second, content
        for name in _candidates(codec):
            try:
                self._open(name, bitrate_bps)
                return
            except (av.FFmpegError, ValueError) as error:
                _logger.warning("encoder %s does not open: %s", name, error)
        raise MediaError(f"no encoder for {codec}", Reason.INTERNAL)

    def _open(self, name: str, bitrate_bps: int) -> None:
        context = av.CodecContext.create(name, "w")
        assert isinstance(context, VideoCodecContext)
        context.width, context.height, context.pix_fmt = self.width, self.height, "yuv420p"
        context.framerate = Fraction(self._frames_per_second)
        context.time_base = TIME_BASE
        context.gop_size = _NO_KEYFRAMES
        context.thread_count = 1
        context.bit_rate = bitrate_bps
        context.options = _options(name, bitrate_bps, self._content)
        if name == "libvpx":
            context.qmin, context.qmax = 4, 56 if self._content is Content.MOTION else 40
        else:
            context.profile = "Baseline"
        context.open()
        self._context, self.name, self.bitrate_bps = context, name, bitrate_bps

    def set_bitrate(self, bitrate_bps: int) -> None:
        """Follow a changed way. libx264 does it at once; the others start anew, with a keyframe."""
        if self.name == "libx264":
            self._context.bit_rate = self.bitrate_bps = bitrate_bps
        else:
            self._open(self.name, bitrate_bps)

    def encode(self, frame: av.VideoFrame, pts: int, *, is_keyframe: bool) -> list[Packet]:
        """One picture in, usually one packet out; `pts` in `TIME_BASE`.

        Raises:
            MediaError: the encoder has failed.
        """
        frame.pts, frame.time_base = pts, TIME_BASE
        frame.pict_type = PictureType.I if is_keyframe else PictureType.NONE
        try:
            return [packet for packet in self._context.encode(frame) if packet.size]
        except av.FFmpegError as error:
            raise MediaError(f"encoder {self.name}: {error}", Reason.INTERNAL) from None


def _options(name: str, bitrate_bps: int, content: Content) -> dict[str, str]:
    if name == "libx264":
        parameters = "repeat-headers=1:scenecut=0:sliced-threads=0"
        # Without a limit of its buffer, x264 would average over the whole call and not follow a new rate.
        limit = {"maxrate": str(bitrate_bps), "bufsize": str(bitrate_bps // 2)}
        return {"preset": "ultrafast", "tune": "zerolatency", "x264-params": parameters} | limit
    if name != "libvpx":
        return {}
    return {
        "deadline": "realtime",
        "cpu-used": "-12",
        "noise-sensitivity": "0",
        "lag-in-frames": "0",
        "static-thresh": "1",
        "minrate": str(bitrate_bps),
        "maxrate": str(bitrate_bps),
        "bufsize": str(bitrate_bps),
        "undershoot-pct": "100",
        "overshoot-pct": "15",
    } | ({} if content is Content.MOTION else {"screen-content-mode": "1"})
