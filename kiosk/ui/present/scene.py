"""What every screen is made from: the state at this moment, the place it is shown at, the visitor's language."""

from datetime import datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

from msgspec import Struct
from msgspec.structs import replace

from kiosk.contract.enrolment import Status
from kiosk.contract.state import State, TextSize
from kiosk.ui.present.views import ScreenView
from kiosk.ui.texts import Language


class Form(StrEnum):
    """The four layouts, from most room to least; see `LOOK.md`, "The four sizes"."""

    WIDE = "wide"
    LANDSCAPE = "landscape"
    SMALL = "small"
    UPRIGHT = "upright"


class Setting(Struct, frozen=True, kw_only=True):
    """Where the screen stands."""

    zone: ZoneInfo
    room: str
    form: Form = Form.LANDSCAPE
    version: str = ""
    """Of our software, for the staff page."""


class Places(Struct, frozen=True, kw_only=True):
    """How many of each a form has room for."""

    appointments: int
    tiles: int
    needs: int
    desks: int
    rung: int
    people: int
    partners: int
    """Rows of partners with a button."""
    staff: int
    """Rows of the table of parts."""


_PLACES = {
    Form.WIDE: Places(appointments=6, tiles=3, needs=10, desks=6, rung=4, people=4, partners=5, staff=8),
    Form.LANDSCAPE: Places(appointments=4, tiles=2, needs=8, desks=4, rung=3, people=3, partners=3, staff=8),
    Form.SMALL: Places(appointments=3, tiles=2, needs=6, desks=2, rung=2, people=4, partners=2, staff=5),
    Form.UPRIGHT: Places(appointments=3, tiles=2, needs=8, desks=4, rung=3, people=3, partners=3, staff=7),
}
_PLACES_UPRIGHT_LARGE = replace(_PLACES[Form.UPRIGHT], appointments=2, desks=3, rung=2, people=2, partners=2)
_NARROWER = {Form.WIDE: Form.LANDSCAPE, Form.LANDSCAPE: Form.SMALL}


class Scene(Struct, frozen=True, kw_only=True):
    """One moment at one terminal."""

    state: State
    """With `now` set to the moment that is shown."""
    setting: Setting
    language: Language
    page: int = 0
    """Which page of a list is open; runs over the end to the beginning."""
    before: ScreenView | None = None
    """What was shown until now: the stage does not jump back while nobody speaks."""
    is_agent_here: bool = True
    """If not, the state is old and no touch arrives."""
    enrolment: Status | None = None
    """How the way to a new certificate goes, where there is one."""

    @property
    def form(self) -> Form:
        """The layout; large letters take the next narrower one."""
        form = self.setting.form
        return _NARROWER.get(form, form) if self.state.text_size is TextSize.LARGE else form

    @property
    def places(self) -> Places:
        """How many of each there is room for."""
        if self.form is Form.UPRIGHT and self.state.text_size is TextSize.LARGE:
            return _PLACES_UPRIGHT_LARGE
        return _PLACES[self.form]

    def clock(self, moment: datetime) -> str:
        """The time of day in the room's zone."""
        return self.language.clock(moment, self.setting.zone)

    def is_today(self, moment: datetime) -> bool:
        """Whether the moment lies on the room's calendar day."""
        zone = self.setting.zone
        return moment.astimezone(zone).date() == self.state.now.astimezone(zone).date()

    def seconds_to(self, moment: datetime) -> int:
        """Whole seconds until then, rounded up; 0 when it is over."""
        return max(0, -int(-(moment - self.state.now).total_seconds() // 1))
