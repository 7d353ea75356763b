"""A text as a QR code: black on white whatever the colours, with the margin cameras need, whole pixels a module."""

from typing import Any

import segno
from kivy.clock import Clock
from kivy.graphics import Color, Rectangle
from kivy.graphics.texture import Texture
from kivy.properties import StringProperty

from kiosk.ui.widgets.part import Part, is_away
from kiosk.ui.widgets.shape import Drawing

MARGIN = 4
"""Modules of white around it (ISO 18004)."""


class QrCode(Part):
    """As large as its place allows; nothing without `text`."""

    text: str = StringProperty("")

    def __init__(self, **kwargs: Any) -> None:
        self._again = Clock.create_trigger(self._draw, -1)
        super().__init__(**kwargs)
        self.modules = 0
        """Of a side, with the margin."""
        self._white = Color(1, 1, 1, 1)
        self._square = Rectangle(size=(0, 0))
        with self.canvas:
            self._drawing = Drawing()
        self.fbind("text", self._code)
        for name in ("pos", "size"):
            self.fbind(name, self._again)
        self._code()

    @property
    def module_px(self) -> int:
        return int(min(self.width, self.height) // self.modules) if self.modules else 0

    def _code(self, *_: object) -> None:
        rows = [bytes(255 * (not dark) for dark in row) for row in _modules(self.text)]
        self.modules = len(rows)
        if rows:
            texture = Texture.create(size=(len(rows), len(rows)), colorfmt="luminance")
            texture.blit_buffer(b"".join(reversed(rows)), colorfmt="luminance", bufferfmt="ubyte")
            texture.mag_filter = texture.min_filter = "nearest"
            self._square.texture = texture
        self._again()

    def _draw(self, *_: object) -> None:
        side = self.modules * self.module_px
        self._square.size = (side, side)
        self._square.pos = (round(self.x + (self.width - side) / 2), round(self.y + (self.height - side) / 2))
        self._drawing.draw(*(() if not side or is_away(self.x) else (self._white, self._square)))


def _modules(text: str) -> list[tuple[int, ...]]:
    return [tuple(row) for row in segno.make_qr(text, error="m").matrix_iter(border=MARGIN)] if text else []
