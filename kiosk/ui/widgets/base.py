"""Ties the plain parts (text, icon, ground, layouts) to the theme, and the pair of lines most parts are made of."""

from kivy.properties import BooleanProperty, ColorProperty, NumericProperty, OptionProperty, StringProperty

from kiosk.ui.widgets.areas import Areas, Shelves
from kiosk.ui.widgets.icon import Icon, WaitingIcon
from kiosk.ui.widgets.label import Text
from kiosk.ui.widgets.part import Gap
from kiosk.ui.widgets.rules import load_rules
from kiosk.ui.widgets.stack import Column, Row
from kiosk.ui.widgets.surface import Surface
from kiosk.ui.widgets.table_drawing import TableDrawing

__all__ = [
    "Areas",
    "Card",
    "Column",
    "Gap",
    "Icon",
    "Pair",
    "Row",
    "Shelves",
    "Surface",
    "TableDrawing",
    "Text",
    "WaitingIcon",
]


class Pair(Column):
    """A bold line and a plain one below it, as high as its words."""

    title: str = StringProperty("")
    detail: str = StringProperty("")
    title_role: str = OptionProperty("text", options=["text", "action", "headline", "staff"])
    detail_role: str = OptionProperty("text", options=["text", "action", "staff"])
    title_colour: list[float] = ColorProperty([0, 0, 0, 1])
    detail_colour: list[float] = ColorProperty([0, 0, 0, 1])
    align: str = OptionProperty("start", options=["start", "center", "end"])
    shrinks: bool = BooleanProperty(False)
    max_lines: int = NumericProperty(0)
    """Of each of the two; 0 for any number."""


class Card(Surface, Column):
    """A quiet ground for things that belong together; cannot be touched."""


load_rules(__file__)
