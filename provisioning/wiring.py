"""Which line of a terminal goes where: the rows of the wiring plan, from its configuration, and as a table of text."""

from collections.abc import Iterator
from dataclasses import dataclass

from kiosk.contract import wiring
from kiosk.contract.pinout import LINES, PHYSICAL, Function
from kiosk.contract.wiring import Drive, Parts, Room

CONTACT = "contact to GND; beyond 2 m of cable 1 kΩ in the line and 100 nF to GND, or an optocoupler"
CONTACT_PLUS = "contact to 3.3 V, never 5 V; beyond 2 m of cable an optocoupler"
SENSOR = "sensor's output, 3.3 V at most: a 5 V output needs an optocoupler or a divider"
LED = "LED with 330 Ω in series; more than 8 mA by a transistor"
LAMP = "lamp or LED strip by a transistor or relay board; a bare LED with 330 Ω"
RELAY = "relay board with optocoupler, 3.3 V logic; mains only by an electrician"
SERVO = "servo's signal by 1 kΩ; its 5 V from a supply of its own, GND in common"
MOTOR = "input of an H-bridge with a supply of its own, GND in common; never a motor itself"
BUZZER = "buzzer by a transistor; diode across a magnetic one"
PULL = "10 kΩ to the off level, so that it is off while nobody drives the line"


@dataclass(frozen=True, kw_only=True)
class Row:
    """One line."""

    chip: int
    bcm: int
    part: str
    role: str
    line: str
    """What the line is to the part: empty where it has only one."""
    is_output: bool
    active: str
    """`high` or `low`."""
    notes: tuple[str, ...]

    @property
    def label(self) -> str:
        return f"{self.part} · {self.line}" if self.line else self.part


def rows(room: Room) -> tuple[Row, ...]:
    """Every line, in the order of chips and of the header's pins."""
    found = [row for name, part in room.parts.items() for row in _rows(room, name, part)]
    return tuple(sorted(found, key=lambda row: (row.chip != room.chip, row.chip, place(row, room) or 0, row.bcm)))


def _rows(room: Room, name: str, part: Parts) -> Iterator[Row]:
    keys = wiring.lines(part)
    for key, bcm in keys.items():
        is_output = not isinstance(part, wiring.Input) and not key.startswith("is_")
        line = key.removeprefix("lamps.").removesuffix("_pin").replace("_", " ")
        yield Row(
            chip=room.chip if part.chip is None else part.chip,
            bcm=bcm,
            part=name,
            role=wiring.role(part),
            line="" if key == "pin" else line,
            is_output=is_output,
            active="high" if _is_active_high(part, is_output) else "low",
            notes=tuple(_notes(part, is_output)),
        )


def _is_active_high(part: Parts, is_output: bool) -> bool:
    if isinstance(part, wiring.Input):
        return not part.has_pull_up
    return part.is_active_high if is_output else False


def _notes(part: Parts, is_output: bool) -> Iterator[str]:
    match part:
        case wiring.Presence():
            yield SENSOR
        case wiring.Input():
            yield CONTACT if part.has_pull_up else CONTACT_PLUS
        case wiring.Shutter() if not is_output:
            yield CONTACT
        case wiring.Shutter():
            yield SERVO if part.drive is Drive.SERVO else MOTOR
            yield PULL
        case wiring.PrivacyLed():
            yield LED
        case wiring.DoorSign() | wiring.HelpLamp():
            yield LAMP
        case wiring.Light() if part.is_dimmed:
            yield LAMP
        case wiring.Buzzer():
            yield BUZZER
        case _:
            yield RELAY
            yield PULL


def place(row: Row, room: Room) -> int | None:
    """The pin of the header; None for a line of another chip."""
    return PHYSICAL[row.bcm] if row.chip == room.chip else None


def reserved(room: Room) -> dict[int, Function]:
    """BCM line to what the Pi needs it for."""
    return {line: function for function in (Function.EEPROM, *room.in_use) for line in LINES[function]}


def notes(all_rows: tuple[Row, ...]) -> dict[str, int]:
    """Every note that is needed, numbered as they come."""
    said = dict.fromkeys(note for row in all_rows for note in row.notes)
    return {note: number for number, note in enumerate(said, 1)}


def table(room: Room) -> list[str]:
    """For a terminal or a ticket."""
    all_rows = rows(room)
    numbers = notes(all_rows)
    head = ("pin", "line", "part", "role", "way", "active", "notes")
    cells = [head, *(_cells(row, room, numbers) for row in all_rows)]
    widths = [max(len(row[column]) for row in cells) for column in range(len(head))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in cells]
    lines.insert(1, "  ".join("-" * width for width in widths))
    return [*lines, "", *(f"({number}) {note}" for note, number in numbers.items())]


def _cells(row: Row, room: Room, numbers: dict[str, int]) -> tuple[str, ...]:
    pin = place(row, room)
    line = f"GPIO{row.bcm}" if pin else f"chip {row.chip}: {row.bcm}"
    way = "out" if row.is_output else "in"
    said = " ".join(f"({numbers[note]})" for note in row.notes)
    return (str(pin or "-"), line, row.label, row.role, way, row.active, said)
