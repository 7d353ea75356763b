"""What the parts of a screen show: frozen, in the visitor's words, ready to draw. `present` writes it, widgets read it.

Knows neither Kivy nor the state. An `intent` is what a touch means; the part hands it out as it is. The `key` of what
can be touched is the same in every language. Whole screens are made of these in `kiosk.ui.present.views`.
"""

from enum import StrEnum

from msgspec import Struct


class Kind(StrEnum):
    """How a button looks. Filled is only the one next step."""

    PRIMARY = "primary"
    SECONDARY = "secondary"
    DANGER = "danger"
    SHARE = "share"
    """Plum: our screen is being shown."""
    END = "end"
    """Brick, filled: the confirmation of the end, nowhere else."""


class Mood(StrEnum):
    """The four kinds of state; shape and word go with the colour."""

    OK = "ok"
    BUSY = "busy"
    BAD = "bad"
    IDLE = "idle"


class Lamp(StrEnum):
    """Whether camera or microphone is open."""

    ON = "on"
    OFF = "off"
    HERE = "here"
    """Local preview only."""
    FAULT = "fault"


class Seat(StrEnum):
    """Who sits there."""

    EMPTY = "empty"
    MINE = "mine"
    """The customer's chair, empty."""
    CUSTOMER = "customer"
    TAKEN = "taken"
    RINGING = "ringing"
    WAITING = "waiting"


class Picture(StrEnum):
    """What a tile has instead of, or as, a picture."""

    LIVE = "live"
    CONNECTING = "connecting"
    PARKED = "parked"
    SOUND_ONLY = "sound-only"


class _View(Struct, frozen=True, kw_only=True):
    pass


class ButtonView(_View, frozen=True, kw_only=True):
    """A button, a corner button or one of the bar; without `text` and `icon` it is not there."""

    key: str = ""
    text: str = ""
    icon: str = ""
    second_icon: str = ""
    kind: Kind = Kind.SECONDARY
    intent: object = None
    is_possible: bool = True
    """If not, the text says from when, or why not."""
    tag: str = ""
    """AN or AUS, above the word."""
    is_tag_on: bool = False
    speech: str = ""


class StateView(_View, frozen=True, kw_only=True):
    """A state in icon, word and colour."""

    text: str = ""
    icon: str = ""
    mood: Mood = Mood.IDLE


class LampView(_View, frozen=True, kw_only=True):
    lamp: Lamp = Lamp.OFF
    text: str = ""
    has_level: bool = False
    """Whether a bar says how loud it is."""


class PlateView(_View, frozen=True, kw_only=True):
    """Camera and microphone as measured; with `pause_text` the whole plate says that only."""

    camera: LampView = LampView()
    microphone: LampView = LampView()
    pause_text: str = ""


class TimeView(_View, frozen=True, kw_only=True):
    """A clock (`icon`) or the time left (`share` of the hour, 0 to 1); amber and touchable when it is short."""

    key: str = ""
    text: str = ""
    icon: str = ""
    share: float = -1.0
    is_short: bool = False
    intent: object = None
    speech: str = ""


class TopBarView(_View, frozen=True, kw_only=True):
    plate: PlateView = PlateView()
    room: str = ""
    """Room name, where the screen below has no place for it."""
    pause: ButtonView = ButtonView()
    time: TimeView = TimeView()
    corner: ButtonView = ButtonView()
    help: ButtonView = ButtonView()


class TileView(_View, frozen=True, kw_only=True):
    """One partner; `key` is the id of the camera's frame ring, the same as long as the partner is there."""

    key: str = ""
    name: str = ""
    detail: str = ""
    """Office or role."""
    picture: Picture = Picture.CONNECTING
    picture_text: str = ""
    weak_text: str = ""
    """That the connection is bad; empty otherwise."""
    is_screen: bool = False
    """A shown screen, which is not cut off; else a camera."""
    speaks_text: str = ""
    """Shown with the ring while the partner speaks; empty otherwise."""
    muted_text: str = ""
    is_interpreter: bool = False
    intent: object = None


class StageView(_View, frozen=True, kw_only=True):
    """The big place: a shown screen under a plum strip, or a partner's picture without one."""

    key: str = ""
    """Id of the frame ring to show; empty when there is none."""
    text: str = ""
    wait_text: str = ""
    """What is seen until there is a picture."""
    buttons: tuple[ButtonView, ...] = ()
    """What can be done about what the room shows."""


class ChipView(_View, frozen=True, kw_only=True):
    """The one who waits at the door; without `text` nobody does."""

    key: str = ""
    icon: str = "door-open"
    text: str = ""
    detail: str = ""
    intent: object = None


class SessionRowView(_View, frozen=True, kw_only=True):
    """One appointment of today; `join` only when it can be joined now."""

    key: str = ""
    time: str = ""
    title: str = ""
    detail: str = ""
    is_past: bool = False
    state: StateView = StateView()
    join: ButtonView = ButtonView()


class PersonRowView(_View, frozen=True, kw_only=True):
    icon: str = ""
    name: str = ""
    detail: str = ""


class DeskRowView(_View, frozen=True, kw_only=True):
    key: str = ""
    icon: str = "headset"
    name: str = ""
    detail: str = ""
    is_ringing: bool = False
    state: StateView = StateView()
    intent: object = None


class NeedView(_View, frozen=True, kw_only=True):
    key: str = ""
    icon: str = ""
    text: str = ""
    is_possible: bool = True
    state: StateView = StateView()
    intent: object = None


class SeatView(_View, frozen=True, kw_only=True):
    """A seat at the table; 0 degrees is the far side, clockwise."""

    angle_deg: float
    seat: Seat = Seat.EMPTY
    icon: str = "user"


class NoticeView(_View, frozen=True, kw_only=True):
    """A toast or a fault: what happened, and what one can do. Without `text` there is none."""

    icon: str = ""
    text: str = ""
    detail: str = ""
