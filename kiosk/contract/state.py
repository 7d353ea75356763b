"""The state of the consultation as the agent keeps it and the touch app draws it. Data only: the rules are above.

Everything here may hold names, so it lives in memory and on tmpfs, never on disk, never on MQTT.
"""

from datetime import datetime
from enum import StrEnum

from msgspec import Struct, field

from kiosk.contract.configuration import EngineChoice
from kiosk.contract.directory import DeskPresence, Directory
from kiosk.contract.display import Display
from kiosk.contract.errors import Reason
from kiosk.contract.health import HealthReport
from kiosk.contract.media import MediaReport, Showing
from kiosk.contract.privacy import Watch
from kiosk.contract.room import RoomReport, WireLine
from kiosk.contract.schedule import Appointment
from kiosk.contract.self_test import SelfTest


class Phase(StrEnum):
    """Where a visit stands; each is one screen."""

    IDLE = "idle"
    TODAY = "today"
    PREPARATION = "preparation"
    SESSION = "session"
    ENDED = "ended"


class Sheet(StrEnum):
    """What lies over the screen of the phase; at most one."""

    NONE = "none"
    CORNER = "corner"
    """Language, text size, contrast; on every screen."""
    HELP = "help"
    """Help was asked for, or is on its way; on every screen."""
    DOOR = "door"
    """The card of the partner named in `Session.at_door`."""
    NEEDS = "needs"
    """Add a partner: which need."""
    DESKS = "desks"
    """Add a partner: which desks serve the need in `Session.chosen_need`."""
    RINGING = "ringing"
    """`Session.ring` is under way, or has ended without an answer."""
    SOUND = "sound"
    """How loud the partners are, whether the loudspeaker works, what the microphone hears; while there is a session."""
    SHOW = "show"
    """What the room can show."""
    END = "end"
    """Really end?"""
    PIN = "pin"
    """Staff type their number; on idle."""
    STAFF = "staff"
    """How the terminal does, for those who look after it; on idle."""
    RESTART = "restart"
    """Which program staff want to begin anew; on idle."""


class Consent(StrEnum):
    """What the customer said yes to."""

    NONE = "none"
    SOUND = "sound"
    ALL = "all"


class Standing(StrEnum):
    """Where a partner stands; media flows to and from `ADMITTED` only."""

    EXPECTED = "expected"
    """On the schedule, not here yet."""
    WAITING = "waiting"
    """Has knocked."""
    ADMITTED = "admitted"
    DECLINED = "declined"
    LEFT = "left"


class Partner(Struct, frozen=True, kw_only=True):
    """One partner on the roster."""

    id: str
    """Desk id, or guest id: who this is to the schedule and the broker."""
    number: str = ""
    """The appointment this partner comes for; empty when rung."""
    call: str = ""
    """Random id of this visit, chosen by the partner's page when it knocks; empty while expected."""
    is_guest: bool = False
    office: str = ""
    """Words for a guest's office; a desk's come from the directory in the visitor's language."""
    name: str = ""
    """As the partner wrote it; shown, never logged or published."""
    why: str = ""
    need: str = ""
    standing: Standing = Standing.EXPECTED
    consent: Consent = Consent.NONE
    is_sharing: bool = False
    sharing_since: datetime | None = None
    """The one who began last has the stage."""
    is_muted: bool = False
    has_camera_off: bool = False
    knocked_at: datetime | None = None
    admitted_at: datetime | None = None
    key: str = ""
    """The page's public key, base64url; what is said to it is sealed with it."""
    room_key: str = ""
    """The room's secret key of the time of the knock; see `consultation.room_key`."""
    ring: str = ""
    """Id of the ring this partner came for; empty when planned."""


class RungDesk(StrEnum):
    """One desk in a ring."""

    RINGING = "ringing"
    DECLINED = "declined"
    LATER = "later"
    ANSWERED = "answered"
    TOLD = "told"
    """Another desk was quicker, or the room stopped ringing; the desk knows."""
    SILENT = "silent"
    """45 s without an answer."""


class Ring(Struct, frozen=True, kw_only=True):
    """One try to bring somebody in; the first desk that answers wins."""

    id: str
    need: str
    desks: dict[str, RungDesk]
    started: datetime
    deadline: datetime
    tried: tuple[str, ...] = ()
    """Desks of this need that were rung before and did not come; the next offer leaves them out."""
    is_over: bool = False


class Round(Struct, frozen=True, kw_only=True):
    """A session's two rooms on a media server; see `kiosk.contract.media.Seat`."""

    url: str
    room: str
    """Where sound and pictures cross."""
    sound_room: str
    """Where only sound crosses."""
    secret: str
    """With it the agent lets people in, puts them out and destroys both rooms; tokens and feeds are derived from it."""
    is_used: bool = False
    """False while it only stands ready."""
    open: tuple[str, ...] = ()
    """Tokens that the media server knows; a seat is given out when its token is among them."""


