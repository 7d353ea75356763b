"""The plate at the top: what is sent, as a small picture and two lamps. Not a button; the same on every screen."""

from kivy.properties import BooleanProperty, ObjectProperty, StringProperty

from kiosk.ui.theme import NORMAL
from kiosk.ui.theme.look import LampLook, lamp_look
from kiosk.ui.views import LampView, PlateView
from kiosk.ui.widgets.level import LevelBar  # noqa: F401  (used in the rules)
from kiosk.ui.widgets.rules import load_rules
from kiosk.ui.widgets.stack import Row
from kiosk.ui.widgets.surface import Surface
from kiosk.ui.widgets.video_picture import VideoPicture


class LampRow(Surface, Row):
    """One lamp: a filled pill when open, a box when closed, dashed when only here."""

    view: LampView = ObjectProperty(LampView(), rebind=True)
    icon: str = StringProperty("")
    """The device: `video-camera` or `microphone`."""
    look: LampLook = ObjectProperty(lamp_look("off", NORMAL), rebind=True)


class Plate(Surface, Row):
    """Its width never changes with its words. `picture` shows exactly what is sent."""

    view: PlateView = ObjectProperty(PlateView(), rebind=True)
    is_narrow: bool = BooleanProperty(False)
    """Without the small picture: a small panel in the last minutes of a session."""

    @property
    def picture(self) -> VideoPicture:
        """Where to `show` the own picture."""
        picture: VideoPicture = self.ids.picture
        return picture


load_rules(__file__)
