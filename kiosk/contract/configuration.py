"""The terminal's one TOML file, read by all three processes. It holds no secret: keys are systemd credentials.

No reload: change the file, restart the units.
"""

import tomllib
from datetime import time
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, TypeVar

import msgspec
from msgspec import Meta, Struct, field

from kiosk.contract import enrolment, inspection
from kiosk.contract.directory import Id
from kiosk.contract.display import Rung
from kiosk.contract.errors import ConfigurationError
from kiosk.contract.wiring import Parts, Room

_T = TypeVar("_T")
STAFF_PIN = r"[0-9]{4,8}\Z"
"""What the number of the staff page looks like."""


class _Section(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    pass


class Terminal(_Section, frozen=True, kw_only=True):
    """Who and where this terminal is."""

    name: Annotated[str, Meta(pattern=r"^[a-z0-9-]{1,32}\.[a-z0-9-]{1,32}\Z")]
    """`{site}.{room}`, as in the certificate."""
    room: Annotated[str, Meta(min_length=1, max_length=40)]
    """What people call the room, for screen and partners."""
    time_zone: str = "Europe/Berlin"
    language: str = "de"
    """The house's own language, spoken again at the end of every visit."""


class Mqtt(_Section, frozen=True, kw_only=True):
    """The way to the central broker."""

    host: str
    port: Annotated[int, Meta(ge=1, le=65535)] = 8883
    ca_file: Path
    certificate_file: Path
    key_credential: str = "mqtt-key"
    """Name of the systemd credential (a file in `$CREDENTIALS_DIRECTORY`) with the private key."""


class Links(_Section, frozen=True, kw_only=True):
    """Sockets between the processes. Users are names or numbers; empty: the user of the process itself."""

    ui_socket: Path = Path("/run/rundtisch/ui.sock")
    media_socket: Path = Path("/run/rundtisch/media.sock")
    frames_socket: Path = Path("/run/rundtisch/frames.sock")
    enrolment_file: Path = enrolment.FILE
    """What the app shows until there is an agent: how far the terminal is on the way to its certificate."""
    agent_user: str = ""
    ui_user: str = ""
    media_user: str = ""


class Paths(_Section, frozen=True, kw_only=True):
    """Folders of the agent."""

    runtime_directory: Path = Path("/run/rundtisch/device")
    """On tmpfs: the consultation under way, so that a restarted agent knows it."""
    state_directory: Path = Path("/var/lib/rundtisch")
    """On disk: spool, cached schedule and directory. No personal data."""


class Help(_Section, frozen=True, kw_only=True):
    """Who may come when help is asked for in the room."""

    staff: dict[Id, Annotated[str, Meta(min_length=1, max_length=40)]] = field(default_factory=dict)
    """Id to words for the screen ("Frau Weber", "the reception"). An answer by MQTT names the id, never the words."""
    desks: tuple[Id, ...] = ()
    """Desks at which the call is shown, and whose page may answer it; the name goes sealed from there to here."""


class Ui(_Section, frozen=True, kw_only=True):
    """The screen."""

    width_px: Annotated[int, Meta(ge=480, le=3840)] = 1280
    height_px: Annotated[int, Meta(ge=480, le=2160)] = 800
    dpi: Annotated[float, Meta(ge=60, le=400)] = 149
    is_near: bool = False
    """A panel of 7 inches, looked at from 450 mm instead of 600."""
    is_fullscreen: bool = True
    rotation: Annotated[int, Meta(ge=0, le=270)] = 0
    hands_socket: Path | None = None
    """A socket on which a test touches the screen, reads its controls and takes screenshots. Never set in service."""


class Daytime(_Section, frozen=True, kw_only=True):
    """From this time of day on the screen is so bright."""

    at: Annotated[str, Meta(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]\Z")]
    brightness_pct: Annotated[int, Meta(ge=1, le=100)]


class Display(_Section, frozen=True, kw_only=True):
    """When the screen rests, how bright it is, and by which ways the panel is reached."""

    dim_after_s: Annotated[int, Meta(ge=1, le=86400)] = 300
    """Since somebody was last noticed."""
    sleep_after_s: Annotated[int, Meta(ge=2, le=604800)] = 900
    """The same; counts where a sensor or the door would tell that somebody comes."""
    sleep_after_unseen_s: Annotated[int, Meta(ge=2, le=604800)] = 7200
    """Instead, where only a touch would."""
    wake_before_s: Annotated[int, Meta(ge=0, le=3600)] = 300
    """So long before an appointment the screen is awake."""
    greeting_s: Annotated[int, Meta(ge=0, le=600)] = 60
    """How long who comes is greeted."""
    brightness_pct: Annotated[int, Meta(ge=1, le=100)] = 80
    """Without a time of day or a light sensor that says otherwise."""
    darkest_pct: Annotated[int, Meta(ge=1, le=100)] = 20
    brightest_pct: Annotated[int, Meta(ge=1, le=100)] = 100
    """Bounds of every rule, and of what is ordered from afar."""
    dimmed_pct: Annotated[int, Meta(ge=10, le=100)] = 30
    """Of the usual light, while nobody is here: everything can still be read."""
    daytimes: tuple[Daytime, ...] = ()
    """In the terminal's time zone; a light sensor is better, and counts where there is one."""
    light_sensor: str = "auto"
    """Name of an IIO device, `auto` for the first with a light channel, or `none`."""
    dark_room_lux: Annotated[float, Meta(ge=0, le=100000)] = 20.0
    """With so little light or less the screen has `darkest_pct`."""
    bright_room_lux: Annotated[float, Meta(ge=1, le=100000)] = 800.0
    rungs: tuple[Rung, ...] = (Rung.BACKLIGHT, Rung.DDC, Rung.CEC, Rung.COMPOSITOR)
    """The ways that may be tried, in this order; where none works the screen is black but lit."""
    connector: str = ""
    """The panel's connector, such as `HDMI-A-1`; empty: the first that is connected."""
    compositor_directory: Path = Path("/run/rundtisch-ui")
    """Where the compositor's socket lies."""
    root: Path = Path("/")
    """Where `sys` and `dev` are looked for; another folder for tests only."""


class Codec(StrEnum):
    VP8 = "vp8"
    H264 = "h264"


class EngineChoice(StrEnum):
    """How a session's media goes."""

    AUTO = "auto"
    """Peer to peer up to four parties, the room counted; above, or once it was needed, by a media server."""
    MESH = "mesh"
    JANUS = "janus"


class Media(_Section, frozen=True, kw_only=True):
    """Capture and playback, by name."""

    camera: str = "picamera2"
    """`picamera2`, `/dev/videoN` or a name in `/dev/v4l/by-id`, a video file, `pattern` (it moves) or `none`."""
    microphone: str = "default"
    """`default`, part of a PortAudio device name, a sound file, `tone` or `none`."""
    loudspeaker: str = "default"
    """`default`, part of a PortAudio device name, or `none`."""
    width_px: Annotated[int, Meta(ge=160, le=1920)] = 1280
    height_px: Annotated[int, Meta(ge=90, le=1080)] = 720
    frames_per_second: Annotated[int, Meta(ge=5, le=30)] = 30
    codec: Codec = Codec.VP8
    laptop: str = "none"
    """The HDMI grabber behind "Show the laptop": `/dev/videoN` or a name in `/dev/v4l/by-id` (the better choice where
    there is a USB camera as well), a video file, `pattern` or `none`."""
    engine: EngineChoice = EngineChoice.AUTO
    """Read by the agent."""
    is_relay_only: bool = False
    """For closed networks: media goes by way of a TURN relay, never direct."""


Percent = Annotated[float, Meta(ge=0, le=100)]


class Health(_Section, frozen=True, kw_only=True):
    """From which figures on somebody is told, and when a process that grows may start anew. Read by the agent."""

    temperature_warning_c: Annotated[float, Meta(ge=0, le=120)] = 75
    temperature_critical_c: Annotated[float, Meta(ge=0, le=120)] = 82
    """A Pi slows down from 80 °C on."""
    processor_warning_pct: Percent = 95
    """Of all cores, for ten minutes."""
    memory_free_warning_pct: Percent = 12
    memory_free_critical_pct: Percent = 5
    storage_free_warning_pct: Percent = 10
    storage_free_critical_pct: Percent = 3
    wear_warning_pct: Percent = 80
    wear_critical_pct: Percent = 100
    most_memory_mb: Annotated[float, Meta(ge=50)] = 600
    """A process that holds more starts anew at night,"""
    most_growth_mb_h: Annotated[float, Meta(gt=0)] = 4
    """as does one that grew faster for hours."""
    night_begin: time = time(2, 0)
    night_end: time = time(5, 0)
    """In the house's own time. Equal: never."""


class SelfTest(_Section, frozen=True, kw_only=True):
    """When the terminal looks at itself. Read by the agent."""

    is_on: bool = True
    """False: only when somebody asks for it."""
    morning: time = time(6, 30)
    """In the house's own time."""
    before_booking_min: Annotated[int, Meta(ge=15, le=120)] = 15
    """At least so long before a booking it is done."""


class Update(_Section, frozen=True, kw_only=True):
    """Where new versions come from and when they may be switched to. Read by agent and updater."""

    url: str = ""
    """Folder that `provision release publish` filled, by https or http; empty: none comes by network."""
    begin: time = time(2, 0)
    end: time = time(5, 0)
    """In the house's own time; only in between, and with nobody here, the version is changed. Equal: at any time."""
    rate_kbps: Annotated[int, Meta(ge=16)] = 8000
    """Most that a download takes of the line, in kbit/s."""
    probation_s: Annotated[int, Meta(ge=1, le=86400)] = 600
    """So long a new version has to do well before the one before it is given up."""
    patience_s: Annotated[int, Meta(ge=1, le=45)] = 40
    """So long ready, picture, broker or camera may be missing meanwhile."""
    root_file: Path = Path("/etc/rundtisch/release-root.json")
    """Whose signatures count: the first `root.json` of `provision release keys`; later ones are found from it."""
    software_directory: Path = Path("/opt/rundtisch")
    """`versions/`, and the links `current` and `proven` to two of them."""
    state_directory: Path = Path("/var/lib/rundtisch-update")
    """Of the updater."""
    runtime_directory: Path = Path("/run/rundtisch/update")
    """Of the agent, on tmpfs: the lock, and how the agent does."""


class Staff(_Section, frozen=True, kw_only=True):
    """The staff page."""

    pin_credential: str = "staff-pin"
    """Name of the systemd credential with four to eight digits; without it there is no staff page."""


class Configuration(_Section, frozen=True, kw_only=True):
    """The whole file, one table a section."""

    terminal: Terminal
    mqtt: Mqtt
    room: Room
    help: Help = field(default_factory=Help)
    links: Links = field(default_factory=Links)
    paths: Paths = field(default_factory=Paths)
    ui: Ui = field(default_factory=Ui)
    media: Media = field(default_factory=Media)
    display: Display = field(default_factory=Display)
    health: Health = field(default_factory=Health)
    self_test: SelfTest = field(default_factory=SelfTest)
    staff: Staff = field(default_factory=Staff)
    update: Update = field(default_factory=Update)


def read(path: Path, kind: type[_T]) -> _T:
    """Reads a TOML file into the struct `kind`.

    Raises:
        ConfigurationError: cannot be read, is no TOML, or a value is not what it must be; names file, path and value.
    """
    read: _T = _convert(path, _table(path), kind)
    return read


def load(path: Path) -> Configuration:
    """Reads the terminal's file.

    Raises:
        ConfigurationError: see `read`; or the wires of the room cannot be so, see `inspection`; or two values
            contradict each other.
    """
    raw = _table(path)
    room = raw.get("room")
    if isinstance(room, dict):
        if old := inspection.old_form(room):
            raise ConfigurationError(f"{path}: {inspection.OLD_FORM} - at `$.room.{old}`")
        parts = room.get("parts")
        for name, part in parts.items() if isinstance(parts, dict) else ():
            _convert(path, part, Parts, f"$.room.parts.{name}")
    configuration: Configuration = _convert(path, raw, Configuration)
    for fault in inspection.faults(configuration.room):
        raise ConfigurationError(f"{path}: {fault}")
    display = configuration.display
    if not display.dim_after_s < min(display.sleep_after_s, display.sleep_after_unseen_s):
        raise ConfigurationError(f"{path}: the screen has to dim before it sleeps - at `$.display.dim_after_s`")
    if not display.darkest_pct <= display.brightest_pct:
        raise ConfigurationError(f"{path}: darkest_pct is above brightest_pct - at `$.display.darkest_pct`")
    if not display.dark_room_lux < display.bright_room_lux:
        raise ConfigurationError(f"{path}: dark_room_lux is not below bright_room_lux - at `$.display.dark_room_lux`")
    return configuration


def _table(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))  # editors on Windows begin with a mark
    except OSError as error:
        raise ConfigurationError(f"{path}: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{path}: {error}") from None


def _convert(path: Path, raw: object, kind: Any, place: str = "$") -> Any:
    """`place` is where in the file `raw` stands: of a table with free keys msgspec does not say which one."""
    try:
        return msgspec.convert(raw, kind, dec_hook=lambda kind, value: kind(value), strict=True)
    except (msgspec.ValidationError, TypeError) as error:
        detail = str(error)
        if place != "$":
            detail = detail.replace("`$", f"`{place}") if "`$" in detail else f"{detail} - at `{place}`"
        raise ConfigurationError(f"{path}: {detail}") from None
