"""What a peer says about packets that were encoded elsewhere: keyframe requests and bandwidth reports.

aiortc lets a track give encoded packets, but keeps PLI, FIR and REMB for an encoder of its own.
"""

from collections.abc import Callable

from aiortc import RTCRtpSender
from aiortc.codecs.h264 import H264Encoder
from aiortc.codecs.vpx import Vp8Encoder

from kiosk.contract.configuration import Codec


class Vp8Packer(Vp8Encoder):
    """Cuts VP8 packets for RTP and passes bandwidth reports on."""

    on_report: Callable[[int], None]

    @property
    def target_bitrate(self) -> int:
        return 0

    @target_bitrate.setter
    def target_bitrate(self, bitrate: int) -> None:
        self.on_report(bitrate)


class H264Packer(H264Encoder):
    """The same for H.264."""

    on_report: Callable[[int], None]

    @property
    def target_bitrate(self) -> int:
        return 0

    @target_bitrate.setter
    def target_bitrate(self, bitrate: int) -> None:
        self.on_report(bitrate)


def install(
    sender: RTCRtpSender, codec: Codec, on_keyframe: Callable[[], None], on_report: Callable[[int], None]
) -> None:
    """On a video sender whose track gives packets, before it connects. `on_report` gets bits per second."""
    packer: Vp8Packer | H264Packer = Vp8Packer() if codec is Codec.VP8 else H264Packer()
    packer.on_report = on_report
    sender._RTCRtpSender__encoder = packer  # type: ignore[attr-defined]
    sender._send_keyframe = on_keyframe  # type: ignore[method-assign]
