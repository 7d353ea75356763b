"""The bar beside the microphone's word."""

import numpy as np
import pytest

from kiosk.media.capture.level import LevelMeter, level_pct
from kiosk.media.capture.source import SAMPLE_RATE_HZ


def tone(amplitude: float, seconds: float) -> np.ndarray[tuple[int], np.dtype[np.int16]]:
    times = np.arange(int(SAMPLE_RATE_HZ * seconds)) / SAMPLE_RATE_HZ
    return (np.sin(2 * np.pi * 440 * times) * amplitude).astype(np.int16)


@pytest.mark.parametrize(("rms", "expected"), [(0, 0), (1, 0), (328, 42), (1036, 62), (8231, 100), (32768, 100)])
def test_loudness_follows_decibels(rms: float, expected: int) -> None:
    """Silence is 0, −40 dBFS two fifths, −30 three fifths, −12 and above the whole bar."""
    assert level_pct(rms**2) == expected


def test_ten_numbers_a_second_each_the_loudest() -> None:
    """A word between two silences is seen, however the sound was cut into blocks."""
    told: list[int] = []
    meter = LevelMeter(told.append)
    for block in (tone(0, 0.09), tone(10000, 0.02), tone(0, 0.09)):
        for at in range(0, len(block), 480):
            meter.hear(block[at : at + 480])
    assert len(told) == 2
    assert told[0] > 80
