"""A partner in the conversation, and the stage on which one picture or a shown screen is big."""

from kivy.properties import BooleanProperty, NumericProperty, ObjectProperty, StringProperty

from kiosk.ui.views import ChipView, StageView, TileView
from kiosk.ui.widgets.areas import Areas
from kiosk.ui.widgets.button import Pressable
from kiosk.ui.widgets.rows import Grid  # noqa: F401  (used in the rules)
from kiosk.ui.widgets.rules import load_rules
from kiosk.ui.widgets.stack import Column, Row
from kiosk.ui.widgets.surface import Surface
from kiosk.ui.widgets.touch import Touchable
from kiosk.ui.widgets.video_picture import VideoPicture


class Badge(Surface, Row):
    """ "spricht" in a leaf pill, "stumm" in a box, at the top of a tile."""

    icon: str = StringProperty("")
    text: str = StringProperty("")
    is_pill: bool = BooleanProperty(True)
    most_px: float = NumericProperty(0)
    """How wide it may become before its letters get smaller; 0 for any width."""
    sides_px: float = NumericProperty(0)


class Tile(Surface, Touchable, Areas):
    """Picture above a name plate; says in words what it has no picture for. A ring says who speaks."""

    view: TileView = ObjectProperty(TileView(), rebind=True)

    @property
    def picture(self) -> VideoPicture:
        """Where to `show` the partner."""
        picture: VideoPicture = self.ids.picture
        return picture


class StageButton(Pressable, Column):
    """Something that can be done about what the room shows: icon above its word."""


class Stage(Surface, Column):
    """The big place. With a text it has the plum frame and strip of a shown screen and cuts nothing off."""

    __events__ = ("on_intent",)

    view: StageView = ObjectProperty(StageView(), rebind=True)
    has_buttons: bool = BooleanProperty(False)

    def on_intent(self, _intent: object) -> None:
        """One of its buttons was touched."""

    @property
    def picture(self) -> VideoPicture:
        """Where to `show` the screen or the partner."""
        picture: VideoPicture = self.ids.picture
        return picture


class Chip(Surface, Touchable, Row):
    """Somebody waits at the door; a touch opens the card."""

    view: ChipView = ObjectProperty(ChipView(), rebind=True)


load_rules(__file__)
