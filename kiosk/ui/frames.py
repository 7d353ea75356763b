"""Proof that the app lives: pictures reach the glass. Knows the window; not what is in the pictures."""

from collections.abc import Callable
from typing import Any

from kivy.clock import Clock

from kiosk.runtime.life import Life

_ASK_S = 5.0
_CLOCK_WITHIN_S, _FRAME_WITHIN_S = 20.0, 20.0
_FIRST_WITHIN_S = 60.0


class Frames:
    """Asks for a frame every few seconds, also of a screen where nothing moves, and hears whether it came."""

    def __init__(self, window: Any, root: Any, life: Life, on_first: Callable[[], None]) -> None:
        """`root` is what the window shows; `on_first` is called once, when the first picture has been drawn."""
        self._window, self._root = window, root
        self._on_first: Callable[[], None] | None = on_first
        self._turning = life.pulse("clock", _FIRST_WITHIN_S)
        self._flipping = life.pulse("frames", _FIRST_WITHIN_S)
        self._are_seen = True

    def watch(self) -> None:
        """From now on; the window is there."""
        self._window.bind(on_flip=self._on_flip)
        Clock.schedule_interval(self._ask, _ASK_S)
        self._window.canvas.ask_update()

    @property
    def are_seen(self) -> bool:
        """Whether the screen shows anything: a compositor whose output is off takes no frames, and that is no fault."""
        return self._are_seen

    @are_seen.setter
    def are_seen(self, are_seen: bool) -> None:
        if are_seen is not self._are_seen:
            self._are_seen = are_seen
            if are_seen:
                self._flipping.beat(_FRAME_WITHIN_S)
            else:
                self._flipping.rest()

    def _ask(self, *_: object) -> None:
        self._turning.beat(_CLOCK_WITHIN_S)
        if self._are_seen:
            self._root.canvas.ask_update()  # all of it: what was drawn once and kept as well

    def _on_flip(self, _window: Any) -> None:
        if self._are_seen:
            self._flipping.beat(_FRAME_WITHIN_S)
        if self._on_first:
            Clock.schedule_once(self._say_first, 0)  # Kivy tells us just before it hands the picture over

    def _say_first(self, *_: object) -> None:
        on_first, self._on_first = self._on_first, None
        if on_first:
            on_first()
