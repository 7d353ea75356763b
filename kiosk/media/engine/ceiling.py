"""The largest layer that the way from a media server carries. Pure.

Janus sends what it is asked for and looks at no reports of ours, so a narrow way shows by what gets lost on it.
"""

from kiosk.media.engine.layers import Layer

MUCH_LOSS_PCT, LITTLE_LOSS_PCT = 15.0, 7.0
"""Of packets at first. Losses by chance, which a smaller picture would not mend, are smaller as a rule."""
_LOWER_S = 2.0
"""So long much is lost before less is asked for."""
_RAISE_S, _LONGEST_RAISE_S = 10.0, 120.0
"""So long little is lost before more is tried; twice as long after each try that failed."""
_FAILED_S = 10.0
"""A try that is taken back within this time has failed."""


class Ceiling:
    """Of one subscription. Times in seconds of any clock."""

    def __init__(self) -> None:
        self.layer = Layer.LARGE
        self._much_since_s: float | None = None
        self._little_since_s: float | None = None
        self._raise_s = _RAISE_S
        self._raised_s = -_FAILED_S

    def look(self, loss_pct: float, now_s: float) -> bool:
        """Takes the loss of the last second; returns whether `layer` is another one now."""
        if loss_pct < MUCH_LOSS_PCT:
            self._much_since_s = None
        elif self._much_since_s is None:
            self._much_since_s = now_s
        if loss_pct > LITTLE_LOSS_PCT:
            self._little_since_s = None
        elif self._little_since_s is None:
            self._little_since_s = now_s
        if self._much_since_s is not None and now_s - self._much_since_s >= _LOWER_S and self.layer > Layer.SMALL:
            self._lower(now_s)
            return True
        if self._little_since_s is None or now_s - self._little_since_s < self._raise_s or self.layer is Layer.LARGE:
            return False
        self.layer, self._raised_s, self._little_since_s = Layer(self.layer + 1), now_s, None
        return True

    def _lower(self, now_s: float) -> None:
        has_failed = now_s - self._raised_s < _FAILED_S
        self._raise_s = min(2 * self._raise_s, _LONGEST_RAISE_S) if has_failed else _RAISE_S
        self.layer, self._much_since_s = Layer(self.layer - 1), None
