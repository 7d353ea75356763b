"""Measures what a person feels: from the touch to the first frame on the glass after it, and frames a second."""

import asyncio
import time
from collections import deque
from typing import Any

from kivy.clock import Clock

_KEPT = 200
_WINDOW_S = 5.0


class Reaction:
    """Listens to the window; one for the process."""

    def __init__(self, window: Any) -> None:
        self._touched: list[float] = []
        self._reactions_ms: deque[float] = deque(maxlen=_KEPT)
        self._flips: deque[float] = deque(maxlen=_KEPT)
        self._answered = asyncio.Event()
        window.bind(on_flip=self._on_flip, on_touch_down=self._on_touch)

    def _on_touch(self, _window: Any, touch: Any) -> bool:
        waited_s = time.time() - touch.time_start  # since it was read from the panel
        self._touched.append(time.perf_counter() - waited_s)
        self._answered.clear()
        Clock.schedule_once(self._give_up, 0)
        return False

    def _on_flip(self, _window: Any) -> None:
        now = time.perf_counter()
        self._flips.append(now)
        self._reactions_ms.extend((now - at) * 1000 for at in self._touched)
        self._give_up()

    def _give_up(self, *_: object) -> None:
        """Also when the frame of the touch has come and gone without anything new to draw: nothing was hit."""
        self._touched.clear()
        self._answered.set()

    async def answered(self) -> float:
        """Milliseconds of the touch under way, or of the last one, as soon as it has its frame; 0 before the first."""
        await self._answered.wait()
        return self._reactions_ms[-1] if self._reactions_ms else 0.0

    @property
    def p95_ms(self) -> float:
        """Of the last 200 touches; 0 before the first."""
        ordered = sorted(self._reactions_ms)
        return ordered[int(0.95 * (len(ordered) - 1))] if ordered else 0.0

    @property
    def frames_per_second(self) -> float:
        """Frames drawn in the last five seconds, a second."""
        since = time.perf_counter() - _WINDOW_S
        return sum(1 for flip in self._flips if flip > since) / _WINDOW_S
