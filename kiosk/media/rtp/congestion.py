"""How much may be sent to one peer, from its transport-wide feedback: delay first, loss where it is heavy.

After Google's congestion control (draft-ietf-rmcat-gcc-02, 5.5 and 6), but growing faster while nothing speaks against
it: a call should look good within three seconds. Pure: times come from outside, in seconds.
"""

import math
from collections import deque
from typing import NamedTuple

from kiosk.media.rtp.delay import Backlog, Trend, Usage
from kiosk.media.rtp.probing import Heard, Probing
from kiosk.media.rtp.twcc import Arrival, unwrap

START_BPS = 1_000_000
FLOOR_BPS = 100_000
CEILING_BPS = 6_000_000
_ENOUGH_BPS = 3_000_000
"""More is not tried for: no line of ours needs it."""
_LOSSY = 0.05
"""With so much lost a try shows nothing."""
_BACK_OFF = 0.85
_DRAIN = 0.75
"""Of what comes through, while a queue stands."""
_BELIEVED_S, _CALM_QUEUE_S, _STANDING_S = 0.02, 0.05, 0.1
"""A queue shorter than the first is none, whatever the trend says: somebody was held up. With the second nothing grows,
and the third has to go, though it grows no more: a full one is as flat as an empty one."""
_MOST_DRAINS = 6
"""So often in a row without success: then it is no queue of ours, or the way has become longer."""
_DRAINING, _WEIGHED_S = 0.8, 0.3
"""A queue that has become so much shorter in this time is on its way out."""
_UNUSED = 0.6
"""With less of the rate in use, and all of it coming through, that says nothing of the way."""
_LEAST_UNUSED = 0.7
_HEAVY_LOSS = 0.12
"""More than chance makes of this: few packets tell little."""
_OVERTAKEN_S = 0.15
"""A packet that is missing in a report may come in one of the next."""
_LOSS_WINDOW_S = 1.0
_MIN_JUDGED = 20
_ACKED_WINDOW_S = 0.5
_REACTION_S = 0.1
"""So long the packets that left after a step down have to be heard of before the next one."""
_SILENCE_S = 0.6
"""Without feedback for packets under way; then less and less is sent."""
_LOOK_S = 0.2
"""What counts as silence of the time between two looks: in a longer one nobody listened here."""
_BROKEN_LOSS = 0.3
"""With less lost in a silence only the reports were late."""
_HISTORY_S = 10.0
_AT_FIRST, _SOON, _LATER, _NEAR = 1.0, 0.08, 0.4, 0.05
"""Growth a second: until the first congestion; just after one; when the way has been calm; near the last limit."""
_CALM_S = 3.0
_OUTGROWN = 1.3
"""So much more than the last limit, and still no queue: that limit is no more."""


