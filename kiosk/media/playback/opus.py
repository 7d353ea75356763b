"""Opus to samples, by libopus itself. Neither repairs nor buffers."""

import ctypes
from pathlib import Path

import av
import numpy as np

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


def _loaded() -> ctypes.CDLL:
    """libopus, which is there already: PyAV's own, beside its wheel, or the system's, where PyAV is the system's."""
    beside = sorted((Path(av.__file__).parents[1] / "av.libs").glob("libopus-*"))
    library = ctypes.CDLL(str(beside[0]) if beside else "libopus.so.0")
    library.opus_decoder_create.restype = ctypes.c_void_p
    library.opus_decoder_create.argtypes = (ctypes.c_int32, ctypes.c_int, ctypes.c_void_p)
    library.opus_decoder_destroy.argtypes = (ctypes.c_void_p,)
    library.opus_decoder_destroy.restype = None
    numbers = (ctypes.c_int32, ctypes.c_void_p, ctypes.c_int, ctypes.c_int)
    library.opus_decode.argtypes = (ctypes.c_void_p, ctypes.c_char_p, *numbers)
    return library


_library = _loaded()


class OpusDecoder:
    """One stream, in order; two channels become one. PyAV's way to the same takes twice as long in a call."""

    def __init__(self) -> None:
        self._state: int | None = None
        self._state = _library.opus_decoder_create(SAMPLE_RATE_HZ, 1, None)
        if not self._state:
            raise MemoryError("no room for an Opus decoder")
        self._room = np.empty(MOST_SAMPLES, np.int16)
        self._address = self._room.ctypes.data

    def decode(self, packet: bytes) -> Samples:
        """30 to 100 µs for 20 ms of sound. Raises MalformedError when it is no Opus packet."""
        if not packet:  # to libopus a packet that was lost
            raise MalformedError("opus", "empty")
        count = int(_library.opus_decode(self._state, packet, len(packet), self._address, MOST_SAMPLES, 0))
        if count <= 0:
            raise MalformedError("opus", f"libopus says {count}")
        return self._room[:count].copy()

    def __del__(self) -> None:
        if self._state:
            _library.opus_decoder_destroy(self._state)
