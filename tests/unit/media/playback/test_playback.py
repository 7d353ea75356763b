"""What the room hears, and who speaks."""

import av
import numpy as np
import pytest

from kiosk.media.playback.mixer import Mixer
from kiosk.media.playback.speaking import SpeakingMeter


def sound(value: int, samples: int = 960, layout: str = "stereo") -> av.AudioFrame:
    channels = 2 if layout == "stereo" else 1
    data = np.full((1, samples * channels), value, np.int16)
    frame = av.AudioFrame.from_ndarray(data, format="s16", layout=layout)
    frame.sample_rate = 48_000
    return frame


def test_voices_are_added_and_clipped() -> None:
    """Two voices, stereo and mono; too loud together is as loud as can be."""
    mixer = Mixer()
    for _ in range(3):
        mixer.add("a", sound(1000))
        mixer.add("b", sound(300, layout="mono"))
    assert set(mixer.pull(960)) == {1300}
    for _ in range(3):
        mixer.add("a", sound(30_000))
        mixer.add("b", sound(30_000))
    mixer.pull(1920)
    assert set(mixer.pull(960)) == {32_767}


def test_the_volume_follows_the_ear() -> None:
    """Half the knob is a quarter of the amplitude; nonsense is limited."""
    mixer = Mixer()
    mixer.set_volume(50)
    for _ in range(4):
        mixer.add("a", sound(1000))
    assert set(mixer.pull(480)) == {250}
    mixer.set_volume(900)
    assert set(mixer.pull(480)) == {1000}


def test_a_voice_gathers_before_it_is_heard() -> None:
    """40 ms at first, and again when it has run dry; silence meanwhile."""
    mixer = Mixer()
    mixer.add("a", sound(1000))
    assert not mixer.pull(960).any()
    mixer.add("a", sound(1000))
    assert mixer.pull(960).all()
    assert np.count_nonzero(mixer.pull(1920)) == 960
    mixer.add("a", sound(1000))
    assert not mixer.pull(960).any()


def test_a_late_loudspeaker_loses_the_old() -> None:
    """200 ms wait at most."""
    mixer = Mixer()
    for number in range(1, 100):
        mixer.add("a", sound(number))
    heard = mixer.pull(48_000)
    assert np.count_nonzero(heard) <= 9600
    assert heard.max() == 99


def test_a_buffer_that_stays_long_is_shortened() -> None:
    """Two clocks: 120 ms that never get shorter lose 10 ms every three seconds."""
    mixer = Mixer()
    for _ in range(6):
        mixer.add("a", sound(1000))
    for _ in range(200):
        mixer.pull(960)
        mixer.add("a", sound(1000))
    assert mixer._voices["a"].size == 6 * 960 - 480


@pytest.mark.parametrize("how", ["clear", "drop"])
def test_what_was_forgotten_is_not_heard_later(how: str) -> None:
    """Private pause, or the partner has left."""
    mixer = Mixer()
    for _ in range(4):
        mixer.add("a", sound(1000))
    if how == "clear":
        mixer.clear()
    else:
        mixer.drop("a")
    assert not mixer.pull(960).any()


def test_speaking_begins_and_ends_with_some_patience() -> None:
    """150 ms of loud sound, 600 ms of quiet; a click and a breath do not count."""
    meter = SpeakingMeter()
    loud, quiet = sound(3000), sound(50)
    assert not any(meter.hear(loud) for _ in range(4))
    assert not any(meter.hear(quiet) for _ in range(10))
    changes = [meter.hear(loud) for _ in range(10)]
    assert changes.index(True) == 7
    assert meter.is_speaking
    assert not any(meter.hear(quiet) for _ in range(20))
    assert meter.is_speaking
    changes = [meter.hear(quiet) for _ in range(20)]
    assert changes.count(True) == 1
    assert not meter.is_speaking
