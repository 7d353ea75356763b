"""What can happen: touches at the terminal, wires, the broker, partners, the processes next door, and time itself.

The agent turns everything into one of these; what is random or read from a clock comes with the `Occurrence`.
"""

from datetime import datetime

from msgspec import Struct

from kiosk.contract.configuration import EngineChoice
from kiosk.contract.directory import DeskPresence
from kiosk.contract.display import DisplayReport, Habits, Power
from kiosk.contract.errors import Reason
from kiosk.contract.health import HealthReport
from kiosk.contract.intents import Intent
from kiosk.contract.media import MediaReport
from kiosk.contract.partner import Introduction, PartnerMedia, RingReply
from kiosk.contract.room import Key, RoomReport, WireLine
from kiosk.contract.self_test import Check, CheckResult, Trigger
from kiosk.contract.state import Round

PRESENCE_S = 90.0
"""A desk that has not been heard of for so long counts as gone."""


class _Event(Struct, frozen=True, kw_only=True):
    pass


class Tick(_Event, frozen=True, kw_only=True):
    """Nothing but time passes; once a second is enough for every rule here."""


class ScheduleChanged(_Event, frozen=True, kw_only=True):
    """`desired/schedule` arrived, or is read from the cache. Entries that are no good are refused one by one."""

    document: bytes
    """A `kiosk.contract.schedule.Schedule` as JSON, as it came."""


class DirectoryChanged(_Event, frozen=True, kw_only=True):
    """`directory` arrived, or is read from the cache. Entries that are no good are refused one by one."""

    document: bytes
    """A `kiosk.contract.directory.Directory` as JSON, as it came."""


class PresenceChanged(_Event, frozen=True, kw_only=True):
    """A desk says how it stands; None when its retained word was taken back."""

    desk: str
    presence: DeskPresence | None
    valid_s: float = PRESENCE_S
    """How long this may be believed: the rest of the MQTT message expiry where the broker gave one."""


class Knocked(_Event, frozen=True, kw_only=True):
    """A partner is at the door; the box was opened with `partner_view.room_key`. Either number or ring is set."""

    desk: str
    """From the topic: the desk or guest the link was signed for."""
    call: str
    key: str
    """Public key of the page."""
    introduction: Introduction
    number: str = ""
    ring: str = ""


class RingAnswered(_Event, frozen=True, kw_only=True):
    desk: str
    ring: str
    reply: RingReply


class PartnerLeft(_Event, frozen=True, kw_only=True):
    """The page closed, or its person left."""

    desk: str
    call: str


class PartnerMediaChanged(_Event, frozen=True, kw_only=True):
    """The partner shares, mutes or hides; from a sealed message of that call."""

    desk: str
    call: str
    media: PartnerMedia


class LookedAgain(_Event, frozen=True, kw_only=True):
    """The page was away for a moment and wants to know where it stands; answered with `Door` and view."""

    desk: str
    call: str


class HelpPressed(_Event, frozen=True, kw_only=True):
    """A help button on the wall or below the table."""

    button: str = "help-button"
    """Which one, by its name in the configuration."""
    is_silent: bool = False
    """The counsellor's: nothing in the room may tell that it was pressed."""


class StartPressed(_Event, frozen=True, kw_only=True):
    """The start button in front of the screen."""


class KeyPressed(_Event, frozen=True, kw_only=True):
    """One of the three tactile keys."""

    key: Key


class HelpAnswered(_Event, frozen=True, kw_only=True):
    """Somebody of the house is on the way."""

    who: str = ""
    """In words for the screen; empty: a colleague."""


class HelpEnded(_Event, frozen=True, kw_only=True):
    """Who came to help says that it is done."""


class LinesRead(_Event, frozen=True, kw_only=True):
    """What every line of the room says, for the staff page."""

    lines: tuple[WireLine, ...]


class RoomReported(_Event, frozen=True, kw_only=True):
    """The wires say something else than before."""

    report: RoomReport


class MediaReported(_Event, frozen=True, kw_only=True):
    report: MediaReport


class MediaCame(_Event, frozen=True, kw_only=True):
    """The media process is connected."""


class MediaWent(_Event, frozen=True, kw_only=True):
    """The media process is gone; cameras and microphones went with it."""


class BrokerCame(_Event, frozen=True, kw_only=True):
    pass


