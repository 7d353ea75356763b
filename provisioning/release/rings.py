"""Which terminals get a release first: each has a fixed place from 0 to 100, and a ring is all below its percentage.

Shared by those who roll out and by the terminals; must stay as it is, or terminals change places.
"""

import hashlib

RINGS = (1, 10, 50, 100)
"""Percent; each ring has those before it in it."""
_STEPS = 10_000


def place(terminal: str) -> float:
    """From 0 to just below 100, always the same for the same name."""
    number = int.from_bytes(hashlib.sha256(terminal.encode()).digest()[:8], "big")
    return number % _STEPS * 100 / _STEPS


def is_in(terminal: str, percent: int) -> bool:
    """Whether the terminal belongs to the ring of so many percent."""
    return place(terminal) < percent


def ring_of(terminal: str) -> int:
    """The first of `RINGS` that has this terminal."""
    return next(ring for ring in RINGS if is_in(terminal, ring))
