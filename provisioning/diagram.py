"""The wiring plan as a drawing: the header with its 40 pins, a wire to every part, notes; one A4 sheet, landscape.

Every part has a colour and its name beside it, and every pin its words: nothing is said by colour alone.
"""

import hashlib
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from xml.sax.saxutils import escape

from kiosk.contract.configuration import Configuration
from kiosk.contract.pinout import GROUND, HAS_PULL_UP, HEADER, POWER_3V3, POWER_5V
from provisioning.wiring import Row, notes, place, reserved, rows

_WIDTH, _HEIGHT, _MARGIN = 297.0, 210.0, 10.0
_TOP, _PITCH = 33.0, 6.6
_MIDDLE = _WIDTH / 2
_PIN, _GAP, _BODY = 5.0, 1.2, 13.6
_WIRE, _BOX_HEIGHT = 21.0, 5.7
_COLOURS = (
    "#0072b2",
    "#d55e00",
    "#009e73",
    "#cc79a7",
    "#7a5195",
    "#8c6d1f",
    "#56a3c9",
    "#b8383b",
    "#4d7c0f",
    "#5b6470",
)
_POWER = {POWER_3V3: "#f0a830", POWER_5V: "#c62828", GROUND: "#1a1a1a"}


def draw(configuration: Configuration, source: Path) -> str:
    """The sheet as SVG. `source` is the file that the configuration was read from, named and dated on it."""
    all_rows = rows(configuration.room)
    parts = dict.fromkeys(row.part for row in all_rows)
    colours = {part: _COLOURS[index % len(_COLOURS)] for index, part in enumerate(parts)}
    body = (
        *_title(configuration, source),
        *_header(configuration, all_rows, colours),
        *_foot(configuration, all_rows, colours),
    )
    return "\n".join(
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{_WIDTH:g}mm" height="{_HEIGHT:g}mm" '
            f'viewBox="0 0 {_WIDTH:g} {_HEIGHT:g}" font-family="Noto Sans, DejaVu Sans, Arial, sans-serif">',
            f"<title>{escape(configuration.terminal.name)}: wiring plan</title>",
            f'<rect width="{_WIDTH:g}" height="{_HEIGHT:g}" fill="white"/>',
            *body,
            "</svg>",
            "",
        )
    )


def _title(configuration: Configuration, source: Path) -> Iterator[str]:
    terminal, room = configuration.terminal, configuration.room
    data = source.read_bytes()
    changed = datetime.fromtimestamp(source.stat().st_mtime, UTC)
    yield _text(_MARGIN, 15, f"Wiring plan  {terminal.name}", size=6, weight="bold")
    yield _text(
        _MARGIN, 21.5, f"{terminal.room}   ·   Raspberry Pi 4 or 5, 40-pin header, /dev/gpiochip{room.chip}", size=3.4
    )
    said = f"{source.name} of {changed:%Y-%m-%d %H:%M} UTC, {hashlib.sha256(data).hexdigest()[:12]}"
    yield _text(_WIDTH - _MARGIN, 13, f"from {said}", size=2.8, anchor="end")
    yield _text(
        _WIDTH - _MARGIN,
        21.5,
        "wired: ______________   checked: ______________   date: __________",
        size=3,
        anchor="end",
    )
    yield _line(_MARGIN, 24.5, _WIDTH - _MARGIN, 24.5, "#1a1a1a", 0.4)
    yield _text(
        _MIDDLE, 29.5, "edge of the board with the microSD card is up; pin 1 is square", size=2.5, anchor="middle"
    )


def _header(configuration: Configuration, all_rows: tuple[Row, ...], colours: dict[str, str]) -> Iterator[str]:
    room = configuration.room
    used = {pin: row for row in all_rows if (pin := place(row, room)) is not None}
    numbers = notes(all_rows)
    needed = reserved(room)
    height = 20 * _PITCH + 2
    yield (
        f'<rect x="{_MIDDLE - _BODY / 2:g}" y="{_TOP - 1:g}" width="{_BODY:g}" height="{height:g}" rx="1.5" '
        'fill="#eef1ee" stroke="#1a1a1a" stroke-width="0.35"/>'
    )
    for pin, line in HEADER.items():
        side = -1 if pin % 2 else 1
        y = _TOP + (pin - 1) // 2 * _PITCH + _PITCH / 2
        x = _MIDDLE + side * (_PIN / 2 + _GAP / 2)
        row = used.get(pin)
        if row is not None:
            yield from _wire(row, x, y, side, colours[row.part], [numbers[note] for note in row.notes])
        yield from _pin(pin, line, x, y, side, colours[row.part] if row else "", needed)


