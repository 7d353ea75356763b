"""What every single line of the room says at this moment, for those who look for the broken one."""

from collections.abc import Mapping
from typing import Any

from device.room.pins import our_errors
from kiosk.contract import wiring
from kiosk.contract.errors import Reason, RoomError
from kiosk.contract.room import WireLine


def lines_of(
    room: wiring.Room, factories: Mapping[int, Any], open_parts: set[str], faults: Mapping[str, Reason]
) -> tuple[WireLine, ...]:
    """In the order of the configuration.

    Args:
        factories: By chip.
        open_parts: Names of those whose lines are held.
        faults: By part.
    """
    found = []
    for name, part in room.parts.items():
        factory = factories.get(room.chip if part.chip is None else part.chip)
        for key, number in wiring.lines(part).items():
            level, fault = None, faults.get(name)
            if factory is not None and name in open_parts:
                level, own = _level(name, factory, number)
                fault = fault or own
            line = name if key == "pin" else f"{name}.{key}"
            found.append(WireLine(name=line, number=number, level=level, fault=fault.value if fault else ""))
    return tuple(found)


def _level(name: str, factory: Any, number: int) -> tuple[float | None, Reason | None]:
    """The electrical level, 0 to 1; or why there is none."""
    try:
        with our_errors(name):
            return round(float(factory.pin(number).state), 2), None
    except RoomError as error:
        return None, error.reason
