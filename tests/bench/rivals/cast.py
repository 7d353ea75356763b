"""The partners' process as the bench sees it, and what a rival has to be able to do."""

import asyncio
import contextlib
import json
import sys
from collections.abc import AsyncIterator, Callable
from typing import Any, NamedTuple, Protocol

import msgspec

from kiosk.contract.media import PlannedPeer, Seat, Signal


class Shown(NamedTuple):
    """One picture of one partner, seen on a rival's screen."""

    call: str
    at_s: float
    """By `time.monotonic`."""
    number: int
    """From its bar code."""


class Rival(Protocol):
    """A terminal, or a browser in its place."""

    name: str

    async def join(self, calls: list[str], *, publishes: bool) -> None:
        """Expects offers of these partners from now on."""

    async def sit(self, seat: Seat, peers: list[PlannedPeer], *, publishes: bool) -> None:
        """Joins a round on a media server in which these publish."""

    async def leave(self) -> None:
        """Hangs up with everybody."""

    async def first_pictures(self, calls: list[str]) -> float:
        """Waits until a picture of each is on the screen; when that was, by `time.monotonic`."""

    async def watch(self, calls: list[str], seconds: float) -> list[Shown]:
        """Every picture that is put on the screen."""

    def pids(self) -> list[int]:
        """The processes that count."""

    def hear(self, signal: Signal) -> None:
        """From a partner."""


class Cast:
    """The partners. `told` has what each has sent, and how many pictures came to it."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self.on_signal: Callable[[Signal], None] = lambda signal: None
        self._told: asyncio.Queue[dict[str, Any]] = asyncio.Queue()

    def join(self, call: str, *, obeys: bool = False) -> None:
        """`obeys`: it sends smaller pictures when asked to."""
        self._say({"join": call, "obeys": obeys})

    def sit(self, call: str, seat: Seat) -> None:
        """Publishes on a media server."""
        self._say({"join": call, "seat": msgspec.to_builtins(seat)})

    def look(self, call: str, feed: str) -> None:
        """Subscribes to the rival there."""
        self._say({"look": call, "feed": feed})

    def leave(self, call: str) -> None:
        self._say({"leave": call})

    def hear(self, signal: Signal) -> None:
        """From the rival."""
        self._say({"signal": msgspec.to_builtins(signal)})

    async def told(self) -> dict[str, Any]:
        self._say({"tell": True})
        return await asyncio.wait_for(self._told.get(), 10)

    def _say(self, message: Any) -> None:
        assert self._process.stdin
        self._process.stdin.write(json.dumps(message).encode() + b"\n")

    async def run(self) -> None:
        assert self._process.stdout
        while line := await self._process.stdout.readline():
            match json.loads(line):
                case {"signal": fields}:
                    self.on_signal(msgspec.convert(fields, Signal))
                case {"told": told}:
                    self._told.put_nowait(told)


@contextlib.asynccontextmanager
async def partners() -> AsyncIterator[Cast]:
    """A running process of partners."""
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.bench.rivals.partners"), stdin=pipe, stdout=pipe, limit=1 << 22
    )
    assert process.stdin
    assert process.stdout
    assert await asyncio.wait_for(process.stdout.readline(), 60)
    cast = Cast(process)
    task = asyncio.create_task(cast.run())
    try:
        yield cast
    finally:
        task.cancel()
        process.stdin.close()
        process.terminate()
        await process.wait()
