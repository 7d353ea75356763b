"""A sender of pictures and our receiving side with a bad network in between, in time that nobody waits for.

The sender is the least that WebRTC asks of one: a history of what it sent, retransmissions, a keyframe when asked.
"""

import heapq
import random
import struct
from collections.abc import Callable
from itertools import pairwise
from typing import Any, NamedTuple

from aiortc.codecs import CODECS
from aiortc.jitterbuffer import JitterFrame
from aiortc.rtp import HeaderExtensions, RtcpPacket, RtcpPsfbPacket, RtcpRtpfbPacket

from kiosk.media.rtp.delay import Inbound
from kiosk.media.rtp.packet import Packet, parse
from kiosk.media.rtp.parity import Parity
from kiosk.media.rtp.payload import begun_vp8, unpack_vp8
from kiosk.media.rtp.pictures import Pictures
from tests.unit.media.rtp.protecting import TYPES, in_red, parity_of, plain

VP8 = CODECS["video"][0]
SENDER, OURS = 11, 22
RATE = 30
ROUND_TRIP_S = 0.1
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

    def __init__(
        self,
        loss: float,
        delay_s: float = 0.05,
        jitter_s: float = 0.03,
        seed: int = 1,
        again_after_s: float = 0.0,
    ) -> None:
        """`again_after_s`: nothing is sent again within this time of the last; a browser takes its round trip."""
        self._again_after_s, self.per_picture = again_after_s, _PER_PICTURE
        self.loss, self._delay_s, self._jitter_s = loss, delay_s, jitter_s
        self._dice = random.Random(seed)
        self.time, self.inbound = Time(), Inbound()
        self.pictures = Pictures(self._decode, self._hear, OURS, self.inbound, self.time)
        self.pictures.begin(SENDER, 0.0)
        self._history: dict[int, tuple[int, int, int, bool]] = {}
        self._again_s: dict[int, float] = {}
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
        count = _PER_KEYFRAME if self._wants_keyframe else self.per_picture
        for index in range(count):
            is_start = self._wants_keyframe and index == 0
            sent = (self._number, self._picture, int(index == count - 1), is_start)
            self._history[self._number & 0xFFFF] = sent
            self.time.call_later(index * _BETWEEN_S, lambda sent=sent: self._send(sent))  # type: ignore[misc]
            self._number += 1
        if self._wants_keyframe:
            self._keyframes.add(self._picture)
        self._protect(count)
        self.sent += count
        self._wants_keyframe = False
        self._picture += 1
        self.time.call_later(1 / RATE, self._capture)

    def _send(self, sent: tuple[int, int, int, bool], *, is_again: bool = False) -> None:
        number, picture, marker, is_start = sent
        packet = Packet(97, marker, number & 0xFFFF, picture * 90_000 // RATE, SENDER, b"x")
        packet.starts_keyframe = is_start
        self._cross(lambda: self.pictures.take(packet, VP8, self.time.time(), is_again=is_again))

    def _protect(self, count: int) -> None:
        """After the picture's last `count` packets."""

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
                is_known = number in self._history  # parity is not
                if is_known and self.time.time() - self._again_s.get(number, -1.0) >= self._again_after_s:
                    self._again_s[number] = self.time.time()
                    self.again += 1
                    self._send(self._history[number], is_again=True)

    def _decode(self, codec: Any, frame: JitterFrame) -> bool:
        picture = frame.timestamp * RATE // 90_000
        if picture != self._last + 1 and picture not in self._keyframes:
            self.broken += 1
        self._last = picture
        self.shown.append((self.time.time(), picture))
        return True


class NarrowCall(Call):
    """Packets of 1200 bytes through a bottleneck with a queue of 300 ms; they tell when they left, as browsers' do."""

    _BYTES, _QUEUE_S = 1200, 0.3

    def __init__(self, seed: int = 1) -> None:
        self.rate_bps, self._free_s, self.requests = 10_000_000, 0.0, 0
        super().__init__(0.0, delay_s=0.02, jitter_s=0.0, seed=seed, again_after_s=0.04)

    def _send(self, sent: tuple[int, int, int, bool], *, is_again: bool = False) -> None:
        number, picture, marker, is_start = sent
        now_s = self.time.time()
        starts_s = max(now_s, self._free_s)
        if starts_s - now_s > self._QUEUE_S:
            return
        self._free_s = starts_s + self._BYTES * 8 / self.rate_bps
        packet = Packet(97, marker, number & 0xFFFF, picture * 90_000 // RATE, SENDER, b"x")
        packet.starts_keyframe = is_start
        send_time = int(now_s * 2**18) & 0xFFFFFF

        def come() -> None:
            self.inbound.came(send_time, self.time.time())

            self.pictures.take(packet, VP8, self.time.time(), is_again=is_again)

        self.time.call_later(self._free_s - now_s + self._delay_s, come)

    def _answer(self, message: bytes) -> None:
        self.requests += sum(len(said.lost) for said in RtcpPacket.parse(message) if isinstance(said, RtcpRtpfbPacket))
        super()._answer(message)


class ProtectedCall(Call):
    """The same sender as a browser is one: all in RED, with one packet of parity behind every three."""

    def __init__(self, loss: float, seed: int = 1) -> None:
        self.parity = Parity(TYPES, HeaderExtensions())
        super().__init__(loss, seed=seed, again_after_s=ROUND_TRIP_S)

    def _bytes(self, sent: tuple[int, int, int, bool]) -> bytes:
        number, picture, marker, is_start = sent
        is_first = is_start or self._history.get((number - 1) & 0xFFFF, (0, -1))[1] != picture
        head = struct.pack("!BBH", 0x90 if is_first else 0x80, 0x80, 0x8000 | picture & 0x7FFF)
        body = bytes([0 if picture in self._keyframes or is_start else 1, *number.to_bytes(4, "big")])
        return plain(number, picture * 90_000 // RATE, head + body, b"", marker=bool(marker))

    def _send(self, sent: tuple[int, int, int, bool], *, is_again: bool = False) -> None:
        data = in_red(self._bytes(sent))
        self._cross(lambda: self._open(data, is_again=is_again))

    def _protect(self, count: int) -> None:
        numbers = range(self._number - count, self._number)
        for first in numbers[::3]:
            group = [self._history[number & 0xFFFF] for number in range(first, min(first + 3, numbers.stop))]
            data = in_red(parity_of([self._bytes(sent) for sent in group], number=self._number))
            self._number += 1
            self.time.call_later(count * _BETWEEN_S, lambda data=data: self._cross(lambda: self._open(data)))  # type: ignore[misc]

    def _open(self, data: bytes, *, is_again: bool = False) -> None:
        red = parse(memoryview(data), len(data), HeaderExtensions())
        for packet, is_made in self.parity.open(red, is_again=is_again):
            if packet.payload:
                packet.begins = begun_vp8(packet.payload)
                packet._data, packet.starts_keyframe = unpack_vp8(packet.payload)
            else:
                packet._data = b""
            self.pictures.take(packet, VP8, self.time.time(), is_again=is_again, is_made=is_made)
