"""`[room]` of the terminal's file: every part on the room's wires, by its role, and by its own name in `[room.parts]`.

Data only. `kiosk.contract.rules` says what the parts do when, `kiosk.contract.inspection` what cannot be.
"""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

from msgspec import Meta, Struct, field

from kiosk.contract.pinout import Function
from kiosk.contract.room import Key, Sign, Situation

Pin = Annotated[int, Meta(ge=0, le=27)]
"""BCM number of a GPIO line; `provision wiring` says which pin of the header that is."""

Name = Annotated[str, Meta(pattern=r"^[a-z0-9-]{1,24}\Z")]
"""A part's own name: part of topics and alerts."""

Seconds = Annotated[float, Meta(gt=0, le=3600)]
Percent = Annotated[int, Meta(ge=0, le=100)]
Hertz = Annotated[int, Meta(ge=20, le=1000)]
"""Made by software on any line: above 1 kHz the pulses are no longer even."""


class PinFactory(StrEnum):
    """How GPIO is reached: named, never guessed."""

    LGPIO = "lgpio"
    MOCK = "mock"


class Safe(StrEnum):
    """What becomes of an output when the agent is gone."""

    OFF = "off"
    KEEP = "keep"
    """Stays as it is, so that a restart is not seen. Needs a kernel that leaves released lines alone."""


class Part(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True, tag_field="role"):
    """What every part has."""

    chip: Annotated[int, Meta(ge=0, le=15)] | None = None
    """The N of `/dev/gpiochipN`, for lines of an expander that the kernel drives; None: `Room.chip`."""


class Output(Part, frozen=True, kw_only=True):
    is_active_high: bool = True


