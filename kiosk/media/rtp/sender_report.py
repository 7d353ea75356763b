"""What a sender says about its clock: which RTP time it is now, so that sound and picture can be shown together.

Stock aiortc reports the last packet's RTP time beside the time at which it was sent; what encoder and pacer took makes
sound and picture seem further apart than they are, differently in every report.
"""

from collections.abc import Callable
from typing import Any

from aiortc import RTCRtpSender, clock
from aiortc.rtcrtpparameters import RTCRtpCodecParameters
from aiortc.rtp import AnyRtcpPacket, RtcpSrPacket
from aiortc.utils import uint32_add


class SenderReports:
    """Of one sender."""

    def __init__(self, sender: RTCRtpSender, now: Callable[[], int]) -> None:
        """`now`: the time in which the track's packets are stamped, in ticks."""
        self._sender: Any = sender
        self._now = now
        self._next_frame, self._send = sender._next_encoded_frame, sender._send_rtcp
        self._last: int | None = None
        self._origin: int | None = None
        self._reported = 0
        """Packets that were sent up to the last report."""

    async def next_frame(self, codec: RTCRtpCodecParameters) -> Any:
        """Everything before this frame has been sent: the sender's last RTP time is that of the last frame."""
        if self._origin is None and self._last is not None:
            self._origin = uint32_add(self._sender._RTCRtpSender__rtp_timestamp, -self._last)
        frame = await self._next_frame(codec)
        if frame is not None:
            self._last = frame.timestamp
        return frame

    async def send(self, packets: list[AnyRtcpPacket]) -> None:
        """Also notes the report's time, by which the sender will know the round trip.

        Who has sent nothing since has nothing to report: a room has a line for its screen, and lines of closed devices.
        """
        for packet in packets:
            if not isinstance(packet, RtcpSrPacket):
                continue
            if packet.sender_info.packet_count == self._reported:
                return
            self._reported = packet.sender_info.packet_count
            if self._origin is not None:
                now_ntp = clock.current_ntp_time()
                packet.sender_info.ntp_timestamp = now_ntp
                packet.sender_info.rtp_timestamp = uint32_add(self._origin, self._now() % 2**32)
                self._sender._RTCRtpSender__lsr = now_ntp >> 16 & 0xFFFFFFFF
        await self._send(packets)


def install(sender: RTCRtpSender, now: Callable[[], int]) -> None:
    """On a sender whose track gives packets, before it connects."""
    reports = SenderReports(sender, now)
    sender._next_encoded_frame = reports.next_frame  # type: ignore[method-assign]
    sender._send_rtcp = reports.send  # type: ignore[method-assign]
