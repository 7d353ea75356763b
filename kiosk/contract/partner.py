"""What a room and a partner say to each other, by way of the broker, the desk server and the partner's page.

Outer messages travel in the open and name nobody. Whatever may name somebody, or shows an address, travels inside a
`Sealed` box that only the page and the agent can open (`kiosk.runtime.sealing`); broker and desk server see bytes.
"""

from datetime import datetime
from enum import StrEnum
from typing import Annotated

from msgspec import Meta, Struct

from kiosk.contract.directory import Id, Presence
from kiosk.contract.errors import Reason
from kiosk.contract.media import IceServer, Seat, Signal
from kiosk.contract.schedule import Number
from kiosk.contract.state import Consent, Standing

CallId = Annotated[str, Meta(pattern=r"^[a-z0-9]{16,32}\Z")]
"""Random, chosen by the page for one visit."""

PublicKey = Annotated[str, Meta(pattern=r"^[A-Za-z0-9_-]{87}\Z")]
"""Uncompressed P-256 point, base64url without padding."""

Moment = Annotated[datetime, Meta(tz=True)]
"""With its time zone: one without can be compared with no clock."""

Box = Annotated[str, Meta(pattern=r"^[A-Za-z0-9_-]+\Z", max_length=200_000)]
"""12 bytes of nonce, ciphertext and tag of AES-256-GCM, base64url without padding."""


# Room → partner, on `terminals/{terminal}/desk/{desk}/{kind}`.


class Invitation(Struct, frozen=True, kw_only=True):
    """One appointment this desk or guest takes part in."""

    number: Number
    start: Moment
    end: Moment


class Invitations(Struct, frozen=True, kw_only=True, tag="invitations"):
    """Retained; everything the room expects of this desk today, and the key to knock with."""

    room: str
    key: PublicKey
    items: tuple[Invitation, ...] = ()


class Rung(Struct, frozen=True, kw_only=True, tag="rung"):
    """The room asks for somebody now."""

    ring: CallId
    room: str
    need: Id
    language: str
    deadline: Moment
    key: PublicKey


class RingEnd(StrEnum):
    ELSEWHERE = "elsewhere"
    """Another desk was quicker."""
    STOPPED = "stopped"
    TIMEOUT = "timeout"


class RingOver(Struct, frozen=True, kw_only=True, tag="ring-over"):
    ring: CallId
    why: RingEnd


class HelpCall(Struct, frozen=True, kw_only=True, tag="help-call"):
    """Retained, and taken back when it is over: the room asks for help. To the desks of the house that may come."""

    help: CallId
    room: str
    asked: Moment
    key: PublicKey
    is_silent: bool = False
    """Asked for unseen: nobody in the room may notice."""
    is_answered: bool = False
    """Somebody is on the way."""


class HelpOver(Struct, frozen=True, kw_only=True, tag="help-over"):
    """From the desk server to its pages, when a room has taken its call for help back."""

    help: CallId


class Door(Struct, frozen=True, kw_only=True, tag="door"):
    """Where the partner stands with the room, sent on every change and in answer to `LookAgain`."""

    call: CallId
    standing: Standing
    consent: Consent = Consent.NONE


class Sealed(Struct, frozen=True, kw_only=True, tag="sealed"):
    """Either way: one of the inner messages below."""

    call: CallId
    box: Box


RoomToPartner = Invitations | Rung | RingOver | HelpCall | HelpOver | Door | Sealed


# Partner → room, on `desks/{desk}/terminal/{terminal}/{kind}`.


class Knock(Struct, frozen=True, kw_only=True, tag="knock"):
    """A partner is at the door, for an appointment or in answer to a ring; exactly one of the two is set."""

    call: CallId
    key: PublicKey
    box: Box
    """A sealed `Introduction`."""
    number: str = ""
    ring: str = ""


class RingReply(StrEnum):
    ACCEPT = "accept"
    """A `Knock` with this ring follows."""
    DECLINE = "decline"
    LATER = "later"
    """In ten minutes."""


class RingAnswer(Struct, frozen=True, kw_only=True, tag="ring-answer"):
    ring: CallId
    reply: RingReply


class Leave(Struct, frozen=True, kw_only=True, tag="leave"):
    call: CallId


class HelpReply(Struct, frozen=True, kw_only=True, tag="help-reply"):
    """A desk of the house answers a call for help."""

    help: CallId
    key: PublicKey
    box: Box
    """A sealed `HelpComing` or `HelpDone`, bound to the id of the call for help."""


