"""What every part of a screen has: whether it is there, and where a layout by areas puts it."""

from kivy.properties import BooleanProperty, StringProperty
from kivy.uix.widget import Widget


class Part(Widget):
    """Base of all widgets of ours; by itself an empty place that takes room.

    Declared here, because a `.kv` rule that sets an unknown property adds it to the whole class, silently.
    """

    is_shown: bool = BooleanProperty(True)
    area: str = StringProperty("")
    """Name of its place in `Areas`."""


class Gap(Part):
    """Room between others."""
