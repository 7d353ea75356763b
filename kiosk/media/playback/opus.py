"""Opus to samples. Neither repairs nor buffers."""

import av
import numpy as np
from av.audio.codeccontext import AudioCodecContext

from kiosk.contract.errors import MalformedError
from kiosk.media.capture.source import SAMPLE_RATE_HZ, Samples

_MS_10_SILK = (10, 20, 40, 60)
_MS_10_HYBRID = (10, 20)
_MS_CELT = (2.5, 5, 10, 20)
MOST_SAMPLES = SAMPLE_RATE_HZ * 120 // 1000
"""No packet is longer (RFC 6716, 3.4)."""


def samples_of(packet: bytes) -> int:
    """How many samples a packet holds, by its first bytes (RFC 6716, 3.1).

    Raises:
        MalformedError: no Opus packet.
    """
    if not packet:
        raise MalformedError("opus", "empty")
    configuration, kind = packet[0] >> 3, packet[0] & 3
    if configuration < 12:
        frame_ms: float = _MS_10_SILK[configuration % 4]
    elif configuration < 16:
        frame_ms = _MS_10_HYBRID[configuration % 2]
    else:
        frame_ms = _MS_CELT[configuration % 4]
    if kind == 3 and len(packet) < 2:
        raise MalformedError("opus", "cut off")
    frames = (1, 2, 2)[kind] if kind < 3 else packet[1] & 63
    samples = round(frames * frame_ms * SAMPLE_RATE_HZ / 1000)
    if not 0 < samples <= MOST_SAMPLES:
        raise MalformedError("opus", f"{samples} samples in a packet")
    return samples


class OpusDecoder:
    """One stream, in order; two channels become one."""

    def __init__(self) -> None:
        codec = av.CodecContext.create("libopus", "r")
        assert isinstance(codec, AudioCodecContext)
        codec.format, codec.layout, codec.sample_rate = av.AudioFormat("s16"), av.AudioLayout("mono"), SAMPLE_RATE_HZ
        self._codec = codec

    def decode(self, packet: bytes) -> Samples:
        """40 µs for 20 ms of sound. Raises MalformedError when it is no Opus packet."""
        try:
            frames = self._codec.decode(av.Packet(packet))
        except av.FFmpegError as error:
            raise MalformedError("opus", str(error)) from None
        if not frames:
            raise MalformedError("opus", "no sound in it")
        return np.concatenate([np.frombuffer(memoryview(one.planes[0]), np.int16)[: one.samples] for one in frames])
