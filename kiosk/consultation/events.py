"""What can happen: touches at the terminal, wires, the broker, partners, the processes next door, and time itself.

The agent turns everything into one of these; what is random or read from a clock comes with the `Occurrence`.
"""

from datetime import datetime
from enum import StrEnum

from msgspec import Struct

from kiosk.contract.configuration import EngineChoice
from kiosk.contract.directory import DeskPresence
from kiosk.contract.intents import Intent
from kiosk.contract.media import MediaReport
from kiosk.contract.partner import Introduction, PartnerMedia, RingReply
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
    """The help button on the wall."""


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
    """A part of the room stopped answering, or answers again."""

    part: str
    """`door-sign`, `ceiling-light`, `help-button`, `help-lamp`."""
    is_faulty: bool = True


class RemoteHand(_Event, frozen=True, kw_only=True):
    """Somebody does something from afar, which is to be seen; an empty command when it is over."""

    command: str


class EngineChosen(_Event, frozen=True, kw_only=True):
    """How the terminal is configured; when the agent starts."""

    engine: EngineChoice


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


class Origin(StrEnum):
    """Where help was asked for."""

    SCREEN = "screen"
    WALL = "wall"


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
    | MediaReported
    | MediaCame
    | MediaWent
    | BrokerCame
    | BrokerWent
    | HardwareFault
    | RemoteHand
    | EngineChosen
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