class Face(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """How a door sign looks."""

    lamps: tuple[Name, ...]
    is_blinking: bool = False


class DoorSign(Output, frozen=True, kw_only=True, tag="door-sign"):
    """One lamp, two, three colours, or a lamp for every word."""

    lamps: Annotated[dict[Name, Pin], Meta(min_length=1, max_length=6)]
    """Called by words (`free`, `busy`, `wait`, `not-ready`) or colours (`red`, `green`, `blue`)."""
    shows: dict[Sign, Face] = field(default_factory=dict)
    """Where it is not what `rules.face` makes of the lamps' names."""
    safe: Safe = Safe.KEEP


class Light(Output, frozen=True, kw_only=True, tag="light"):
    """A light of the room, by a relay or, dimmed, by pulses."""

    pin: Pin
    is_dimmed: bool = False
    frequency_hz: Hertz = 200
    scenes: dict[Name, Percent] = field(default_factory=lambda: {"welcome": 100, "talk": 100})
    """How bright; `off` is always there. A light that cannot be dimmed is on above 0."""
    safe: Safe = Safe.KEEP


class PrivacyLed(Output, frozen=True, kw_only=True, tag="privacy-led"):
    """Beside the camera: lit while anything is captured."""

    pin: Pin


class HelpLamp(Output, frozen=True, kw_only=True, tag="help-lamp"):
    """In or beside a help button."""

    pin: Pin
    safe: Safe = Safe.KEEP


class Buzzer(Output, frozen=True, kw_only=True, tag="buzzer"):
    """A buzzer or chime: sounds once when a rule begins to say `sound`."""

    pin: Pin
    tone_hz: Hertz | None = None
    """For a buzzer without a tone of its own."""
    pulse_s: Annotated[float, Meta(gt=0, le=5)] = 0.2
    pulses: Annotated[int, Meta(ge=1, le=10)] = 3


class _Relay(Output, frozen=True, kw_only=True):
    pin: Pin
    safe: Safe = Safe.OFF


class ScreenRelay(_Relay, frozen=True, kw_only=True, tag="screen-relay"):
    """Power of the screen."""

    safe: Safe = Safe.KEEP


class AmplifierRelay(_Relay, frozen=True, kw_only=True, tag="amplifier-relay"):
    """Power of the amplifier."""


class HelpRelay(_Relay, frozen=True, kw_only=True, tag="help-relay"):
    """Tells the house of a call for help without any network."""

    safe: Safe = Safe.KEEP


class DoorOpener(Output, frozen=True, kw_only=True, tag="door-opener"):
    """Opens the door for a moment, by a door button of the room; never by a message from outside."""

    pin: Pin
    pulse_s: Annotated[float, Meta(ge=0.1, le=10)] = 3.0
    pause_s: Annotated[float, Meta(ge=0, le=60)] = 2.0
    """Least time between two pulses."""
    not_while: tuple[Situation, ...] = ()
    """Situations in which the door stays shut."""


class Drive(StrEnum):
    SERVO = "servo"
    MOTOR = "motor"


class Shutter(Output, frozen=True, kw_only=True, tag="shutter"):
    """Before the camera. Where it is is believed to its two end switches only, so both are needed."""

    drive: Drive
    pin: Pin | None = None
    """Of a servo."""
    open_ms: Annotated[float, Meta(ge=0.4, le=2.6)] = 2.0
    shut_ms: Annotated[float, Meta(ge=0.4, le=2.6)] = 1.0
    """A servo's pulses."""
    open_pin: Pin | None = None
    shut_pin: Pin | None = None
    """Of a motor's bridge: never both at once."""
    is_open_pin: Pin | None = None
    is_shut_pin: Pin | None = None
    """The end switches, to ground."""
    travel_s: Annotated[float, Meta(ge=0.05, le=10)] = 0.8
    """Longest time from end to end."""


class Input(Part, frozen=True, kw_only=True):
    """A contact to ground with the pull-up on; or to 3.3 V with the pull-down on."""

    pin: Pin
    has_pull_up: bool = True
    bounce_time_s: Annotated[float, Meta(ge=0, le=1)] = 0.05


class Pressed(Input, frozen=True, kw_only=True):
    """What a hand presses."""

    stuck_s: Seconds = 30.0
    """Nobody presses for so long."""


class HelpButton(Pressed, frozen=True, kw_only=True, tag="help-button"):
    is_silent: bool = False
    """The counsellor's: nothing in the room tells that it was pressed."""


class StartButton(Pressed, frozen=True, kw_only=True, tag="start-button"):
    """Begins a visit without the screen."""


class TactileKey(Pressed, frozen=True, kw_only=True, tag="key"):
    """One of three keys that are felt."""

    key: Key


class DoorButton(Pressed, frozen=True, kw_only=True, tag="door-button"):
    """Has an opener open the door."""

    opener: Name
    """The opener's name in `[room.parts]`."""


class Sensed(Input, frozen=True, kw_only=True):
    """What stays as it is for a while."""

    silent_days: Annotated[float, Meta(ge=0, le=365)] = 0
    """A sensor that has said the same for so long is taken for broken; 0: it may."""


class PresenceKind(StrEnum):
    PIR = "pir"
    RADAR = "radar"
    MAT = "mat"


class Presence(Sensed, frozen=True, kw_only=True, tag="presence"):
    """Says that somebody is in the room; most sensors say it by 3.3 V."""

    kind: PresenceKind = PresenceKind.PIR
    has_pull_up: bool = False
    hold_s: Annotated[float, Meta(ge=0, le=3600)] = 60.0
    """Somebody who sits still is taken to be there for so long."""
    silent_days: Annotated[float, Meta(ge=0, le=365)] = 7


class DoorContact(Sensed, frozen=True, kw_only=True, tag="door-contact"):
    is_closed_with_door: bool = True
    """A reed contact is closed while the door is."""


class MuteSwitch(Sensed, frozen=True, kw_only=True, tag="mute-switch"):
    is_on_when_closed: bool = True


class HeadsetPlug(Sensed, frozen=True, kw_only=True, tag="headset-plug"):
    """The contact of a socket: active while a headset is plugged in."""


Outputs = (
    DoorSign | Light | PrivacyLed | HelpLamp | Buzzer | ScreenRelay | AmplifierRelay | HelpRelay | DoorOpener | Shutter
)
Inputs = HelpButton | StartButton | TactileKey | DoorButton | Presence | DoorContact | MuteSwitch | HeadsetPlug
Parts = Outputs | Inputs

Rules = dict[Situation, dict[Name, Name]]
"""In a situation: a role or a part's name, to a word; see `kiosk.contract.rules`."""


class Room(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Wires to the room. A part that is not named is not there."""

    pin_factory: PinFactory
    chip: Annotated[int, Meta(ge=0, le=15)] = 0
    """The N of `/dev/gpiochipN` with the header's lines: 0 on a Pi 4 and, since kernel 6.6.45, on a Pi 5; before 4."""
    in_use: tuple[Function, ...] = ()
    """What config.txt or a HAT needs lines for; no part may be wired there."""
    parts: dict[Name, Parts] = field(default_factory=dict)
    rules: Rules = field(default_factory=dict)
    """What is otherwise than in `rules.DEFAULTS`."""
    bench_socket: Path | None = None
    """With the mock factory: a socket on which a test moves and reads the wires. Refused with any other factory."""
    bench_file: Path | None = None
    """With the mock factory: levels outlive the process in this file, as those of real lines do."""

    def of(self, *roles: type) -> dict[str, "Parts"]:
        """The parts of these roles, by name."""
        return {name: part for name, part in self.parts.items() if isinstance(part, roles)}


def role(part: Parts) -> str:
    """Its word in the file."""
    return str(part.__struct_config__.tag)


def lines(part: Parts) -> dict[str, int]:
    """Field (with a lamp's name behind a dot) to BCM line, of all lines that the part has."""
    found: dict[str, int] = {}
    if isinstance(part, DoorSign):
        return {f"lamps.{lamp}": pin for lamp, pin in part.lamps.items()}
    for key in ("pin", "open_pin", "shut_pin", "is_open_pin", "is_shut_pin"):
        pin = getattr(part, key, None)
        if pin is not None:
            found[key] = pin
    return found
