"""A partner's packets of sound without a codec, and a network that the test makes up, in time that costs nothing."""

import random
import struct
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from kiosk.media.capture.source import Samples
from kiosk.media.playback.voice import Voice

RATE_HZ = 48_000
BLOCK = 960
_OPUS_20_MS = 0xF8
"""First byte of a packet of one frame of 20 ms (RFC 6716, 3.1)."""


def packet(number: int, level: int = 0) -> bytes:
    """Reads as Opus as far as its length goes."""
    return struct.pack(">BIh", _OPUS_20_MS, number, level)


class Plain:
    """Decodes to a level that stays."""

    def decode(self, packet: bytes) -> Samples:
        return np.full(BLOCK, struct.unpack(">BIh", packet)[2], np.int16)


class Vowel:
    """Decodes to a tone with an overtone, without a seam from packet to packet."""

    hz = 140.0

    def decode(self, packet: bytes) -> Samples:
        at = (np.arange(BLOCK) + BLOCK * struct.unpack(">BIh", packet)[1]) * (2 * np.pi * self.hz / RATE_HZ)
        samples: Samples = (np.sin(at) * 8000 + np.sin(2 * at) * 4000).astype(np.int16)
        return samples


class Partner:
    """Sends one packet after the other."""

    def __init__(self, voice: Voice, level: int = 0) -> None:
        self.voice, self.level, self.number = voice, level, 0

    def speak(self, now_s: float) -> None:
        number = self.number
        self.voice.insert(1, number % 2**16, number * BLOCK % 2**32, packet(number, self.level), now_s)
        self.number += 1


class Call(NamedTuple):
    """What came of a call."""

    voice: Voice
    heard: Samples
    delays_s: Samples
    """Of what was heard, against a punctual packet, from the fifth second on."""

    def silent_s(self) -> float:
        """Time in which nothing at all was heard, after the beginning."""
        blocks = np.abs(self.heard[RATE_HZ // 2 :].reshape(-1, 480)).max(axis=1)
        return float(np.count_nonzero(blocks < 50)) * 0.01


def call(
    seconds: float,
    *,
    loss: float = 0.0,
    jitter_s: float = 0.0,
    drift: float = 0.0,
    is_sent: Callable[[int], bool] = lambda number: True,
    is_lost: Callable[[int], bool] = lambda number: False,
    block: int = 480,
    least_delay_s: Callable[[float], float] = lambda at_s: 0.0,
) -> Call:
    """`drift`: how much slower the partner's clock is; packets that are not sent have no number, but a time.

    `least_delay_s`: what pictures ask for at that second.
    """
    chance, begin_s = random.Random(1), 1000.0
    arrivals, sequence = [], 65_000
    for number in range(int(seconds * 50)):
        if not is_sent(number):
            continue
        sequence += 1
        if chance.random() >= loss and not is_lost(number):
            way_s = 0.05 + chance.uniform(-jitter_s, jitter_s)
            arrivals.append((begin_s + number * 0.02 * (1 + drift) + way_s, number, sequence))
    arrivals.sort()
    voice, heard, delays_s = Voice(Vowel), [], []
    for count in range(int(seconds * RATE_HZ / block)):
        now_s = begin_s + count * block / RATE_HZ
        while arrivals and arrivals[0][0] <= now_s:
            arrival_s, number, sequence = arrivals.pop(0)
            timestamp = (number * BLOCK - 96_000) % 2**32
            voice.insert(7, sequence % 2**16, timestamp, packet(number), arrival_s)
        voice.least_delay_s = least_delay_s(now_s - begin_s)
        samples = voice.pull(block, now_s)
        heard.append(np.zeros(block, np.int16) if samples is None else samples)
        if voice.heard and now_s > begin_s + 5:
            delays_s.append(voice._arrivals.age_s(voice.heard.timestamp, now_s))
    return Call(voice, np.concatenate(heard), np.array(delays_s))
