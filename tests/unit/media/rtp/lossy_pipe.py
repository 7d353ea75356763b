"""A sender of pictures and our receiving side with a bad network in between, in time that nobody waits for.

The sender is the least that WebRTC asks of one: a history of what it sent, retransmissions, a keyframe when asked.
"""

import heapq
import random
from collections.abc import Callable
from itertools import pairwise
from typing import Any, NamedTuple

from aiortc.codecs import CODECS
from aiortc.jitterbuffer import JitterFrame
from aiortc.rtp import RtcpPacket, RtcpPsfbPacket, RtcpRtpfbPacket

from kiosk.media.rtp.packet import Packet
from kiosk.media.rtp.pictures import Pictures

VP8 = CODECS["video"][0]
SENDER, OURS = 11, 22
RATE = 30
_PER_PICTURE, _PER_KEYFRAME = 5, 40
_BETWEEN_S = 0.0003
_FROZEN_S = 0.2


class _Timer:
    def __init__(self, callback: Callable[[], None]) -> None:
        self.callback: Callable[[], None] | None = callback

    def cancel(self) -> None:
        self.callback = None


class Time:
    """A loop without waiting: what was called later is called in order."""

    def __init__(self) -> None:
        self._now_s, self._count = 0.0, 0
        self._later: list[tuple[float, int, _Timer]] = []

    def time(self) -> float:
        return self._now_s

    def call_later(self, delay: float, callback: Callable[[], None]) -> _Timer:
        self._count += 1
        timer = _Timer(callback)
        heapq.heappush(self._later, (self._now_s + delay, self._count, timer))
        return timer

    def run(self, until_s: float) -> None:
        while self._later and self._later[0][0] <= until_s:
            self._now_s, _, timer = heapq.heappop(self._later)
            if timer.callback:
                timer.callback()
        self._now_s = until_s


class Seen(NamedTuple):
    """What came of it. Times in seconds, shares in percent."""

    frozen_pct: float
    pictures_per_second: float
    median_s: float
    again_pct: float
    """Retransmissions, of the packets sent at first."""
    keyframes_asked: int
    broken: int
    """Pictures handed to the decoder whose forerunner was not."""


class Call:
    """One stream; `loss` from 0 to 1 and may be changed on the way; each packet's delay is drawn anew."""

    def __init__(self, loss: float, delay_s: float = 0.05, jitter_s: float = 0.03, seed: int = 1) -> None:
        self.loss, self._delay_s, self._jitter_s = loss, delay_s, jitter_s
        self._dice = random.Random(seed)
        self.time = Time()
        self.pictures = Pictures(self._decode, self._hear, OURS, self.time)
        self.pictures.begin(SENDER, 0.0)
        self._history: dict[int, tuple[int, int, int, bool]] = {}
        self._number, self._picture = self._dice.randrange(0x10000), 0
        self._wants_keyframe = True
        self.sent = self.again = 0
        self.shown: list[tuple[float, int]] = []
        self._last, self.broken = -1, 0
        self._keyframes: set[int] = set()
        self._capture()

    def run(self, until_s: float) -> Seen:
        """Goes on until then."""
        self.time.run(until_s)
        gaps = [later - earlier for (earlier, _), (later, _) in pairwise(self.shown)]
        took_s = self.shown[-1][0] - self.shown[0][0]
        delays = sorted(at - picture / RATE for at, picture in self.shown)
        return Seen(
            frozen_pct=sum(gap for gap in gaps if gap > _FROZEN_S) / took_s * 100,
            pictures_per_second=len(self.shown) / took_s,
            median_s=delays[len(delays) // 2],
            again_pct=self.again / self.sent * 100,
            keyframes_asked=self.pictures.keyframes_asked,
            broken=self.broken,
        )

    def _cross(self, callback: Callable[[], None]) -> None:
        if self._dice.random() >= self.loss:
            delay_s = self._delay_s + self._dice.uniform(-self._jitter_s, self._jitter_s)
            self.time.call_later(delay_s, callback)

    def _capture(self) -> None:
        count = _PER_KEYFRAME if self._wants_keyframe else _PER_PICTURE
        for index in range(count):
            is_start = self._wants_keyframe and index == 0
            sent = (self._number, self._picture, int(index == count - 1), is_start)
            self._history[self._number & 0xFFFF] = sent
            self.time.call_later(index * _BETWEEN_S, lambda sent=sent: self._send(sent))  # type: ignore[misc]
            self._number += 1
        if self._wants_keyframe:
            self._keyframes.add(self._picture)
        self.sent += count
        self._wants_keyframe = False
        self._picture += 1
        self.time.call_later(1 / RATE, self._capture)

    def _send(self, sent: tuple[int, int, int, bool], *, is_again: bool = False) -> None:
        number, picture, marker, is_start = sent
        packet = Packet(97, marker, number & 0xFFFF, picture * 90_000 // RATE, SENDER, b"x")
        packet.starts_keyframe = is_start
        self._cross(lambda: self.pictures.take(packet, VP8, self.time.time(), is_again=is_again))

    def _hear(self, message: bytes) -> None:
        self._cross(lambda: self._answer(message))

    def _answer(self, message: bytes) -> None:
        for said in RtcpPacket.parse(message):
            assert isinstance(said, (RtcpPsfbPacket, RtcpRtpfbPacket))
            assert (said.ssrc, said.media_ssrc) == (OURS, SENDER)
            if isinstance(said, RtcpPsfbPacket):
                self._wants_keyframe = True
                continue
            for number in said.lost:
                self.again += 1
                self._send(self._history[number & 0xFFFF], is_again=True)

    def _decode(self, codec: Any, frame: JitterFrame) -> bool:
        picture = frame.timestamp * RATE // 90_000
        if picture != self._last + 1 and picture not in self._keyframes:
            self.broken += 1
        self._last = picture
        self.shown.append((self.time.time(), picture))
        return True
