"""Pieces that more than one screen is made of, or that are repeated on one; how they look is in the `.kv` files."""

from kivy.properties import ColorProperty, ObjectProperty, OptionProperty

from kiosk.ui.present.views import WayView
from kiosk.ui.views import ButtonView, StateView
from kiosk.ui.widgets import BarButton, Card, Column, Repeat, Row, TimeLeft


class StateLine(Row):
    """A state in bold words beside its icon; breaks into lines where there is no room."""

    view: StateView = ObjectProperty(StateView(), rebind=True)
    role: str = OptionProperty("text", options=["text", "action", "headline"])
    colour: list[float] | None = ColorProperty(None, allownone=True)
    """Without one, that of its mood."""


class WayCard(Card):
    """A way on from a fault, with its button."""

    __events__ = ("on_intent",)

    view: WayView = ObjectProperty(WayView(), rebind=True)

    def on_intent(self, _intent: object) -> None:
        """Its button was touched."""


class SwitchButton(BarButton):
    """Something that is on or off: icon and tag above the word."""

    view: ButtonView = ObjectProperty(ButtonView(), rebind=True)


class FootButtons(Repeat, Row):
    """The last line of a screen (`entries`: `ButtonView`)."""


class SessionList(Repeat, Column):
    """The appointments of today."""


class ClosesSoon(TimeLeft):
    """That the screen closes soon, where the top bar has no room for it."""
