"""What a handful of packets in quick succession tells."""

import pytest

from kiosk.media.rtp.probing import Heard, Probing, speed_bps

RATE_BPS = 2_000_000


def cluster(start_s: float, rate_bps: float, count: int = 5) -> list[Heard]:
    """1250 bytes each, leaving at 2 Mbit/s and coming at `rate_bps`."""
    size = 1250
    return [
        Heard(start_s + at * size * 8 / RATE_BPS, start_s + 0.5 + at * size * 8 / rate_bps, size) for at in range(count)
    ]


@pytest.mark.parametrize(
    ("rate_bps", "found_bps"),
    [(2_000_000, 2_000_000), (2_500_000, 2_000_000), (1_900_000, 2_000_000), (600_000, 570_000), (20_000_000, 0)],
)
def test_the_slower_of_leaving_and_coming_counts(rate_bps: float, found_bps: float) -> None:
    """Nothing where they came in a heap: somebody was held up."""
    assert speed_bps(cluster(5.0, rate_bps)) == pytest.approx(found_bps, abs=1)
    assert speed_bps(cluster(5.0, rate_bps)[:3]) == 0


def outcome(probing: Probing, now_s: float, rate_bps: float, missing: int = 0) -> float:
    """One try from 1 Mbit/s."""
    assert probing.due_bps(1_000_000, now_s) == RATE_BPS
    assert probing.due_bps(1_000_000, now_s) == 0
    first = int(now_s * 1000)
    for number, heard in enumerate(cluster(now_s, rate_bps), first):
        if number - first >= missing:
            assert probing.found_bps(now_s + 0.6) == 0
            probing.hear(number, heard)
    probing.is_of(first, first + 4)
    return probing.found_bps(now_s + 0.6)


def test_more_is_tried_at_once_after_more_was_found_and_ever_less_often_else() -> None:
    """4 s, then 8 and 16 s; at once again where it was found that all came through."""
    probing = Probing()
    assert outcome(probing, 10.0, 2_000_000) == pytest.approx(RATE_BPS)
    assert outcome(probing, 10.7, 600_000) == pytest.approx(570_000)
    at_s = 10.7
    for pause_s in (4.0, 8.0, 16.0, 16.0):
        at_s += 0.6 + pause_s
        assert probing.due_bps(1_000_000, at_s - 0.1) == 0
        assert outcome(probing, at_s, 20_000_000) == 0


def test_a_try_of_which_much_was_lost_shows_nothing() -> None:
    """Nor does one of which nothing more is heard, which ends by itself."""
    probing = Probing()
    assert outcome(probing, 10.0, 2_000_000, missing=2) == 0
    assert probing.due_bps(1_000_000, 15.0) == RATE_BPS
    assert probing.due_bps(1_000_000, 15.9) == 0
    assert probing.due_bps(1_000_000, 16.1) == 0
    assert probing.due_bps(1_000_000, 60.0) == RATE_BPS


def test_nothing_is_tried_on_a_full_way() -> None:
    """For a while."""
    probing = Probing()
    probing.wait(10.0)
    assert probing.due_bps(1_000_000, 13.9) == 0
    assert probing.due_bps(1_000_000, 14.1) == RATE_BPS