class Fate(NamedTuple):
    """What is known of a packet."""

    heard_s: float
    """When it was first heard of."""
    sent_s: float
    has_come: bool


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
        self.loss = 0.0
        """Share of the packets of the last second that did not come; those that may only be late are left out."""
        self.round_trip_s = 0.1
        """Of the feedback; it waits some 50 ms at the peer."""
        self._under_way: dict[int, Sent] = {}
        self._newest = 0
        self._trend, self._backlog, self._probing = Trend(), Backlog(), Probing()
        self._acked: deque[tuple[float, int]] = deque()
        self._tried: deque[tuple[float, int]] = deque()
        self._fates: dict[int, Fate] = {}
        self._limit_bps = 0
        """What came through when the way was last full; 0: not known."""
        self._congested_s = self._changed_s = self._looked_s = self._silent_s = 0.0
        self._before_silence_bps = 0
        self._drains, self._waited_s, self._weighed_s = 0, 0.0, 0.0
        """Steps down for one queue that stands; how long it was when it was last looked at, and when that was."""
        self._is_heavy = False

    def sent(self, number: int, size: int, now_s: float) -> None:
        """A packet with this 16-bit transport-wide number leaves; `size` in bytes."""
        full = unwrap(number, self._newest) if self._under_way else number
        self._newest = full
        self._tried.append((now_s, size))
        while now_s - self._tried[0][0] > _ACKED_WINDOW_S:
            self._tried.popleft()
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
            heard_s = self._fates[number].heard_s if number in self._fates else now_s
            self._fates[number] = Fate(heard_s, sent.sent_s, arrival.arrival_s is not None)
            if arrival.arrival_s is None:
                continue  # it may still come, and be in the next report
            del self._under_way[number]
            self._acked.append((arrival.arrival_s, sent.size))
            self._trend.add(sent.sent_s, arrival.arrival_s)
            self._backlog.add(sent.sent_s, arrival.arrival_s)
            self._probing.hear(number, Heard(sent.sent_s, arrival.arrival_s, sent.size))
            over = over or self._trend.usage is Usage.OVER
            newest_sent_s = max(newest_sent_s, sent.sent_s)
        if not news:
            return
        if newest_sent_s:
            self.round_trip_s += 0.2 * (now_s - newest_sent_s - self.round_trip_s)
        self._silent_s = 0.0
        self._count(now_s)
        self._speak_again()
        is_effect = newest_sent_s - self._congested_s > _REACTION_S
        self._steer(over, is_effect, now_s)
        found_bps = int(self._probing.found_bps(now_s))
        if found_bps > self.target_bps:
            self._set(found_bps, now_s)

    def look(self, now_s: float) -> None:
        """To be called now and then: without feedback the rate goes down, and comes back when there is some."""
        passed_s, self._looked_s = now_s - (self._looked_s or now_s), now_s
        oldest = next(iter(self._under_way.values()), None)
        if oldest is None or now_s - oldest.sent_s < _SILENCE_S:
            return
        self._silent_s += min(passed_s, _LOOK_S)
        if self._silent_s < _SILENCE_S or now_s - self._changed_s < _SILENCE_S:
            return
        self._before_silence_bps = self._before_silence_bps or self.target_bps
        self._set(self.target_bps // 2, now_s)

    def chance_loss(self, now_s: float) -> float:
        """What is lost though there is room; 0 where the loss may come from a full way."""
        is_calm = now_s - self._congested_s > _CALM_S and self._backlog.waiting_s < _CALM_QUEUE_S
        return self.loss if is_calm else 0.0

    def probe_bps(self, now_s: float) -> int:
        """At what rate to try now whether the way carries more; 0: not now. `probed` is to follow."""
        is_calm = self._trend.usage is Usage.NORMAL and self._backlog.waiting_s < _BELIEVED_S and self.loss < _LOSSY
        is_possible = is_calm and not self._before_silence_bps and self._acked
        return self._probing.due_bps(self.target_bps, now_s) if is_possible and self.target_bps < _ENOUGH_BPS else 0

    def probed(self, count: int) -> None:
        """The last `count` packets that left were the try."""
        self._probing.is_of(self._newest - count + 1, self._newest)

    def _speak_again(self) -> None:
        before_bps, self._before_silence_bps = self._before_silence_bps, 0
        if not before_bps:
            return
        if sum(not fate.has_come for fate in self._fates.values()) < _BROKEN_LOSS * len(self._fates):
            self.target_bps = max(self.target_bps, before_bps)
            return
        self.target_bps = max(self.target_bps, before_bps // 2)
        self._trend, self._backlog, self._limit_bps = Trend(), Backlog(), 0
        self._acked.clear()
        self._fates.clear()

    def _count(self, now_s: float) -> None:
        while self._fates and now_s - next(iter(self._fates.values())).heard_s > _LOSS_WINDOW_S:
            del self._fates[next(iter(self._fates))]
        judged = [fate for fate in self._fates.values() if now_s - fate.heard_s >= _OVERTAKEN_S]
        self.loss = _lost([fate.has_come for fate in judged])
        since = [fate.has_come for fate in judged if fate.sent_s > self._congested_s]
        lost = _lost(since)
        doubt = 2 * math.sqrt(lost * (1 - lost) / len(since)) if since else 0.0
        self._is_heavy = len(since) >= _MIN_JUDGED and lost - doubt > _HEAVY_LOSS
        if not self._acked:
            return
        last_s = max(arrival_s for arrival_s, _ in self._acked)
        while self._acked and last_s - self._acked[0][0] > _ACKED_WINDOW_S:
            self._acked.popleft()
        bits = 8 * sum(size for _, size in self._acked)
        self.acked_bps = int(bits / _ACKED_WINDOW_S)

    def _steer(self, over: bool, is_effect: bool, now_s: float) -> None:
        """`is_effect`: what is heard of has left under the rate that there is now."""
        waiting_s = self._backlog.waiting_s
        is_standing = waiting_s > _STANDING_S
        if not is_standing:
            self._drains, self._waited_s = 0, 0.0
        if is_standing or (over and waiting_s > _BELIEVED_S):
            if is_effect and now_s - self._weighed_s > _WEIGHED_S:
                before_s, self._waited_s, self._weighed_s = self._waited_s, waiting_s, now_s
                if waiting_s >= _DRAINING * before_s:
                    self._make_way(is_standing, now_s)
        elif self._is_heavy:
            if is_effect:
                self._back_off(int(self.target_bps * (1 - self.loss / 2)), now_s)
        elif self._trend.usage is Usage.NORMAL and waiting_s < _CALM_QUEUE_S:
            self._grow(now_s)
        else:
            self._changed_s = now_s

    def _make_way(self, is_standing: bool, now_s: float) -> None:
        """For a queue that grows or stands."""
        bitrate_bps = _BACK_OFF * self.acked_bps
        if is_standing:
            self._drains += 1
            if self._drains > _MOST_DRAINS:
                self._drains = 0
                self._backlog.forget()
            # Whoever sends takes more than it may: what came through alone says too little.
            bitrate_bps = min(_DRAIN * self.acked_bps, _BACK_OFF * self.target_bps)
        tried_bps = 8 * sum(size for _, size in self._tried) / _ACKED_WINDOW_S
        is_unused = tried_bps < min(_UNUSED * self.target_bps, self.acked_bps / _BACK_OFF)
        if is_unused and not is_standing:
            bitrate_bps = max(bitrate_bps, _LEAST_UNUSED * self.target_bps)
        self._back_off(int(bitrate_bps), now_s)

    def _back_off(self, bitrate_bps: int, now_s: float) -> None:
        self._limit_bps = self.acked_bps
        self._congested_s = now_s
        self._probing.wait(now_s)
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


def _lost(have_come: list[bool]) -> float:
    """Share of those that have not."""
    return have_come.count(False) / len(have_come) if have_come else 0.0
