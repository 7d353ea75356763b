"""What can go wrong, as one tree; only the reason crosses a link, the screen turns it into a sentence.

RundtischError
├── ConfigurationError   a file of ours says something it must not: path, key and value are named
├── MalformedError       bytes from outside are not what the contract says: source and path are named
├── LinkError            a process next door is missing, is somebody else, or speaks another version
├── BrokerError          the central broker refuses or cannot be reached
├── MediaError           camera, microphone, loudspeaker or a codec does not work
├── MediaServerError     a media server refuses, or cannot be reached
├── RoomError            a lamp, light or button on the room's wires does not answer
├── DisplayError         the way to the panel's light does not work
├── ReleaseError         a release cannot be made, or an update comes to nothing; `cause` says why
├── SealError            a sealed message does not open with the key of its sender
├── EnrolmentError       a terminal gets no certificate, or no new one
├── InvitationError      a desk or guest link is wrong, expired or revoked
└── CardError            an image, a card or its boot partition cannot be used as it is
"""

from enum import StrEnum

from kiosk.contract.update import Cause


class Reason(StrEnum):
    """Why something failed. Each has one sentence a language in `kiosk.ui.texts`."""

    MALFORMED = "malformed"
    """Bytes or a file do not follow the contract."""
    OVERSIZED = "oversized"
    """A message is longer than its channel allows."""
    NOT_AUTHORISED = "not-authorised"
    """The sender may not do this: wrong uid, not on the roster, foreign topic."""
    VERSION_MISMATCH = "version-mismatch"
    """The other process speaks another version of the contract."""
    NETWORK_LOST = "network-lost"
    """There is no way to the other side at the moment; it is tried again without end."""
    FAR_SIDE_REFUSED = "far-side-refused"
    """The partner, or the broker, said no."""
    NO_ANSWER = "no-answer"
    """Nobody answered in time."""
    CAMERA_MISSING = "camera-missing"
    """No camera where the configuration names one."""
    CAMERA_BUSY = "camera-busy"
    """Another program holds the camera."""
    LAPTOP_MISSING = "laptop-missing"
    """No grabber where the configuration names one, or it cannot be used."""
    LAPTOP_SILENT = "laptop-silent"
    """The grabber works, but no picture comes from the laptop: off, asleep or not plugged in."""
    MICROPHONE_MISSING = "microphone-missing"
    """No microphone where the configuration names one."""
    MICROPHONE_BUSY = "microphone-busy"
    """Another program holds the microphone."""
    LOUDSPEAKER_MISSING = "loudspeaker-missing"
    """No loudspeaker where the configuration names one."""
    LOUDSPEAKER_BUSY = "loudspeaker-busy"
    """Another program holds the loudspeaker."""
    MEDIA_GONE = "media-gone"
    """The media process is not running; it is started again."""
    HARDWARE_MISSING = "hardware-missing"
    """A wire, lamp or button of the room does not answer."""
    LINE_CHATTERS = "line-chatters"
    """A wire changes faster than any hand: it is not listened to until it is calm."""
    LINE_BUSY = "line-busy"
    """Another program holds the wire."""
    BUTTON_STUCK = "button-stuck"
    """A button is pressed for longer than anybody presses."""
    SENSOR_SILENT = "sensor-silent"
    """A sensor has said the same for days."""
    SHUTTER_STUCK = "shutter-stuck"
    """The camera's shutter did not arrive in its time."""
    SWITCHES_DISAGREE = "switches-disagree"
    """Both end switches say at once that the shutter is there."""
    PINS_MISSING = "pins-missing"
    """The library for GPIO or its chip is not there."""
    PINS_FORBIDDEN = "pins-forbidden"
    """We may not use the GPIO chip."""
    BUS_SILENT = "bus-silent"
    """What hangs on an I²C bus does not answer in time."""
    LINK_WRONG = "link-wrong"
    """A desk or guest link was not signed by us or was damaged on the way."""
    LINK_EXPIRED = "link-expired"
    """A desk or guest link is no longer, or not yet, valid."""
    LINK_REVOKED = "link-revoked"
    """A desk or guest link was withdrawn."""
    INTERNAL = "internal"
    """A fault of ours."""


class RundtischError(Exception):
    """Root of the tree. `reason` is what may cross a link, `detail` is for the log and names no person."""

    reason = Reason.INTERNAL

    def __init__(self, detail: str, reason: Reason | None = None) -> None:
        super().__init__(detail)
        self.detail = detail
        if reason is not None:
            self.reason = reason


class ConfigurationError(RundtischError):
    """A configuration file is refused."""

    reason = Reason.MALFORMED


class MalformedError(RundtischError):
    """Bytes from outside are refused; `source` says from where (a topic, a link, a file)."""

    reason = Reason.MALFORMED

    def __init__(self, source: str, detail: str, reason: Reason | None = None) -> None:
        super().__init__(f"{source}: {detail}", reason)
        self.source = source


class LinkError(RundtischError):
    """The link to a process next door cannot be used."""

    reason = Reason.NOT_AUTHORISED


class BrokerError(RundtischError):
    """The central broker refuses or cannot be reached."""

    reason = Reason.NETWORK_LOST


class MediaError(RundtischError):
    """Camera, microphone, loudspeaker or a codec does not work."""

    reason = Reason.CAMERA_MISSING


class MediaServerError(RundtischError):
    """A media server refuses or cannot be reached; `code` is Janus's or VideoRoom's error code, 0 without one."""

    reason = Reason.NETWORK_LOST

    def __init__(self, detail: str, reason: Reason | None = None, code: int = 0) -> None:
        super().__init__(detail, reason)
        self.code = code


class RoomError(RundtischError):
    """A lamp, light or button on the room's wires does not answer."""

    reason = Reason.HARDWARE_MISSING


class DisplayError(RundtischError):
    """One way to the panel's light does not work."""

    reason = Reason.HARDWARE_MISSING


class ReleaseError(RundtischError):
    """A release cannot be made, or an update comes to nothing."""

    reason = Reason.INTERNAL

    def __init__(self, cause: Cause, detail: str) -> None:
        super().__init__(f"{cause.value}: {detail}")
        self.cause = cause


class SealError(RundtischError):
    """A sealed message does not open."""

    reason = Reason.NOT_AUTHORISED


class EnrolmentError(RundtischError):
    """A terminal gets no certificate, or no new one."""

    reason = Reason.NOT_AUTHORISED


class InvitationError(RundtischError):
    """A desk or guest link is refused."""

    reason = Reason.LINK_WRONG


class CardError(RundtischError):
    """An image, a card or its boot partition cannot be used; `detail` says what to do."""

    reason = Reason.HARDWARE_MISSING
