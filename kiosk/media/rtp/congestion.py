"""How much may be sent to one peer, from its transport-wide feedback: delay first, loss where it is heavy.

After Google's congestion control (draft-ietf-rmcat-gcc-02, 5.5 and 6), but growing faster while nothing speaks against
it: a call should look good within three seconds. Pure: times come from outside, in seconds.
"""

from collections import deque
from typing import NamedTuple

from kiosk.media.rtp.delay import Trend, Usage
from kiosk.media.rtp.twcc import Arrival, unwrap

START_BPS = 1_000_000
FLOOR_BPS = 100_000
CEILING_BPS = 6_000_000
_BACK_OFF = 0.85
_HEAVY_LOSS = 0.15
_LOSS_WINDOW_S = 1.0
_MIN_JUDGED = 20
_ACKED_WINDOW_S = 0.5
_REACTION_S = 0.2
"""Between two steps down; what came through is known no sooner."""
_SILENCE_S = 0.6
"""Without feedback for packets under way; then less and less is sent."""
_HISTORY_S = 10.0
_AT_FIRST, _SOON, _LATER, _NEAR = 1.0, 0.08, 0.4, 0.05
"""Growth a second: until the first congestion; just after one; when the way has been calm; near the last limit."""
_CALM_S = 3.0
_OUTGROWN = 1.3
"""So much more than the last limit, and still no queue: that limit is no more."""


class Sent(NamedTuple):
    """A packet on its way."""

    sent_s: float
    size: int


class Estimator:
    """One transport. `sent` and `hear` in order of time."""

    def __init__(self, start_bps: int = START_BPS) -> None:
        self.target_bps = start_bps
        """What may be sent from now on, all lines together."""
        self.acked_bps = 0
        """What came through lately."""
        self.round_trip_s = 0.1
        """Of the feedback; it waits some 50 ms at the peer."""
        self._under_way: dict[int, Sent] = {}
        self._newest = 0
        self._trend = Trend()
        self._acked: deque[tuple[float, int]] = deque()
        self._fates: dict[int, tuple[float, bool]] = {}
        """Number to when it was first heard of, and whether it has come."""
        self._limit_bps = 0
        """What came through when the way was last full; 0: not known."""
        self._congested_s = self._changed_s = self._heard_s = 0.0
        self._before_silence_bps = 0

    @property
    def loss(self) -> float:
        """Share of the packets of the last second that did not come."""
        return sum(not came for _, came in self._fates.values()) / len(self._fates) if self._fates else 0.0

    def sent(self, number: int, size: int, now_s: float) -> None:
        """A packet with this 16-bit transport-wide number leaves; `size` in bytes."""
        full = unwrap(number, self._newest) if self._under_way else number
        self._newest = full
        self._heard_s = self._heard_s or now_s
        self._under_way[full] = Sent(now_s, size)
        while len(self._under_way) > 1:
            oldest = next(iter(self._under_way))
            if now_s - self._under_way[oldest].sent_s < _HISTORY_S:
                return
            del self._under_way[oldest]

    def hear(self, feedback: list[Arrival], now_s: float) -> None:
        """The peer's report."""
        news, newest_sent_s, over = 0, 0.0, False
        for arrival in feedback:
            number = unwrap(arrival.number, self._newest)
            sent = self._under_way.get(number)
            if sent is None:
                continue
            news += 1
            first_s = self._fates.get(number, (now_s, False))[0]
            self._fates[number] = (first_s, arrival.arrival_s is not None)
            if arrival.arrival_s is None:
                continue  # it may still come, and be in the next report
            del self._under_way[number]
            self._acked.append((arrival.arrival_s, sent.size))
            self._trend.add(sent.sent_s, arrival.arrival_s)
            over = over or self._trend.usage is Usage.OVER
            newest_sent_s = max(newest_sent_s, sent.sent_s)
        if not news:
            return
        if newest_sent_s:
            self.round_trip_s += 0.2 * (now_s - newest_sent_s - self.round_trip_s)
        self._heard_s = now_s
        self._count(now_s)
        self._speak_again()
        self._steer(over, now_s)

    def look(self, now_s: float) -> None:
        """To be called now and then: without feedback the rate goes down, and comes back when there is some."""
        oldest = next(iter(self._under_way.values()), None)
        if oldest is None or now_s - max(self._heard_s, oldest.sent_s) < _SILENCE_S:
            return
        if now_s - self._changed_s < _SILENCE_S:
            return
        self._before_silence_bps = self._before_silence_bps or self.target_bps
        self._set(self.target_bps // 2, now_s)

    def _speak_again(self) -> None:
        if self._before_silence_bps:
            self.target_bps = max(self.target_bps, self._before_silence_bps // 2)
            self._before_silence_bps = 0
            self._trend, self._limit_bps = Trend(), 0
            self._acked.clear()
            self._fates.clear()

    def _count(self, now_s: float) -> None:
        while self._fates and now_s - next(iter(self._fates.values()))[0] > _LOSS_WINDOW_S:
            del self._fates[next(iter(self._fates))]
        if not self._acked:
            return
        last_s = max(arrival_s for arrival_s, _ in self._acked)
        while self._acked and last_s - self._acked[0][0] > _ACKED_WINDOW_S:
            self._acked.popleft()
        bits = 8 * sum(size for _, size in self._acked)
        self.acked_bps = int(bits / _ACKED_WINDOW_S)

    def _steer(self, over: bool, now_s: float) -> None:
        is_heavy = len(self._fates) >= _MIN_JUDGED and self.loss > _HEAVY_LOSS
        if over:
            if now_s - self._congested_s > max(self.round_trip_s, _REACTION_S):
                self._back_off(int(_BACK_OFF * self.acked_bps), now_s)
        elif is_heavy:
            if now_s - self._congested_s > 0.3 + self.round_trip_s:
                self._back_off(int(self.target_bps * (1 - self.loss / 2)), now_s)
        elif self._trend.usage is Usage.NORMAL:
            self._grow(now_s)
        else:
            self._changed_s = now_s

    def _back_off(self, bitrate_bps: int, now_s: float) -> None:
        self._limit_bps = self.acked_bps
        self._congested_s = now_s
        self._set(min(self.target_bps, bitrate_bps), now_s)

    def _grow(self, now_s: float) -> None:
        passed_s = min(now_s - (self._changed_s or now_s), 0.5)
        calm_s = now_s - self._congested_s
        if not self._congested_s or self.target_bps > _OUTGROWN * self._limit_bps:
            growth = _AT_FIRST
        elif calm_s >= _CALM_S or self.target_bps < _BACK_OFF * self._limit_bps:
            growth = _LATER
        else:
            is_near = self._limit_bps and 0.9 < self.target_bps / self._limit_bps < 1.1
            growth = _NEAR if is_near else _SOON
        grown = int(self.target_bps * (1 + growth) ** passed_s)
        # What nobody has tried to send has not been shown to come through.
        self._set(min(grown, max(self.target_bps, int(1.5 * self.acked_bps) + 10_000)), now_s)

    def _set(self, bitrate_bps: int, now_s: float) -> None:
        self.target_bps = min(max(bitrate_bps, FLOOR_BPS), CEILING_BPS)
        self._changed_s = now_s
