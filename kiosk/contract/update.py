"""What the agent and the updater tell each other, by small files: two programs, of which either may be the older.

The agent writes `Report` and holds the lock; the updater writes `Progress` and `Note`s. Knows no way to read or write.
"""

from enum import StrEnum

from msgspec import Struct, field

LOCK = "lock"
"""In the run-time folder: flock(2), held by the agent while the room is in use. It dies with its process."""
REPORT = "report.json"
"""In the run-time folder: `Report`."""
REQUEST = "request"
"""In the run-time folder: a `Request`; a unit starts the updater when it appears."""
PROGRESS = "progress.json"
"""In the updater's folder: `Progress`."""
NOTES = "notes"
"""Folder in the updater's: `{number:08}.json`, a `Note` each."""


class Cause(StrEnum):
    """Why there was no update, or why it was taken back."""

    CLOCK_UNSET = "clock-unset"
    """The clock stands before the day our own version was made, so that nothing can be said to have expired."""
    NO_SERVER = "no-server"
    """The server cannot be reached, or breaks off."""
    NOT_TRUSTED = "not-trusted"
    """Signatures are missing or wrong, or what is signed does not fit together."""
    EXPIRED = "expired"
    """What the server offers was signed too long ago: somebody may be holding newer things back."""
    OLDER = "older"
    """The server offers less than was known or installed before."""
    DAMAGED = "damaged"
    """The bundle is not the one that was signed, or not what a bundle is."""
    DISK_FULL = "disk-full"
    NOT_FOR_US = "not-for-us"
    """The bundle is for other machines."""
    INSTALL_FAILED = "install-failed"
    """Its packages could not be put into place."""
    TRIAL_FAILED = "trial-failed"
    """The new version did not pass its own test before it was switched to."""
    DID_NOT_START = "did-not-start"
    """A unit of the new version failed."""
    NOT_READY = "not-ready"
    """The new version's agent did not report, or stopped doing so."""
    NO_FRAMES = "no-frames"
    """No picture on the screen."""
    NO_BROKER = "no-broker"
    NO_CAMERA = "no-camera"
    POWER_CUT = "power-cut"
    """The machine was started again and again while the new version was on probation."""
    BY_HAND = "by-hand"
    """Somebody asked for it."""


class Phase(StrEnum):
    """Where an update stands."""

    IDLE = "idle"
    DOWNLOADING = "downloading"
    INSTALLING = "installing"
    WAITING = "waiting"
    """Ready to be switched to, when the room is free and in the window."""
    PROBATION = "probation"


class Progress(Struct, frozen=True, kw_only=True):
    """What the updater does; the agent publishes it."""

    phase: Phase = Phase.IDLE
    serial: int = 0
    """Of the version that runs."""
    offered: int = 0
    """Serial of the version that is under way, or with a `cause` came to nothing; 0: none."""
    cause: str = ""
    """Why the last try came to nothing, a `Cause`; empty when it did not."""
    detail: str = ""


class Report(Struct, frozen=True, kw_only=True):
    """How the agent does, once a second; what probation looks at. `at_s` is CLOCK_BOOTTIME."""

    at_s: float
    pid: int
    is_ready: bool = True
    has_frames: bool = False
    """The touch app is here and draws."""
    has_broker: bool = False
    has_camera: bool = False
    """Media is here, and its camera is not missing."""


class Note(Struct, frozen=True, kw_only=True):
    """Something that central has to know: an event of the agent, `update-…`."""

    number: int
    type: str
    data: dict[str, str | int | float | bool] = field(default_factory=dict)


class Wish(StrEnum):
    CHECK = "check"
    """Look, load and prepare; switch in the window."""
    APPLY = "apply"
    """Switch as soon as the room is free."""
    ROLL_BACK = "roll-back"


class Request(Struct, frozen=True, kw_only=True):
    """What central asked for."""

    wish: Wish