PartnerToRoom = Knock | RingAnswer | HelpReply | Leave | Sealed


# Inside the box.


class Introduction(Struct, frozen=True, kw_only=True, tag="introduction"):
    """Who knocks, for the customer's eyes."""

    name: Annotated[str, Meta(max_length=60)]
    why: Annotated[str, Meta(max_length=120)] = ""


class HelpComing(Struct, frozen=True, kw_only=True, tag="help-coming"):
    """Somebody is on the way, for the screen."""

    name: Annotated[str, Meta(min_length=1, max_length=60)]


class HelpDone(Struct, frozen=True, kw_only=True, tag="help-done"):
    """Who came says that it is over."""


class PartnerMedia(Struct, frozen=True, kw_only=True, tag="partner-media"):
    """What the partner sends at the moment, on every change."""

    is_sharing: bool = False
    is_muted: bool = False
    has_camera_off: bool = False


class LookAgain(Struct, frozen=True, kw_only=True, tag="look-again"):
    """The page was away for a moment: please send `Door` and `RoomView` again."""


class PeerView(Struct, frozen=True, kw_only=True):
    """Another partner, as the page may see it."""

    call: str
    name: str
    office: str
    offers: bool
    """True when the receiving page has to offer to this peer, false when it waits for an offer."""
    has_picture: bool = True
    feed: str = ""
    """Under which id this peer publishes on the media server; empty: peer to peer. See `PlannedPeer.feed`."""


class RoomView(Struct, frozen=True, kw_only=True, tag="room-view"):
    """What an admitted partner sees of the round; partners not named here are to be closed."""

    room: str
    ends: Moment | None = None
    is_paused: bool = False
    has_camera: bool = False
    has_microphone: bool = False
    showing: str = ""
    """What the room shows: `laptop`, `document`, or empty for nothing."""
    peers: tuple[PeerView, ...] = ()
    ice_servers: tuple[IceServer, ...] = ()
    is_relay_only: bool = False
    seat: Seat | None = None
    """The partner's own place on the media server, where pictures cross; None where it takes part by sound only, and
    peer to peer. The rules are those of `kiosk.contract.media.Seat`."""
    sound_seat: Seat | None = None
    """The place where only sound crosses; None when everybody sees, and peer to peer."""
    room_feed: str = ""
    """Under which id the room publishes on the media server: met by `seat`, without one by `sound_seat`. Empty: peer
    to peer."""


InsideHelp = HelpComing | HelpDone
"""Of a `HelpReply`."""
Inside = Introduction | PartnerMedia | LookAgain | RoomView | Signal


# Page ↔ desk server, one JSON message a WebSocket text frame.


class Welcome(Struct, frozen=True, kw_only=True, tag="welcome"):
    """The link is good. Texts come in every language the directory has; the page chooses."""

    id: Id
    name: dict[str, str]
    office: dict[str, str]
    needs: dict[str, dict[str, str]]
    """Need id to words, for rings."""
    now: Moment
    """By the server's clock; the page's may be minutes away."""
    is_guest: bool = False


class Refused(Struct, frozen=True, kw_only=True, tag="refused"):
    """The link is no good (any more), or a message was malformed; the socket closes after a bad link."""

    reason: Reason
    detail: str = ""
    call: str = ""
    """About which visit of the page the message was, where it was about one."""


class Heartbeat(Struct, frozen=True, kw_only=True, tag="heartbeat"):
    """Every 20 s to every page: a browser tells its page nothing of a line that is dead."""

    has_broker: bool = True
    """If not, the server is here, and reaches no room; said at once when it changes."""


class FromRoom(Struct, frozen=True, kw_only=True, tag="from-room"):
    terminal: str
    message: RoomToPartner


class ToRoom(Struct, frozen=True, kw_only=True, tag="to-room"):
    terminal: str
    message: PartnerToRoom


class SetPresence(Struct, frozen=True, kw_only=True, tag="set-presence"):
    """`gone` is not for the page to say: it is gone when its socket is."""

    state: Presence


class Resume(Struct, frozen=True, kw_only=True, tag="resume"):
    """After a lost socket: these visits of mine go on. Within 2 s nobody has noticed."""

    calls: dict[CallId, str]
    """Call to terminal."""


ToPage = Welcome | Heartbeat | Refused | FromRoom
FromPage = SetPresence | ToRoom | Resume
