"""Colour tokens, normal and high contrast. Knows neither Kivy nor where a colour is used."""

from dataclasses import dataclass

Rgba = tuple[float, float, float, float]

CLEAR: Rgba = (0.0, 0.0, 0.0, 0.0)


def rgba(code: str) -> Rgba:
    """A colour from `#RRGGBB`, opaque."""
    red, green, blue = (int(code[i : i + 2], 16) / 255 for i in (1, 3, 5))
    return (red, green, blue, 1.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Palette:
    """All colours there are; a widget names one of these and never a value.

    Text on its ground has at least 7:1, borders of what can be touched 3:1 (WCAG 2; `test_theme` computes it).
    """

    paper: Rgba
    """Background of every screen."""
    card: Rgba
    """Ground of buttons and cards."""
    sand: Rgba
    """Sunk areas, a parked tile, the keyboard's tray."""
    ink: Rgba
    """Text."""
    ink2: Rgba
    """Second text."""
    line: Rgba
    """Border of what can be touched."""
    hair: Rgba
    """Border of what cannot be touched, and the foot of a button."""
    pine: Rgba
    """The next step (filled), icons, a choice that was made."""
    pine_tint: Rgba
    """Pressed; numbers of steps."""
    leaf: Rgba
    """Open: camera or microphone on, speaks, reachable."""
    amber: Rgba
    """Waiting, the customer's seat, time is short."""
    amber_edge: Rgba
    """Border and text of waiting."""
    plum: Rgba
    """A screen is being shown."""
    brick: Rgba
    """Fault and end, nothing else."""
    brick_tint: Rgba
    """Ground of a fault card."""
    night: Rgba
    """Tile and name plate."""
    on_night: Rgba
    """Text on `night`."""
    on_strong: Rgba
    """Text on `pine`, `leaf`, `plum`, `brick`."""
    on_amber: Rgba
    """Text on `amber`."""
    wood: Rgba
    """The table."""
    wood_edge: Rgba
    """The table's edge."""
    focus: Rgba
    """Outer ring of the focus; the inner one is `ink`."""
    tile_edge: Rgba
    """Border of a tile; only high contrast has one."""
    unlit: Rgba = (0.0, 0.0, 0.0, 1.0)
    """The glass of a screen that sleeps."""
    clear: Rgba = CLEAR
    """Nothing is drawn."""


NORMAL = Palette(
    paper=rgba("#F5F0E6"),
    card=rgba("#FFFCF6"),
    sand=rgba("#E9E1D2"),
    ink=rgba("#23201B"),
    ink2=rgba("#4A453C"),
    line=rgba("#857A69"),
    hair=rgba("#D3C8B5"),
    pine=rgba("#17524A"),
    pine_tint=rgba("#DCE9E1"),
    leaf=rgba("#1C6139"),
    amber=rgba("#FFD27F"),
    amber_edge=rgba("#7A4E00"),
    plum=rgba("#5C3566"),
    brick=rgba("#8C2B1A"),
    brick_tint=rgba("#FAE3DA"),
    night=rgba("#2A2723"),
    on_night=rgba("#F5F0E6"),
    on_strong=rgba("#FFFFFF"),
    on_amber=rgba("#23201B"),
    wood=rgba("#E3CFA9"),
    wood_edge=rgba("#C6AB7A"),
    focus=rgba("#FFD27F"),
    tile_edge=CLEAR,
)

CONTRAST = Palette(
    paper=rgba("#000000"),
    card=rgba("#141414"),
    sand=rgba("#2B2B2B"),
    ink=rgba("#FFFFFF"),
    ink2=rgba("#E6E6E6"),
    line=rgba("#FFFFFF"),
    hair=rgba("#FFFFFF"),
    pine=rgba("#FFE14D"),
    pine_tint=rgba("#2B2B2B"),
    leaf=rgba("#7DF5AE"),
    amber=rgba("#FFC861"),
    amber_edge=rgba("#FFC861"),
    plum=rgba("#E2B8FF"),
    brick=rgba("#FFA48F"),
    brick_tint=rgba("#141414"),
    night=rgba("#000000"),
    on_night=rgba("#FFFFFF"),
    on_strong=rgba("#000000"),
    on_amber=rgba("#000000"),
    wood=rgba("#141414"),
    wood_edge=rgba("#FFFFFF"),
    focus=rgba("#FFE14D"),
    tile_edge=rgba("#FFFFFF"),
)
