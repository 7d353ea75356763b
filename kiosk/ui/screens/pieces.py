"""Pieces that more than one screen is made of, or that are repeated on one; how they look is in the `.kv` files."""

from kivy.properties import BooleanProperty, ColorProperty, NumericProperty, ObjectProperty, OptionProperty

from kiosk.ui.present.views import StaffRowView, WayView
from kiosk.ui.views import StateView
from kiosk.ui.widgets import Areas, Card, List, Repeat, Row, Shelves, Surface, TimeLeft
from kiosk.ui.widgets.button import Pressable


class StateLine(Row):
    """A state in words beside its icon; breaks into lines where there is no room."""

    view: StateView = ObjectProperty(StateView(), rebind=True)
    role: str = OptionProperty("text", options=["text", "action", "headline"])
    is_bold: bool = BooleanProperty(True)
    own_px: float = NumericProperty(0)
    max_lines: int = NumericProperty(0)
    colour: list[float] | None = ColorProperty(None, allownone=True)
    """Of the words; without one, that of the mood, as the icon has."""


class WayCard(Card):
    """A way on from a fault, with its button."""

    __events__ = ("on_intent",)

    view: WayView = ObjectProperty(WayView(), rebind=True)

    def on_intent(self, _intent: object) -> None:
        """Its button was touched."""


class StaffRow(Surface, Areas):
    """One part of the terminal in the table of the staff."""

    view: StaffRowView = ObjectProperty(StaffRowView(), rebind=True)


class StepLine(Row):
    """A step of the first start: done, under way (it turns), still to come."""

    view: StateView = ObjectProperty(StateView(), rebind=True)
    is_now: bool = BooleanProperty(False)


class SwitchButton(Pressable, Areas):
    """Something that is on or off: icon, word and tag."""

    is_narrow: bool = BooleanProperty(False)


class FootButtons(Repeat, Shelves):
    """The last line of a screen (`entries`: `ButtonView`)."""

    is_tight: bool = BooleanProperty(False)
    """Whether the icons stand above the words, because there is no room beside them."""
    is_double: bool = BooleanProperty(False)
    """Whether there are too many for one line."""


class ClosesSoon(TimeLeft):
    """That the screen closes soon, where the top bar has no room for it."""


class GoneList(List):
    """What was deleted, in letters that fit."""

    most_px: float = NumericProperty(0)
