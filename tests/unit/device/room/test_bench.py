"""The bench moves and reads the wires of the mock factory."""

import asyncio
import contextlib
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from device.room.bench import Bench
from device.room.wires import Room
from kiosk.consultation import RoomPlan, events
from kiosk.contract.room import Situation
from kiosk.contract.wiring import HelpButton
from provisioning.demo.lines import LineError, Lines
from tests.fakes.agent_house import PINS

ROOM = replace(PINS, parts={**PINS.parts, "help-button": HelpButton(pin=24, bounce_time_s=0)})


@pytest.fixture
async def lines() -> AsyncIterator[tuple[Lines, Room, asyncio.Queue[str]]]:
    """A connection to the bench of a room; what is pressed comes out of the queue."""
    pressed: asyncio.Queue[str] = asyncio.Queue()
    with tempfile.TemporaryDirectory(prefix="rt-") as directory, contextlib.ExitStack() as stack:

        def heard(event: events.Event) -> None:
            if isinstance(event, events.HelpPressed):
                pressed.put_nowait("help")

        room = stack.enter_context(Room(ROOM, heard))
        path = Path(directory, "bench")
        async with Bench(ROOM, room.factory).listen(path):
            assert path.stat().st_mode & 0o777 == 0o600
            connected = Lines(path)
            yield connected, room, pressed
            connected.close()


async def test_a_press_on_the_bench_is_a_press(lines: tuple[Lines, Room, asyncio.Queue[str]]) -> None:
    """Released in between; two presses are two."""
    bench, _, pressed = lines
    for _ in range(2):
        assert await bench.ask(do="press", pin=24) == {"ok": True}
        assert await asyncio.wait_for(pressed.get(), 2) == "help"
        assert (await bench.ask(do="levels"))["levels"]["24"] == 0
        await bench.ask(do="release", pin=24)
    assert pressed.empty()


async def test_changes_are_told_with_their_time(lines: tuple[Lines, Room, asyncio.Queue[str]]) -> None:
    """First how it is, then each change, in order."""
    bench, room, _ = lines
    first = await bench.ask(do="watch")
    assert first["levels"]["17"] == 0
    room.show(RoomPlan(situations=(Situation.TODAY,)))
    seen = []
    async for change in bench.following():
        seen.append((change["pin"], change["level"]))
        assert change["time"] >= first["time"]
        if len(seen) == 2:
            break
    assert seen == [(17, 1), (23, 1)]


@pytest.mark.parametrize("request_", [{"do": "explode"}, {"do": "press", "pin": 17}, {"do": "press"}, {"pin": "x"}])
async def test_what_cannot_be_done_is_said(
    lines: tuple[Lines, Room, asyncio.Queue[str]], request_: dict[str, object]
) -> None:
    """An error, and the bench goes on."""
    bench, _, _ = lines
    with pytest.raises(LineError):
        await bench.ask(**request_)  # type: ignore[arg-type]
    assert (await bench.ask(do="levels"))["levels"]


async def test_a_line_chatters_as_often_as_asked(lines: tuple[Lines, Room, asyncio.Queue[str]]) -> None:
    """Any line, and at the end it is as before; meanwhile the bench goes on."""
    bench, _, _ = lines
    with pytest.raises(LineError):
        await bench.ask(do="chatter", pin=24, hz=0)
    before = (await bench.ask(do="watch"))["levels"]["24"]
    assert await bench.ask(do="chatter", pin=24, hz=1000, seconds=0.02) == {"ok": True}
    seen = []
    async for change in bench.following():
        if change["pin"] == 24:
            seen.append(change["level"])
        if len(seen) == 20:
            break
    assert seen == [1 - before, before] * 10
