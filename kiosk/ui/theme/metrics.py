"""Type roles, steps and targets of a panel in whole pixels. No Kivy: `live` shows these to the widgets."""

from dataclasses import dataclass

from kiosk.ui.theme.panel import Form, Panel

CAPITALS_MM = {"display": 14.0, "headline": 7.3, "action": 4.4, "text": 3.5, "staff": 2.7}
"""Capital heights at 600 mm: a headline has 0.7 degrees of view (EN 301 549, 5.1.4), text 20 minutes of arc."""
CAPITALS_NEAR_MM = {"display": 10.5, "headline": 5.5, "action": 3.3, "text": 2.7, "staff": 2.2}
"""The same angles at 450 mm."""

EDGE_MM = {Form.LANDSCAPE: (4.5, 2.4), Form.SMALL: (2.3, 1.5), Form.UPRIGHT: (2.9, 2.4)}
"""Left and right, top and bottom."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Metrics:
    """Everything a layout measures with."""

    form: Form
    display_px: int
    headline_px: int
    action_px: int
    text_px: int
    staff_px: int
    edge_x_px: int
    edge_y_px: int
    gap_px: int
    border_px: int
    foot_px: int
    radius_small_px: int
    radius_px: int
    radius_large_px: int


def measure(panel: Panel, *, is_large: bool, is_contrast: bool) -> Metrics:
    """Metrics for a panel and the visitor's choices.

    In the large size every text a customer needs has the height of a headline, and a landscape layout takes the next
    narrower form.
    """
    capitals = CAPITALS_NEAR_MM if panel.is_near else CAPITALS_MM
    fonts = {role: panel.font_px(height) for role, height in capitals.items()}
    form = panel.form
    if is_large:
        fonts["text"] = fonts["action"] = fonts["headline"]
        form = Form.SMALL if form is Form.LANDSCAPE and not panel.is_wide else form
    edge_x, edge_y = EDGE_MM[form]
    return Metrics(
        form=form,
        display_px=fonts["display"],
        headline_px=fonts["headline"],
        action_px=fonts["action"],
        text_px=fonts["text"],
        staff_px=fonts["staff"],
        edge_x_px=panel.mm(edge_x),
        edge_y_px=panel.mm(edge_y),
        gap_px=panel.mm(3),
        border_px=3 if is_contrast else 2,
        foot_px=0 if is_contrast else panel.mm(0.5),
        radius_small_px=panel.mm(1.5),
        radius_px=panel.mm(2.5),
        radius_large_px=panel.mm(4),
    )
