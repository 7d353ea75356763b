"""The one label of the terminal: breaks lines, joins Arabic, keeps the line height of the type roles."""

from typing import Any

from kivy.clock import Clock
from kivy.core.text import Label as Glyphs
from kivy.graphics import Color, Rectangle
from kivy.properties import BooleanProperty, ColorProperty, NumericProperty, OptionProperty, StringProperty

from kiosk.ui.text import Broken, break_lines
from kiosk.ui.theme.fonts import TEXT_FONT, register_fonts
from kiosk.ui.widgets.part import Part, is_away
from kiosk.ui.widgets.shape import Drawing

LINE_HEIGHTS = {"display": 1.0, "headline": 1.12, "action": 1.18, "text": 1.2, "staff": 1.22}
"""Height of a line as a share of the font size."""
SHRINKING = (1, 0.95, 0.9, 0.85, 0.8, 0.75, 0.7, 0.65, 0.6, 0.55, 0.5)
"""Shares of the font size that are tried."""


class Text(Part):
    """Words on the glass. (Named so because Kivy's style rules would apply to anything called `Label`.)

    `hugs` makes the widget as high (`"height"`) or as high and wide (`"both"`) as its words.
    """

    text: str = StringProperty("")
    role: str = OptionProperty("text", options=list(LINE_HEIGHTS))
    font_px: float = NumericProperty(0)
    """What is drawn with: `own_px`, or what the role says (`base.kv`)."""
    own_px: float = NumericProperty(0)
    """A font size that belongs to no role; 0 for none."""
    is_bold: bool = BooleanProperty(False)
    colour: list[float] | None = ColorProperty(None, allownone=True)
    """Without one, `ink`. (Two properties: a rule that overrides another rule's property does not undo its binding.)"""
    ink: list[float] = ColorProperty([0, 0, 0, 1])
    align: str = OptionProperty("start", options=["start", "center", "end"])
    rises: bool = BooleanProperty(False)
    """Whether the words stand at the top instead of the middle."""
    max_lines: int = NumericProperty(0)
    shrinks: bool = BooleanProperty(False)
    """Whether words that are too long get smaller letters instead of an ellipsis."""
    hugs: str = OptionProperty("none", options=["none", "height", "both"])
    most_px: float = NumericProperty(0)
    """With `hugs: "both"`: how wide it may become before it breaks; 0 for any width."""
    most_high_px: float = NumericProperty(0)
    """With `shrinks`: how high the words may become before their letters get smaller; 0 for any height."""
    is_mirrored: bool = BooleanProperty(False)
    is_cut: bool = BooleanProperty(False)
    """Whether words had to be left out, even in the smallest letters."""
    text_width: float = NumericProperty(0)
    text_height: float = NumericProperty(0)

    def __init__(self, **kwargs: Any) -> None:
        register_fonts()
        self._lines: list[tuple[Rectangle, float]] = []
        self._drawn: object = None
        self._pitch = 0.0
        self._again = Clock.create_trigger(self._draw, -1)
        super().__init__(**kwargs)
        self._tone = Color(*self.ink)
        with self.canvas:
            self._drawing = Drawing()
        for name in ("text", "role", "font_px", "is_bold", "max_lines", "shrinks", "hugs", "most_px", "is_mirrored"):
            self.fbind(name, self._again)
        self.fbind("most_high_px", self._again)
        self.fbind("width", self._again)
        self.bind(pos=self._stand, height=self._stand, align=self._stand, colour=self._tint, ink=self._tint)
        self._tint()
        self._again()

    def _tint(self, *_: object) -> None:
        self._tone.rgba = self.colour or self.ink

    def _draw(self, *_: object) -> None:
        room: float = self.most_px if self.hugs == "both" else self.width
        most = (room, self.most_high_px, self.max_lines, self.shrinks)
        key = (self.text, self.font_px, self.is_bold, self.is_mirrored, self.role, most)
        if key != self._drawn and self.font_px > 0:
            self._drawn = key
            self._write(room)
        if self.hugs == "height":
            self.height = self.text_height
        elif self.hugs == "both":
            self.size = (self.text_width, self.text_height)
        self._stand()

    def _broken(self, glyphs: Glyphs, room: float) -> list[str]:
        """The lines; with `shrinks`, in the largest letters that need no ellipsis.

        What is too long is found out with the widths of the full size: every size that is opened costs 250 KB.
        """
        shares = SHRINKING if self.shrinks else SHRINKING[:1]
        broken = Broken([], is_whole=True)
        for share in shares:
            broken, fits = self._lines_at(glyphs, room, share, measured_at=1)
            if share < 1 and (fits or share == shares[-1]):
                broken, fits = self._lines_at(glyphs, room, share, measured_at=share)
            if fits:
                break
        self.is_cut = not broken.is_whole
        return broken.lines

    def _lines_at(self, glyphs: Glyphs, room: float, share: float, measured_at: float) -> tuple[Broken, bool]:
        """The lines at a share of the font size, and whether all words are there and none too high."""
        glyphs.options["font_size"] = self.font_px * measured_at
        broken = break_lines(
            self.text,
            room,
            lambda line: float(glyphs.get_extents(line)[0]) * share / measured_at,
            is_rtl=self.is_mirrored,
            max_lines=int(self.max_lines),
        )
        if self.most_high_px:
            self._pitch = self.font_px * share * LINE_HEIGHTS[self.role]
        is_too_high = bool(self.most_high_px) and len(broken.lines) * self._pitch > self.most_high_px
        return broken, broken.is_whole and not is_too_high

    def _write(self, room: float) -> None:
        self._pitch = self.font_px * LINE_HEIGHTS[self.role]
        glyphs = Glyphs(font_name=TEXT_FONT, font_size=self.font_px, bold=self.is_bold, color=(1, 1, 1, 1))
        lines = self._broken(glyphs, room)
        self._lines = []
        for line in lines if self.text else ():
            glyphs.text = line or " "
            glyphs.texture = None
            glyphs.refresh()
            texture = glyphs.texture
            texture.bind()  # filled when first used, and by then `glyphs` holds another line
            self._lines.append((Rectangle(texture=texture, size=texture.size), float(texture.width)))
        self.text_width = max((one[1] for one in self._lines), default=0.0)
        self.text_height = round(len(self._lines) * self._pitch)

    def _stand(self, *_: object) -> None:
        """Put the lines in their places. (From x and y: `top` and `center` are not yet new while `pos` is told.)"""
        pitch = self._pitch
        top = self.y + (self.height if self.rises else (self.height + self.text_height) / 2)
        to_left = (self.align == "start") != self.is_mirrored
        for i, (rectangle, width) in enumerate(self._lines):
            x = self.x if to_left else self.x + self.width - width
            if self.align == "center":
                x = self.x + (self.width - width) / 2
            middle = top - (i + 0.5) * pitch
            rectangle.pos = (round(x), round(middle - rectangle.size[1] / 2))
        is_seen = self._lines and not is_away(self.x)
        self._drawing.draw(*((self._tone, *(line[0] for line in self._lines)) if is_seen else ()))
