"""What the wires of the room say and show, in the consultation's words. Knows no pins and no gpiozero."""

from enum import StrEnum

from msgspec import Struct


class ShutterPosition(StrEnum):
    """Where the camera's shutter is by its end switches, not by what it was told."""

    NONE = "none"
    """No shutter is wired."""
    SHUT = "shut"
    OPEN = "open"
    MOVING = "moving"
    """Between its ends, within its time."""
    FAULT = "fault"
    """Between its ends for too long, or at both at once."""


class Sign(StrEnum):
    """What the door sign says."""

    FREE = "free"
    BUSY = "busy"
    """In use."""
    WAIT = "wait"
    """Please wait: a session runs into the next booking."""
    NOT_READY = "not-ready"
    """The room cannot be used as it should."""


class Situation(StrEnum):
    """What is going on in the room, as far as its lamps care; several at once, the later ones here are the stronger."""

    IDLE = "idle"
    ASLEEP = "asleep"
    """The screen sleeps, and a sensor will tell when somebody comes: no touch is needed to wake it."""
    OCCUPIED = "occupied"
    """Somebody is there while the terminal is idle."""
    TODAY = "today"
    PREPARATION = "preparation"
    SESSION = "session"
    SENDING = "sending"
    """Picture or sound leaves the room."""
    PAUSED = "paused"
    ENDED = "ended"
    OVERTIME = "overtime"
    """The session runs into the next booking."""
    NOT_READY = "not-ready"
    MAINTENANCE = "maintenance"
    """Staff are at the staff page."""
    DOUBT = "doubt"
    """Camera or microphone are not what they should be: they are closed."""
    HELP_COMING = "help-coming"
    """Help was asked for openly, and somebody is on the way."""
    HELP = "help"
    """Help was asked for openly, and nobody has answered yet."""
    SILENT_HELP = "silent-help"
    """Help was asked for by the counsellor's own button, and nobody has answered: the room shows nothing."""


class Key(StrEnum):
    """The three tactile keys, for hands that do not find the glass."""

    NEXT = "next"
    PREVIOUS = "previous"
    OK = "ok"


class RoomReport(Struct, frozen=True, kw_only=True):
    """Every input that has a lasting position; None: there is no such sensor, or it does not answer."""

    shutter: ShutterPosition = ShutterPosition.NONE
    is_mute_switch_on: bool | None = None
    """The hardware switch: on means that no sound may leave the room."""
    is_occupied: bool | None = None
    """Somebody is in the room, by the presence sensors."""
    is_door_open: bool | None = None
    is_headset_in: bool | None = None


class WireLine(Struct, frozen=True, kw_only=True):
    """One line of the room as it is at this moment."""

    name: str
    """Of its part; with the name of the line where the part has several: `door-sign.lamps.free`."""
    number: int
    """BCM."""
    level: float | None = None
    """Electrical; in between while it is dimmed. None: it is not held by us."""
    fault: str = ""
    """A `Reason`."""
