"""The two ways to put things in line: `Row`, which is mirrored in a right-to-left language, and `Column`."""

from typing import Any

from kivy.properties import BooleanProperty, NumericProperty, VariableListProperty
from kivy.uix.layout import Layout
from kivy.uix.widget import Widget

from kiosk.ui.widgets.part import Part, put_away


class Stack(Part, Layout):
    """Children one after the other.

    Along the line, a child with a `size_hint` shares the room that is left. Across, it fills the stack, and a child
    without `size_hint` keeps its size and stands in the middle. A child whose `is_shown` is false takes no room.
    """

    spacing: float = NumericProperty(0)
    padding: list[float] = VariableListProperty([0, 0, 0, 0])
    """Start, top, end, bottom: turned round with the direction."""
    lead: float = NumericProperty(0)
    """Share of the room left over that stands before the first child: 0.5 puts the children in the middle."""
    minimum_width: float = NumericProperty(0)
    minimum_height: float = NumericProperty(0)
    is_mirrored: bool = BooleanProperty(False)
    """From right to left; `base.kv` ties it to the theme."""

    _along = 0

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        again = self._trigger_layout
        self.bind(children=again, size=again, pos=again, spacing=again, padding=again, lead=again, is_mirrored=again)

    def add_widget(self, widget: Widget, *args: Any, **kwargs: Any) -> None:
        widget.bind(is_shown=self._trigger_layout)
        super().add_widget(widget, *args, **kwargs)

    def do_layout(self, *_: object) -> None:
        along, across = self._along, 1 - self._along
        children = [child for child in reversed(self.children) if child.is_shown]
        for child in self.children:
            if not child.is_shown:
                put_away(child)
        start, top, end, bottom = self.padding
        edges = ((start, end), (top, bottom))
        gaps = self.spacing * max(0, len(children) - 1)
        fixed = sum(c.size[along] for c in children if c.size_hint[along] is None) + gaps + sum(edges[along])
        widest = max((c.size[across] for c in children if c.size_hint[across] is None), default=0)
        self._say_minimum(fixed, widest + sum(edges[across]))
        hints = sum(c.size_hint[along] or 0 for c in children)
        spare = max(0.0, self.size[along] - fixed)
        at = edges[along][0] + (0 if hints else spare * self.lead)
        for child in children:
            size = [0.0, 0.0]
            hint = child.size_hint[along]
            size[along] = child.size[along] if hint is None else spare * hint / hints
            room = self.size[across] - sum(edges[across])
            size[across] = child.size[across] if child.size_hint[across] is None else room * child.size_hint[across]
            place = [0.0, 0.0]
            place[along] = at
            place[across] = edges[across][0] + (room - size[across]) / 2
            at += size[along] + self.spacing
            self._place(child, place, size)

    def _say_minimum(self, along: float, across: float) -> None:
        sizes = (along, across) if self._along == 0 else (across, along)
        self.minimum_width, self.minimum_height = sizes

    def _place(self, child: Widget, place: list[float], size: list[float]) -> None:
        """Put a child at a distance from the start and the top, on whole pixels."""
        width, height = round(size[0]), round(size[1])
        x = self.right - place[0] - width if self.is_mirrored else self.x + place[0]
        y = self.top - place[1] - height
        if child.size != [width, height]:
            child.size = (width, height)
        if child.pos != [round(x), round(y)]:
            child.pos = (round(x), round(y))


class Row(Stack):
    """From the start of the line to its end."""


class Column(Stack):
    """From top to bottom."""

    _along = 1
