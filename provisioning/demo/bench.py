"""Reads the wires of the room from outside the agent: which lamp of the door sign is lit, in which order."""

import asyncio
import contextlib
from typing import Any

from kiosk.contract.configuration import Output, Room
from provisioning.demo.lines import LineError, Lines

_RETRY_S = 0.3
_PATIENCE_S = 10.0


class Bench:
    """Fills `door_sign` with `free`, `busy`, `wait` as their lamps come on, as long as `run` runs."""

    def __init__(self, wiring: Room) -> None:
        assert wiring.bench_socket is not None
        self._path = wiring.bench_socket
        signs = {"free": wiring.sign_free, "busy": wiring.sign_busy, "wait": wiring.sign_wait}
        self._signs: dict[int, tuple[str, Output]] = {wire.pin: (name, wire) for name, wire in signs.items() if wire}
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
        name, wire = self._signs.get(pin, ("", None))
        is_lit = wire is not None and bool(level) == wire.is_active_high
        if is_lit and self.door_sign[-1:] != [name]:
            self.door_sign.append(name)
