"""What waits and what is dropped, on a clock of the test's own."""

import struct

from kiosk.media.rtp.pacing import Pacer, Repeats


class Clock:
    """Time that the test moves."""

    def __init__(self) -> None:
        self.now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


def test_an_ordinary_picture_does_not_wait_and_a_large_one_is_spread() -> None:
    """At 2.4 Mbit/s, 30 ms are 9000 bytes; the 40 packets of a keyframe leave within 130 ms."""
    clock = Clock()
    pacer = Pacer(2_400_000, clock)
    assert [pacer.reserve(1200) for _ in range(7)] == [0.0] * 7
    assert pacer.waited_s == 0.0
    clock.now_s += 1
    waits = [pacer.reserve(1200) for _ in range(40)]
    assert waits[7] == 0.0
    assert waits == sorted(waits)
    assert 0.12 < waits[-1] < 0.14
    assert pacer.waited_s == clock.now_s


def repeat_of(number: int) -> bytes:
    """A retransmission with one extension, 1000 bytes of payload."""
    head = struct.pack("!BBHLL", 0x90, 98, 7, 0, 5) + struct.pack("!HHL", 0xBEDE, 1, 0x51000000)
    return head + struct.pack("!H", number) + bytes(1000)


def test_a_packet_is_repeated_once_a_round_trip() -> None:
    """Asked for it sooner, the first answer is still on its way."""
    clock = Clock()
    repeats = Repeats(10e6, clock)
    found = []
    for _ in range(9):
        found.append(repeats.may_leave(repeat_of(65535), 0.1))
        assert repeats.may_leave(repeat_of(len(found)), 0.1)
        clock.now_s += 0.025
    assert [index for index, may in enumerate(found) if may] == [0, 4, 8]


def test_there_is_only_so_much_room_for_repeats() -> None:
    """A hundred lost packets are not all sent at once: 150 ms of the rate, then as much as the rate lets through."""
    clock = Clock()
    repeats = Repeats(400_000, clock)
    assert sum(repeats.may_leave(repeat_of(number), 0.1) for number in range(100)) in (8, 9)
    clock.now_s += 1
    assert sum(repeats.may_leave(repeat_of(number), 0.1) for number in range(100)) in (8, 9)
    clock.now_s += 10
    repeats.may_leave(repeat_of(1), 0.1)
    assert len(repeats._sent_s) == 1
