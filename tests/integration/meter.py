"""A meter on the wires of the demo's room: what they say, whoever holds them, also while nobody does."""

import asyncio
import time
from pathlib import Path

from device.room.mock import remembered
from kiosk.contract import wiring
from provisioning.demo.installation import PARTS
from provisioning.demo.waiting import PatienceError

_LOOK_S = 0.002


class Meter:
    """Looks at the lines themselves, whoever holds them: every change with its time."""

    def __init__(self, file: Path) -> None:
        self._file = file
        names = {name: wiring.lines(part) for name, part in PARTS.items()}
        self._lines = {
            "busy": names["door-sign"]["lamps.busy"],
            "free": names["door-sign"]["lamps.free"],
            "light": names["ceiling-light"]["pin"],
            "led": names["privacy-led"]["pin"],
            "is-open": names["shutter"]["is_open_pin"],
            "is-shut": names["shutter"]["is_shut_pin"],
        }
        self.seen: list[tuple[float, dict[str, bool]]] = []

    def look(self) -> dict[str, bool]:
        levels = remembered(self._file)
        now = {name: bool(levels[line]) != name.startswith("is-") for name, line in self._lines.items()}
        if not self.seen or self.seen[-1][1] != now:
            self.seen.append((time.monotonic(), now))
        return now

    async def until(self, timeout_s: float, **wanted: bool) -> float:
        """When the lines are so. Raises PatienceError."""
        deadline_s = time.monotonic() + timeout_s
        while True:
            now = self.look()
            if all(now[name.replace("_", "-")] is level for name, level in wanted.items()):
                return time.monotonic()
            if time.monotonic() > deadline_s:
                raise PatienceError(f"not within {timeout_s} s: {wanted}, but {now}")
            await asyncio.sleep(_LOOK_S)
