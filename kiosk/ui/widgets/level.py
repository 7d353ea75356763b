"""A bar that is filled so far: a volume, or how loud something is heard. Its length says it, not its colour."""

from typing import Any

from kivy.clock import Clock
from kivy.properties import BooleanProperty, ColorProperty, NumericProperty

from kiosk.ui.widgets.outline import NOTHING, Triangles, fill, rounded
from kiosk.ui.widgets.part import Part
from kiosk.ui.widgets.rules import load_rules
from kiosk.ui.widgets.shape import Shape


class LevelBar(Part):
    """Fills `share` (0 to 1) of itself along the line of reading, or from below when `is_upright`."""

    share: float = NumericProperty(0)
    is_upright: bool = BooleanProperty(False)
    is_mirrored: bool = BooleanProperty(False)
    piece: list[float] = ColorProperty([0, 0, 0, 1])
    ground: list[float] = ColorProperty([1, 1, 1, 1])
    edge: list[float] = ColorProperty([0, 0, 0, 1])
    edge_px: float = NumericProperty(0)

    def __init__(self, **kwargs: Any) -> None:
        self._again = Clock.create_trigger(self._draw, -1)
        self._fill_again = Clock.create_trigger(self._draw_piece, -1)
        super().__init__(**kwargs)
        with self.canvas:
            self._edge, self._ground, self._piece = Shape(), Shape(), Shape()
        for name in ("pos", "size", "is_upright", "is_mirrored", "edge_px", "piece", "ground", "edge"):
            self.fbind(name, self._again)
        self.fbind("share", self._fill_again)
        self._again()

    def _draw(self, *_: object) -> None:
        for shape, colour in ((self._ground, self.ground), (self._piece, self.piece), (self._edge, self.edge)):
            shape.paint(colour)
        self._edge.form(self._box(self.width, self.height, 0))
        self._ground.form(self._box(self.width, self.height, self.edge_px))
        self._draw_piece()

    def _draw_piece(self, *_: object) -> None:
        share = max(0.0, min(1.0, self.share))
        width, height = (self.width, self.height * share) if self.is_upright else (self.width * share, self.height)
        self._piece.form(self._box(width, height, self.edge_px))

    def _box(self, width: float, height: float, inset: float) -> Triangles:
        """From the beginning of the bar; nothing where there is no room for its border."""
        width, height = width - 2 * inset, height - 2 * inset
        if width <= 0 or height <= 0:
            return NOTHING
        x = self.right - inset - width if self.is_mirrored and not self.is_upright else self.x + inset
        radius = min(self.width, self.height) / 2 - inset
        radius = max(0.0, min(radius, width / 2, height / 2))
        return fill(rounded(x, self.y + inset, width, height, (radius, radius, radius, radius)))


load_rules(__file__)
