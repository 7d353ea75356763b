"""Microphones: a real one through PortAudio, and a tone in place of one."""

import queue
from typing import Any

import numpy as np

from kiosk.contract.errors import MediaError, Reason
from kiosk.media import portaudio
from kiosk.media.capture.source import READ_TIMEOUT_S, SAMPLE_RATE_HZ, SAMPLES_PER_READ, Pace, Samples

_MAX_BLOCKS = 10
"""200 ms. Who reads later than that loses the oldest."""
_READS_PER_LOOK = 25
"""Twice a second it is seen that cards were plugged in or out."""
TONE_HZ = 440
_TONE_AMPLITUDE = 6000


class PortAudioMicrophone:
    """`default`, or part of a device's name."""

    def __init__(self, wanted: str, devices: portaudio.Devices = portaudio.DEVICES) -> None:
        self._wanted, self._devices = wanted, devices
        self._stream: portaudio.Stream | None = None
        self._blocks: queue.Queue[bytes] = queue.Queue(_MAX_BLOCKS)
        self._reads = 0
        self.name = wanted

    def open(self) -> None:
        self._stream = self._devices.open_stream(
            self._wanted, self._heard, is_input=True, rate_hz=SAMPLE_RATE_HZ, block_samples=SAMPLES_PER_READ
        )
        self.name = self._stream.name

    def _heard(self, data: Any, samples: int, times: Any, flags: Any) -> None:
        if self._blocks.full():
            try:
                self._blocks.get_nowait()
            except queue.Empty:
                pass
        self._blocks.put_nowait(bytes(data))

    def read(self) -> Samples:
        self._reads += 1
        if self._reads % _READS_PER_LOOK == 0 and self._devices.has_changed():
            self.close()
            self.open()
        try:
            block = self._blocks.get(timeout=READ_TIMEOUT_S)
        except queue.Empty:
            raise MediaError(f"{self.name}: no sound", Reason.MICROPHONE_MISSING) from None
        return np.frombuffer(block, np.int16)

    def close(self) -> None:
        if self._stream:
            self._stream.close()
            self._stream = None


class ToneMicrophone:
    """A quiet tone for demonstrations and tests, loud enough to count as speaking."""

    name = "tone"

    def open(self) -> None:
        times = np.arange(SAMPLE_RATE_HZ) / SAMPLE_RATE_HZ
        self._second = (np.sin(2 * np.pi * TONE_HZ * times) * _TONE_AMPLITUDE).astype(np.int16)
        self._at = 0
        self._pace = Pace(SAMPLES_PER_READ / SAMPLE_RATE_HZ)

    def read(self) -> Samples:
        self._pace.wait()
        block = self._second[self._at : self._at + SAMPLES_PER_READ]
        self._at = (self._at + SAMPLES_PER_READ) % SAMPLE_RATE_HZ
        return block

    def close(self) -> None:
        pass
