"""How awake the screen is, what the house wants of it, and what the panel can do. Data only."""

from datetime import datetime
from enum import StrEnum

from msgspec import Struct


class Wakefulness(StrEnum):
    """What is to be seen on the glass."""

    AWAKE = "awake"
    DIMMED = "dimmed"
    """Nobody has been here for a while: less light, everything can be read and touched."""
    ASLEEP = "asleep"
    """Nothing is to be seen, and a touch does nothing but wake."""


class Power(StrEnum):
    """What central wants of the screen."""

    AUTO = "auto"
    """Awake while somebody is here."""
    ON = "on"
    OFF = "off"
    """Asleep until a hand or a visit needs it; then `AUTO` again."""


class Rung(StrEnum):
    """The ways to a panel's light, the best first."""

    BACKLIGHT = "backlight"
    """The kernel's backlight: panels on DSI, laptops."""
    DDC = "ddc"
    """The monitor's own controls, over the display cable."""
    CEC = "cec"
    """A television's remote control, over HDMI."""
    COMPOSITOR = "compositor"
    """The compositor stops sending a picture."""
    BLACK = "black"
    """The panel stays on; the touch app shows a black picture."""


class Habits(Struct, frozen=True, kw_only=True):
    """When the screen rests, as the house configured it."""

    dim_after_s: int = 300
    sleep_after_s: int = 900
    sleep_after_unseen_s: int = 7200
    """Where nothing but a touch can tell that somebody is here."""
    wake_before_s: int = 300
    """So long before an appointment the screen is awake."""
    greeting_s: int = 60
    """How long who comes is greeted."""


class DisplayReport(Struct, frozen=True, kw_only=True):
    """What is known of the panel; changes when a way to it fails or another one is found, not with every step."""

    is_lit: bool = True
    """Whether a picture can be seen on it, as far as the way to it tells."""
    can_dim: bool = False
    """Without it the touch app draws a veil."""
    power: Rung = Rung.BLACK
    brightness: Rung = Rung.BLACK
    """The ways that are used; `BLACK`: none of the panel's own."""
    brightness_pct: int | None = None
    """As last asked for, in steps of ten."""
    screen: str = ""
    """Model and a hash of the serial number, by its EDID; empty where it has none."""


class Display(Struct, frozen=True, kw_only=True):
    """The screen in the state of the terminal."""

    wakefulness: Wakefulness = Wakefulness.AWAKE
    alone_since: datetime | None = None
    """When somebody was last noticed; None while the screen has a reason to be awake."""
    came_at: datetime | None = None
    """When somebody came to the idle screen."""
    woke_at: datetime | None = None
    """When it was last asleep; panels need a while until something is seen on them."""
    power: Power = Power.AUTO
    brightness_pct: int | None = None
    """As central wants it; None: by the house's own rule."""
    habits: Habits = Habits()
    report: DisplayReport = DisplayReport()
