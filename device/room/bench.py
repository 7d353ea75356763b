"""A socket on which a test moves and reads the wires of the mock factory. One JSON line a request, one an answer.

`{"do": "press", "pin": 5}` and `{"do": "release", "pin": 5}` → `{"ok": true}`
`{"do": "levels"}` → `{"levels": {"17": 1, …}}`, the electrical level of every wired pin
`{"do": "watch"}` → `{"time": …, "levels": {…}}` at once, then `{"time": …, "pin": 17, "level": 1}` at every change
Anything else → `{"error": …}`.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Literal

from msgspec import Struct

from device import clock
from device.room.pins import BenchFactory, our_errors
from kiosk.contract import codec
from kiosk.contract.configuration import Button, Output, Room
from kiosk.contract.errors import MalformedError, RoomError


class _Request(Struct, frozen=True, kw_only=True):
    do: Literal["press", "release", "levels", "watch"]
    pin: int = -1


class Bench:
    """Serves the socket while its context is open."""

    def __init__(self, wiring: Room, factory: BenchFactory) -> None:
        self._wiring = wiring
        self._factory = factory

    @contextlib.asynccontextmanager
    async def listen(self, path: Path) -> AsyncIterator[None]:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
        tasks: set[asyncio.Task[None]] = set()

        def accepted(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            task = asyncio.create_task(self._serve(reader, writer), name="bench-client")
            tasks.add(task)
            task.add_done_callback(tasks.discard)

        server = await asyncio.start_unix_server(accepted, path=path)
        path.chmod(0o600)
        try:
            yield
        finally:
            server.close()
            for task in tuple(tasks):
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        def say(answer: dict[str, Any]) -> None:
            writer.write(codec.encode(answer) + b"\n")

        def changed(name: str, level: bool) -> None:
            say({"time": clock.now(), "pin": int(name.removeprefix("GPIO")), "level": int(level)})

        try:
            while line := await reader.readline():
                try:
                    request: _Request = codec.decode(line, _Request, "bench")
                    say(self._answer(request))
                except MalformedError as error:
                    say({"error": error.detail})
                    continue
                if request.do == "watch" and changed not in self._factory.listeners:
                    self._factory.listeners.append(changed)
        except (ConnectionError, ValueError):
            pass  # gone, or a line without end
        finally:
            if changed in self._factory.listeners:
                self._factory.listeners.remove(changed)
            writer.close()

    def _answer(self, request: _Request) -> dict[str, Any]:
        if request.do == "levels":
            return {"levels": self._levels()}
        if request.do == "watch":
            return {"time": clock.now(), "levels": self._levels()}
        button = self._wiring.help_button
        if button is None or request.pin != button.pin:
            raise MalformedError("bench", f"no button on pin {request.pin}")
        pin = self._factory.pin(button.pin)
        if (request.do == "press") == button.has_pull_up:
            pin.drive_low()
        else:
            pin.drive_high()
        return {"ok": True}

    def _levels(self) -> dict[int, int]:
        levels = {}
        for field in self._wiring.__struct_fields__:
            part = getattr(self._wiring, field)
            if isinstance(part, Output | Button):
                with contextlib.suppress(RoomError), our_errors(field):
                    levels[part.pin] = int(bool(self._factory.pin(part.pin).state))
        return levels
