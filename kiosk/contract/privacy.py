"""What is known about camera and microphone, and what of it does not fit together. Rules: `consultation.privacy`."""

from datetime import datetime
from enum import StrEnum

from msgspec import Struct, field

from kiosk.contract.media import Lamp


class Doubt(StrEnum):
    """Two sources disagree."""

    CAMERA_SENT = "camera-sent"
    """Pictures of the camera leave though it is to be closed."""
    CAMERA_OPEN = "camera-open"
    """The camera stays open though it is to be closed."""
    SHUTTER_OPEN = "shutter-open"
    """By its end switches the shutter is open though it is to be shut."""
    SHUTTER_SHUT = "shutter-shut"
    """The camera says it sees, and the shutter is shut."""
    SHUTTER_FAULT = "shutter-fault"
    """Nobody knows where the shutter is."""
    MICROPHONE_SENT = "microphone-sent"
    """Sound leaves though the microphone is to be closed."""
    MICROPHONE_OPEN = "microphone-open"
    """The microphone stays open though it is to be closed."""
    MUTE_SWITCH = "mute-switch"
    """Sound leaves though the switch on the table is on mute."""
    SCREEN_SENT = "screen-sent"
    """A document or laptop is sent though nothing is to be shown."""
    SWITCH_LOST = "switch-lost"
    """The switch on the table was heard before, and is not any more."""
    MEDIA_SILENT = "media-silent"
    """Nothing is heard any more of the process that has camera and microphone."""


LEAKS = {Doubt.CAMERA_SENT, Doubt.MICROPHONE_SENT, Doubt.MUTE_SWITCH, Doubt.SCREEN_SENT, Doubt.MEDIA_SILENT}
"""Who sends what it must not send, or does not answer, is believed in nothing: every line is cut."""


class Part(StrEnum):
    CAMERA = "camera"
    MICROPHONE = "microphone"


class Said(Struct, frozen=True, kw_only=True):
    """The one value for one of the two, which screen, LED, door sign and MQTT show."""

    lamp: Lamp = Lamp.OFF
    why: str = ""
    """A `Doubt`, a `Reason`, or `switch`: the switch on the table is on mute. Empty: nothing to explain."""


class Sent(Struct, frozen=True, kw_only=True):
    """Counters of all senders together, as media last told them."""

    frames: int = 0
    screen_frames: int = 0
    audio_packets: int = 0


class Watch(Struct, frozen=True, kw_only=True):
    """What has to be remembered to compare the sources."""

    sent: Sent = Sent()
    reported_at: datetime | None = None
    """When media was last heard of."""
    shut_since: dict[str, datetime] = field(default_factory=dict)
    """`camera`, `microphone`, `screen`: when media was told to send no more of it, if it was ever to send some."""
    leaked_at: dict[str, datetime] = field(default_factory=dict)
    """When counters last moved though both they and the plan had long been still."""
    doubts: dict[str, datetime] = field(default_factory=dict)
    """What does not fit at the moment, and since when."""
    closed: dict[str, Doubt] = field(default_factory=dict)
    """`Part` to why it stays closed until somebody touches its button again."""