def _pin(
    pin: int, line: int | str, x: float, y: float, side: int, colour: str, needed: Mapping[int, object]
) -> Iterator[str]:
    fill = colour or (_POWER[line] if isinstance(line, str) else "white")
    shape = f'rx="{0 if pin == 1 else _PIN / 2:g}"'
    dark = bool(colour) or line in (GROUND, POWER_5V)
    yield (
        f'<rect x="{x - _PIN / 2:g}" y="{y - _PIN / 2:g}" width="{_PIN:g}" height="{_PIN:g}" {shape} '
        f'fill="{fill}" stroke="#1a1a1a" stroke-width="0.25"/>'
    )
    yield _text(x, y + 0.95, str(pin), size=2.6, anchor="middle", weight="bold", fill="white" if dark else "#1a1a1a")
    edge = _MIDDLE + side * (_BODY / 2 + 1.2)
    anchor = "start" if side > 0 else "end"
    if isinstance(line, str):
        yield _text(
            edge,
            y + 0.95,
            line,
            size=2.6,
            anchor=anchor,
            weight="bold",
            fill=_POWER[line] if line != POWER_3V3 else "#8a5a00",
        )
        return
    said = f"GPIO{line}"
    if not colour:
        said += f"  {needed[line]}: leave free" if line in needed else "  free"
        said += ", pull-up on board" if line in HAS_PULL_UP else ""
    yield _text(
        edge, y + (-0.85 if colour else 0.95), said, size=2.3, anchor=anchor, fill="#1a1a1a" if colour else "#6b6b6b"
    )


def _wire(row: Row, x: float, y: float, side: int, colour: str, numbers: list[int]) -> Iterator[str]:
    """From the pin to a box with the part's name; an arrow says which way the signal goes."""
    start, end = x + side * _PIN / 2, x + side * (_PIN / 2 + _WIRE)
    yield _line(start, y, end, y, colour, 0.9)
    tip, back = (end, end - side * 2.4) if row.is_output else (end - side * 2.4, end)
    yield f'<path d="M{tip:g} {y:g} L{back:g} {y - 1.2:g} L{back:g} {y + 1.2:g} Z" fill="{colour}"/>'
    width = _MIDDLE - _MARGIN - _PIN * 1.5 - _WIRE + 1.5
    left = end if side > 0 else end - width
    yield (
        f'<rect x="{left:g}" y="{y - _BOX_HEIGHT / 2:g}" width="{width:g}" height="{_BOX_HEIGHT:g}" rx="0.8" '
        f'fill="white" stroke="{colour}" stroke-width="0.5"/>'
    )
    yield f'<rect x="{left:g}" y="{y - _BOX_HEIGHT / 2:g}" width="1.6" height="{_BOX_HEIGHT:g}" fill="{colour}"/>'
    yield _text(left + 3, y - 0.35, row.label, size=2.8, weight="bold")
    way = "output" if row.is_output else "input"
    said = f"{row.role}, {way}, active {row.active}"
    yield _text(left + 3, y + 2.05, said, size=2.2, fill="#3d3d3d")
    yield _text(left + width - 1.5, y + 0.9, " ".join(f"({number})" for number in numbers), size=2.9, anchor="end")


def _foot(configuration: Configuration, all_rows: tuple[Row, ...], colours: dict[str, str]) -> Iterator[str]:
    """Notes on the left, what the colours mean and lines of other chips on the right."""
    y = _TOP + 20 * _PITCH + 6.5
    yield _line(_MARGIN, y - 4, _WIDTH - _MARGIN, y - 4, "#1a1a1a", 0.25)
    at = y
    for note, number in notes(all_rows).items():
        yield _text(_MARGIN, at, f"({number})  {note}", size=2.5)
        at += 3.5
    right, at = _MIDDLE + 32, y
    for fill, said in (
        (_POWER[POWER_5V], "5 V: supplies only, never to a line of the header"),
        (_POWER[POWER_3V3], "3.3 V: sensors and pull-ups, 50 mA in all"),
        (_POWER[GROUND], "GND: one common ground for everything that has no optocoupler"),
        ("white", "free or needed; a wired one has its part's colour, the arrow shows the signal's way"),
    ):
        shape = f'cx="{right + 1.5:g}" cy="{at - 0.9:g}" r="1.5"'
        yield f'<circle {shape} fill="{fill}" stroke="#1a1a1a" stroke-width="0.25"/>'
        yield _text(right + 5, at, said, size=2.5)
        at += 3.8
    yield _text(
        right,
        at + 0.4,
        "No line of the header bears more than 3.3 V or 8 mA. Switch off before you plug.",
        size=2.6,
        weight="bold",
    )
    at += 4.6
    for row in all_rows:
        if place(row, configuration.room) is None:
            said = f"chip {row.chip}, line {row.bcm}: {row.label} ({row.role}, active {row.active})"
            yield f'<rect x="{right:g}" y="{at - 2.4:g}" width="3" height="3" fill="{colours[row.part]}"/>'
            yield _text(right + 5, at, said, size=2.5)
            at += 3.6


def _text(
    x: float,
    y: float,
    said: str,
    *,
    size: float,
    anchor: str = "start",
    weight: str = "normal",
    fill: str = "#1a1a1a",
) -> str:
    return (
        f'<text x="{x:g}" y="{y:g}" font-size="{size:g}" text-anchor="{anchor}" font-weight="{weight}" fill="{fill}">'
        f"{escape(said)}</text>"
    )


def _line(x1: float, y1: float, x2: float, y2: float, colour: str, width: float) -> str:
    return f'<line x1="{x1:g}" y1="{y1:g}" x2="{x2:g}" y2="{y2:g}" stroke="{colour}" stroke-width="{width:g}"/>'
