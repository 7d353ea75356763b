"""Sound made shorter, longer, or made up, without a change of its pitch: what looks alike is faded into each other.

Waveform similarity overlap-add, as in G.711 Appendix I and WebRTC's NetEQ. Pure; 48 kHz, mono, 16 bit. Knows no
packets.
"""

import numpy as np
import numpy.typing as npt

from kiosk.media.capture.source import SAMPLE_RATE_HZ, Samples

FADE = SAMPLE_RATE_HZ * 5 // 1000
"""Samples in which one piece gives way to another."""
LEAST = SAMPLE_RATE_HZ * 20 // 1000
"""Fewer samples than these are neither shortened nor lengthened."""
HISTORY = SAMPLE_RATE_HZ * 30 // 1000
"""Samples of the past that `Continuation` looks at."""
_FULL_S, _FADED_S = 0.01, 0.1
"""What is made up is as loud as before for so long, and silent after so long."""
_COARSE = 4
"""Periods are looked for at 12 kHz: a sixteenth of the work, and voices have nothing to tell above 6 kHz."""
_SHORTEST, _LONGEST = SAMPLE_RATE_HZ * 25 // 10_000 // _COARSE, SAMPLE_RATE_HZ * 15 // 1000 // _COARSE
"""Periods of voices, 400 to 67 Hz, in coarse samples."""
_ALIKE, _SOMEWHAT_ALIKE = 0.85, 0.5
"""Correlation from which two pieces may be faded; of one without a pitch."""
_QUIET = 150.0
"""Root mean square up to which nobody hears a cut."""

_Floats = npt.NDArray[np.float32]
_UP: _Floats = ((np.arange(FADE) + 0.5) / FADE).astype(np.float32)


def fade(old: Samples, new: Samples) -> Samples:
    """`FADE` samples of `old` that become `new`."""
    mixed: Samples = (old + (new.astype(np.float32) - old) * _UP).astype(np.int16)
    return mixed


def shorten(samples: Samples, least_alike: float = _ALIKE) -> Samples:
    """At most 15 ms fewer, at least 2.5; all of them when no two pieces are as alike as `least_alike`."""
    if len(samples) < LEAST:
        return samples
    coarse = _coarse(samples[:LEAST])
    window = FADE // _COARSE
    index, likeness = _find(coarse[:window], coarse[_SHORTEST:])
    if _is_quiet(coarse):
        index = _LONGEST - _SHORTEST
    elif likeness < least_alike:
        return samples
    period = (_SHORTEST + index) * _COARSE
    return np.concatenate([fade(samples[:FADE], samples[period : period + FADE]), samples[period + FADE :]])


def lengthen(samples: Samples) -> Samples:
    """At most 15 ms more, at least 2.5; just as many when no two pieces are alike."""
    if len(samples) < LEAST:
        return samples
    coarse = _coarse(samples[-LEAST:])
    window = FADE // _COARSE
    index, likeness = _find(coarse[-window:], coarse[:-_SHORTEST])
    if not _is_quiet(coarse) and likeness < _ALIKE:
        return samples
    split = len(samples) - FADE
    back = split - (len(coarse) - window - index) * _COARSE
    return np.concatenate([samples[:split], fade(samples[split:], samples[back : back + FADE]), samples[back + FADE :]])


class Continuation:
    """What may have come next: the last period again and again, fading to silence within 100 ms."""

    def __init__(self, history: Samples) -> None:
        """`history`: the last `HISTORY` samples that were heard."""
        coarse = _coarse(history)
        window = FADE // _COARSE
        index, likeness = _find(coarse[-window:], coarse[:-_SHORTEST])
        period = (len(coarse) - window - index) * _COARSE
        if likeness < _SOMEWHAT_ALIKE:
            period = HISTORY // 2  # a short piece of noise, repeated, would be a tone
        past = history.astype(np.float32)
        self._loop = past[-period:].copy()
        seam = min(FADE, period // 4)
        before = past[-period - seam : -period]
        self._loop[-seam:] += (before - self._loop[-seam:]) * ((np.arange(seam) + 0.5) / seam)
        self._step = float(np.clip(2 * past[-1] - past[-2], -32768, 32767) - self._loop[0])
        self._at = 0

    def next(self, count: int) -> Samples:
        """`count` samples more."""
        at = self._at + np.arange(count)
        self._at += count
        gain = np.clip((_FADED_S - at / SAMPLE_RATE_HZ) / (_FADED_S - _FULL_S), 0, 1)
        made_up = self._loop[at % len(self._loop)] + self._step * np.exp(at / -48.0)
        samples: Samples = np.clip(made_up * gain, -32768, 32767).astype(np.int16)
        return samples

    @property
    def is_silent(self) -> bool:
        return self._at >= _FADED_S * SAMPLE_RATE_HZ


def _coarse(samples: Samples) -> _Floats:
    coarse: _Floats = samples.reshape(-1, _COARSE).mean(axis=1, dtype=np.float32)
    return coarse


def _is_quiet(coarse: _Floats) -> bool:
    return float(coarse @ coarse) < _QUIET**2 * len(coarse)


def _find(piece: _Floats, where: _Floats) -> tuple[int, float]:
    """The place in `where` that looks most like `piece`, and how much: 1 the same, 0 not at all."""
    likeness = np.correlate(where, piece, "valid")
    power = np.concatenate([np.zeros(1), np.cumsum(np.square(where, dtype=np.float64))])
    power = (power[len(piece) :] - power[: -len(piece)]) * float(piece @ piece)
    likeness = likeness / np.sqrt(np.maximum(power, 1.0))
    index = int(np.argmax(likeness))
    return index, float(likeness[index])
