"""Small words with a shape: AN and AUS, and the state of a desk or an appointment."""

from kivy.properties import BooleanProperty, ObjectProperty, StringProperty

from kiosk.ui.views import StateView
from kiosk.ui.widgets.rules import load_rules
from kiosk.ui.widgets.stack import Row
from kiosk.ui.widgets.surface import Surface


class Tag(Surface, Row):
    """AN in a filled pill or AUS in a box; an empty text is no tag."""

    text: str = StringProperty("")
    is_on: bool = BooleanProperty(False)


class StateMark(Row):
    """A state as icon and bold word in its colour."""

    view: StateView = ObjectProperty(StateView(), rebind=True)


load_rules(__file__)
