"""Which packets to ask for again, and when. Stock aiortc asks once a gap, and is heard or not. Pure, no clock.

A packet that is late looks like one that is lost: how long to wait before asking follows from how late packets were
that came by themselves; when to ask again, from how long a retransmission took.
"""

import struct
from collections.abc import Sequence

ASK_AGAIN_LEAST_S = 0.02
_AGAIN_ROUND_TRIPS = 0.35
"""The request may be lost as well as its answer; who has answered just now, answers no more."""
WAIT_MOST_S = 0.03
"""Waiting longer costs more freezes than needless retransmissions do."""
OVER_S = 1.5
"""So long after a packet was missed nobody needs it."""
_MOST = 1000
"""Gaps that are followed; more missing packets mean that only a keyframe helps."""
_ASK_MOST = 160
"""Packets asked for in one message."""
_FULL_MOST = 16
"""Packets that are asked for and have not come, on a full way: its queue has no room for many more."""
_START_ROUND_TRIP_S = 0.1
_HEAD = struct.Struct("!BBHLL")
_RTPFB, _NACK = 205, 1


class _Gap:
    __slots__ = ("asked_s", "missed_s", "times")

    def __init__(self, missed_s: float) -> None:
        self.missed_s, self.asked_s, self.times = missed_s, missed_s, 0


class Gaps:
    """The missing packets of one stream. Numbers never wrap; times in seconds of any clock."""

    def __init__(self) -> None:
        self.newest: int | None = None
        """The furthest number that has come; whoever knows that the next one follows it may move it."""
        self._gaps: dict[int, _Gap] = {}
        self._lateness_s = 0.0
        self.round_trip_s = _START_ROUND_TRIP_S
        """From asking to the retransmission."""
        self.is_hopeless = False
        """More is missing than can be asked for; whoever reads it sets it back."""

    def __len__(self) -> int:
        return len(self._gaps)

    @property
    def wait_s(self) -> float:
        """How long a missing packet may come by itself."""
        return min(WAIT_MOST_S, self._lateness_s)

    def again_s(self, queue_s: float = 0.0) -> float:
        """From one request to the next. On a full way a repeat waits in the queue, and a second one makes it longer."""
        if queue_s:
            return max(_START_ROUND_TRIP_S + queue_s, self.round_trip_s)
        return max(ASK_AGAIN_LEAST_S, self.round_trip_s * _AGAIN_ROUND_TRIPS)

    def came(self, number: int, now_s: float, *, is_again: bool, is_made: bool = False) -> None:
        """One packet; `is_again`: by retransmission, `is_made`: neither late nor again, but made of others."""
        newest = self.newest
        if newest is None:
            self.newest = number
        elif number > newest:
            if number > newest + 1:
                self._miss(newest + 1, number, now_s)
            self.newest = number
        elif self._gaps:
            gap = self._gaps.pop(number, None)
            if gap is not None and not is_made:
                self._learn(gap, now_s, is_again=is_again)

    def _miss(self, first: int, end: int, now_s: float) -> None:
        if end - first + len(self._gaps) > _MOST:
            self._gaps.clear()
            self.is_hopeless = True
            return
        for number in range(first, end):
            self._gaps[number] = _Gap(now_s)

    def _learn(self, gap: _Gap, now_s: float, *, is_again: bool) -> None:
        if not is_again:
            late_s = now_s - gap.missed_s
            self._lateness_s += (late_s - self._lateness_s) * (0.3 if late_s > self._lateness_s else 0.02)
        else:
            self._lateness_s *= 0.95
            if gap.times == 1:  # else nobody knows which request was answered
                self.round_trip_s += (now_s - gap.asked_s - self.round_trip_s) * 0.1

    def due(self, now_s: float, queue_s: float = 0.0) -> list[int]:
        """The packets to ask for now, oldest first; asking is noted. `queue_s`: how long a full way's queue is."""
        wait_s, again_s, over_s = self.wait_s, self.again_s(queue_s), now_s - OVER_S
        found: list[int] = []
        most = _FULL_MOST if queue_s else _ASK_MOST
        for number, gap in list(self._gaps.items()):
            if gap.missed_s < over_s:
                del self._gaps[number]
            elif now_s - gap.asked_s < (again_s if gap.times else wait_s):
                most -= 1 if queue_s and gap.times else 0
            elif len(found) < most:
                gap.asked_s = now_s
                gap.times += 1
                found.append(number)
        return found

    def forget_before(self, number: int) -> None:
        """Nothing before `number` is of use any more."""
        for old in [old for old in self._gaps if old < number]:
            del self._gaps[old]


def nack(sender_ssrc: int, media_ssrc: int, numbers: Sequence[int]) -> bytes:
    """The RTCP message (RFC 4585, 6.2.1). `numbers` go up, also over the end of 16 bits; at least one."""
    entries: list[tuple[int, int]] = []
    for number in numbers:
        ahead = number - entries[-1][0] - 1 if entries else 16
        if ahead < 16:
            entries[-1] = (entries[-1][0], entries[-1][1] | 1 << ahead)
        else:
            entries.append((number, 0))
    head = _HEAD.pack(0x80 | _NACK, _RTPFB, 2 + len(entries), sender_ssrc, media_ssrc)
    return head + b"".join(struct.pack("!HH", number & 0xFFFF, mask) for number, mask in entries)
