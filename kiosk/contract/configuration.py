"""The terminal's one TOML file, read by all three processes. It holds no secret: keys are systemd credentials.

No reload: change the file, restart the units.
"""

import tomllib
from enum import StrEnum
from pathlib import Path
from typing import Annotated, TypeVar

import msgspec
from msgspec import Meta, Struct, field

from kiosk.contract.errors import ConfigurationError

_T = TypeVar("_T")

Pin = Annotated[int, Meta(ge=0, le=53)]
"""BCM number of a GPIO line."""


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
    agent_user: str = ""
    ui_user: str = ""
    media_user: str = ""


class Paths(_Section, frozen=True, kw_only=True):
    """Folders of the agent."""

    runtime_directory: Path = Path("/run/rundtisch/device")
    """On tmpfs: the consultation under way, so that a restarted agent knows it."""
    state_directory: Path = Path("/var/lib/rundtisch")
    """On disk: spool, cached schedule and directory. No personal data."""


class PinFactory(StrEnum):
    """How GPIO is reached: named, never guessed."""

    LGPIO = "lgpio"
    MOCK = "mock"


class Output(_Section, frozen=True, kw_only=True):
    pin: Pin
    is_active_high: bool = True


class Button(_Section, frozen=True, kw_only=True):
    pin: Pin
    has_pull_up: bool = True
    """Pull-up and a button to ground; false: pull-down and a button to 3.3 V."""
    bounce_time_s: Annotated[float, Meta(ge=0, le=1)] = 0.05


class Room(_Section, frozen=True, kw_only=True):
    """Wires to the room. A part that is not named is not there."""

    pin_factory: PinFactory
    sign_free: Output | None = None
    sign_busy: Output | None = None
    sign_wait: Output | None = None
    ceiling_light: Output | None = None
    help_button: Button | None = None
    help_lamp: Output | None = None
    bench_socket: Path | None = None
    """With the mock factory: a socket on which a test moves and reads the wires. Refused with any other factory."""


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


class Configuration(_Section, frozen=True, kw_only=True):
    """The whole file, one table a section."""

    terminal: Terminal
    mqtt: Mqtt
    room: Room
    links: Links = field(default_factory=Links)
    paths: Paths = field(default_factory=Paths)
    ui: Ui = field(default_factory=Ui)
    media: Media = field(default_factory=Media)


def read(path: Path, kind: type[_T]) -> _T:
    """Reads a TOML file into the struct `kind`.

    Raises:
        ConfigurationError: cannot be read, is no TOML, or a value is not what it must be; names file, path and value.
    """
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
        return msgspec.convert(raw, kind, dec_hook=lambda kind, value: kind(value), strict=True)
    except OSError as error:
        raise ConfigurationError(f"{path}: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, msgspec.ValidationError, TypeError) as error:
        raise ConfigurationError(f"{path}: {error}") from None


def load(path: Path) -> Configuration:
    """Reads the terminal's file.

    Raises:
        ConfigurationError: see `read`; or the bench is open beside real wires.
    """
    configuration = read(path, Configuration)
    if configuration.room.bench_socket and configuration.room.pin_factory is not PinFactory.MOCK:
        raise ConfigurationError(f'{path}: bench_socket needs pin_factory = "mock" - at `$.room.bench_socket`')
    return configuration
