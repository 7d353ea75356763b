"""Colours, millimetres and type of the terminal, and the one object that carries them at run time."""

from kiosk.ui.theme.colours import CONTRAST, NORMAL, Palette, Rgba
from kiosk.ui.theme.live import Theme, theme
from kiosk.ui.theme.panel import PANELS, Form, Panel

__all__ = ["CONTRAST", "NORMAL", "PANELS", "Form", "Palette", "Panel", "Rgba", "Theme", "theme"]
