"""A socket on which a test moves and reads the wires of the mock factory. One JSON line a request, one an answer.

`{"do": "press", "pin": 5}` and `{"do": "release", "pin": 5}`: an input of the room made active or not → `{"ok": true}`
`{"do": "drive", "pin": 5, "level": 1}`: any line, from outside → `{"ok": true}`
`{"do": "chatter", "pin": 5, "hz": 1000, "seconds": 3}` → `{"ok": true}`, and the line moves that often from then on
`{"do": "break", "pin": 5}` and `{"do": "mend", "pin": 5}`: the line answers with an error, or again → `{"ok": true}`
`{"do": "jam", "part": "shutter"}` and `{"do": "free", "part": "shutter"}`: it does not move, or does → `{"ok": true}`
`{"do": "levels"}` → `{"levels": {"17": 1, …}}`, the electrical level of every wired pin; dimmed ones between 0 and 1
`{"do": "watch"}` → `{"time": …, "levels": {…}}` at once, then `{"time": …, "pin": 17, "level": 1}` at every change
Anything else → `{"error": …}`.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Annotated, Any, Literal

from msgspec import Meta, Struct

from device import clock
from device.room.mock import BenchFactory
from kiosk.contract import codec, wiring
from kiosk.contract.errors import MalformedError
from kiosk.contract.wiring import Room


class _Request(Struct, frozen=True, kw_only=True):
    do: Literal["press", "release", "drive", "chatter", "break", "mend", "jam", "free", "levels", "watch"]
    pin: int = -1
    level: bool | Literal[0, 1] = False
    hz: Annotated[int, Meta(ge=1, le=10_000)] = 1000
    seconds: Annotated[float, Meta(gt=0, le=60)] = 1.0
    part: str = ""


class Bench:
    """Serves the socket while its context is open."""

    def __init__(self, room: Room, factory: BenchFactory) -> None:
        self._room = room
        self._factory = factory
        self._tasks: set[asyncio.Task[None]] = set()

    @contextlib.asynccontextmanager
    async def listen(self, path: Path) -> AsyncIterator[None]:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)

        def accepted(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            self._begin(asyncio.create_task(self._serve(reader, writer), name="bench-client"))

        server = await asyncio.start_unix_server(accepted, path=path)
        path.chmod(0o600)
        try:
            yield
        finally:
            server.close()
            for task in tuple(self._tasks):
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)

    def _begin(self, task: asyncio.Task[None]) -> None:
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        loop = asyncio.get_running_loop()

        def say(answer: dict[str, Any]) -> None:
            writer.write(codec.encode(answer) + b"\n")

        def changed(line: int, level: float) -> None:  # a shutter's switches move in a thread of their own
            loop.call_soon_threadsafe(say, {"time": clock.now(), "pin": line, "level": _plain(level)})

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
        if request.do in ("jam", "free"):
            self._jam(request)
        elif not 0 <= request.pin <= 27:
            raise MalformedError("bench", f"there is no pin {request.pin}")
        elif request.do in ("press", "release"):
            self._press(request)
        elif request.do == "drive":
            self._factory.pin(request.pin).drive(bool(request.level))
        elif request.do == "chatter":
            self._begin(asyncio.create_task(self._chatter(request), name=f"chatter-{request.pin}"))
        elif request.do == "break":
            self._factory.broken.add(request.pin)
        else:
            self._factory.broken.discard(request.pin)
        return {"ok": True}

    def _press(self, request: _Request) -> None:
        for part in self._room.parts.values():
            if isinstance(part, wiring.Input) and part.pin == request.pin:
                self._factory.pin(part.pin).drive((request.do == "press") != part.has_pull_up)
                return
        raise MalformedError("bench", f"no input on pin {request.pin}")

    def _jam(self, request: _Request) -> None:
        if request.part not in self._room.of(wiring.Shutter):
            raise MalformedError("bench", f"there is no shutter {request.part!r}")
        if request.do == "jam":
            self._factory.jammed.add(request.part)
        else:
            self._factory.jammed.discard(request.part)

    async def _chatter(self, request: _Request) -> None:
        """Ends as it began; where the loop was late, the edges that are due come at once."""
        loop, pin = asyncio.get_running_loop(), self._factory.pin(request.pin)
        began_s, moved, level = loop.time(), 0, pin.is_high
        total = int(request.hz * request.seconds) // 2 * 2
        while moved < total:
            due = min(int((loop.time() - began_s) * request.hz), total)
            for _ in range(due - moved):
                level = not level
                pin.drive(level)
            moved = due
            await asyncio.sleep(1 / request.hz)

    def _levels(self) -> dict[int, float]:
        """Of the main chip; broken lines say nothing."""
        pins = [pin for part in self._room.parts.values() if part.chip is None for pin in wiring.lines(part).values()]
        return {pin: _plain(self._factory.memory[pin] / 100) for pin in pins if pin not in self._factory.broken}


def _plain(level: float) -> float:
    """0 and 1 as whole numbers."""
    return int(level) if level in (0, 1) else round(level, 2)
