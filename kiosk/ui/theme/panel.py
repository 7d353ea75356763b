"""The panel in front of the customer: its pixels, its millimetres and the form the layouts take. No Kivy."""

from dataclasses import dataclass
from enum import StrEnum

MM_PER_INCH = 25.4
CAPITAL_HEIGHT = 0.714
"""Height of a capital of Noto Sans as a share of its font size."""

NEAR_MM = 525
"""Panels read from less than this have the smaller table of letters (a 7" panel is specified for 450 mm)."""


class Form(StrEnum):
    """The layouts there are, from wide to narrow."""

    LANDSCAPE = "landscape"
    SMALL = "small"
    UPRIGHT = "upright"


@dataclass(frozen=True, slots=True)
class Panel:
    """A panel as measured: a wrong `dpi` makes every target too small, so it is configured and never guessed."""

    width_px: int
    height_px: int
    dpi: float
    distance_mm: int = 600
    """From the eye to the glass."""

    @property
    def is_near(self) -> bool:
        """Whether it is read from close by, so that letters may be smaller."""
        return self.distance_mm < NEAR_MM

    @property
    def width_mm(self) -> float:
        """Width of the glass."""
        return self.width_px * MM_PER_INCH / self.dpi

    @property
    def is_wide(self) -> bool:
        """Whether columns grow (15.6" and more)."""
        return self.width_px > self.height_px and self.width_mm >= 300

    @property
    def form(self) -> Form:
        """The layout that fits."""
        if self.height_px > self.width_px:
            return Form.UPRIGHT
        return Form.SMALL if self.width_mm < 190 else Form.LANDSCAPE

    def mm(self, length_mm: float) -> int:
        """Pixels of a length, snapped so that edges stay sharp."""
        return round(length_mm * self.dpi / MM_PER_INCH)

    def font_px(self, capital_mm: float) -> int:
        """Font size whose capitals are so high on the glass."""
        return round(capital_mm * self.dpi / MM_PER_INCH / CAPITAL_HEIGHT)


PANELS: dict[tuple[int, int], Panel] = {
    (1280, 800): Panel(1280, 800, 149),
    (1920, 1080): Panel(1920, 1080, 141),
    (800, 480): Panel(800, 480, 133, 450),
    (720, 1280): Panel(720, 1280, 210, 450),
}
"""The four sizes the screens are drawn for."""