class Session(Struct, frozen=True, kw_only=True):
    """A consultation from preparation to the end."""

    id: str
    number: str = ""
    """Appointment number; empty for a session without appointment."""
    started: datetime | None = None
    ends: datetime | None = None
    choice: Consent = Consent.NONE
    """With camera, sound only, or not chosen yet."""
    microphone_wanted: bool = False
    camera_wanted: bool = False
    is_paused: bool = False
    showing: Showing = Showing.NOTHING
    showing_since: datetime | None = None
    stills: int = 0
    """Stills asked for so far."""
    volume_pct: int = 80
    round: Round | None = None
    """Set while the session goes by way of a media server, or soon may."""
    partners: tuple[Partner, ...] = ()
    ring: Ring | None = None
    chosen_need: str = ""
    at_door: str = ""
    """Call of the partner whose door card is open."""


class HelpOrigin(StrEnum):
    """Where help was asked for."""

    SCREEN = "screen"
    WALL = "wall"
    SILENT = "silent"
    """The counsellor's own button, of which nothing in the room tells."""


class Help(Struct, frozen=True, kw_only=True):
    """A call for help that is not over."""

    id: str = ""
    """For the desks that answer it."""
    asked: datetime
    origin: HelpOrigin
    """Where it was asked for first."""
    is_open: bool = True
    """Asked for on the screen or at the wall: the room shows it, and may call it off."""
    is_silent: bool = False
    """Asked for unseen: the room shows nothing, and only who comes ends it."""
    answered: datetime | None = None
    """Since when somebody is on the way."""
    who: str = ""
    """Who that is, in words for the screen; empty: a colleague."""
    is_overdue: bool = False
    """Nobody has answered for a minute."""


class Staff(Struct, frozen=True, kw_only=True):
    """Who looks after the terminal, before its screen."""

    has_page: bool = False
    """There is a number by which to get there."""
    typed: str = ""
    """Digits so far; gone with the sheet."""
    is_wrong: bool = False
    wrong: int = 0
    """Wrong numbers since the last right one."""
    paused_until: datetime | None = None
    lines: tuple[WireLine, ...] = ()
    """Of the room, while the staff page is open."""


class TextSize(StrEnum):
    NORMAL = "normal"
    LARGE = "large"


class Notice(Struct, frozen=True, kw_only=True):
    """Something to say for six seconds; `kind` selects the sentence, `name` and `office` fill it."""

    kind: str
    """`partner-left`, `partner-declined`, `ring-declined`, `time-10`, `time-5`, `time-1`, `remote-hand`,
    `help-answered`, `mute-switch`, `privacy`, a `Reason`."""
    until: datetime
    name: str = ""
    office: str = ""


class State(Struct, frozen=True, kw_only=True):
    """Everything the terminal knows; the touch app draws it, the agent alone changes it."""

    now: datetime
    phase: Phase = Phase.IDLE
    sheet: Sheet = Sheet.NONE
    language: str = "de"
    """The visitor's."""
    house_language: str = "de"
    """Spoken again when the visitor has gone."""
    text_size: TextSize = TextSize.NORMAL
    is_high_contrast: bool = False
    session: Session | None = None
    key: str = ""
    """Secret half of the room's key, base64url; a new one after every session, see `kiosk.runtime.sealing`."""
    waiting: tuple[Partner, ...] = ()
    """Knocked for an appointment whose session has not begun; `Partner.number` says which."""
    appointments: tuple[Appointment, ...] = ()
    """Valid ones, by start."""
    ended_numbers: tuple[str, ...] = ()
    """Appointments of today that took place."""
    schedule_published: datetime | None = None
    directory: Directory = field(default_factory=Directory)
    presence: dict[str, DeskPresence] = field(default_factory=dict)
    """Desks heard of lately; one that is not here is gone."""
    presence_until: dict[str, datetime] = field(default_factory=dict)
    """Until when each word in `presence` may be believed."""
    help: Help | None = None
    has_help_relay: bool = False
    """Help asked for also closes a contact in the house, whatever becomes of the broker."""
    media: MediaReport = field(default_factory=MediaReport)
    is_media_here: bool = False
    is_broker_here: bool = False
    room: RoomReport = field(default_factory=RoomReport)
    watch: Watch = field(default_factory=Watch)
    """What makes sure that camera and microphone are what they are said to be; see `consultation.privacy`."""
    hardware_faults: tuple[str, ...] = ()
    """Parts of the room that do not work: `door-sign`, `ceiling-light`, `help-button`."""
    hardware_reasons: dict[str, Reason] = field(default_factory=dict)
    """Why, for each of them; one that is not named here is just missing."""
    display: Display = field(default_factory=Display)
    health: HealthReport = field(default_factory=HealthReport)
    self_test: SelfTest = field(default_factory=SelfTest)
    staff: Staff = field(default_factory=Staff)
    notice: Notice | None = None
    deleted_at: datetime | None = None
    closes_at: datetime | None = None
    """When the screen of the phase gives way to idle by itself."""
    has_rated: bool = False
    engine: EngineChoice = EngineChoice.AUTO
    """As the terminal is configured."""
    remote_hand: str = ""
    """What somebody is doing from afar, as a command type; empty when nobody is."""

    @property
    def is_help_asked(self) -> bool:
        """Openly: what was asked for unseen is nothing for a screen to know."""
        return self.help is not None and self.help.is_open
