"""Pieces of the screens of a running session; how they look is in `session.kv`, `door.kv` and `partners.kv`."""

from kivy.properties import BooleanProperty, NumericProperty, ObjectProperty

from kiosk.ui.present.views import PartnerRowView, SessionView
from kiosk.ui.views import PersonRowView
from kiosk.ui.widgets import Areas, Grid, List, Row, Surface


class SessionPart(Areas):
    """A part of the session screen: shows the same view, hands its intents on."""

    __events__ = ("on_intent",)

    view: SessionView = ObjectProperty(SessionView(), rebind=True)

    def on_intent(self, _intent: object) -> None:
        """One of its parts was touched."""


class SessionTiles(SessionPart):
    """The tiles: one below the other in a column, side by side elsewhere; "+2" beside the last."""

    is_column: bool = BooleanProperty(True)
    has_more: bool = BooleanProperty(False)
    count: int = NumericProperty(0)


class DoorLine(SessionPart):
    """Who waits; also what else has no room elsewhere on narrow panels: "+2", pause, time."""

    has_chip: bool = BooleanProperty(False)
    has_more: bool = BooleanProperty(False)
    is_upright: bool = BooleanProperty(False)
    has_time: bool = BooleanProperty(False)
    is_short: bool = BooleanProperty(False)


class SessionSide(SessionPart):
    """Beside the big place, or below it: tiles or who is expected, the table, the door, time that is short."""

    has_table: bool = BooleanProperty(False)
    has_time: bool = BooleanProperty(False)
    is_split: bool = BooleanProperty(False)
    """The table stands beside a single tile."""
    people_px: float = NumericProperty(0)
    """Height there is for those who are expected; with large letters it may be too little for any."""
    wish_px: float = NumericProperty(0)
    """Height it needs where it stands below the big place."""


class Fact(Row):
    """Something to know, as icon, bold line and plain words."""

    view: PersonRowView = ObjectProperty(PersonRowView(), rebind=True)
    is_brief: bool = BooleanProperty(False)
    """Without the plain words."""
    line_px: float = NumericProperty(0)
    """Size of its letters, where that is bound by its height; 0 where its height goes by its words."""


class Facts(List):
    """Facts one below the other, each as high as its words."""


class PartnerRow(Surface, Areas):
    """Somebody in the round, with a state or a button."""

    __events__ = ("on_intent",)

    view: PartnerRowView = ObjectProperty(PartnerRowView(), rebind=True)

    def on_intent(self, _intent: object) -> None:
        """Its button was touched."""


class PartnerRows(Grid):
    """As many rows as a page has places for."""

    places: int = NumericProperty(3)
    row_mm: float = NumericProperty(16)
