"""The estimator on a wire made of numbers: a bottleneck with a queue, loss, silence. Time is the test's own."""

import random
from collections import deque
from collections.abc import Iterator

import pytest

from kiosk.media.rtp import twcc
from kiosk.media.rtp.congestion import FLOOR_BPS, Estimator

FRAME_S, REPORT_S, PACKET = 1 / 30, 0.06, 1200


class Wire:
    """A sender that sends what it may, 30 bursts a second, and a receiver that reports every 60 ms."""

    def __init__(self, rate_bps: float, *, delay_s: float = 0.02, loss: float = 0.0, jitter_s: float = 0.0) -> None:
        self.rate_bps, self.delay_s, self.loss, self.jitter_s = rate_bps, delay_s, loss, jitter_s
        self.queue_s = 0.3
        self.wanted_bps = 2_500_000
        self.estimator = Estimator()
        self.now_s, self.waited_s, self.sent = 1000.0, list[float](), 0
        self.is_cut = False
        self._dice, self._free_s, self._number, self._report_s = random.Random(1), 0.0, 65_000, 0.0
        self._arrivals: list[tuple[float, int]] = []
        self._reports: deque[tuple[float, list[twcc.Arrival]]] = deque()
        self._notes = twcc.Arrivals()
        self._credit = 0.0

    def run(self, seconds: float) -> Iterator[float]:
        """Goes on, and gives the target after each picture."""
        end_s = self.now_s + seconds
        while self.now_s < end_s:
            self.now_s += FRAME_S
            self._credit += min(self.estimator.target_bps, self.wanted_bps) * FRAME_S / 8
            while self._credit >= PACKET:
                self._credit -= PACKET
                self._send()
            if self.now_s - self._report_s >= REPORT_S:
                self._report()
            while self._reports and self._reports[0][0] <= self.now_s:
                self.estimator.hear(self._reports.popleft()[1], self.now_s)
            self.estimator.look(self.now_s)
            yield self.estimator.target_bps

    def last(self, seconds: float) -> int:
        return int(list(self.run(seconds))[-1])

    def _send(self) -> None:
        number, self._number = self._number, self._number + 1
        self.estimator.sent(number % 65536, PACKET, self.now_s)
        self.sent += 1
        starts_s = max(self.now_s, self._free_s)
        if self.is_cut or self._dice.random() < self.loss or starts_s - self.now_s > self.queue_s:
            return
        self._free_s = starts_s + PACKET * 8 / self.rate_bps
        self.waited_s.append(self._free_s - self.now_s)
        jitter_s = self._dice.uniform(-self.jitter_s, self.jitter_s)
        self._arrivals.append((self._free_s + self.delay_s + jitter_s, number))

    def _report(self) -> None:
        self._report_s = self.now_s
        self._arrivals.sort()
        while self._arrivals and self._arrivals[0][0] <= self.now_s:
            at_s, number = self._arrivals.pop(0)
            self._notes.note(number % 65536, at_s)
        fci = self._notes.report()
        if fci:
            self._reports.append((self.now_s + self.delay_s, twcc.parse(fci)))


def test_a_free_way_is_used_within_three_seconds() -> None:
    """From 1 to more than 1.5 Mbit/s; what nobody sends is not believed in."""
    wire = Wire(100e6)
    targets = list(wire.run(3))
    assert next(index for index, target in enumerate(targets) if target > 1_500_000) * FRAME_S < 1.5
    idle = Wire(100e6)
    idle.wanted_bps = 100_000
    assert idle.last(5) == 1_000_000


def test_a_bottleneck_is_respected() -> None:
    """Its queue stays short on average, and most of it is used."""
    wire = Wire(600_000)
    list(wire.run(3))
    wire.waited_s.clear()
    targets = list(wire.run(20))
    mean = sum(targets) / len(targets)
    assert 400_000 < mean < 640_000
    assert max(targets) < 900_000
    assert sum(wire.waited_s) / len(wire.waited_s) < 0.12
    wire.rate_bps = 10e6
    targets = list(wire.run(10))
    assert next(index for index, target in enumerate(targets) if target > 1_500_000) * FRAME_S < 5


@pytest.mark.parametrize("loss", [0.01, 0.05, 0.1])
def test_chance_loss_does_not_stop_the_picture(loss: float) -> None:
    """Retransmission copes with it; less would come through no better."""
    assert Wire(20e6, loss=loss).last(10) > 1_500_000


def test_jitter_is_not_taken_for_a_queue() -> None:
    """50 ms each way, 30 more or less."""
    wire = Wire(20e6, delay_s=0.05, jitter_s=0.03)
    targets = list(wire.run(20))
    assert sum(targets) / len(targets) > 1_000_000


def test_heavy_loss_halves_the_rate() -> None:
    """A bottleneck without a queue shows itself by loss only."""
    wire = Wire(600_000)
    wire.queue_s = 0.0
    targets = list(wire.run(20))[300:]
    assert sum(targets) / len(targets) < 1_000_000
    assert wire.estimator.loss < 0.6


def test_silence_brings_the_rate_down_and_feedback_brings_it_back() -> None:
    """A cut of five seconds; a second later at least half of what was is back."""
    wire = Wire(20e6)
    before = wire.last(5)
    wire.is_cut = True
    assert wire.last(5) < before / 8
    wire.is_cut = False
    assert wire.last(1) >= before / 2
    assert wire.estimator.target_bps >= FLOOR_BPS
