"""All partners' sound as one, for a loudspeaker that pulls it. Buffers are bounded; a late one is shortened.

The sender's clock and the loudspeaker's differ: a buffer that never gets short within some seconds loses 10 ms.
"""

import threading
from collections import deque

import av
import numpy as np

from kiosk.media.capture.source import SAMPLE_RATE_HZ, Samples
from kiosk.media.playback.chimes import NOTHING

_START = SAMPLE_RATE_HZ * 40 // 1000
"""Played from 40 ms on, and again after running dry."""
_MAX = SAMPLE_RATE_HZ * 200 // 1000
_LONG = SAMPLE_RATE_HZ * 80 // 1000
_WINDOW = SAMPLE_RATE_HZ * 3
_CUT = SAMPLE_RATE_HZ // 100


class _Voice:
    """One partner's sound, waiting."""

    def __init__(self) -> None:
        self._blocks: deque[Samples] = deque()
        self.size = 0
        self._is_playing = False
        self._least = _MAX
        self._since_look = 0

    def add(self, samples: Samples) -> None:
        self._blocks.append(samples)
        self.size += len(samples)
        if self.size > _MAX:
            self._skip(self.size - _START)

    def pull(self, count: int) -> Samples | None:
        """The next `count` samples, fewer at the end of what there is; None while it gathers."""
        if not self._is_playing and self.size < _START:
            return None
        self._watch_drift(count)
        parts: list[Samples] = []
        missing = min(count, self.size)
        self._is_playing = self.size >= count
        while missing:
            parts.append(self._take(missing))
            missing -= len(parts[-1])
        return np.concatenate(parts) if parts else None

    def _take(self, most: int) -> Samples:
        block = self._blocks.popleft()
        if len(block) > most:
            self._blocks.appendleft(block[most:])
            block = block[:most]
        self.size -= len(block)
        return block

    def _skip(self, count: int) -> None:
        while count:
            count -= len(self._take(count))

    def _watch_drift(self, count: int) -> None:
        self._least = min(self._least, self.size)
        self._since_look += count
        if self._since_look >= _WINDOW:
            if self._least > _LONG:
                self._skip(_CUT)
            self._least, self._since_look = self.size, 0


class Mixer:
    """`add`, `drop`, `clear` on the loop; `pull` in the loudspeaker's thread."""

    def __init__(self) -> None:
        self._voices: dict[str, _Voice] = {}
        self._lock = threading.Lock()
        self._gain = 1.0
        self._chime = NOTHING

    def set_volume(self, volume_pct: int) -> None:
        """0 to 100; the ear takes half of it for half as loud."""
        self._gain = (max(0, min(volume_pct, 100)) / 100) ** 2

    def add(self, call: str, frame: av.AudioFrame) -> None:
        """Decoded sound of one partner, 48 kHz, interleaved 16 bit, one or two channels."""
        samples = np.frombuffer(memoryview(frame.planes[0]), np.int16)[: frame.samples * len(frame.layout.channels)]
        if len(frame.layout.channels) == 2:
            samples = ((samples[::2].astype(np.int32) + samples[1::2]) >> 1).astype(np.int16)
        else:
            samples = samples.copy()
        with self._lock:
            self._voices.setdefault(call, _Voice()).add(samples)

    def drop(self, call: str) -> None:
        with self._lock:
            self._voices.pop(call, None)

    def clear(self) -> None:
        """Forget what waits: it must not be heard later."""
        with self._lock:
            self._voices.clear()

    def chime(self, samples: Samples) -> None:
        """A short sound of the room's own, over the voices; takes the place of one that is still heard."""
        with self._lock:
            self._chime = samples

    def pull(self, count: int) -> Samples:
        """`count` samples of all voices together, silence where there is nothing; never waits long."""
        total = np.zeros(count, np.int32)
        with self._lock:
            for voice in self._voices.values():
                samples = voice.pull(count)
                if samples is not None:
                    total[: len(samples)] += samples
            chime, self._chime = self._chime[:count], self._chime[count:]
            total[: len(chime)] += chime
        mixed: Samples = np.clip(total * self._gain, -32768, 32767).astype(np.int16)
        return mixed
