"""What waits, on a clock of the test's own."""

from kiosk.media.rtp.pacing import Pacer


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
