"""A video jitter buffer that gives a picture out when it is complete, and gives one up that stays incomplete.

Stock aiortc waits for the first packet of the next picture: one picture later than need be, 200 ms with a shared screen
of 5 pictures a second. And it waits for a lost packet until 512 newer ones have come: 3 s of standstill.
"""

import time
from collections.abc import Callable

from aiortc import RTCRtpReceiver
from aiortc.jitterbuffer import JitterBuffer, JitterFrame
from aiortc.rtp import RtpPacket
from aiortc.utils import uint16_add

GIVE_UP_S = 0.25
_CAPACITY = 512


class VideoJitterBuffer(JitterBuffer):
    """Releases at the marker bit (RFC 3550, set on a picture's last packet)."""

    def __init__(self, on_gap: Callable[[], None], clock: Callable[[], float] = time.monotonic) -> None:
        """`on_gap`: a picture was given up, the next ones may refer to it. `clock` in seconds."""
        super().__init__(capacity=_CAPACITY, is_video=True)
        self._on_gap, self._clock = on_gap, clock
        self._stuck_since_s = 0.0

    def add(self, packet: RtpPacket) -> tuple[bool, JitterFrame | None]:
        is_lost, frame = super().add(packet)
        now_s = self._clock()
        if frame is not None or not self._has_gap(packet):
            self._stuck_since_s = 0.0
        elif not self._stuck_since_s:
            self._stuck_since_s = now_s
        elif now_s - self._stuck_since_s > GIVE_UP_S:
            self._stuck_since_s = 0.0
            self._skip_gap(packet)
            is_lost = True
        if is_lost:
            self._on_gap()
        return is_lost, frame

    def _has_gap(self, newest: RtpPacket) -> bool:
        """Whether a packet older than `newest` is missing."""
        position = self._origin
        while position is not None and position != newest.sequence_number:
            if self._packets[position % self._capacity] is None:
                return True
            position = uint16_add(position, 1)
        return False

    def _skip_gap(self, newest: RtpPacket) -> None:
        """Start anew with the picture that `newest` belongs to; what lies before it cannot be decoded any more."""
        while self._origin is not None and self._origin != newest.sequence_number:
            head = self._packets[self._origin % self._capacity]
            if head is not None and head.timestamp == newest.timestamp:
                return
            self.remove(1)

    def _remove_frame(self, sequence_number: int) -> JitterFrame | None:
        packets: list[RtpPacket] = []
        assert self._origin is not None
        for count in range(self.capacity):
            packet = self._packets[(self._origin + count) % self._capacity]
            if packet is None:
                return None
            if packets and packet.timestamp != packets[0].timestamp:
                return self._release(packets)
            packets.append(packet)
            if packet.marker:
                return self._release(packets)
        return None

    def _release(self, packets: list[RtpPacket]) -> JitterFrame:
        self.remove(len(packets))
        data = b"".join(packet._data for packet in packets)  # type: ignore[attr-defined]
        return JitterFrame(data=data, timestamp=packets[0].timestamp)


def install(receiver: RTCRtpReceiver, on_gap: Callable[[], None]) -> None:
    """On a video receiver, before it connects."""
    receiver._RTCRtpReceiver__jitter_buffer = VideoJitterBuffer(on_gap)  # type: ignore[attr-defined]