class BrokerWent(_Event, frozen=True, kw_only=True):
    pass


class HardwareFault(_Event, frozen=True, kw_only=True):
    """A part of the room does not work as it should, or does again."""

    part: str
    """By its name in the configuration: `door-sign`, `ceiling-light`, `help-button`, …"""
    is_faulty: bool = True
    reason: Reason = Reason.HARDWARE_MISSING
    """Why, while it is faulty."""


class HealthMeasured(_Event, frozen=True, kw_only=True):
    """Once a minute: how the machine does."""

    report: HealthReport


class SelfTestAsked(_Event, frozen=True, kw_only=True):
    """It is time for a self-test, or somebody wants one; nothing happens where somebody is here."""

    trigger: Trigger


class SelfTestStep(_Event, frozen=True, kw_only=True):
    """This is looked at now; its devices open, those of the step before shut."""

    check: Check | None


class CheckDone(_Event, frozen=True, kw_only=True):
    result: CheckResult


class SelfTestDone(_Event, frozen=True, kw_only=True):
    """All checks were made."""


class StaffChosen(_Event, frozen=True, kw_only=True):
    """Whether there is a staff page; when the agent starts."""

    has_page: bool


class PinChecked(_Event, frozen=True, kw_only=True):
    """The number that was typed."""

    is_right: bool


class RemoteHand(_Event, frozen=True, kw_only=True):
    """Somebody does something from afar, which is to be seen; an empty command when it is over."""

    command: str


class EngineChosen(_Event, frozen=True, kw_only=True):
    """How the terminal is configured; when the agent starts."""

    engine: EngineChoice
    has_help_relay: bool = False


class HabitsChosen(_Event, frozen=True, kw_only=True):
    """When the screen rests, as the terminal is configured; when the agent starts."""

    habits: Habits


class DisplayReported(_Event, frozen=True, kw_only=True):
    """The panel, or the way to it, is another than before."""

    report: DisplayReport


class DisplayOrdered(_Event, frozen=True, kw_only=True):
    """Central wants something of the screen; never one that is turned off under somebody's hands."""

    power: Power | None = None
    """None: as it is."""
    brightness_pct: int | None = None
    """None: as it is; what `power` is ordered with `AUTO` goes back to the house's own rule."""


class RoundOpened(_Event, frozen=True, kw_only=True):
    """The two rooms of a round were made on a media server; they take the place of those the session had."""

    session: str
    """`Session.id` it was made for."""
    round: Round


class RoundSeated(_Event, frozen=True, kw_only=True):
    """These tokens, and no others, open the rooms of the round from now on."""

    room: str
    """`Round.room`."""
    tokens: tuple[str, ...]


class RoundGone(_Event, frozen=True, kw_only=True):
    """The media server of this round is lost, and there is no other one."""

    room: str
    """`Round.room`."""


Event = (
    Intent
    | Tick
    | ScheduleChanged
    | DirectoryChanged
    | PresenceChanged
    | Knocked
    | RingAnswered
    | PartnerLeft
    | PartnerMediaChanged
    | LookedAgain
    | HelpPressed
    | StartPressed
    | KeyPressed
    | HelpAnswered
    | HelpEnded
    | RoomReported
    | LinesRead
    | MediaReported
    | MediaCame
    | MediaWent
    | BrokerCame
    | BrokerWent
    | HardwareFault
    | HealthMeasured
    | SelfTestAsked
    | SelfTestStep
    | CheckDone
    | SelfTestDone
    | StaffChosen
    | PinChecked
    | RemoteHand
    | EngineChosen
    | HabitsChosen
    | DisplayReported
    | DisplayOrdered
    | RoundOpened
    | RoundSeated
    | RoundGone
)


class Fresh(Struct, frozen=True, kw_only=True):
    """Random material for the case that the event needs some. Make a new one once it was used, see `is_used`."""

    id: str
    """16 to 32 of `[a-z0-9]`: for a session or a ring."""
    key: str
    """A secret key, `kiosk.runtime.sealing.new_secret()`: the room's after a session."""


class Occurrence(Struct, frozen=True, kw_only=True):
    """One event, when it happened, and fresh material."""

    event: Event
    at: datetime
    """Aware, UTC."""
    fresh: Fresh
