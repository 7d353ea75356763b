"""One partner's sound on its way to the ear: packets wait no longer than they must, what is missing is made up.

A small NetEQ. The delay follows the lateness of the packets (`arrivals`), by making sound shorter or longer
(`stretch`); so it follows the partner's clock, too. Knows neither network nor loudspeaker; the time comes in.
"""

from collections import deque
from collections.abc import Callable
from typing import NamedTuple, Protocol

import numpy as np

from kiosk.contract.errors import MalformedError
from kiosk.media.capture.source import SAMPLE_RATE_HZ, Samples
from kiosk.media.playback import stretch
from kiosk.media.playback.arrivals import Arrivals
from kiosk.media.playback.opus import OpusDecoder, samples_of
from kiosk.media.playback.speaking import SpeakingMeter

_MAX_WAITING = 50
"""Packets, 1 s; then the oldest go."""
_STEP = SAMPLE_RATE_HZ // 100
"""So much is made up at once."""
_PAUSE = SAMPLE_RATE_HZ * 120 // 1000
"""A gap this long is not filled: the voice gathers anew."""
_TOO_LONG_S, _MUCH_TOO_LONG_S, _TOO_SHORT_S = 0.015, 0.1, 0.005
"""Off the wished delay; in between nothing is done."""
_SMOOTHING = 0.1
_REST = SAMPLE_RATE_HZ * 60 // 1000
"""At least between two changes of length."""
_JUMP = SAMPLE_RATE_HZ * 2
"""Between the time stamps of two packets: the partner has begun anew."""
_MAX_LATE = 25
"""Packets too late one after the other: the same."""
_SILENT_S = 0.2
"""Another stream is taken when the last one has sent nothing for so long; not before, lest two take turns."""
_NOTHING: Samples = np.zeros(0, np.int16)
_SILENCE: Samples = np.zeros(stretch.HISTORY, np.int16)


class Decoder(Protocol):
    def decode(self, packet: bytes) -> Samples:
        """Raises MalformedError."""


class _Packet(NamedTuple):
    ssrc: int
    sequence: int
    timestamp: int
    payload: bytes
    arrival_s: float
    duration: int


class Heard(NamedTuple):
    """What the loudspeaker took last."""

    ssrc: int
    timestamp: int
    """RTP time of its first sample, without overflow."""
    at_s: float
    """When that reaches the ear."""


