"""A voice over networks of all kinds, in time that costs nothing: what is heard, how late, and what is made up."""

import random

import numpy as np
import pytest

from kiosk.media.playback import stretch
from kiosk.media.playback.voice import Voice
from tests.unit.media.playback.partner import BLOCK, RATE_HZ, Partner, Plain, Vowel, call, packet

STEEPEST = int(np.abs(np.diff(np.concatenate([Vowel().decode(packet(n)) for n in range(50)]).astype(int))).max())
"""From sample to sample in the partner's tone; a click is steeper."""


def test_a_good_network_costs_little_delay() -> None:
    """Stock: 80 ms in the jitter buffer and 40 in the mixer. Nothing is made up, nothing is missing."""
    found = call(20)
    assert found.delays_s.mean() < 0.035
    assert (found.voice.concealed_s, found.silent_s()) == (0, 0)


@pytest.mark.parametrize("loss", [0.01, 0.05, 0.1])
def test_lost_packets_are_made_up(loss: float) -> None:
    """As many as were lost and few more; no silence, no click, no more delay than without loss."""
    found = call(30, loss=loss)
    assert 0.5 * loss < found.voice.concealed_s / 30 < 1.4 * loss
    assert found.silent_s() < 0.05
    assert found.delays_s.mean() < 0.04
    assert np.abs(np.diff(found.heard.astype(int))).max() < 1.5 * STEEPEST


@pytest.mark.parametrize("block", [480, 960])
def test_packets_that_overtake_each_other_are_ordered(block: int) -> None:
    """50 ± 30 ms: one in three comes after its successor. The delay is what that takes, and nothing is made up."""
    found = call(30, jitter_s=0.03, block=block)
    assert 0.06 < found.delays_s.mean() < 0.09
    assert found.voice.concealed_s < 0.1
    assert found.silent_s() == 0


def test_jitter_and_loss_together() -> None:
    """What is lost is made up, what is late is not."""
    found = call(30, jitter_s=0.03, loss=0.05)
    assert found.voice.concealed_s < 0.07 * 30
    assert found.silent_s() < 0.05


def test_sound_comes_later_where_pictures_need_it() -> None:
    """By making it longer, and shorter again when it is over: nothing is made up or missing, and there is no click."""
    found = call(30, least_delay_s=lambda at_s: 0.15 if at_s < 18 else 0.0)
    per_s = RATE_HZ // 480
    assert found.delays_s[5 * per_s : 12 * per_s].mean() == pytest.approx(0.15, abs=0.02)
    assert found.delays_s[-2 * per_s :].mean() < 0.04
    assert (found.voice.concealed_s, found.silent_s()) == (0, 0)
    assert np.abs(np.diff(found.heard.astype(int))).max() < 1.5 * STEEPEST


@pytest.mark.parametrize("drift", [2e-4, -2e-4])
def test_two_clocks_drift_apart_unheard(drift: float) -> None:
    """200 ppm are 24 ms in two minutes: the delay stays, nothing is made up."""
    found = call(120, drift=drift)
    assert 0.0 < found.delays_s[-1000:].mean() < 0.045
    assert (found.voice.concealed_s, found.silent_s()) == (0, 0)
    assert np.abs(np.diff(found.heard.astype(int))).max() < 1.5 * STEEPEST


def test_a_long_gap_fades_to_silence_and_ends_well() -> None:
    """200 ms are lost every five seconds: made up for 100 ms at most, no delay is left over."""
    found = call(30, is_lost=lambda number: number % 250 < 10)
    assert found.voice.concealed_s < 6 * 0.13
    assert found.silent_s() < 6 * 0.15
    assert found.delays_s[-200:].mean() < 0.04


def test_who_sends_nothing_has_lost_nothing() -> None:
    """Muted for five seconds: silence, and no word of made-up sound."""
    found = call(20, is_sent=lambda number: not 500 <= number < 750)
    assert found.voice.concealed_s == 0
    assert 4.8 < found.silent_s() < 5.1
    heard = found.heard.astype(int)
    assert np.abs(np.diff(heard)).max() < 1.5 * STEEPEST


