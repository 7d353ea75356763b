"""Which colours a part has in which state: plain functions of the palette, called from `.kv`. No Kivy."""

from typing import NamedTuple

from kiosk.ui.theme.colours import Palette, Rgba
from kiosk.ui.views import Kind, Lamp, Mood


class ButtonLook(NamedTuple):
    """Colours of a button and whether it stands on a foot or behind dashes."""

    ground: Rgba
    edge: Rgba
    text: Rgba
    icon: Rgba
    has_foot: bool
    is_dashed: bool = False


def button_look(kind: str, is_pressed: bool, is_possible: bool, colours: Palette) -> ButtonLook:
    """Pressed wins over the kind; what is not possible is dashed, never merely pale."""
    c = colours
    if not is_possible:
        return ButtonLook(c.clear, c.line, c.ink2, c.ink2, has_foot=False, is_dashed=True)
    if is_pressed:
        return ButtonLook(c.pine_tint, c.pine, c.ink, c.pine, has_foot=False)
    if kind == Kind.PRIMARY:
        return ButtonLook(c.pine, c.pine, c.on_strong, c.on_strong, has_foot=False)
    if kind == Kind.SHARE:
        return ButtonLook(c.plum, c.plum, c.on_strong, c.on_strong, has_foot=False)
    if kind == Kind.END:
        return ButtonLook(c.brick, c.brick, c.on_strong, c.on_strong, has_foot=False)
    if kind == Kind.DANGER:
        return ButtonLook(c.card, c.brick, c.brick, c.brick, has_foot=True)
    return ButtonLook(c.card, c.line, c.ink, c.pine, has_foot=True)


class LampLook(NamedTuple):
    """Colours and shape of a lamp: open is a pill, closed a box."""

    ground: Rgba
    edge: Rgba
    text: Rgba
    is_pill: bool
    is_dashed: bool = False


def lamp_look(lamp: str, colours: Palette) -> LampLook:
    """How a camera or microphone lamp looks."""
    c = colours
    if lamp == Lamp.ON:
        return LampLook(c.leaf, c.leaf, c.on_strong, is_pill=True)
    if lamp == Lamp.HERE:
        return LampLook(c.clear, c.leaf, c.leaf, is_pill=True, is_dashed=True)
    if lamp == Lamp.FAULT:
        return LampLook(c.clear, c.brick, c.brick, is_pill=False)
    return LampLook(c.clear, c.line, c.ink, is_pill=False)


def lamp_icon(lamp: str, icon: str) -> str:
    """The device, struck through when it is closed, or the octagon of a fault."""
    if lamp == Lamp.FAULT:
        return "warning-octagon"
    return f"{icon}-slash" if lamp == Lamp.OFF else icon


def mood_colour(mood: str, colours: Palette) -> Rgba:
    """Text and icon colour of a state."""
    return {
        Mood.OK: colours.leaf,
        Mood.BUSY: colours.amber_edge,
        Mood.BAD: colours.brick,
    }.get(Mood(mood), colours.ink2)
