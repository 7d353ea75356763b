"""The time that all packets of this process are stamped with, so that sound and picture share one origin."""

import time
from fractions import Fraction

TIME_BASE = Fraction(1, 90_000)
"""Of pictures."""
_START_NS = time.monotonic_ns()


def now(rate_hz: int) -> int:
    """Time since the process started, in ticks of `rate_hz`."""
    return (time.monotonic_ns() - _START_NS) * rate_hz // 1_000_000_000
