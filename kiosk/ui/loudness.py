"""How loud the microphone hears, for the bars beside its word. Comes from media, goes to the screen and no further."""

import time
from collections.abc import Callable

from kivy.event import EventDispatcher
from kivy.properties import NumericProperty

SILENT_S = 0.5
"""Who has said nothing for so long has closed the microphone."""


class Loudness(EventDispatcher):
    """One number that `.kv` rules follow."""

    microphone: float = NumericProperty(0)
    """0 to 1."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._clock = clock
        self._heard_s = 0.0

    def hear(self, pct: int) -> None:
        """As media says it."""
        self._heard_s = self._clock()
        self.microphone = min(100, max(0, pct)) / 100

    def fade(self) -> None:
        """Call now and then: an old number is none."""
        if self.microphone and self._clock() - self._heard_s > SILENT_S:
            self.microphone = 0


loudness = Loudness()
"""The one of the process."""
