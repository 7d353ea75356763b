"""The bar on top of every screen: plate first, then pause and time, corner and help last."""

from kivy.properties import BooleanProperty, NumericProperty, ObjectProperty

from kiosk.ui.views import TimeView, TopBarView
from kiosk.ui.widgets.rules import load_rules
from kiosk.ui.widgets.stack import Row
from kiosk.ui.widgets.surface import Surface
from kiosk.ui.widgets.touch import Touchable
from kiosk.ui.widgets.video_picture import VideoPicture


class TimeLeft(Surface, Touchable, Row):
    """A clock or the time left; amber, and to be touched for more, when it is short."""

    view: TimeView = ObjectProperty(TimeView(), rebind=True)
    most_px: float = NumericProperty(0)
    """How wide it may become before its words get smaller; 0 for any width."""
    is_tight: bool = BooleanProperty(False)


class TopBar(Row):
    """Hands on the intents of its buttons as `on_intent`. An upright panel has no room for pause and time here."""

    __events__ = ("on_intent",)

    view: TopBarView = ObjectProperty(TopBarView(), rebind=True)

    def on_intent(self, _intent: object) -> None:
        """Pause, more time, corner or help was touched."""

    @property
    def picture(self) -> VideoPicture:
        """Where to `show` the own picture."""
        picture: VideoPicture = self.ids.plate.picture
        return picture


load_rules(__file__)
