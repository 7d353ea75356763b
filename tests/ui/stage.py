"""The one window of a test process: puts widgets on it, draws frames, touches it, saves pictures."""

import contextlib
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from kivy.input.motionevent import MotionEvent


class Glass:
    """A window without a screen (`SDL_VIDEODRIVER=offscreen`); import before anything else of Kivy."""

    def __init__(self, width: int, height: int) -> None:
        from kivy.config import Config

        for name, value in (("width", width), ("height", height), ("multisamples", 0)):
            Config.set("graphics", name, str(value))
        from kivy.base import EventLoop
        from kivy.clock import Clock
        from kivy.core.window import Window

        from kiosk.ui.theme import PANELS, theme

        Clock._max_fps = 0.0  # the clock was made when this module was imported; it would sleep a third of the time
        self._ahead_s = 0.0
        self._stands_at: float | None = None
        Clock.time = self._time
        self.window: Any = Window
        self._loop: Any = EventLoop
        EventLoop.window = Window
        EventLoop.status = "started"
        theme.panel = PANELS.get((width, height), theme.panel)
        self.settle()

    def put(self, root: Any) -> Any:
        """Show a widget on the whole glass, and let it be seen."""
        self.place(root)
        self.settle()
        self.rest()
        return root

    def place(self, root: Any) -> Any:
        """The same without drawing it, for who only looks where things lie."""
        self.clear()
        self.window.add_widget(root)
        return root

    def clear(self) -> None:
        """Take everything off."""
        for child in list(self.window.children):
            self.window.remove_widget(child)

    def settle(self, frames: int = 4) -> None:
        """Draw until every layout has had its turn."""
        for _ in range(frames):
            self._loop.idle()

    def _time(self) -> float:
        return self._ahead_s + (time.perf_counter() if self._stands_at is None else self._stands_at)

    @contextlib.contextmanager
    def time_stands(self) -> Iterator[None]:
        """Only `rest` lets time pass, however slow this machine is."""
        self._stands_at = time.perf_counter()
        yield
        self._stands_at = None

    def rest(self) -> None:
        """As much time passes as anybody takes to look at what has come."""
        from kiosk.ui.widgets.touch import SETTLE_S

        self._ahead_s += 2 * SETTLE_S
        self.settle(1)

    def dispatch(self, kind: str, event: MotionEvent) -> None:
        """Hand a motion event to the window as the event loop does."""
        self._loop.post_dispatch_input(kind, event)

    def touch(self, widget: Any) -> None:
        """Touch the middle of a widget and lift again."""
        Finger(self, *widget.to_window(*widget.center)).lift()

    def save(self, path: Path) -> None:
        """Save what is seen."""
        saved = Path(self.window.screenshot(str(path)))
        saved.rename(path)

    def pixel(self, x: float, y: float) -> tuple[int, int, int]:
        """Colour at a place, counted from the bottom left as Kivy does."""
        from kivy.graphics.opengl import GL_RGB, GL_UNSIGNED_BYTE, glReadPixels

        self.window.on_draw()
        red, green, blue = glReadPixels(int(x), int(y), 1, 1, GL_RGB, GL_UNSIGNED_BYTE)
        return red, green, blue


class Finger(MotionEvent):
    """A finger on the glass: goes the same way as one that SDL saw."""

    _count = 0

    def __init__(self, glass: Glass, x: float, y: float) -> None:
        Finger._count += 1
        super().__init__("test", Finger._count, {"x": 0.0, "y": 0.0}, is_touch=True, type_id="touch")
        self._glass = glass
        self._send("begin", x, y)

    def depack(self, args: dict[str, float]) -> None:
        """Where it is, 0 to 1."""
        self.profile = ("pos",)
        self.sx, self.sy = args["x"], args["y"]
        super().depack(args)

    def _send(self, kind: str, x: float, y: float) -> None:
        width, height = self._glass.window.size
        self.move({"x": x / width, "y": y / height})
        if kind == "end":
            self.update_time_end()
        self._glass.dispatch(kind, self)

    def slide(self, x: float, y: float) -> None:
        """Move without lifting."""
        self._send("update", x, y)

    def lift(self) -> None:
        """Leave the glass."""
        width, height = self._glass.window.size
        self._send("end", self.sx * width, self.sy * height)
