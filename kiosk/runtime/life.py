"""What a process has to do to be called alive: each of its parts says until when it will be heard of again.

The watchdog is told that the process lives while none is overdue. Knows times; not what the parts do.
"""

import time
from collections.abc import Callable


class Pulse:
    """Of one part, which beats it from the thread it lives on."""

    def __init__(self, name: str, within_s: float = float("inf"), clock: Callable[[], float] = time.monotonic) -> None:
        """`within_s`: when the first beat is due, from now on."""
        self.name = name
        self._clock = clock
        self._due_s = clock() + within_s

    def beat(self, within_s: float) -> None:
        """It lives, and beats again within so many seconds."""
        self._due_s = self._clock() + within_s

    def rest(self) -> None:
        """It has nothing to do; not missed until it beats again."""
        self._due_s = float("inf")

    @property
    def is_overdue(self) -> bool:
        return self._clock() > self._due_s


class Life:
    """All pulses of a process; without any, all that counts is that its loop turns."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._pulses: list[Pulse] = []

    def pulse(self, name: str, within_s: float) -> Pulse:
        """One more that has to beat, for the first time within so many seconds."""
        self._pulses.append(Pulse(name, within_s, self._clock))
        return self._pulses[-1]

    def missing(self) -> tuple[str, ...]:
        """What should have been heard of by now."""
        return tuple(pulse.name for pulse in self._pulses if pulse.is_overdue)
