"""How often an address may be wrong: guessing is slow, and one broken terminal does not fill the journal."""

from collections import deque
from collections.abc import Callable

_FAILURES = 30
"""More than one terminal with a bad ticket makes."""
_WITHIN_S = 600.0
_MAX_ADDRESSES = 10_000


class Allowance:
    """Counts failures an address; successes are free, since a whole site may come from one."""

    def __init__(self, clock: Callable[[], float]) -> None:
        """`clock` counts seconds and never goes back."""
        self._clock = clock
        self._failures: dict[str, deque[float]] = {}

    def wait_s(self, address: str) -> float:
        """How long `address` has to wait; 0 when it may try."""
        times = self._failures.get(address)
        if times is None or len(times) < _FAILURES:
            return 0.0
        return max(0.0, times[0] + _WITHIN_S - self._clock())

    def fail(self, address: str) -> None:
        """One failure more."""
        if address not in self._failures and len(self._failures) >= _MAX_ADDRESSES:
            self._failures.pop(next(iter(self._failures)))
        self._failures.setdefault(address, deque(maxlen=_FAILURES)).append(self._clock())
