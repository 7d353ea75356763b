"""A wire made of numbers: a bottleneck with a queue, loss, jitter, hold-ups of either side. Time is its own.

The sender makes 30 pictures a second at the rate that it may send, and paces their packets; the far side stamps what
comes when it reads it, and reports every 60 ms, as Chromium does.
"""

import heapq
import itertools
import random
from collections import deque
from collections.abc import Iterator

from kiosk.media.rtp import probing, twcc
from kiosk.media.rtp.congestion import Estimator
from kiosk.media.rtp.pacing import Pacer

FRAME_S, REPORT_S, PACKET = 1 / 30, 0.06, 1200
_STEP_S = 0.005
_PACE = 2.5


class Wire:
    """Conditions may be changed at any time between two runs."""

    def __init__(self, rate_bps: float, *, delay_s: float = 0.02, loss: float = 0.0, jitter_s: float = 0.0) -> None:
        self.rate_bps, self.delay_s, self.loss, self.jitter_s = rate_bps, delay_s, loss, jitter_s
        self.queue_s = 0.3
        self.wanted_bps = 2_500_000
        self.overshoot = 1.0
        """What the encoder makes of what it may."""
        self.hold_ups_s = (0.0, 0.0)
        """The longest time in which this side, and the far one, do nothing; twice a second, drawn at random."""
        self.estimator = Estimator()
        self.now_s, self.waited_s, self.sent, self.came = 1000.0, list[float](), 0, 0
        self.is_cut, self.is_probing = False, True
        self._pacer = Pacer(1_000_000, lambda: self.now_s)
        self._dice, self._free_s, self._report_s = random.Random(1), 0.0, 0.0
        self._numbers, self._frame_s = itertools.count(65_000), self.now_s
        self._held_up_s = [0.0, 0.0]
        self._due: deque[float] = deque()
        self._probes: deque[float] = deque()
        self._probe_from = 0
        self._arrivals: list[tuple[float, int]] = []
        self._reports: deque[tuple[float, list[twcc.Arrival]]] = deque()
        self._notes = twcc.Arrivals()
        self._credit = 0.0

    def run(self, seconds: float) -> Iterator[float]:
        """Goes on, and gives the target after each picture's time."""
        end_s = self.now_s + seconds
        while self.now_s < end_s:
            self.now_s += _STEP_S
            self._hold_up()
            if self.now_s >= self._held_up_s[1]:
                self._receive()
            if self.now_s >= self._held_up_s[0]:
                self._send_and_hear()
            if self.now_s - self._frame_s >= FRAME_S:
                self._frame_s += FRAME_S
                yield self.estimator.target_bps

    def last(self, seconds: float) -> int:
        return int(list(self.run(seconds))[-1])

    def seconds_until(self, rate_bps: float, limit_s: float) -> float:
        """How long the target takes to get there; infinite where it does not."""
        start_s = self.now_s
        reached = next((self.now_s for target in self.run(limit_s) if target >= rate_bps), float("inf"))
        return reached - start_s

    def mean(self, seconds: float) -> float:
        """What comes through, in bits per second."""
        before = self.came
        list(self.run(seconds))
        return (self.came - before) * PACKET * 8 / seconds

    def _hold_up(self) -> None:
        for side, most_s in enumerate(self.hold_ups_s):
            if most_s and self._dice.random() < 2 * _STEP_S:
                self._held_up_s[side] = self.now_s + self._dice.uniform(0, most_s)

    def _send_and_hear(self) -> None:
        while self._reports and self._reports[0][0] <= self.now_s:
            self.estimator.hear(self._reports.popleft()[1], self.now_s)
        self.estimator.look(self.now_s)
        rate_bps = min(self.estimator.target_bps, self.wanted_bps)
        self._pacer.rate_bps = int(rate_bps * _PACE)
        self._credit = min(self._credit + rate_bps * self.overshoot * _STEP_S / 8, rate_bps / 80)
        if self.now_s + _STEP_S > self._frame_s + FRAME_S:
            while self._credit >= PACKET:
                self._credit -= PACKET
                self._due.append(self.now_s + self._pacer.reserve(PACKET))
        while self._due and self._due[0] <= self.now_s:
            self._due.popleft()
            self._send()
        self._probe()

    def _probe(self) -> None:
        rate_bps = self.estimator.probe_bps(self.now_s) if self.is_probing else 0
        if rate_bps:
            self._probes.extend(self.now_s + index * PACKET * 8 / rate_bps for index in range(probing.LEAST_PACKETS))
            self._probe_from = self.sent
        while self._probes and self._probes[0] <= self.now_s:
            self._probes.popleft()
            self._send()
            if not self._probes:
                self.estimator.probed(self.sent - self._probe_from)

    def _send(self) -> None:
        number = next(self._numbers)
        self.estimator.sent(number % 65536, PACKET, self.now_s)
        self.sent += 1
        starts_s = max(self.now_s, self._free_s)
        if self.is_cut or self._dice.random() < self.loss or starts_s - self.now_s > self.queue_s:
            return
        self._free_s = starts_s + PACKET * 8 / self.rate_bps
        self.waited_s.append(self._free_s - self.now_s)
        jitter_s = self._dice.uniform(-self.jitter_s, self.jitter_s)
        heapq.heappush(self._arrivals, (self._free_s + self.delay_s + jitter_s, number))

    def _receive(self) -> None:
        """A side that was held up finds all that came meanwhile at once."""
        is_late = self.now_s - self._held_up_s[1] < _STEP_S
        while self._arrivals and self._arrivals[0][0] <= self.now_s:
            at_s, number = heapq.heappop(self._arrivals)
            self._notes.note(number % 65536, self.now_s if is_late else at_s)
            self.came += 1
        if self.now_s - self._report_s >= REPORT_S:
            self._report_s = self.now_s
            fci = self._notes.report()
            if fci:
                self._reports.append((self.now_s + self.delay_s, twcc.parse(fci)))
