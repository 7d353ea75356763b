"""The short sounds of the room, made from decaying tones: nothing is read from a file, nothing is longer than 0.4 s."""

from functools import cache

import numpy as np

from kiosk.contract.links import Sound
from kiosk.media.capture.source import SAMPLE_RATE_HZ, Samples

PEAK = round(32767 * 10 ** (-18 / 20))
"""-18 dBFS, see `LOOK.md`."""
_ATTACK_S = 0.004
"""A tone that began at once would click."""

NOTHING: Samples = np.zeros(0, np.int16)
"""Silence."""

_Tone = tuple[float, float, float, float]
"""Frequency in Hz, beginning and end in s, time in which it falls to a third in s."""

_TONES: dict[Sound, tuple[_Tone, ...]] = {
    Sound.DOOR: ((196.0, 0.0, 0.16, 0.025), (196.0, 0.18, 0.36, 0.03)),
    Sound.JOINED: ((523.3, 0.0, 0.2, 0.08), (659.3, 0.15, 0.4, 0.09)),
    Sound.LEFT: ((659.3, 0.0, 0.2, 0.08), (523.3, 0.15, 0.4, 0.09)),
    Sound.BELL: ((440.0, 0.0, 0.4, 0.12),),
    Sound.FAULT: ((220.0, 0.0, 0.18, 0.1), (174.6, 0.2, 0.4, 0.1)),
    Sound.DELETED: ((392.0, 0.0, 0.4, 0.18),),
    Sound.HELP: ((523.3, 0.0, 0.2, 0.08), (523.3, 0.2, 0.4, 0.09)),
    Sound.TEST: ((392.0, 0.0, 0.2, 0.1), (523.3, 0.1, 0.3, 0.1), (659.3, 0.2, 0.4, 0.1)),
}


@cache
def samples_of(sound: Sound) -> Samples:
    """The sound at 48 kHz, one channel, 16 bit."""
    tones = _TONES[sound]
    mixed = np.zeros(round(max(end for _, _, end, _ in tones) * SAMPLE_RATE_HZ))
    for frequency_hz, begin_s, end_s, decay_s in tones:
        at = np.arange(round((end_s - begin_s) * SAMPLE_RATE_HZ)) / SAMPLE_RATE_HZ
        fade = np.minimum(1, at / _ATTACK_S) * np.exp(-at / decay_s) * np.minimum(1, (at[-1] - at) / _ATTACK_S)
        begin = round(begin_s * SAMPLE_RATE_HZ)
        mixed[begin : begin + len(at)] += np.sin(2 * np.pi * frequency_hz * at) * fade
    samples: Samples = (mixed * (PEAK / np.abs(mixed).max())).astype(np.int16)
    return samples
