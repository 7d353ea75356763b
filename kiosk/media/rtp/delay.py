"""Whether a queue builds up on the way, from when packets left and when they came.

The delay-based half of Google's congestion control (draft-ietf-rmcat-gcc-02, 5, with the trendline filter that
libwebrtc uses instead of the Kalman filter). Pure: times come from outside, in seconds.
"""

from collections import deque
from enum import StrEnum

BURST_S = 0.005
"""Packets that leave within this time count as one."""
_HOLD_UP_S = 0.1
_POINTS, _LEAST_POINTS = 20, 8
_SMOOTHING = 0.9
_GAIN = 4.0
_MAX_DELTAS = 60
_OVERUSE_S = 0.01
_THRESHOLD_MS = 12.5
_THRESHOLDS_MS = (6.0, 600.0)
_RISE, _FALL = 0.0087, 0.039
"""How fast the threshold follows, a millisecond: slowly up, so that a flow beside ours does not starve us."""
_MAX_JUMP_MS = 15.0
_RESET_S = 3.0


_BASE_S, _BASES = 1.0, 10
"""The least delay of so many spans of this length is that of the empty way; clocks drift by 1 ms meanwhile."""
_FRESH_S, _LEAST_FRESH_S, _LEAST_FRESH = 0.15, 0.1, 5
"""What has come lately; less than the second of it, or fewer packets, tell nothing."""
_PAUSE_S = 0.08
"""Nothing came for so long: what comes then in a heap was held up."""


class Usage(StrEnum):
    """What the queue on the way does."""

    NORMAL = "normal"
    OVER = "over"
    UNDER = "under"


class Trend:
    """Takes packets in order of their numbers, and says what the queue does."""

    def __init__(self) -> None:
        self.usage = Usage.NORMAL
        self._threshold_ms = _THRESHOLD_MS
        self._reset()

    def _reset(self) -> None:
        self._group: list[float] = []
        """First and last departure, last and first arrival of the burst under way."""
        self._before: tuple[float, float] | None = None
        """Last departure and last arrival of the burst before."""
        self._points: deque[tuple[float, float]] = deque(maxlen=_POINTS)
        self._accumulated_ms = self._smoothed_ms = 0.0
        self._deltas = 0
        self._over_s, self._overs, self._slope = 0.0, 0, 0.0
        self._judged_s = 0.0

    def add(self, sent_s: float, arrival_s: float) -> None:
        """One packet that has come."""
        group = self._group
        if not group:
            self._group = [sent_s, sent_s, arrival_s, arrival_s]
            return
        if sent_s < group[0]:
            return
        if sent_s - group[0] <= BURST_S or self._is_held_up(sent_s, arrival_s):
            group[1], group[2] = max(group[1], sent_s), max(group[2], arrival_s)
            return
        before, self._before = self._before, (group[1], group[2])
        self._group = [sent_s, sent_s, arrival_s, arrival_s]
        if before is None:
            return
        sent_delta_s, arrival_delta_s = group[1] - before[0], group[2] - before[1]
        if abs(arrival_delta_s - sent_delta_s) > _RESET_S:
            self._reset()
            return
        self._move((arrival_delta_s - sent_delta_s) * 1000, sent_delta_s, group[2])

    def _is_held_up(self, sent_s: float, arrival_s: float) -> bool:
        """Whether the packet came out of the same hold-up as the burst: one event, not two."""
        _, last_sent_s, last_arrival_s, first_arrival_s = self._group
        passed_s = arrival_s - last_arrival_s
        return passed_s <= BURST_S and passed_s < sent_s - last_sent_s and arrival_s - first_arrival_s < _HOLD_UP_S

    def _move(self, delta_ms: float, sent_delta_s: float, arrival_s: float) -> None:
        self._deltas = min(self._deltas + 1, _MAX_DELTAS)
        self._accumulated_ms += delta_ms
        self._smoothed_ms = _SMOOTHING * self._smoothed_ms + (1 - _SMOOTHING) * self._accumulated_ms
        self._points.append((arrival_s * 1000, self._smoothed_ms))
        slope = _slope(self._points) if len(self._points) >= _LEAST_POINTS else self._slope
        self._judge(self._deltas * slope * _GAIN, slope, sent_delta_s, arrival_s)

    def _judge(self, trend_ms: float, slope: float, sent_delta_s: float, now_s: float) -> None:
        if trend_ms > self._threshold_ms:
            self._over_s += sent_delta_s if self._overs else sent_delta_s / 2
            self._overs += 1
            if self._over_s > _OVERUSE_S and self._overs > 1 and slope >= self._slope:
                self._over_s, self._overs = 0.0, 0
                self.usage = Usage.OVER
        else:
            self._over_s, self._overs = 0.0, 0
            self.usage = Usage.UNDER if trend_ms < -self._threshold_ms else Usage.NORMAL
        self._slope = slope
        self._adapt(abs(trend_ms), now_s)

    def _adapt(self, trend_ms: float, now_s: float) -> None:
        passed_ms = min(max(0.0, now_s - (self._judged_s or now_s)) * 1000, 100.0)
        self._judged_s = now_s
        if trend_ms > self._threshold_ms + _MAX_JUMP_MS:
            return
        follow = _FALL if trend_ms < self._threshold_ms else _RISE
        threshold_ms = self._threshold_ms + follow * (trend_ms - self._threshold_ms) * passed_ms
        self._threshold_ms = min(max(threshold_ms, _THRESHOLDS_MS[0]), _THRESHOLDS_MS[1])


