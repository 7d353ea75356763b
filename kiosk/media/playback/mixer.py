"""All partners' voices as one, for a loudspeaker that pulls it, and the room's own short sounds over them."""

import threading
import time
from collections.abc import Callable

import numpy as np

from kiosk.media.capture.source import Samples
from kiosk.media.playback.chimes import NOTHING
from kiosk.media.playback.voice import Voice


class Mixer:
    """`pull` in the loudspeaker's thread, everything else on the loop."""

    def __init__(self, clock: Callable[[], float] = time.monotonic, make_voice: Callable[[], Voice] = Voice) -> None:
        """`clock` in seconds, the one of the packets' arrival."""
        self._clock, self._make_voice = clock, make_voice
        self._voices: dict[str, Voice] = {}
        self._lock = threading.Lock()
        self._gain = 1.0
        self._chime = NOTHING
        self._is_hearing = True
        self.latency_s = 0.0
        """From `pull` to the ear, as the loudspeaker says."""

    def set_volume(self, volume_pct: int) -> None:
        """0 to 100; the ear takes half of it for half as loud. Counts from the next pull on."""
        self._gain = (max(0, min(volume_pct, 100)) / 100) ** 2

    def voice(self, call: str) -> Voice:
        """This partner's, made when it is first asked for."""
        voice = self._voices.get(call)
        if voice is None:
            voice = self._make_voice()
            voice.set_open(self._is_hearing)
            with self._lock:
                self._voices[call] = voice
        return voice

    def drop(self, call: str) -> None:
        with self._lock:
            self._voices.pop(call, None)

    def set_hearing(self, is_hearing: bool) -> None:
        """False: what waits, and what comes meanwhile, must not be heard later."""
        self._is_hearing = is_hearing
        with self._lock:
            for voice in self._voices.values():
                voice.set_open(is_hearing)

    def chime(self, samples: Samples) -> None:
        """A short sound of the room's own, over the voices; takes the place of one that is still heard."""
        with self._lock:
            self._chime = samples

    def pull(self, count: int) -> Samples:
        """`count` samples of all voices together, silence where there is nothing; never waits long."""
        with self._lock:
            now_s = self._clock()
            pulled = [voice.pull(count, now_s, self.latency_s) for voice in self._voices.values()]
            chime, self._chime = self._chime[:count], self._chime[count:]
        heard = [samples for samples in (*pulled, chime) if samples is not None and len(samples)]
        if not heard:
            return np.zeros(count, np.int16)
        total = np.zeros(count, np.float32)
        for samples in heard:
            total[: len(samples)] += samples
        total *= self._gain
        np.minimum(np.maximum(total, -32768, out=total), 32767, out=total)
        return total.astype(np.int16)
