"""The round table seen from above: who is in, who is rung, who waits, and that it is empty again."""

import math
from collections.abc import Sequence
from typing import Any

from kivy.clock import Clock
from kivy.graphics import Color, PopMatrix, PushMatrix, Rectangle, Rotate
from kivy.properties import BooleanProperty, ObjectProperty

from kiosk.ui.theme import NORMAL, Palette, Rgba
from kiosk.ui.views import Seat, SeatView
from kiosk.ui.widgets.icon import icon_texture
from kiosk.ui.widgets.outline import Contour, arc, dashes, fill, rounded, stroke
from kiosk.ui.widgets.part import Part
from kiosk.ui.widgets.shape import Shape

UNITS = 416
"""The drawing is 416 units wide and high; all lengths below are such units, from the middle of the table."""
TABLE, INLAY, CHAIRS, GUESTS, HEAD = 108, 90, 156, 160, 42
COFFEE: Rgba = (0x8A / 255, 0x5A / 255, 0x33 / 255, 1.0)


class TableDrawing(Part):
    """Draws `seats`; an empty one is a chair, any other a disc with an icon. Ringing turns one dash a second."""

    seats: Sequence[SeatView] = ObjectProperty(())
    has_things: bool = BooleanProperty(False)
    """A cup and a sheet of paper: the room is free."""
    colours: Palette = ObjectProperty(NORMAL)
    is_still: bool = BooleanProperty(False)

    def __init__(self, **kwargs: Any) -> None:
        self._again = Clock.create_trigger(self._draw, -1)
        self._ringing: list[tuple[Shape, Contour]] = []
        self._ticking: Any = None
        self._phase = 0.0
        self._unit = 1.0
        self._middle = (0.0, 0.0)
        super().__init__(**kwargs)
        for name in ("seats", "has_things", "colours", "pos", "size"):
            self.fbind(name, self._again)
        self.bind(parent=self._decide, is_still=self._decide)
        self._again()

    def _decide(self, *_: object) -> None:
        wanted = bool(self.parent and self._ringing and not self.is_still)
        if wanted and self._ticking is None:
            self._ticking = Clock.schedule_interval(self._step, 1)
        elif not wanted and self._ticking is not None:
            self._ticking.cancel()
            self._ticking = None

    def _step(self, _dt: float) -> None:
        self._phase = (self._phase + 0.5) % 1
        for shape, contour in self._ringing:
            shape.form(dashes(contour, 5 * self._unit, phase=self._phase))

    def _draw(self, *_: object) -> None:
        self._unit = min(self.width, self.height) / UNITS
        self._middle = (self.x + self.width / 2, self.y + self.height / 2)
        self._ringing = []
        self.canvas.clear()
        if self._unit <= 0:
            return
        colours = self.colours
        with self.canvas:
            for seat in self.seats:
                if seat.seat in (Seat.EMPTY, Seat.MINE):
                    self._chair(seat)
            self._disc(0, 0, TABLE, colours.wood, colours.wood_edge, 5)
            self._disc(0, 0, INLAY, colours.wood, (*colours.wood_edge[:3], 0.55), 2)
            if self.has_things:
                self._things()
            for seat in self.seats:
                if seat.seat not in (Seat.EMPTY, Seat.MINE):
                    self._guest(seat)
        self._decide()

    def _chair(self, view: SeatView) -> None:
        colours, unit = self.colours, self._unit
        is_mine = view.seat == Seat.MINE
        contour = arc(self._middle[0], self._middle[1], CHAIRS * unit, view.angle_deg - 16, view.angle_deg + 16)
        edge = colours.amber_edge if is_mine else colours.wood_edge
        for width, colour in ((44, edge), (36, colours.amber if is_mine else colours.sand)):
            shape = Shape()
            shape.paint(colour)
            shape.form(stroke(contour, width * unit, is_closed=False, has_round_ends=True))

    def _guest(self, view: SeatView) -> None:
        colours = self.colours
        angle = math.radians(view.angle_deg)
        x, y = GUESTS * math.sin(angle), GUESTS * math.cos(angle)
        if view.seat == Seat.RINGING:
            shape, contour = self._disc(x, y, HEAD, colours.card, colours.amber_edge, 5, is_dashed=True)
            self._ringing.append((shape, contour))
            self._icon(x, y, "phone-call", colours.amber_edge)
        elif view.seat == Seat.WAITING:
            self._disc(x, y, HEAD, colours.amber, colours.amber_edge, 5)
            self._icon(x, y, "door-open", colours.on_amber)
        elif view.seat == Seat.CUSTOMER:
            self._disc(x, y, HEAD, colours.amber, colours.amber_edge, 5)
            self._icon(x, y, view.icon, colours.on_amber)
        else:
            self._disc(x, y, HEAD, colours.pine, colours.pine, 5)
            self._icon(x, y, view.icon, colours.on_strong)

    def _disc(
        self, x: float, y: float, radius: float, ground: Rgba, edge: Rgba, edge_width: float, *, is_dashed: bool = False
    ) -> tuple[Shape, Contour]:
        unit = self._unit
        size = 2 * radius * unit
        left, low = self._middle[0] + x * unit - size / 2, self._middle[1] + y * unit - size / 2
        contour = rounded(left, low, size, size, (size, size, size, size))
        inside = Shape()
        inside.paint(ground)
        inside.form(fill(contour))
        border = Shape()
        border.paint(edge)
        width = edge_width * unit
        border.form(dashes(contour, width, phase=self._phase) if is_dashed else stroke(contour, width))
        return border, contour

    def _icon(self, x: float, y: float, icon: str, colour: Rgba) -> None:
        texture = icon_texture(icon, round(46 * self._unit))
        Color(*colour)
        left = self._middle[0] + x * self._unit - texture.width / 2
        low = self._middle[1] + y * self._unit - texture.height / 2
        Rectangle(texture=texture, size=texture.size, pos=(round(left), round(low)))

    def _things(self) -> None:
        colours, unit = self.colours, self._unit
        middle = (self._middle[0] + 6 * unit, self._middle[1] - 14 * unit)
        PushMatrix()
        Rotate(angle=12, origin=middle)
        self._sheet(middle)
        PopMatrix()
        self._disc(-52, 36, 19, colours.card, colours.wood_edge, 3)
        self._disc(-52, 36, 12, COFFEE, COFFEE, 1)

    def _sheet(self, middle: tuple[float, float]) -> None:
        colours, unit = self.colours, self._unit
        x, y = middle
        paper = rounded(x - 32 * unit, y - 44 * unit, 64 * unit, 84 * unit, (3, 3, 3, 3))
        for colour, triangles in ((colours.card, fill(paper)), (colours.wood_edge, stroke(paper, 2 * unit))):
            shape = Shape()
            shape.paint(colour)
            shape.form(triangles)
        for up, end in ((24, 14), (10, 20), (-4, 20), (-18, 4)):
            line = Shape()
            line.paint(colours.line)
            width = (end + 22) * unit
            line.form(fill(rounded(x - 22 * unit, y + (up - 2) * unit, width, 4 * unit, (4, 4, 4, 4))))
