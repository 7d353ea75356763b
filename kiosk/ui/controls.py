"""What can be touched on the glass at this moment, for the focus ring and for tests."""

from collections.abc import Iterator
from typing import Any

from kiosk.ui.reading import Box
from kiosk.ui.widgets.touch import Touchable


def controls(root: Any) -> Iterator[Touchable]:
    """Everything below `root` that has a key, is there and not put away."""
    for widget in root.walk(restrict=True):
        if not isinstance(widget, Touchable) or not key_of(widget) or not widget.is_shown or widget.width < 2:
            continue
        box = box_of(widget)
        if box.x + box.width >= 0 and box.top >= 0:
            yield widget


def key_of(widget: Any) -> str:
    """The same in every language; empty for what is none of ours."""
    return getattr(getattr(widget, "view", None), "key", "")


def box_of(widget: Any) -> Box:
    """Its place in the window."""
    x, y = widget.to_window(*widget.pos)
    return Box(x, y, widget.width, widget.height)
