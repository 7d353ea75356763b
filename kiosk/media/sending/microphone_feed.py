"""The microphone's sound to every peer, encoded once with Opus."""

import asyncio
import time
from collections.abc import Callable
from fractions import Fraction

import av
import numpy as np
from av.audio.codeccontext import AudioCodecContext

from kiosk.contract.errors import MediaError, Reason
from kiosk.media.capture.source import SAMPLE_RATE_HZ, SAMPLES_PER_READ, Samples
from kiosk.media.sending import clock
from kiosk.media.sending.packets import Packet, PacketTrack

_BITRATE_BPS = 40_000
_TIME_BASE = Fraction(1, SAMPLE_RATE_HZ)
_PAUSE = 5 * SAMPLES_PER_READ
"""By so much the clock is ahead of the count of samples, all at once: nothing was taken meanwhile."""
_SMOOTHING = 0.01


class MicrophoneFeed:
    """`take` runs in the microphone's thread, everything else on the loop."""

    def __init__(self, loop: asyncio.AbstractEventLoop, ticks: Callable[[int], int] = clock.now) -> None:
        """`ticks`: the time that pictures are stamped with, at the rate asked for."""
        self._loop, self._ticks = loop, ticks
        self._tracks: set[PacketTrack] = set()
        self._encoder: AudioCodecContext | None = None
        self._next = 0
        self._ahead = 0.0
        self.last_sent_s = 0.0
        """When a packet was last handed to a peer, by `time.monotonic`."""

    def add(self, track: PacketTrack) -> None:
        self._tracks.add(track)

    def discard(self, track: PacketTrack) -> None:
        self._tracks.discard(track)

    def take(self, samples: Samples) -> None:
        """Encode 20 ms for whoever is to hear them. Raises MediaError when Opus fails."""
        if not any(track.is_open and track.is_taken for track in tuple(self._tracks)):
            self._encoder = None
            return
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(samples).reshape(1, -1), format="s16", layout="mono")
        frame.sample_rate, frame.time_base = SAMPLE_RATE_HZ, _TIME_BASE
        frame.pts = self._pts()
        try:
            self._encoder = self._encoder or _new_encoder()
            for packet in self._encoder.encode(frame):
                packet.pts = frame.pts
                packet.time_base = _TIME_BASE
                self._loop.call_soon_threadsafe(self._deliver, packet)
        except av.FFmpegError as error:
            raise MediaError(f"encoder libopus: {error}", Reason.INTERNAL) from None

    def now(self) -> int:
        """The time by the count of samples; the microphone's clock is not the machine's. Any thread."""
        return self._ticks(SAMPLE_RATE_HZ) - round(self._ahead)

    def _pts(self) -> int:
        """When the first sample was heard, by the count of samples: no clock makes it jump within a sentence."""
        heard = self._ticks(SAMPLE_RATE_HZ) - SAMPLES_PER_READ
        off = heard - self._next - self._ahead
        if abs(off) > _PAUSE:
            self._next = max(self._next, heard)
            self._ahead = float(heard - self._next)
        else:
            self._ahead += off * _SMOOTHING
        pts, self._next = self._next, self._next + SAMPLES_PER_READ
        return pts

    def _deliver(self, packet: Packet) -> None:
        for track in self._tracks:
            if track.is_open:
                track.offer(packet)
                self.last_sent_s = time.monotonic()


def _new_encoder() -> AudioCodecContext:
    encoder = av.CodecContext.create("libopus", "w")
    assert isinstance(encoder, AudioCodecContext)
    encoder.format, encoder.layout, encoder.sample_rate = av.AudioFormat("s16"), av.AudioLayout("mono"), SAMPLE_RATE_HZ
    encoder.time_base = _TIME_BASE
    encoder.bit_rate = _BITRATE_BPS
    encoder.options = {"application": "voip", "frame_duration": "20", "fec": "1", "packet_loss": "5"}
    return encoder
