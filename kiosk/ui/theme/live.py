"""The theme as the running screens see it: one observable object, so that contrast, size and direction switch at once.

`.kv` files say `#:import theme kiosk.ui.theme.theme` and then `theme.mm(20)`, `theme.text_px`, `theme.colours.ink`.
"""

from collections.abc import Callable
from dataclasses import fields

from kivy.event import EventDispatcher
from kivy.properties import BooleanProperty, NumericProperty, ObjectProperty, StringProperty

from kiosk.contract.state import TextSize
from kiosk.ui.theme.colours import CONTRAST, NORMAL, Palette
from kiosk.ui.theme.metrics import Metrics, measure
from kiosk.ui.theme.panel import PANELS, Panel


class Theme(EventDispatcher):
    """What can be switched (`panel`, `is_contrast`, `text_size`, `is_rtl`, `is_still`) and all that follows from it."""

    panel: Panel = ObjectProperty(PANELS[1280, 800])
    is_contrast: bool = BooleanProperty(False)
    text_size: str = StringProperty(TextSize.NORMAL)
    is_rtl: bool = BooleanProperty(False)
    is_still: bool = BooleanProperty(False)
    """Reduced motion: every movement becomes a cut."""

    colours: Palette = ObjectProperty(NORMAL, rebind=True)
    mm: Callable[[float], int] = ObjectProperty(PANELS[1280, 800].mm)
    """Pixels of a length in millimetres; a property, so that `.kv` rules follow when the panel changes."""
    is_wide: bool = BooleanProperty(False)

    form: str = StringProperty("landscape")
    display_px: int = NumericProperty(0)
    headline_px: int = NumericProperty(0)
    action_px: int = NumericProperty(0)
    text_px: int = NumericProperty(0)
    staff_px: int = NumericProperty(0)
    edge_x_px: int = NumericProperty(0)
    edge_y_px: int = NumericProperty(0)
    gap_px: int = NumericProperty(0)
    border_px: int = NumericProperty(0)
    foot_px: int = NumericProperty(0)
    radius_small_px: int = NumericProperty(0)
    radius_px: int = NumericProperty(0)
    radius_large_px: int = NumericProperty(0)

    def __init__(self) -> None:
        super().__init__()
        self._settle()
        self.bind(panel=self._settle, is_contrast=self._settle, text_size=self._settle)

    def _settle(self, *_: object) -> None:
        self.colours = CONTRAST if self.is_contrast else NORMAL
        self.mm = self.panel.mm
        self.is_wide = self.panel.is_wide
        metrics = measure(self.panel, is_large=self.text_size == TextSize.LARGE, is_contrast=self.is_contrast)
        for field in fields(Metrics):
            setattr(self, field.name, getattr(metrics, field.name))

    def reset(self) -> None:
        """Back to what the house shows: nothing a visitor chose outlives the session."""
        self.is_contrast = self.is_rtl = self.is_still = False
        self.text_size = TextSize.NORMAL


theme = Theme()
"""The one theme of the process."""
