"""How late packets of sound come, and how long to wait for them: no longer than almost all of them need.

Pure: the time comes in with the packet. Time stamps are in samples and have no overflow.
"""

from kiosk.media.capture.source import SAMPLE_RATE_HZ

LEAST_S, MOST_S = 0.02, 0.2
"""Bounds of the delay, as a partner in a conversation bears it."""
_BIN_S = 0.01
_BINS = 40
_IN_TIME = 0.99
"""Share of the packets that the delay waits for."""
_MEMORY = 500
"""Packets after which a lateness counts a third: 10 s."""
_FIRST_S = 0.04
"""Lateness that is believed in before there are packets to tell."""
_FIRST_WEIGHT = 2
_HEAVY = 1e100
_WINDOW_S = 2.0
"""The quickest packet of so long, and of the window before, is the one that others are late against."""


class Arrivals:
    """Lateness against the quickest packet, and the delay that follows. Follows clocks that drift apart."""

    def __init__(self) -> None:
        self._weights = [0.0] * _BINS
        self._weights[int(_FIRST_S / _BIN_S) - 1] = 1.0
        self._whole = 1.0
        """Sum of the weights: a new one weighs more than the last, so that the old need not be made lighter."""
        self._seen = _FIRST_WEIGHT
        self._quickest_s: list[float] = []
        self._window_end_s = 0.0
        self._way_s = 0.0
        self.delay_s = _FIRST_S + _BIN_S
        """From the arrival of a packet that is not late to its playing."""

    def begin_anew(self) -> None:
        """Time stamps go on from elsewhere; the way is the same."""
        self._quickest_s = []

    def note(self, timestamp: int, arrival_s: float) -> None:
        """A packet has come; 1 µs."""
        way_s = arrival_s - timestamp / SAMPLE_RATE_HZ
        if not self._quickest_s or arrival_s >= self._window_end_s:
            self._quickest_s = [*self._quickest_s[-1:], way_s]
            self._window_end_s = arrival_s + _WINDOW_S
        elif way_s < self._quickest_s[-1]:
            self._quickest_s[-1] = way_s
        self._way_s = min(self._quickest_s)
        self._seen = min(self._seen + 1, _MEMORY)
        weight = self._whole / (self._seen - 1)
        self._weights[min(int((way_s - self._way_s) / _BIN_S), _BINS - 1)] += weight
        self._whole += weight
        if self._whole > _HEAVY:
            self._weights, self._whole = [one / self._whole for one in self._weights], 1.0
        bins, heavy = 1, self._weights[0]
        while heavy < _IN_TIME * self._whole and bins < _BINS:
            heavy += self._weights[bins]
            bins += 1
        self.delay_s = min(max(bins * _BIN_S + _BIN_S, LEAST_S), MOST_S)

    def age_s(self, timestamp: int, now_s: float) -> float:
        """How long ago the sound of `timestamp` came, or would have come had it not been late."""
        return now_s - self._way_s - timestamp / SAMPLE_RATE_HZ
