"""Buttons: the big ones with icon beside word, three equal ones, and those of the bar at the bottom."""

from kivy.properties import BooleanProperty, ColorProperty, NumericProperty, ObjectProperty

from kiosk.ui.theme import NORMAL
from kiosk.ui.theme.look import ButtonLook, button_look
from kiosk.ui.views import ButtonView
from kiosk.ui.widgets.areas import Areas, Shelves
from kiosk.ui.widgets.repeat import Repeat
from kiosk.ui.widgets.rules import load_rules
from kiosk.ui.widgets.stack import Column, Row
from kiosk.ui.widgets.surface import Surface
from kiosk.ui.widgets.touch import Touchable

_PLAIN = button_look("secondary", False, True, NORMAL)


class Pressable(Surface, Touchable):
    """What all buttons share: ground, border and foot from kind and state, and a place for the finger."""

    view: ButtonView = ObjectProperty(ButtonView(), rebind=True)
    look: ButtonLook = ObjectProperty(_PLAIN, rebind=True)


class TouchButton(Pressable, Row):
    """Icon and word in one line, at least 20 mm high; 15 when `is_small`."""

    is_small: bool = BooleanProperty(False)
    hugs: bool = BooleanProperty(False)
    """As wide as its words, instead of as wide as there is room."""
    is_one_line: bool = BooleanProperty(False)
    icon_mm: float = NumericProperty(8)
    words_px: float = NumericProperty(0)
    """Width of its words as they stand."""


class TrioButton(TouchButton):
    """One of equal choices: 22 mm, a bigger icon."""


class Trio(Repeat, Shelves):
    """Equal choices (`entries`: `ButtonView`), side by side; on an upright panel the icon stands above the word."""


class BarButton(Pressable, Areas):
    """A button of the bottom bar: icon, and its AN or AUS, above the word; beside it where there is width to spare."""

    is_beside: bool = BooleanProperty(False)


class BottomBar(Repeat, Shelves):
    """The five buttons of a session (`entries`: `ButtonView`); 3 + 2 on an upright panel."""


class CornerButton(Pressable, Column):
    """A button of the top bar: icons above a word."""

    icon_colour: list[float] | None = ColorProperty(None, allownone=True)
    """Where it is not the one of the kind: Hilfe."""


load_rules(__file__)