def test_a_partner_that_begins_anew_is_heard_soon() -> None:
    """Another stream, the same one at another time, or a few seconds back."""
    voice, now_s = Voice(Plain), 10.0
    for ssrc, first in ((1, 0), (2, 5_000), (2, 90_000), (2, 89_950)):
        heard: list[bool] = []
        for number in range(first, first + 60):
            voice.insert(ssrc, number % 2**16, number * BLOCK % 2**32, packet(number, 700), now_s)
            now_s += 0.02
            samples = voice.pull(BLOCK, now_s)
            heard.append(samples is not None and samples[-1] == 700)
        assert all(heard[-20:]), (ssrc, first)
        now_s += 0.3


def test_two_streams_at_once_do_not_take_turns() -> None:
    """One is played, the other is counted as what it is."""
    voice, now_s = Voice(Plain), 10.0
    for number in range(50):
        for ssrc in (1, 2):
            voice.insert(ssrc, number, number * BLOCK, packet(number, ssrc * 100), now_s)
        now_s += 0.02
        samples = voice.pull(BLOCK, now_s)
    assert samples is not None
    assert set(samples) == {100}
    assert voice.malformed == 50


def test_any_packets_in_any_order_do_no_harm() -> None:
    """Numbers, times and payloads by chance: bounded memory, and a real partner is heard afterwards."""
    chance, voice, now_s = random.Random(3), Voice(), 10.0
    for _ in range(3000):
        payload = chance.randbytes(chance.choice((0, 1, 2, 40, 1200)))
        voice.insert(chance.choice((1, 1, 1, 2)), chance.randrange(2**16), chance.randrange(2**32), payload, now_s)
        now_s += chance.choice((0, 0.001, 0.02))
        if chance.random() < 0.5:
            samples = voice.pull(chance.choice((64, 480, 2000)), now_s)
            assert samples is None or samples.dtype == np.int16
        assert len(voice._packets) + len(voice._arrived) <= 110
        assert len(voice._ready) < RATE_HZ
    assert voice.malformed > 100
    now_s += 1
    partner, made = Partner(voice, 900), Plain()
    voice._make_decoder = lambda: made
    partner.voice, heard = voice, None
    for number in range(100):
        voice.insert(9, number, number * BLOCK, packet(number, 900), now_s)
        now_s += 0.02
        heard = voice.pull(BLOCK, now_s)
    assert heard is not None
    assert set(heard) == {900}


@pytest.mark.parametrize("hz", [90, 140, 220, 390])
@pytest.mark.parametrize("change", [stretch.shorten, stretch.lengthen])
def test_a_change_of_length_is_no_change_of_pitch(hz: float, change: object) -> None:
    """Whole periods go or come: at both ends, and in between, the tone is as smooth as before."""
    at = np.arange(BLOCK * 3)
    tone = (np.sin(at * 2 * np.pi * hz / RATE_HZ) * 9000).astype(np.int16)
    changed = change(tone[BLOCK : 2 * BLOCK])  # type: ignore[operator]
    assert 120 <= abs(len(changed) - BLOCK) <= 720
    whole = np.concatenate([tone[:BLOCK], changed, tone[2 * BLOCK :]]).astype(int)
    assert np.abs(np.diff(whole)).max() < 1.3 * np.abs(np.diff(tone.astype(int))).max()


def test_noise_is_left_as_long_as_it_is() -> None:
    """No two pieces are alike; what is quiet may be cut anywhere."""
    noise = np.random.default_rng(1).normal(0, 3000, BLOCK).astype(np.int16)
    assert stretch.shorten(noise) is noise
    assert stretch.lengthen(noise) is noise
    assert len(stretch.shorten((noise / 100).astype(np.int16))) < BLOCK


def test_what_is_made_up_goes_on_as_it_was_and_fades() -> None:
    """The same tone at first, half as loud at half the time, silent after 100 ms."""
    at = np.arange(RATE_HZ)
    tone = (np.sin(at * 2 * np.pi * 150 / RATE_HZ) * 9000).astype(np.int16)
    continuation = stretch.Continuation(tone[: stretch.HISTORY])
    made_up = continuation.next(RATE_HZ // 5)
    expected = tone[stretch.HISTORY : stretch.HISTORY + 480].astype(int)
    assert np.abs(made_up[:480] - expected).max() < 500
    assert 3000 < np.abs(made_up[2400:3200]).max() < 6000
    assert not made_up[4800:].any()
    assert continuation.is_silent
