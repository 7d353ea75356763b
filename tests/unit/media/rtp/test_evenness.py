"""When pictures are shown that come at uneven times."""

import itertools
import random

import pytest

from kiosk.media.rtp.evenness import MOST_S, Evenness


def shown(late_s: list[float], start_s: float = 100.0) -> list[float]:
    """Times at which pictures of 30 a second are shown; each comes so much late, and none before another."""
    times: list[float] = []
    even, last_s = Evenness(), 0.0
    for number, late in enumerate(late_s):
        now_s = max(start_s + number / 30 + late, last_s)
        last_s = now_s
        times.append(max(now_s + even.wait_s(number / 30, now_s), times[-1] if times else 0.0))
    return times


def longest_s(times: list[float]) -> float:
    return max(after - before for before, after in itertools.pairwise(times))


def test_even_pictures_do_not_wait():
    """A few milliseconds here and there are not seen."""
    dice = random.Random(1)
    late = [dice.uniform(0, 0.03) for _ in range(300)]
    assert all(at - (100 + number / 30) <= 0.03 for number, at in enumerate(shown(late)))


def test_repaired_pictures_are_no_standstill():
    """Each twelfth picture, and those behind it, come 0.2 s late: after a second that is no longer seen."""
    late = [0.2 - (number % 12) / 30 if number % 12 < 6 else 0.0 for number in range(300)]
    raw = [100 + number / 30 + one for number, one in enumerate(late)]
    assert longest_s(raw) > 0.2
    assert longest_s(shown(late)[30:]) < 0.08


def test_nothing_waits_longer_than_it_may():
    """However late others are."""
    even = Evenness()
    waits = [even.wait_s(number / 30, number / 30 + (1.0 if number % 3 else 0.0)) for number in range(200)]
    assert max(waits) <= MOST_S
    assert even.wait_s(7.0, 7.0, most_s=0.05) <= 0.05


def test_a_good_network_is_believed_after_some_seconds():
    """Pictures wait no longer than they must."""
    late = [0.15 if number % 4 == 0 else 0.0 for number in range(90)] + [0.0] * 600
    times = shown(late)
    assert times[85] - (100 + 85 / 30) == pytest.approx(0.15, abs=0.02)
    assert times[-1] - (100 + (len(late) - 1) / 30) < 0.02


def test_a_sender_that_begins_anew_is_followed():
    """Its clock may jump anywhere, and what was late before counts no more."""
    even = Evenness()
    for number in range(100):
        even.wait_s(number / 30, number / 30 + 0.1 * (number % 2))
    assert even.wait_s(90_000.0, 4.0) == 0.0
