"""When the garbage collector may work: after a screen has come, not while it comes. It must not know what screens are.

A screen is ten thousand things in cycles. Left to themselves some five dead screens wait for the next full collection,
with all they showed, and it takes up to a quarter of a second in the midst of drawing another.
"""

import gc

from kivy.clock import Clock

from kiosk.ui import text

_FRAMES = 2
"""After it was shown, until it has been on the glass once. Nobody touches so soon what has just come."""


class Garbage:
    """One for the process."""

    def __init__(self) -> None:
        self._frames = 0
        self._next_frame = Clock.create_trigger(self._on_frame, 0)

    def wait(self) -> None:
        """Another screen comes, and the one before it is left."""
        gc.disable()
        self._frames = _FRAMES
        self._next_frame()

    def _on_frame(self, *_: object) -> None:
        self._frames -= 1
        if self._frames > 0:
            self._next_frame()
            return
        text.forget()  # after the frames in which what was left may have been drawn once more
        gc.collect()
        gc.enable()
