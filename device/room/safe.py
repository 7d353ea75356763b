"""`python -m device.room.safe CONFIG.toml`: puts the wires into their safe state when the agent is gone.

For systemd's ExecStopPost=: a process that was killed cannot do it, and nobody holds its lines any more. Shutters are
shut, openers, LEDs and relays off; what is to stay as it is (`safe = "keep"`) is not touched.
"""

import argparse
import logging
import sys
from os import EX_CONFIG
from pathlib import Path
from typing import Any

from gpiozero import OutputDevice

from device.room.motor import shut
from device.room.pins import make_factory, our_errors
from kiosk.contract import configuration, wiring
from kiosk.contract.errors import ConfigurationError, RoomError
from kiosk.contract.wiring import Safe
from kiosk.runtime import log

_logger = logging.getLogger(__name__)


def make_safe(room: wiring.Room) -> list[str]:
    """Returns the parts that could not be made safe; each is in the log."""
    failed: list[str] = []
    factories: dict[int, Any] = {}
    # What takes its time comes last: everything else is safe by then.
    for name, part in sorted(room.parts.items(), key=lambda item: isinstance(item[1], wiring.Shutter)):
        if isinstance(part, wiring.Input) or getattr(part, "safe", Safe.OFF) is Safe.KEEP:
            continue
        chip = room.chip if part.chip is None else part.chip
        try:
            if chip not in factories:
                factories[chip] = make_factory(room, chip)
            if isinstance(part, wiring.Shutter):
                shut(name, part, factories[chip])
            else:
                _switch_off(name, part, factories[chip])
        except RoomError as error:
            _logger.error("not made safe: %s", error.detail)
            failed.append(name)
    for factory in factories.values():
        factory.close()
    return failed


def _switch_off(name: str, part: wiring.Outputs, factory: Any) -> None:
    with our_errors(name):
        for pin in wiring.lines(part).values():
            OutputDevice(pin, active_high=part.is_active_high, initial_value=False, pin_factory=factory).close()


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m device.room.safe", description=__doc__)
    parser.add_argument("configuration", type=Path, metavar="CONFIG.toml")
    path = parser.parse_args().configuration
    log.set_up("device-safe")
    try:
        room = configuration.load(path).room
    except ConfigurationError as error:  # then the agent moved nothing either
        _logger.error("%s", error.detail)
        sys.exit(EX_CONFIG)
    make_safe(room)


if __name__ == "__main__":
    main()