class Voice:
    """`insert` on the loop; `pull` in another thread, never at the same time as `set_open`; attributes anywhere."""

    def __init__(self, make_decoder: Callable[[], Decoder] = OpusDecoder) -> None:
        self._make_decoder = make_decoder
        self._arrived: deque[_Packet] = deque(maxlen=_MAX_WAITING)
        self._meter = SpeakingMeter()
        self._is_open = True
        self.received = 0
        """Packets."""
        self.malformed = 0
        """Packets that were not Opus."""
        self.concealed_s = 0.0
        """Sound that was made up because none had come in time."""
        self.heard: Heard | None = None
        """None while nothing is heard."""
        self.least_delay_s = 0.0
        """Not sooner than this after its arrival is a punctual packet played: pictures need as long."""
        self._begin(0)

    def _begin(self, ssrc: int) -> None:
        """A new stream."""
        self._ssrc, self._decoder, self._arrivals = ssrc, self._make_decoder(), Arrivals()
        self._begin_anew()

    def _begin_anew(self) -> None:
        """The same stream at another time."""
        self._arrivals.begin_anew()
        self._newest: int | None = None
        self._newest_s = 0.0
        self._late = 0
        self._packets: dict[int, _Packet] = {}
        self._position, self._last_sequence = 0, -1
        self._uncertain = 0
        self._stop()

    def _stop(self) -> None:
        """Gather before anything is heard again."""
        self._is_playing, self.heard = False, None
        self._ready = _NOTHING
        self._past, self._past_length = deque([_SILENCE]), len(_SILENCE)
        self._continuation: stretch.Continuation | None = stretch.Continuation(_SILENCE)
        self._made_up = 0
        self._excess_s = 0.0
        self._since_change = 0

    @property
    def is_speaking(self) -> bool:
        return self._meter.is_speaking

    @property
    def delay_ms(self) -> float:
        """From the arrival of a punctual packet to its playing, as it is wished now."""
        return self._wished_s * 1000

    @property
    def _wished_s(self) -> float:
        return max(self._arrivals.delay_s, self.least_delay_s)

    def insert(self, ssrc: int, sequence: int, timestamp: int, payload: bytes, arrival_s: float) -> None:
        """A packet has come, in any order. What is no Opus packet is counted and forgotten; 3 µs."""
        self.received += 1
        try:
            duration = samples_of(payload)
        except MalformedError:
            self.malformed += 1
            return
        if self._is_open:
            self._arrived.append(_Packet(ssrc, sequence, timestamp, payload, arrival_s, duration))

    def set_open(self, is_open: bool) -> None:
        """Closed: what waits, and what comes meanwhile, is counted but never heard."""
        self._is_open = is_open
        if not is_open:
            self._arrived.clear()
            self._packets.clear()
            self._stop()

    def pull(self, count: int, now_s: float, latency_s: float = 0.0) -> Samples | None:
        """The next `count` samples; None while there is nothing to be heard.

        `now_s` on the clock of the arrivals, `latency_s` from here to the ear.
        """
        while self._arrived:
            self._sort_in(self._arrived.popleft())
        while len(self._packets) > _MAX_WAITING:
            del self._packets[min(self._packets)]
        if not self._is_playing and not self._start(now_s):
            return None
        while len(self._ready) < count:
            if not self._go_on(now_s):
                self._stop()
                return None
        self.heard = Heard(self._ssrc, self._position - len(self._ready), now_s + latency_s)
        samples, self._ready = self._ready[:count], self._ready[count:]
        return samples

    def _sort_in(self, packet: _Packet) -> None:
        if packet.ssrc != self._ssrc:
            if self._newest is not None and packet.arrival_s - self._newest_s < _SILENT_S:
                self.malformed += 1
                return
            self._begin(packet.ssrc)
        newest = packet.timestamp if self._newest is None else self._newest
        step = (packet.timestamp - newest + 2**31) % 2**32 - 2**31
        if abs(step) > _JUMP or self._late > _MAX_LATE:
            self._begin_anew()
            newest, step = packet.timestamp, 0
        timestamp = newest + step
        self._newest, self._newest_s = max(newest, timestamp), packet.arrival_s
        self._arrivals.note(timestamp, packet.arrival_s)
        is_late = self._is_playing and timestamp < self._position
        self._late = self._late + 1 if is_late else 0
        if not is_late:
            self._packets[timestamp] = packet

    def _start(self, now_s: float) -> bool:
        """Once the oldest packet has waited; what has waited too long, while nobody listened, goes."""
        wished_s = self._wished_s
        waiting = sorted(self._packets)
        while len(waiting) > 1 and self._arrivals.age_s(waiting[1], now_s) >= wished_s:
            del self._packets[waiting.pop(0)]
        if not waiting or self._arrivals.age_s(waiting[0], now_s) < wished_s:
            return False
        if self._has_paused(waiting[0]):
            self._uncertain = 0
        self._position, self._is_playing = waiting[0], True
        return True

    def _has_paused(self, following: int) -> bool:
        """Whether the partner sent nothing before that packet, so that nothing is missing."""
        is_next = (self._packets[following].sequence - self._last_sequence) % 2**16 == 1
        return is_next and following > self._position

    def _go_on(self, now_s: float) -> bool:
        """Makes more ready. False when the voice has fallen silent."""
        packet = self._packets.pop(self._position, None)
        if packet is not None:
            self._play(packet, now_s)
            return True
        if not self._packets:
            self._make_up(_STEP)
            self._made_up += _STEP
            return self._made_up <= _PAUSE
        following = min(self._packets)
        gap = following - self._position
        if gap > _PAUSE or (gap > self._made_up and self._has_paused(following)):
            return False
        if gap <= self._made_up:  # it was made up while nothing had come
            self._position = following
            return True
        step = min(gap - self._made_up, _STEP)
        self._make_up(step)
        self._position += step
        return True

    def _play(self, packet: _Packet, now_s: float) -> None:
        try:
            samples = self._decoder.decode(packet.payload)
        except MalformedError:
            self.malformed += 1
            self._make_up(packet.duration)
            self._position += packet.duration
            return
        self._meter.hear(samples)
        self.concealed_s += self._uncertain / SAMPLE_RATE_HZ
        self._uncertain = 0
        self._last_sequence, self._made_up = packet.sequence, 0
        age_s = self._arrivals.age_s(self._position - len(self._ready), now_s)
        self._position += packet.duration
        if self._continuation:
            if len(samples) >= stretch.FADE:
                head = stretch.fade(self._continuation.next(stretch.FADE), samples[: stretch.FADE])
                samples = np.concatenate([head, samples[stretch.FADE :]])
            self._continuation = None
        self._add(self._at_length(samples, age_s))

    def _at_length(self, samples: Samples, age_s: float) -> Samples:
        """A little shorter or longer where the delay is not as wished."""
        self._excess_s += (age_s - self._wished_s - self._excess_s) * _SMOOTHING
        self._since_change += len(samples)
        before = len(samples)
        if self._excess_s > _MUCH_TOO_LONG_S:
            samples = stretch.shorten(samples, 0.0)
        elif self._since_change < _REST:
            return samples
        elif self._excess_s > _TOO_LONG_S:
            samples = stretch.shorten(samples)
        elif self._excess_s < -_TOO_SHORT_S:
            samples = stretch.lengthen(samples)
        if len(samples) != before:
            self._since_change = 0
            self._excess_s += (len(samples) - before) / SAMPLE_RATE_HZ
        return samples

    def _make_up(self, count: int) -> None:
        if self._continuation is None:
            self._continuation = stretch.Continuation(np.concatenate(self._past)[-stretch.HISTORY :])
        self._uncertain += 0 if self._continuation.is_silent else count
        self._add(self._continuation.next(count))

    def _add(self, samples: Samples) -> None:
        self._ready = np.concatenate([self._ready, samples]) if len(self._ready) else samples
        self._past.append(samples)
        self._past_length += len(samples)
        while self._past_length - len(self._past[0]) >= stretch.HISTORY:
            self._past_length -= len(self._past.popleft())
