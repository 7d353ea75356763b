"""A partner whose camera comes in three sizes at once (simulcast), as a browser's page sends it to a media server."""

import asyncio
from fractions import Fraction

import av
import numpy as np
from aiortc import MediaStreamTrack
from aiortc.codecs.vpx import Vp8Encoder
from aiortc.rtp import RtpPacket
from av.video.codeccontext import VideoCodecContext

from kiosk.media.sending.packets import SilentTrack
from kiosk.runtime.janus import Jsep
from tests.fakes.janus_partner import JanusPartner

FRAMES_PER_SECOND = 15
HEIGHTS = (180, 360, 720)
_CLOCK_HZ = 90_000


class LayeredPartner(JanusPartner):
    """`publish` describes three SSRCs for one line; aiortc knows one a line, so all packets are made here."""

    def _picture(self, luma: int) -> MediaStreamTrack:
        return SilentTrack("video")

    def _offer(self) -> Jsep:
        sender = self.pc.getTransceivers()[1].sender
        ssrcs = [sender._ssrc + index for index in range(len(HEIGHTS))]
        head, camera, rest = self.pc.localDescription.sdp.split("m=video", 2)
        lines = [line for line in camera.split("\r\n") if not line.startswith("a=ssrc")]
        names = [f"a=ssrc:{ssrc} cname:layers" for ssrc in ssrcs]
        lines[-1:-1] = [f"a=ssrc-group:SIM {' '.join(map(str, ssrcs))}", *names]
        return Jsep(type="offer", sdp="m=video".join([head, "\r\n".join(lines), rest]))

    async def publish(self, *, has_picture: bool = True) -> None:
        await super().publish(has_picture=has_picture)
        for index, height_px in enumerate(HEIGHTS):
            self._begin(self._send(index, _loop(height_px)))

    async def _send(self, index: int, loop: list[bytes]) -> None:
        """Until the connection ends; a keyframe each second serves whoever changes the layer."""
        transceiver = self.pc.getTransceivers()[1]
        sender = transceiver.sender
        clock = asyncio.get_running_loop().time
        begun_s, count, number = clock(), 0, 0
        while self.pc.connectionState != "closed":
            count += 1
            await asyncio.sleep(max(0.0, begun_s + count / FRAMES_PER_SECOND - clock()))
            if self.pc.connectionState != "connected":
                continue
            payloads = Vp8Encoder._packetize(loop[count % len(loop)], count % 0x8000)
            for place, payload in enumerate(payloads):
                number = (number + 1) % 0x10000
                packet = RtpPacket(transceiver._codecs[0].payloadType or 0, place == len(payloads) - 1, number)
                packet.timestamp, packet.ssrc = count * _CLOCK_HZ // FRAMES_PER_SECOND, sender._ssrc + index
                packet.payload = payload
                await sender.transport._send_rtp(packet.serialize())


def _loop(height_px: int) -> list[bytes]:
    """A second of noise in motion, which begins with a keyframe."""
    width_px = height_px * 16 // 9
    context = av.CodecContext.create("libvpx", "w")
    assert isinstance(context, VideoCodecContext)
    context.width, context.height, context.pix_fmt = width_px, height_px, "yuv420p"
    context.framerate, context.time_base = Fraction(FRAMES_PER_SECOND), Fraction(1, FRAMES_PER_SECOND)
    context.bit_rate, context.gop_size = height_px * 1000, FRAMES_PER_SECOND
    context.options = {"deadline": "realtime", "cpu-used": "-12", "lag-in-frames": "0"}
    data = np.full((height_px * 3 // 2, width_px), 128, np.uint8)
    data[:height_px, : width_px // 2] = 60
    loop = []
    for count in range(FRAMES_PER_SECOND):
        frame = av.VideoFrame.from_ndarray(np.roll(data, count * 8, 1), format="yuv420p")
        frame.pts = count
        loop += [bytes(packet) for packet in context.encode(frame) if packet.size]
    return loop
