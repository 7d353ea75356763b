"""Asks again for packets that were lost, until it is too late for them. Stock aiortc asks once."""

import time
from collections.abc import Callable

from aiortc import RTCRtpReceiver
from aiortc.rtcrtpreceiver import NackGenerator
from aiortc.rtp import RtpPacket

from kiosk.media.rtp.jitter import GIVE_UP_S

REPEAT_S = 0.04


class PatientNackGenerator(NackGenerator):
    """Is asked on each packet that comes, so it needs no clock of its own."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """`clock` in seconds."""
        super().__init__()
        self._clock = clock
        self._asked_s = 0.0
        self._missing_since_s: dict[int, float] = {}

    def add(self, packet: RtpPacket) -> bool:
        """Whether `missing` is to be asked for now."""
        is_new = super().add(packet)
        if not self.missing:
            self._missing_since_s.clear()
            return False
        now_s = self._clock()
        self._missing_since_s = {number: self._missing_since_s.get(number, now_s) for number in self.missing}
        for number, since_s in self._missing_since_s.items():
            if now_s - since_s > GIVE_UP_S:
                self.missing.discard(number)
        if not self.missing or not (is_new or now_s - self._asked_s > REPEAT_S):
            return False
        self._asked_s = now_s
        return True


def install(receiver: RTCRtpReceiver) -> None:
    """On a video receiver, before it connects."""
    receiver._RTCRtpReceiver__nack_generator = PatientNackGenerator()  # type: ignore[attr-defined]
