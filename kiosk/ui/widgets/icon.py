"""One glyph of the icon font in a square, turned round where it points along the line of reading."""

from typing import Any

from kivy.clock import Clock
from kivy.core.text import Label as Glyphs
from kivy.graphics import Color, PopMatrix, PushMatrix, Rectangle, Rotate
from kivy.graphics.instructions import Instruction
from kivy.graphics.texture import Texture
from kivy.properties import BooleanProperty, ColorProperty, NumericProperty, StringProperty

from kiosk.ui.icons import MIRRORED, glyph
from kiosk.ui.theme.fonts import ICON_FONT, register_fonts
from kiosk.ui.widgets.part import Part, is_away
from kiosk.ui.widgets.shape import Drawing

SPINS_PER_S = 8
"""Steps a second of the waiting spinner."""


def icon_texture(name: str, size_px: float) -> Texture:
    """A white picture of an icon, to be tinted by a colour."""
    register_fonts()
    glyphs = Glyphs(text=glyph(name), font_name=ICON_FONT, font_size=size_px, color=(1, 1, 1, 1))
    glyphs.refresh()
    texture = glyphs.texture
    texture.bind()  # filled when first used, and by then `glyphs` is gone
    return texture


class Icon(Part):
    """An icon; never stands without its word. `size_px` is the square it takes; no icon takes no room."""

    icon: str = StringProperty("")
    size_px: float = NumericProperty(0)
    colour: list[float] = ColorProperty([0, 0, 0, 1])
    is_mirrored: bool = BooleanProperty(False)

    def __init__(self, **kwargs: Any) -> None:
        self._again = Clock.create_trigger(self._draw, -1)
        super().__init__(**kwargs)
        self._ink = Color(*self.colour)
        self._glyph = Rectangle(size=(0, 0))
        with self.canvas:
            self._drawing = Drawing()
        self.bind(icon=self._again, size_px=self._again, is_mirrored=self._again)
        self.bind(pos=self._stand, size=self._stand, colour=self._tint)
        self._draw()

    def _tint(self, *_: object) -> None:
        self._ink.rgba = self.colour

    def _draw(self, *_: object) -> None:
        if not self.icon or self.size_px <= 0:
            self._glyph.size = (0, 0)
            self._drawing.draw()
            return
        texture = icon_texture(self.icon, self.size_px)
        self._glyph.texture = texture
        if self.is_mirrored and self.icon in MIRRORED:
            self._glyph.tex_coords = (1, 1, 0, 1, 0, 0, 1, 0)
        self._glyph.size = texture.size
        self._stand()

    def _stand(self, *_: object) -> None:
        width, height = self._glyph.size
        middle = self._middle()
        self._glyph.pos = (round(middle[0] - width / 2), round(middle[1] - height / 2))
        if not width or is_away(self.x):
            self._drawing.draw()
        else:
            self._drawing.draw(*self._instructions())

    def _middle(self) -> tuple[float, float]:
        """From x and y: `center` is not yet new while `pos` is told."""
        return self.x + self.width / 2, self.y + self.height / 2

    def _instructions(self) -> tuple[Instruction, ...]:
        return self._ink, self._glyph


class WaitingIcon(Icon):
    """The sign of connecting; turns in steps while it is shown, unless motion is reduced."""

    is_still: bool = BooleanProperty(False)

    def __init__(self, **kwargs: Any) -> None:
        self._ticking: Any = None
        self._before, self._turn, self._after = PushMatrix(), Rotate(angle=0), PopMatrix()
        super().__init__(icon="spinner-gap", **kwargs)
        self.bind(parent=self._decide, is_still=self._decide, is_shown=self._decide)
        self._decide()

    @property
    def is_turning(self) -> bool:
        """Whether it asks for frames."""
        return self._ticking is not None

    def _decide(self, *_: object) -> None:
        wanted = bool(self.parent) and self.is_shown and not self.is_still
        if wanted and self._ticking is None:
            self._ticking = Clock.schedule_interval(self._step, 1 / SPINS_PER_S)
        elif not wanted and self._ticking is not None:
            self._ticking.cancel()
            self._ticking = None

    def _instructions(self) -> tuple[Instruction, ...]:
        self._turn.origin = self._middle()
        return self._before, self._turn, *super()._instructions(), self._after

    def _step(self, _dt: float) -> None:
        self._turn.angle -= 360 / SPINS_PER_S
