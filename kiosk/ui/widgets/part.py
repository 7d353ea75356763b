"""What every part of a screen has: whether it is there, and where a layout by areas puts it."""

from kivy.properties import BooleanProperty, StringProperty
from kivy.uix.widget import Widget

AWAY_PX = -20000
"""Where a hidden part is put: there it can neither be seen nor touched, and draws nothing."""


def put_away(part: Widget) -> None:
    """Take a part off the glass without removing it."""
    part.pos = (AWAY_PX, AWAY_PX)


def is_away(x: float) -> bool:
    """Whether something at `x` was put away, or stands in something that was."""
    return x < AWAY_PX / 2


class Part(Widget):
    """Base of all widgets of ours; by itself an empty place that takes room.

    Declared here, because a `.kv` rule that sets an unknown property adds it to the whole class, silently.
    """

    is_shown: bool = BooleanProperty(True)
    area: str = StringProperty("")
    """Name of its place in `Areas`."""


class Gap(Part):
    """Room between others."""
