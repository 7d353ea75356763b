"""What is sent again, how soon and how many times over, on a clock of the test's own."""

import pytest

from kiosk.media.rtp.repeats import Repeats
from tests.unit.media.rtp.test_pacing import Clock


def test_a_packet_is_not_repeated_while_the_last_answer_is_on_its_way() -> None:
    """Over the end of the numbers; a request that comes a little early is answered all the same."""
    clock = Clock()
    repeats = Repeats(10e6, clock)
    found = []
    for index in range(9):
        found.append(repeats.copies(65535, 1000, 0.1, 0.0))
        assert repeats.copies(index, 1000, 0.1, 0.0) == 1
        clock.now_s += 0.025
    assert found == [1, 0, 0, 1, 0, 0, 1, 0, 0]


def test_there_is_only_so_much_room_for_repeats() -> None:
    """A hundred lost packets are not all sent at once: 250 ms of the rate, then as much as the rate lets through."""
    clock = Clock()
    repeats = Repeats(400_000, clock)
    assert sum(repeats.copies(number, 1000, 0.1, 0.0) for number in range(100)) == 13
    clock.now_s += 1
    assert sum(repeats.copies(number, 1000, 0.1, 0.0) for number in range(100)) == 13
    clock.now_s += 10
    repeats.copies(1, 1000, 0.1, 0.0)
    assert len(repeats._asked) == 1


def test_what_was_left_out_is_sent_when_it_is_asked_for_again() -> None:
    """However soon that is: nothing of it is on its way."""
    clock = Clock()
    repeats = Repeats(400_000, clock)
    while repeats.copies(1, 1000, 0.0, 0.0):
        pass
    assert repeats.copies(2, 1000, 0.1, 0.0) == 0
    clock.now_s += 0.03
    assert repeats.copies(2, 1000, 0.1, 0.0) == 1


def test_on_a_lossy_way_repeats_are_sent_more_than_once() -> None:
    """Where there is room: of repeats as many are lost as of anything."""
    clock = Clock()
    repeats = Repeats(1_000_000, clock)
    found = []
    for _ in range(4):
        found.append(repeats.copies(7, 1000, 0.1, 0.1))
        clock.now_s += 0.1
    assert found == [2, 3, 3, 3]
    assert [repeats.copies(number, 1000, 0.1, 0.1) for number in range(10)] == [2, 2, 2, 2, 2, 2, 1, 1, 1, 1]


def test_what_repeats_take_is_known() -> None:
    """100 kbit/s of them for some seconds, then none."""
    clock = Clock()
    repeats = Repeats(1_000_000, clock)
    for number in range(50):
        assert repeats.copies(number, 1250, 0.1, 0.0) == 1
        clock.now_s += 0.1
    assert repeats.spent_bps == pytest.approx(100_000, rel=0.15)
    clock.now_s += 3
    assert repeats.spent_bps < 1000
