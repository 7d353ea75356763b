"""The ground of buttons, cards and rows: a rounded rectangle with border, foot and rings. Knows nothing of touches."""

from typing import Any

from kivy.clock import Clock
from kivy.properties import BooleanProperty, ColorProperty, NumericProperty, VariableListProperty

from kiosk.ui.widgets.outline import NOTHING, Radii, Triangles, dashes, fill, rounded, stroke
from kiosk.ui.widgets.part import Part
from kiosk.ui.widgets.shape import Shape

RING_GAP_PX = 3
"""Between a border and the dark ring of the focus."""
RING_PX = 5
GLOW_PX = 14
"""The outer, bright ring of the focus, under the dark one."""


class Surface(Part):
    """Draws below its children; colours change without new geometry."""

    ground: list[float] = ColorProperty([0, 0, 0, 0])
    edge: list[float] = ColorProperty([0, 0, 0, 0])
    edge_px: float = NumericProperty(0)
    radius: list[float] = VariableListProperty([0, 0, 0, 0])
    """Top left, top right, bottom right, bottom left."""
    is_dashed: bool = BooleanProperty(False)
    foot: list[float] = ColorProperty([0, 0, 0, 0])
    foot_px: float = NumericProperty(0)
    """How much lower the second rectangle stands that says "can be touched"; 0 for none."""
    sunk_px: float = NumericProperty(0)
    """How far the ground is pushed down, while pressed."""
    ring: list[float] = ColorProperty([0, 0, 0, 0])
    """A ring outside the border: the colour of who speaks."""
    ring_px: float = NumericProperty(0)
    has_focus: bool = BooleanProperty(False)
    focus_inner: list[float] = ColorProperty([0, 0, 0, 1])
    focus_outer: list[float] = ColorProperty([1, 1, 0, 1])

    def __init__(self, **kwargs: Any) -> None:
        self._form = Clock.create_trigger(self._draw, -1)
        super().__init__(**kwargs)
        with self.canvas.before:
            self._foot, self._ground, self._edge = Shape(), Shape(), Shape()
        self._rings: tuple[Shape, ...] = ()
        """Made when first needed: few parts ever have one, and drawing goes through all there are."""
        for name in ("pos", "size", "edge_px", "radius", "is_dashed", "foot_px", "sunk_px", "ring_px", "has_focus"):
            self.fbind(name, self._form)
        for name in ("ground", "edge", "foot", "ring", "focus_inner", "focus_outer"):
            self.fbind(name, self._paint)
        self._paint()
        self._form()

    def _paint(self, *_: object) -> None:
        for shape, colour in (
            (self._foot, self.foot),
            (self._ground, self.ground),
            (self._edge, self.edge),
            *zip(self._rings, (self.ring, self.focus_outer, self.focus_inner), strict=False),
        ):
            shape.paint(colour)

    def _draw(self, *_: object) -> None:
        if self.width <= 0 or self.height <= 0:
            return
        half = self.edge_px / 2
        self._foot.form(self._box(0, -self.foot_px) if self.foot_px else NOTHING)
        self._ground.form(self._box(-half, -self.sunk_px))
        self._edge.form(self._border(half) if half else NOTHING)
        if self._rings or self.ring_px or self.has_focus:
            self._draw_rings()

    def _draw_rings(self) -> None:
        if not self._rings:
            with self.canvas.after:
                self._rings = Shape(), Shape(), Shape()
            self._paint()
        ring, glow, focus = self._rings
        ring.form(self._outside(self.ring_px / 2, self.ring_px) if self.ring_px else NOTHING)
        glow.form(self._outside(GLOW_PX / 2, GLOW_PX) if self.has_focus else NOTHING)
        focus.form(self._outside(RING_GAP_PX + RING_PX / 2, RING_PX) if self.has_focus else NOTHING)

    def _contour(self, out: float, dy: float = 0) -> Any:
        radii: Radii = tuple(max(0.0, r + out) if r else 0.0 for r in self.radius)  # type: ignore[assignment]
        return rounded(self.x - out, self.y - out + dy, self.width + 2 * out, self.height + 2 * out, radii)

    def _box(self, out: float, dy: float) -> Triangles:
        return fill(self._contour(out, dy))

    def _border(self, half: float) -> Triangles:
        contour = self._contour(-half, -self.sunk_px)
        return dashes(contour, self.edge_px) if self.is_dashed else stroke(contour, self.edge_px)

    def _outside(self, out: float, width: float) -> Triangles:
        return stroke(self._contour(out), width)
