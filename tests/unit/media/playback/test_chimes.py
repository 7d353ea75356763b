"""The room's own short sounds."""

import numpy as np
import pytest

from kiosk.contract.links import Sound
from kiosk.media.playback.chimes import NOTHING, PEAK, samples_of
from kiosk.media.playback.mixer import Mixer


@pytest.mark.parametrize("sound", Sound)
def test_every_sound_is_short_soft_and_without_clicks(sound: Sound) -> None:
    """At most 0.4 s and -18 dBFS; begins and ends in silence."""
    samples = samples_of(sound).astype(int)
    assert 0.1 * 48_000 < len(samples) <= 0.4 * 48_000
    assert PEAK - 1 <= np.abs(samples).max() <= PEAK
    assert np.abs(samples[[0, -1]]).max() < PEAK / 50


def test_sounds_can_be_told_apart() -> None:
    """Joined and left are the same two tones in opposite order, and still not the same sound."""
    assert len({samples_of(sound).tobytes() for sound in Sound}) == len(Sound)


def test_a_sound_is_heard_once_and_whole() -> None:
    """However the loudspeaker pulls it."""
    mixer = Mixer()
    mixer.chime(samples_of(Sound.DOOR))
    heard = np.concatenate([mixer.pull(480) for _ in range(60)])
    whole = samples_of(Sound.DOOR)
    assert np.array_equal(heard[: len(whole)], whole)
    assert not heard[len(whole) :].any()


@pytest.mark.parametrize("after", [samples_of(Sound.BELL), NOTHING])
def test_the_newest_sound_takes_the_place_of_the_last(after: np.ndarray) -> None:
    """Two at once would be noise; silence takes its place, too."""
    mixer = Mixer()
    mixer.chime(samples_of(Sound.DELETED))
    mixer.pull(480)
    mixer.chime(after)
    heard = np.concatenate([mixer.pull(480) for _ in range(60)])
    assert np.array_equal(heard[: len(after)], after)
    assert not heard[len(after) :].any()
