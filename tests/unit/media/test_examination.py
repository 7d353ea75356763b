"""What the self-test thinks of pictures and sounds that were made for it."""

import av
import numpy as np
import pytest

from kiosk.contract.links import Sound
from kiosk.contract.self_test import Verdict
from kiosk.media.capture.pattern import PatternCamera
from kiosk.media.capture.planes import plane_array
from kiosk.media.capture.source import SAMPLE_RATE_HZ, Samples
from kiosk.media.examination import HEAR_S, QUIET_S, Ear, Look
from kiosk.media.playback.chimes import samples_of

NOISE = np.random.default_rng(7)


def picture(level: int, noise: float) -> av.VideoFrame:
    """One shade of grey, as noisy as a sensor."""
    frame = av.VideoFrame(320, 180, "yuv420p")
    luma = plane_array(frame, 0)
    luma[:] = np.clip(NOISE.normal(level, noise, luma.shape), 0, 255).astype(np.uint8)
    return frame


def judged(frames: list[av.VideoFrame], seconds: float = 1.0) -> str:
    look = Look()
    for frame in frames:
        look.take(frame)
    result = look.judge(seconds)
    assert (result.verdict is Verdict.PASSED) == (result.reason == "")
    return result.reason


def test_a_room_is_seen() -> None:
    """In daylight, and in the evening; a pattern that moves."""
    assert judged([picture(120, 2) for _ in range(20)]) == ""
    assert judged([picture(32, 1) for _ in range(20)]) == ""
    camera = PatternCamera(320, 180, 100)
    camera.open()
    assert judged([camera.read() for _ in range(20)]) == ""


def test_what_is_no_picture_is_told_apart() -> None:
    """A hand on the lens, a picture that stands still, and none at all."""
    assert judged([picture(18, 1) for _ in range(20)]) == "dark"
    assert judged([picture(120, 2)] * 20) == "frozen"
    assert judged([picture(120, 2) for _ in range(3)], 1.6) == "few-pictures"
    assert judged([]) == "no-picture"


def heard(room: Samples) -> str:
    """What the self-test hears in a room of `QUIET_S` and `HEAR_S` of sound."""
    ear, before = Ear(), round(QUIET_S * SAMPLE_RATE_HZ)
    for at in range(0, len(room), 960):
        if at >= before and ear.seconds * SAMPLE_RATE_HZ == at and at - before < 960:
            ear.playing()
        ear.take(room[at : at + 960])
    return ear.judge(samples_of(Sound.TEST)).reason


def room(noise: float, echo: float, hum: float = 0.0) -> Samples:
    """Noise, a steady tone, and the test sound from the loudspeaker with its echo on the walls."""
    count = round((QUIET_S + HEAR_S) * SAMPLE_RATE_HZ)
    sound = NOISE.normal(0, noise, count) + hum * np.sin(np.arange(count) * 2 * np.pi * 440 / SAMPLE_RATE_HZ)
    test = samples_of(Sound.TEST).astype(np.float64)
    for delay_s, share in ((0.15, 1.0), (0.17, 0.4), (0.21, 0.2)):
        begin = round((QUIET_S + delay_s) * SAMPLE_RATE_HZ)
        sound[begin : begin + len(test)] += echo * share * test
    mixed: Samples = np.clip(sound, -32768, 32767).astype(np.int16)
    return mixed


@pytest.mark.parametrize(
    ("noise", "echo", "hum", "reason"),
    [
        (30, 0.3, 0, ""),
        (100, 0.1, 0, ""),
        (30, 0.2, 3000, ""),
        (100, 0, 0, "not-heard"),
        (30, 0, 6000, "not-heard"),
        (0.1, 0, 0, "microphone-silent"),
    ],
)
def test_the_loudspeaker_is_heard_or_not(noise: float, echo: float, hum: float, reason: str) -> None:
    """In noise and beside a steady tone; a tone alone is not the test sound, and silence is a dead microphone."""
    assert heard(room(noise, echo, hum)) == reason


@pytest.mark.parametrize("before", [0.0, 0.03])
def test_a_room_that_becomes_louder_is_not_the_test_sound(before: float) -> None:
    """Somebody closes a door, or the noise begins just then."""
    sound = room(100, 0).astype(np.float64)
    sound[: round(QUIET_S * SAMPLE_RATE_HZ)] *= before
    assert heard(sound.astype(np.int16)) == "not-heard"


def test_a_microphone_that_is_stuck_hears_nothing() -> None:
    """A steady value is no sound, whatever it is."""
    assert heard(np.full_like(room(1, 0), 900)) == "microphone-silent"


def test_a_microphone_that_stops_is_no_sound() -> None:
    """Nothing came after the sound was played."""
    ear = Ear()
    ear.take(np.ones(960, np.int16))
    ear.playing()
    assert ear.judge(samples_of(Sound.TEST)).reason == "no-sound"
