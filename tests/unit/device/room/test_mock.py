"""The bench's pins are like lines: they outlive a process, break, and a shutter's switches follow its drive."""

import asyncio
import contextlib
import functools
import json
import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from device.room.bench import Bench
from device.room.mock import remembered
from device.room.safe import make_safe
from device.room.wires import Room
from kiosk.consultation import events
from kiosk.contract import wiring
from kiosk.contract.errors import Reason
from kiosk.contract.room import RoomReport, ShutterPosition
from kiosk.contract.wiring import (
    DoorButton,
    DoorOpener,
    Drive,
    MuteSwitch,
    PinFactory,
    PrivacyLed,
    Shutter,
    StartButton,
)
from provisioning.demo.installation import PARTS
from provisioning.demo.lines import LineError, Lines
from tests.fakes.room import IDLE, IN_SESSION, Heard, until_input

SERVO = Shutter(drive=Drive.SERVO, pin=12, is_open_pin=19, is_shut_pin=16, travel_s=0.1)
MOTOR = Shutter(drive=Drive.MOTOR, open_pin=5, shut_pin=6, is_open_pin=19, is_shut_pin=16, travel_s=0.1)


def wired(file: Path | None = None, **parts: wiring.Parts) -> wiring.Room:
    return wiring.Room(pin_factory=PinFactory.MOCK, parts=parts or PARTS, bench_file=file)


@contextlib.asynccontextmanager
async def bench(room: Room, path: Path) -> AsyncIterator[Lines]:
    async with Bench(room.wiring, room.factory).listen(path):
        lines = Lines(path)
        yield lines
        lines.close()


@pytest.mark.parametrize("shutter", [SERVO, MOTOR])
async def test_a_shutter_moves_as_it_is_driven(shutter: Shutter) -> None:
    """Both kinds, both ways, within their time."""
    heard = Heard()
    with Room(wired(shutter=shutter), heard.take) as room:
        room.show(IDLE)
        assert room.report.shutter is ShutterPosition.SHUT
        for plan, position in ((IN_SESSION, ShutterPosition.OPEN), (IDLE, ShutterPosition.SHUT)):
            room.show(plan)
            async with asyncio.timeout(1):
                await heard.until(functools.partial(heard.has_shutter, position))
        assert heard.faults == {}


@pytest.mark.parametrize("shutter", [SERVO, MOTOR])
async def test_levels_outlive_the_process_and_the_safe_step_changes_what_must_be(
    tmp_path: Path, shutter: Shutter
) -> None:
    """What a killed agent leaves: lamps as they were; then shut and off, signs and lights untouched."""
    file, heard = tmp_path / "levels", Heard()
    room = wired(file, **{**PARTS, "shutter": shutter, "privacy-led": PrivacyLed(pin=20)})
    running = Room(room, heard.take)
    running.show(IN_SESSION)
    running.mend()
    await heard.until(lambda: heard.report.shutter is ShutterPosition.OPEN)
    assert {line: remembered(file)[line] for line in (27, 23, 20, 19, 16)} == {27: 1, 23: 1, 20: 1, 19: 0, 16: 1}
    assert await asyncio.to_thread(make_safe, room) == []
    assert {line: remembered(file)[line] for line in (27, 23, 20, 19, 16)} == {27: 1, 23: 1, 20: 0, 19: 1, 16: 0}


async def test_a_button_that_is_held_at_the_start_is_no_press() -> None:
    """An agent that was started again hears no second press; a button that stays so is stuck."""
    heard = Heard()
    with Room(wired(button=StartButton(pin=24, stuck_s=0.1)), heard.take) as room:
        room.factory.pin(24).drive(False)
        await heard.until(lambda: heard.of(events.StartPressed))
        button = room.inputs["button"]
        button.close()
        button.open(room.factory)
        heard.events.clear()
        await heard.until(lambda: heard.faults == {"button": Reason.BUTTON_STUCK})
        assert heard.of(events.StartPressed) == []


