"""Reads the wires of the room from outside the agent: which lamp of the door sign is lit, in which order."""

import asyncio
import contextlib
from typing import Any

from kiosk.contract.wiring import DoorSign, Room
from provisioning.demo.lines import LineError, Lines

_RETRY_S = 0.3
_PATIENCE_S = 10.0


class Bench:
    """Fills `door_sign` with `free`, `busy`, `wait` as their lamps come on, as long as `run` runs."""

    def __init__(self, room: Room) -> None:
        assert room.bench_socket is not None
        self._path = room.bench_socket
        self._signs: dict[int, tuple[str, bool]] = {
            pin: (name, sign.is_active_high)
            for sign in room.of(DoorSign).values()
            if isinstance(sign, DoorSign)
            for name, pin in sign.lamps.items()
        }
        self.door_sign: list[str] = []

    async def run(self) -> None:
        """Watches for ever, over restarts of the agent."""
        while True:
            lines = Lines(self._path)
            with contextlib.suppress(LineError, OSError), contextlib.closing(lines):
                first = await lines.ask(_PATIENCE_S, do="watch")
                for pin, level in first["levels"].items():
                    self._note(int(pin), level)
                async for change in lines.following():
                    self._note_change(change)
            await asyncio.sleep(_RETRY_S)

    def _note_change(self, change: dict[str, Any]) -> None:
        self._note(change["pin"], change["level"])

    def _note(self, pin: int, level: int) -> None:
        name, is_active_high = self._signs.get(pin, ("", True))
        if name and bool(level) == is_active_high and self.door_sign[-1:] != [name]:
            self.door_sign.append(name)