class Backlog:
    """How long the queue on the way is, whether it grows or not: the least delay of late beside the least of all.

    A hold-up of either process makes some packets late, never all of 150 ms; only a queue does.
    """

    def __init__(self) -> None:
        self._bases: deque[float] = deque(maxlen=_BASES)
        self._base_from_s = 0.0
        self._fresh: deque[tuple[float, float]] = deque()

    def add(self, sent_s: float, arrival_s: float) -> None:
        """One packet that has come."""
        delay_s = arrival_s - sent_s
        if self._bases and abs(delay_s - self._bases[-1]) > _RESET_S:
            self.forget()  # a clock was set
            self._fresh.clear()
        if not self._bases or arrival_s - self._base_from_s > _BASE_S:
            self._bases.append(delay_s)
            self._base_from_s = arrival_s
        self._bases[-1] = min(self._bases[-1], delay_s)
        if self._fresh and arrival_s - self._fresh[-1][0] > _PAUSE_S:
            self._fresh.clear()
        self._fresh.append((arrival_s, delay_s))
        while arrival_s - self._fresh[0][0] > _FRESH_S:
            self._fresh.popleft()

    @property
    def waiting_s(self) -> float:
        """What every packet of late has waited; 0 where too few came to tell."""
        if len(self._fresh) < _LEAST_FRESH or not self._bases:
            return 0.0
        if self._fresh[-1][0] - self._fresh[0][0] < _LEAST_FRESH_S:
            return 0.0
        return min(delay_s for _, delay_s in self._fresh) - min(self._bases)

    def forget(self) -> None:
        """The way itself has become longer."""
        self._bases.clear()


_FULL_S, _REMEMBERED_S, _LOOK_S = 0.1, 1.0, 0.05
"""A queue on the way to us that is as long as the first is a full one: what gets lost then, it has dropped. A sender
that takes a breath empties it for less than the second."""
_SEND_TIME_BITS, _SEND_TIME_S = 24, 1 / 2**18


class Inbound:
    """The queue on the way to us, from the times that the peer writes into its packets (`abs-send-time`)."""

    def __init__(self) -> None:
        self._backlog = Backlog()
        self._newest, self._noted_s = 0, 0.0
        self._full_s, self._queue_s, self._looked_s = -_REMEMBERED_S, 0.0, 0.0

    def came(self, send_time: int, arrival_s: float) -> None:
        """One packet. `send_time` as it is in the packet: 24 bits, 2⁻¹⁸ s each. Of a burst the first one counts."""
        if 0 <= arrival_s - self._noted_s < BURST_S:
            return
        self._noted_s = arrival_s
        half = 1 << _SEND_TIME_BITS - 1
        ahead = (send_time - self._newest + half) % (2 * half) - half
        self._newest += ahead
        self._backlog.add(self._newest * _SEND_TIME_S, arrival_s)
        if arrival_s - self._looked_s > _LOOK_S:
            self._look(arrival_s)

    def _look(self, now_s: float) -> None:
        self._looked_s, waiting_s = now_s, self._backlog.waiting_s
        if waiting_s > _FULL_S:
            self._full_s, self._queue_s = now_s, waiting_s
        elif now_s - self._full_s > _REMEMBERED_S:
            self._queue_s = 0.0

    @property
    def queue_s(self) -> float:
        """How long the queue of a full way is; 0 where the way is not full, or too little has come to tell."""
        return self._queue_s


def _slope(points: deque[tuple[float, float]]) -> float:
    """Of the straight line through the points (least squares)."""
    count = len(points)
    mean_x = sum(x for x, _ in points) / count
    mean_y = sum(y for _, y in points) / count
    spread = sum((x - mean_x) ** 2 for x, _ in points)
    return sum((x - mean_x) * (y - mean_y) for x, y in points) / spread if spread else 0.0
