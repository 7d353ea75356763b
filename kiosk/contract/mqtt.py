"""Payloads of the public interface to the central server, one struct a topic. No person is named in any of them.

Unknown keys are ignored on reading. Adding a key is a minor version, changing or removing one is `v2`.
"""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any

from msgspec import Meta, Struct, field

from kiosk.contract.display import Power, Rung, Wakefulness
from kiosk.contract.media import Lamp, PeerLink, PeerStats, Quality, Route, Showing
from kiosk.contract.room import ShutterPosition
from kiosk.contract.self_test import CheckResult
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


class PartState(Struct, frozen=True, kw_only=True):
    """One part of the room in `state/hardware`."""

    role: str
    says: str = ""
    """An output's word by the rules; an input's position (`active`, `inactive`); a shutter's position."""
    levels: dict[str, float] = field(default_factory=dict)
    """An output's lines as they are set, from 0 to 1, before polarity."""
    fault: str = ""
    """A reason (`hardware-missing`, `line-chatters`, …); empty while it works."""


class HardwareState(_Report, frozen=True, kw_only=True):
    """`state/hardware`, retained."""

    door_sign: str
    ceiling_light: bool
    help_button: str
    """`ok` or `missing`."""
    faults: tuple[str, ...] = ()
    pin_factory: str = ""
    shutter: str = "none"
    """`shut`, `open`, `moving`, `fault`."""
    is_mute_switch_on: bool | None = None
    is_occupied: bool | None = None
    is_door_open: bool | None = None
    is_headset_in: bool | None = None
    """None: there is no such sensor, or it does not answer."""
    parts: dict[str, PartState] = field(default_factory=dict)
    """Every part of the room, by its name in the configuration."""


class PrivacyState(_Report, frozen=True, kw_only=True):
    """`state/privacy`, retained: the one value for camera and microphone, as it is shown in the room."""

    camera: Lamp = Lamp.OFF
    camera_reason: str = ""
    """A `Doubt` or a `Reason`; empty where there is nothing to explain."""
    microphone: Lamp = Lamp.OFF
    microphone_reason: str = ""
    """The same, or `switch`: the switch on the table is on mute."""
    shutter: ShutterPosition = ShutterPosition.NONE
    """By its end switches."""
    mute_switch: str = "none"
    """`on`, `off`, or `none`."""
    led: bool = False
    """Whether the LED beside the camera is to be lit."""


class DisplayState(_Report, frozen=True, kw_only=True):
    """`state/display`, retained."""

    state: Wakefulness
    is_lit: bool
    """Whether a picture can be seen, as far as the way to the panel tells."""
    wanted: Power = Power.AUTO
    power: Rung = Rung.BLACK
    brightness: Rung = Rung.BLACK
    """The ways to the panel that are used."""
    brightness_pct: int | None = None
    screen: str = ""
    """Maker and model by EDID, and a hash of the serial number."""


class NetworkState(_Report, frozen=True, kw_only=True):
    """`state/network`, retained: how the terminal is wired to its house."""

    interface: str = ""
    is_up: bool | None = None
    address: str = ""
    gateway: str = ""
    speed_mbps: int | None = None


class SelfTestState(_Report, frozen=True, kw_only=True):
    """`state/self-test`, retained: what the last self-test found, and whether one runs."""

    is_running: bool = False
    trigger: str = ""
    """Of the last: `morning`, `booking`, `staff`, `remote`."""
    began: datetime | None = None
    ended: datetime | None = None
    results: tuple[CheckResult, ...] = ()
    is_ready: bool = True
    """Whether a visitor finds the room as it should be."""


class ConfigState(_Report, frozen=True, kw_only=True):
    """`state/config`, retained: which wanted documents are in force, and what was refused of them."""

    schedule_version: int = 0
    directory_version: int = 0
    hash: str = ""
    errors: tuple[str, ...] = ()


class UpdateState(_Report, frozen=True, kw_only=True):
    """`state/update`, retained: which version runs, and what becomes of the next."""

    version: str = ""
    serial: int = 0
    """Of the release that runs; 0: not installed from one."""
    phase: str = "idle"
    """`idle`, `downloading`, `installing`, `waiting` (for a free room, in the window), `probation`."""
    offered: int = 0
    """Serial of the release that is under way, or with a `cause` came to nothing."""
    cause: str = ""
    """Why the last try came to nothing, or was taken back; see `kiosk.contract.update.Cause`."""
    detail: str = ""


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
    """Malformed or forbidden input since start, by source; `kernel {file}` where a file of the kernel made no sense."""
    use_pct: float | None = None
    """Of all cores, since the last message but a minute at least."""
    memory_total_mb: float | None = None
    memory_mb: dict[str, float] = field(default_factory=dict)
    """What each process holds: `device`, `media`, `ui`."""
    growth_mb_h: dict[str, float] = field(default_factory=dict)
    """By process, over the last hours."""
    pressure_pct: dict[str, float] = field(default_factory=dict)
    """Share of the last minute in which work waited for `cpu`, `memory`, `io`."""
    throttled: tuple[str, ...] = ()
    """Now: `voltage-low`, `clock-capped`, `throttled`, `soft-limit`."""
    throttled_since_boot: tuple[str, ...] = ()
    storage_free_pct: float | None = None
    storage_free_gb: float | None = None
    storage_written_gb: float | None = None
    wear_pct: float | None = None
    round_trip_ms: float | None = None
    """To the broker and back, as its TCP connection has it."""
    loss_pct: float | None = None
    """Of what is sent to the broker."""
    returns: dict[str, int] = field(default_factory=dict)
    """How often each process came back since the machine started."""
    health: dict[str, str] = field(default_factory=dict)
    """Part to `good`, `warning`, `critical`, `unknown`; see `kiosk.contract.health`."""


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
