"""What cannot be on the wires of a room, said before anything is switched: with place and remedy."""

from collections.abc import Iterator

from kiosk.contract import rules
from kiosk.contract.pinout import LINES, Function
from kiosk.contract.wiring import (
    Buzzer,
    DoorButton,
    DoorOpener,
    DoorSign,
    Drive,
    Light,
    Parts,
    PinFactory,
    Room,
    Shutter,
    lines,
    role,
)

_OLD = ("sign_free", "sign_busy", "sign_wait", "ceiling_light", "help_button", "help_lamp")
OLD_FORM = (
    "since 0.3 every part of the room has a table of its own: [room.parts.door-sign] with role and lines, "
    "as `provision central init` writes it and the README shows"
)


def old_form(raw: dict[str, object]) -> str | None:
    """The first key of the form before 0.3 in the raw table `[room]`."""
    return next((key for key in _OLD if key in raw), None)


def faults(room: Room) -> Iterator[str]:
    """Each as `what; remedy - at path`."""
    yield from _bench(room)
    yield from _lines(room)
    for name, part in room.parts.items():
        place = f"$.room.parts.{name}"
        yield from _part(room, part, place)
    yield from _rules(room)


def _bench(room: Room) -> Iterator[str]:
    for key in ("bench_socket", "bench_file"):
        if getattr(room, key) and room.pin_factory is not PinFactory.MOCK:
            yield f'{key} needs pin_factory = "mock"; take it out - at `$.room.{key}`'


def _lines(room: Room) -> Iterator[str]:
    """Used twice, or needed for something else."""
    reserved = {line: function for function in (Function.EEPROM, *room.in_use) for line in LINES[function]}
    taken: dict[tuple[int, int], str] = {}
    for name, part in room.parts.items():
        chip = room.chip if part.chip is None else part.chip
        for key, pin in lines(part).items():
            place = f"$.room.parts.{name}.{key}"
            if (chip, pin) in taken:
                yield f"line {pin} is used twice; wire it elsewhere - at `{taken[chip, pin]}` and `{place}`"
            taken.setdefault((chip, pin), place)
            if chip == room.chip and pin in reserved:
                function = reserved[pin]
                remedy = "" if function is Function.EEPROM else f', or take "{function}" out of $.room.in_use'
                yield f"line {pin} is needed for {function}; wire it to a free line{remedy} - at `{place}`"


def _part(room: Room, part: Parts, place: str) -> Iterator[str]:
    is_pulsed = (isinstance(part, Light) and part.is_dimmed) or (isinstance(part, Buzzer) and part.tone_hz is not None)
    is_pulsed = is_pulsed or (isinstance(part, Shutter) and part.drive is Drive.SERVO)
    if is_pulsed and part.chip not in (None, room.chip):
        yield f"an expander is too slow for pulses; wire it to the header - at `{place}.chip`"
    if isinstance(part, Shutter):
        yield from _shutter(part, place)
    if isinstance(part, DoorButton) and not isinstance(room.parts.get(part.opener), DoorOpener):
        yield f"there is no door opener {part.opener!r}; name one of $.room.parts - at `{place}.opener`"
    if isinstance(part, DoorSign):
        for word, face in part.shows.items():
            for lamp in face.lamps:
                if lamp not in part.lamps:
                    yield f"there is no lamp {lamp!r}; name one of {', '.join(part.lamps)} - at `{place}.shows.{word}`"


def _shutter(part: Shutter, place: str) -> Iterator[str]:
    needed = ("pin",) if part.drive is Drive.SERVO else ("open_pin", "shut_pin")
    foreign = ("open_pin", "shut_pin") if part.drive is Drive.SERVO else ("pin",)
    for key in needed:
        if getattr(part, key) is None:
            yield f"a {part.drive} needs {' and '.join(needed)}; name its line - at `{place}.{key}`"
    for key in foreign:
        if getattr(part, key) is not None:
            yield f"a {part.drive} has no {key}; take it out - at `{place}.{key}`"
    for key in ("is_open_pin", "is_shut_pin"):
        if getattr(part, key) is None:
            yield f"where the shutter is must be felt; wire an end switch - at `{place}.{key}`"


def _rules(room: Room) -> Iterator[str]:
    for situation, cells in room.rules.items():
        for target, word in cells.items():
            place = f"$.room.rules.{situation}.{target}"
            named = room.parts.get(target)
            if named is not None:
                possible = rules.words(named, role(named))
            else:
                possible = rules.WORDS.get(target, ())
                if target == "light":
                    possible = (*possible, *(scene for part in room.of(Light).values() for scene in _scenes(part)))
            if not possible:
                known = ", ".join((*rules.WORDS, *room.parts))
                yield f"there is no role and no part {target!r} with rules; one of {known} - at `{place}`"
            elif word not in possible:
                yield f"{target} has no word {word!r}; one of {', '.join(dict.fromkeys(possible))} - at `{place}`"


def _scenes(part: Parts) -> tuple[str, ...]:
    return tuple(part.scenes) if isinstance(part, Light) else ()