async def test_a_sensor_is_silent_beyond_a_restart(tmp_path: Path) -> None:
    """How long is on disk; what lies between two lives is none, whatever the clock says by then."""
    diary = tmp_path / "silence.json"
    room = wired(sensor=MuteSwitch(pin=26, silent_days=7))
    with Room(room, Heard().take, diary=diary) as running:
        running.factory.pin(26).drive(False)
        await until_input(running, "sensor", True)
    (silent_s,) = json.loads(diary.read_bytes()).values()
    assert 0 <= silent_s < 60
    for days, faults in ((6.9, {}), (7.1, {"sensor": Reason.SENSOR_SILENT})):
        diary.write_text(json.dumps({"sensor": days * 86_400}))
        os.utime(diary, (0, 0))
        heard = Heard()
        with Room(room, heard.take, diary=diary) as running:
            running.mend()
            assert heard.faults == faults


async def test_a_line_that_breaks_is_a_fault_and_comes_back(tmp_path: Path) -> None:
    """An output when it is written, an input when it is looked at; both are mended with the line."""
    heard = Heard()
    with Room(wired(), heard.take) as room:
        async with bench(room, tmp_path / "bench") as lines:
            for pin in (20, 26):
                await lines.ask(do="break", pin=pin)
            assert "20" not in (await lines.ask(do="levels"))["levels"]
            room.show(IN_SESSION)
            room.mend()
            assert heard.faults == {"privacy-led": Reason.BUS_SILENT, "mute-switch": Reason.BUS_SILENT}
            assert heard.report.is_mute_switch_on is None
            for pin in (20, 26):
                await lines.ask(do="mend", pin=pin)
            room.mend()
            assert heard.faults == {}
            assert (await lines.ask(do="levels"))["levels"]["20"] == 1
            assert heard.report.is_mute_switch_on is False


async def test_the_bench_moves_any_line_and_jams_a_shutter(tmp_path: Path) -> None:
    """What a test of the whole terminal needs."""
    heard = Heard()
    with Room(wired(), heard.take) as room:
        room.show(IDLE)
        async with bench(room, tmp_path / "bench") as lines:
            await lines.ask(do="press", pin=26)
            await heard.until(lambda: heard.report == RoomReport(shutter=ShutterPosition.SHUT, is_mute_switch_on=True))
            await lines.ask(do="drive", pin=26, level=1)
            await heard.until(lambda: heard.report.is_mute_switch_on is False)
            await lines.ask(do="jam", part="shutter")
            room.show(IN_SESSION)
            await heard.until(lambda: heard.faults == {"shutter": Reason.SHUTTER_STUCK})
            await lines.ask(do="free", part="shutter")
            room.mend()
            await heard.until(lambda: not heard.faults)
            await lines.ask(do="chatter", pin=26, hz=1000, seconds=0.3)
            await heard.until(lambda: heard.faults == {"mute-switch": Reason.LINE_CHATTERS})
            for request in (
                {"do": "jam", "part": "door"},
                {"do": "drive", "pin": 60},
                {"do": "chatter", "pin": 1, "hz": 0},
            ):
                with pytest.raises(LineError):
                    await lines.ask(**request)


async def test_a_line_that_flutters_is_chatter_too() -> None:
    """Too slow to be counted as edges, and still more than anybody does: the room is not told for ever."""
    heard = Heard()
    with Room(wired(switch=MuteSwitch(pin=26, bounce_time_s=0)), heard.take) as room:
        line = room.factory.pin(26)
        for level in (False, True) * 40:
            line.drive(level)
            await asyncio.sleep(0)
            if heard.faults:
                break
        assert heard.faults == {"switch": Reason.LINE_CHATTERS}
        assert len(heard.of(events.RoomReported)) < 65


async def test_a_shutter_whose_switch_breaks_does_not_run_on() -> None:
    """Its motor is off before its lines are let go."""
    heard = Heard()
    with Room(wired(shutter=MOTOR), heard.take) as room:
        room.show(IN_SESSION)
        assert room.factory.pin(5).is_high
        room.factory.broken.add(19)
        room.mend()
        assert heard.faults == {"shutter": Reason.BUS_SILENT}
        assert not room.factory.pin(5).is_high


async def test_a_door_whose_button_ends_the_agent_is_shut() -> None:
    """An end in the middle of a pulse."""
    parts: dict[str, wiring.Parts] = {"door": DoorOpener(pin=25), "button": DoorButton(pin=24, opener="door")}
    with Room(wired(None, **parts), Heard().take) as room:
        line = room.factory.pin(25)
        room.show(IDLE)
        room.factory.pin(24).drive(False)
        await until_input(room, "button", True)
        assert line.is_high
    assert not line.is_high
