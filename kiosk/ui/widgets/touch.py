"""How everything that can be touched answers a finger: at once, once, and only when the finger is lifted inside.

No gesture, no long press, no double tap. One finger at a time: while something is held, a second finger does nothing.
"""

from typing import Any, ClassVar

from kivy.clock import Clock
from kivy.input.motionevent import MotionEvent
from kivy.properties import BooleanProperty, NumericProperty, ObjectProperty, StringProperty

from kiosk.ui.widgets.part import Part

BOUNCE_S = 0.35
"""A second touch of the same thing within this time is the same finger trembling."""
SETTLE_S = 0.35
"""Nobody aims at what has just come: a touch so soon was meant for what stood there before."""


class Touchable(Part):
    """Fires `on_release` when it is lifted inside, and `on_intent` with its `meaning` if it has one."""

    __events__ = ("on_release", "on_intent")

    is_pressed: bool = BooleanProperty(False)
    meaning: object = ObjectProperty(None, allownone=True)
    """The intent of its view. (A property `intent` would claim the event `on_intent` for its own changes.)"""
    bounce_s: float = NumericProperty(BOUNCE_S)
    """0 for keys of a keyboard, which are struck twice on purpose."""
    speech: str = StringProperty("")
    """The spoken name."""

    _held: ClassVar[list["Touchable"]] = []

    def __init__(self, **kwargs: Any) -> None:
        self._fired_at = self._came_at = float("-inf")
        self._stood_at = (0.0, 0.0)
        self._meant: object = None
        super().__init__(**kwargs)
        self.bind(parent=self._let_go, disabled=self._let_go, meaning=self._come, pos=self._move)

    def on_release(self) -> None:
        """It was touched."""

    def on_intent(self, _intent: object) -> None:
        """What was meant by the touch, for whoever listens."""

    def activate(self) -> None:
        """Do what a touch does: for the tactile OK key."""
        if not self.disabled and not self._is_trembling:
            self._fire()

    @property
    def is_on_glass(self) -> bool:
        """Whether it is there: a screen that is left takes its parts along, and a part keeps its parent."""
        return self.get_root_window() is not None

    @property
    def has_settled(self) -> bool:
        """Whether it has stood here and meant the same for long enough to be aimed at."""
        return bool(Clock.get_time() - self._came_at >= SETTLE_S)

    def on_touch_down(self, touch: MotionEvent) -> bool:
        if not self.collide_point(*touch.pos) or touch.is_mouse_scrolling:
            return False
        Touchable._held[:] = [one for one in Touchable._held if one.is_on_glass]
        if self.disabled or Touchable._held or self._is_trembling or not self.has_settled:
            return True
        Touchable._held.append(self)
        self._meant = self.meaning
        touch.grab(self)
        self.is_pressed = True
        return True

    def on_touch_move(self, touch: MotionEvent) -> bool:
        if touch.grab_current is not self:
            return False
        self.is_pressed = self in Touchable._held and self.collide_point(*touch.pos)
        return True

    def on_touch_up(self, touch: MotionEvent) -> bool:
        if touch.grab_current is not self:
            return False
        touch.ungrab(self)
        is_inside = self in Touchable._held and self.is_on_glass and self.collide_point(*touch.pos)
        self._let_go()
        if is_inside and self.meaning == self._meant:  # else it became another's while the finger was on it
            self._fire()
        return True

    @property
    def _is_trembling(self) -> bool:
        return bool(Clock.get_time() - self._fired_at < self.bounce_s)

    def _come(self, *_: object) -> None:
        self._came_at = Clock.time()  # not `get_time`: the frame that makes a screen takes long

    def _move(self, *_: object) -> None:
        """A few pixels aside, for a longer word beside it, it is still where it was."""
        x, y = self._stood_at
        if abs(self.x - x) > self.width / 2 or abs(self.y - y) > self.height / 2:
            self._come()
        self._stood_at = (self.x, self.y)

    def _let_go(self, *_: object) -> None:
        """Also when it leaves the screen or becomes impossible under the finger: then the touch counts for nothing."""
        if self in Touchable._held:
            Touchable._held.remove(self)
        self.is_pressed = False

    def _fire(self) -> None:
        self._fired_at = Clock.get_time()
        self.dispatch("on_release")
        if self.meaning is not None:
            self.dispatch("on_intent", self.meaning)
