"""What goes over the two Unix sockets of the agent, besides the messages that have a module of their own.

Line 1 in each direction is a `Greeting`. The agent then sends a full `Snapshot` (to the app) or `Plan` (to media).
"""

from enum import StrEnum

from msgspec import Struct

from kiosk.contract.intents import Intent
from kiosk.contract.media import IceServer, MediaReport, Plan, Signal
from kiosk.contract.room import Key
from kiosk.contract.self_test import Examine, Examined
from kiosk.contract.state import State

CONTRACT_VERSION = 2
"""Raised whenever a message between the three processes changes; they are always installed together."""


class Role(StrEnum):
    AGENT = "agent"
    MEDIA = "media"
    UI = "ui"


class Greeting(Struct, frozen=True, kw_only=True, tag="greeting"):
    role: Role
    version: int = CONTRACT_VERSION


class Snapshot(Struct, frozen=True, kw_only=True, tag="snapshot"):
    """Agent → app, on connect and on every change."""

    state: State


class Keystroke(Struct, frozen=True, kw_only=True, tag="keystroke"):
    """Agent → app: a tactile key moves the focus ring, or touches what it stands around."""

    key: Key


class TouchReport(Struct, frozen=True, kw_only=True, tag="touches"):
    """App → agent once a minute: how it does, for telemetry."""

    frames_per_second: float
    reaction_ms_p95: float
    refused: int = 0


class StartAnew(Struct, frozen=True, kw_only=True, tag="start-anew"):
    """Agent → app or media, when nobody is there: please end, systemd starts you again."""


class IceServers(Struct, frozen=True, kw_only=True, tag="ice-servers"):
    """Agent → media: the relays to use from now on, for new peer connections."""

    servers: tuple[IceServer, ...] = ()


class MediaServer(Struct, frozen=True, kw_only=True):
    """One Janus with VideoRoom."""

    url: str
    """WebSocket address, the same for terminals and pages."""
    key: str = ""
    """VideoRoom's `admin_key`, with which rooms are made."""


class MediaServers(Struct, frozen=True, kw_only=True, tag="media-servers"):
    """Central → agent, on `desired/media-servers`: tried in an order drawn for each session."""

    servers: tuple[MediaServer, ...] = ()


class Sound(StrEnum):
    """Short sounds in the room, see `LOOK.md`."""

    DOOR = "door"
    JOINED = "joined"
    LEFT = "left"
    BELL = "bell"
    FAULT = "fault"
    DELETED = "deleted"
    HELP = "help"
    """Help was asked for, so that whoever asked hears that it was understood."""
    TEST = "test"
    """Somebody wants to know whether the loudspeaker can be heard."""


class Chime(Struct, frozen=True, kw_only=True, tag="chime"):
    """Agent → media: play one short sound in the room now, over whatever is heard; never sent to anybody."""

    sound: Sound


ToUi = Greeting | Snapshot | Keystroke | StartAnew
FromUi = Greeting | TouchReport | Intent
ToMedia = Greeting | Plan | Signal | IceServers | Chime | StartAnew | Examine
FromMedia = Greeting | MediaReport | Signal | Examined
