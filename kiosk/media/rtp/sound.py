"""Packets of sound from a receiver straight to the voice that plays them.

Stock aiortc holds sound back for 80 ms whatever the network does, decodes it in a thread of its own and hands it over
by way of the loop. `Voice` waits as long as the packets need, orders them, and decodes when they are played.
"""

import time
from collections.abc import Callable

from aiortc import RTCRtpReceiver
from aiortc.jitterbuffer import JitterBuffer, JitterFrame
from aiortc.rtp import RtpPacket

from kiosk.media.playback.voice import Voice

_LEAST_CAPACITY = 16


class SoundBuffer(JitterBuffer):
    """In place of a receiver's jitter buffer: nothing stays in it, nothing comes out of it."""

    def __init__(self, voice: Voice, clock: Callable[[], float] = time.monotonic) -> None:
        """`clock` in seconds, the one by which the voice is pulled."""
        super().__init__(capacity=_LEAST_CAPACITY)
        self._voice, self._clock = voice, clock

    def add(self, packet: RtpPacket) -> tuple[bool, JitterFrame | None]:
        data: bytes = packet._data  # type: ignore[attr-defined]
        self._voice.insert(packet.ssrc, packet.sequence_number, packet.timestamp, data, self._clock())
        return False, None


def install(receiver: RTCRtpReceiver, voice: Voice) -> None:
    """On a receiver of Opus, before it connects. Its track never gives a frame."""
    receiver._RTCRtpReceiver__jitter_buffer = SoundBuffer(voice)  # type: ignore[attr-defined]
