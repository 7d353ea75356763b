"""Payloads of the public interface to the central server, one struct a topic. No person is named in any of them.

Unknown keys are ignored on reading. Adding a key is a minor version, changing or removing one is `v2`.
"""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any

from msgspec import Meta, Struct, field

from kiosk.contract.media import PeerLink, PeerStats, Quality, Route, Showing
from kiosk.contract.state import Phase, Standing


class Clock(StrEnum):
    """Whether `time` can be trusted."""

    NTP = "ntp"
    RTC = "rtc"
    UNSET = "unset"


class _Report(Struct, frozen=True, kw_only=True):
    time: datetime
    clock: Clock = Clock.NTP


class Condition(StrEnum):
    INIT = "init"
    READY = "ready"
    BUSY = "busy"
    MAINTENANCE = "maintenance"
    SLEEPING = "sleeping"
    DISCONNECTED = "disconnected"
    LOST = "lost"


class Status(Struct, frozen=True, kw_only=True):
    """`status`, retained; birth, will and every change."""

    state: Condition
    connection: str
    """Random id of this CONNECT: a late will cannot be taken for the present."""
    since: datetime


class Info(_Report, frozen=True, kw_only=True):
    """`info`, retained, on change."""

    version: str
    model: str
    system: str
    capabilities: tuple[str, ...]
    """Command types this terminal carries out."""


class DeskState(Struct, frozen=True, kw_only=True):
    desk: str
    standing: Standing
    link: str = ""


class SessionState(_Report, frozen=True, kw_only=True):
    """`state/session`, retained."""

    phase: Phase
    appointment: str = ""
    started: datetime | None = None
    ends: datetime | None = None
    desks: tuple[DeskState, ...] = ()
    camera: str = "off"
    microphone: str = "off"


class HardwareState(_Report, frozen=True, kw_only=True):
    """`state/hardware`, retained."""

    door_sign: str
    ceiling_light: bool
    help_button: str
    """`ok` or `missing`."""
    faults: tuple[str, ...] = ()
    pin_factory: str = ""


class ConfigState(_Report, frozen=True, kw_only=True):
    """`state/config`, retained: which wanted documents are in force, and what was refused of them."""

    schedule_version: int = 0
    directory_version: int = 0
    hash: str = ""
    errors: tuple[str, ...] = ()


class SystemTelemetry(_Report, frozen=True, kw_only=True):
    """`telemetry/system`."""

    uptime_s: float
    load_1m: float
    memory_available_mb: float
    temperature_c: float | None = None
    spool: int = 0
    """Events not yet acknowledged by the broker."""
    frames_per_second: float | None = None
    reaction_ms_p95: float | None = None
    """From a touch to the changed picture. Both as the touch app last said."""
    refused: dict[str, int] = field(default_factory=dict)
    """Malformed or forbidden input since start, by source."""


class CallFigures(PeerStats, frozen=True, kw_only=True):
    """One desk in `telemetry/call`: the figures of `PeerStats`, and counters since the desk was let in."""

    link: PeerLink
    quality: Quality
    frames_received: int = 0
    frames_sent: int = 0
    screen_frames_received: int = 0
    audio_packets_received: int = 0
    audio_packets_sent: int = 0
    first_frame_s: float = 0.0


class CallTelemetry(_Report, frozen=True, kw_only=True):
    """`telemetry/call`, every 5 s of a call; desk to figures."""

    peers: dict[str, CallFigures]


class CallDesk(Struct, frozen=True, kw_only=True):
    """One desk in `state/call`."""

    desk: str
    link: PeerLink
    quality: Quality
    codec: str = ""
    """Of the picture that comes from there, as are width and height."""
    route: Route = Route.NONE
    width_px: int = 0
    height_px: int = 0


class CallState(_Report, frozen=True, kw_only=True):
    """`state/call`, retained: how the call runs at the moment; without a call all is empty."""

    engine: str = ""
    """`mesh` or `janus`."""
    encoder: str = ""
    showing: Showing = Showing.NOTHING
    desks: tuple[CallDesk, ...] = ()


class Event(_Report, frozen=True, kw_only=True):
    """`event/{type}`: numbered without gaps for the life of the terminal, sent until acknowledged."""

    seq: int
    type: str
    data: dict[str, str | int | float | bool] = field(default_factory=dict)


class Alert(Struct, frozen=True, kw_only=True):
    """`alert/{id}`, retained; an empty payload resolves it."""

    severity: str
    text: str
    since: datetime


class Command(Struct, frozen=True, kw_only=True):
    """`command/{type}/{id}`. The deadline comes as message expiry, as `deadline`, or both (the earlier counts)."""

    args: dict[str, Any] = field(default_factory=dict)
    deadline: datetime | None = None


class AckState(StrEnum):
    ACCEPTED = "accepted"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    REJECTED = "rejected"
    EXPIRED = "expired"
    BUSY = "busy"


class RejectCode(StrEnum):
    UNSUPPORTED = "unsupported"
    INVALID = "invalid"
    BUSY_IN_SESSION = "busy-in-session"
    NOT_AUTHORISED = "not-authorised"
    EXPIRED = "expired"
    HARDWARE_MISSING = "hardware-missing"
    LOW_VOLTAGE = "low-voltage"
    INTERNAL = "internal"


class Ack(_Report, frozen=True, kw_only=True):
    """`ack/{type}/{id}`, and to the response topic where the command gave one below the terminal's own tree."""

    state: AckState
    code: RejectCode | None = None
    result: dict[str, Any] = field(default_factory=dict)


class RevokedLinks(Struct, frozen=True, kw_only=True):
    """`revoked`, retained: ids of withdrawn desk and guest links."""

    links: tuple[Annotated[str, Meta(max_length=64)], ...] = ()
