"""How much is left of something, as a round piece. Runs clockwise in every language, like a clock."""

from typing import Any

from kivy.clock import Clock
from kivy.properties import ColorProperty, NumericProperty

from kiosk.ui.widgets.outline import NOTHING, Point, Triangles, arc, fill, merge, rounded, stroke
from kiosk.ui.widgets.part import Part
from kiosk.ui.widgets.rules import load_rules
from kiosk.ui.widgets.shape import Shape


class Pie(Part):
    """Draws `share` (0 to 1) of a disc."""

    share: float = NumericProperty(0)
    piece: list[float] = ColorProperty([0, 0, 0, 1])
    ground: list[float] = ColorProperty([1, 1, 1, 1])
    edge: list[float] = ColorProperty([0, 0, 0, 1])

    def __init__(self, **kwargs: Any) -> None:
        self._again = Clock.create_trigger(self._draw, -1)
        super().__init__(**kwargs)
        with self.canvas:
            self._ground, self._piece, self._edge = Shape(), Shape(), Shape()
        for name in ("share", "piece", "ground", "edge", "pos", "size"):
            self.fbind(name, self._again)
        self._again()

    def _draw(self, *_: object) -> None:
        unit = min(self.width, self.height) / 100
        for shape, colour in ((self._ground, self.ground), (self._piece, self.piece), (self._edge, self.edge)):
            shape.paint(colour)
        if unit <= 0:
            return
        size = 92 * unit
        disc = rounded(self.center_x - size / 2, self.center_y - size / 2, size, size, (size, size, size, size))
        self._ground.form(fill(disc))
        self._edge.form(stroke(disc, 6 * unit))
        share = max(0.0, min(1.0, self.share))
        # Two halves, because a piece of more than half a disc is not convex.
        self._piece.form(self._wedge(share, 42 * unit) if share else NOTHING)

    def _wedge(self, share: float, radius: float) -> Triangles:
        parts = []
        for start, end in ((0.0, min(share, 0.5)), (0.5, share)):
            if end > start:
                rim = arc(self.center_x, self.center_y, radius, start * 360, end * 360)
                parts.append(fill([Point(self.center_x, self.center_y, 0, 0), *rim]))
        return merge(parts)


load_rules(__file__)
