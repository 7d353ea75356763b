"""Inputs on mock pins and on a kernel's: presses, positions, and what can be wrong with a wire."""

import asyncio
import functools

import pytest

from kiosk.consultation import RoomPlan, events
from kiosk.contract import wiring
from kiosk.contract.errors import Reason
from kiosk.contract.room import Key, RoomReport, Situation
from kiosk.contract.wiring import (
    DoorButton,
    DoorContact,
    DoorOpener,
    HeadsetPlug,
    HelpButton,
    MuteSwitch,
    Presence,
    StartButton,
    TactileKey,
)
from tests.fakes.room import Heard, until_input
from tests.fakes.wires import Wires


@pytest.fixture
def heard() -> Heard:
    return Heard()


@pytest.mark.parametrize(
    ("part", "event"),
    [
        (HelpButton(pin=24), events.HelpPressed(button="button")),
        (HelpButton(pin=24, is_silent=True), events.HelpPressed(button="button", is_silent=True)),
        (StartButton(pin=24), events.StartPressed()),
        (TactileKey(pin=24, key=Key.NEXT), events.KeyPressed(key=Key.NEXT)),
        (TactileKey(pin=24, key=Key.PREVIOUS), events.KeyPressed(key=Key.PREVIOUS)),
        (TactileKey(pin=24, key=Key.OK), events.KeyPressed(key=Key.OK)),
    ],
)
async def test_a_press_is_heard_once_and_a_release_is_not(
    wires: Wires, heard: Heard, part: wiring.Parts, event: events.Event
) -> None:
    """A button to ground with the pull-up on."""
    with heard.room(wires, {"button": part}) as room:
        for expected in ([event], [event, event]):
            wires.drive(24, 0)
            await heard.until(functools.partial(heard.has, expected))
            wires.drive(24, 1)
            await until_input(room, "button", False)


async def test_a_button_to_plus_is_pressed_by_a_high_level(wires: Wires, heard: Heard) -> None:
    """Polarity is configuration."""
    with heard.room(wires, {"button": StartButton(pin=24, has_pull_up=False, bounce_time_s=0)}):
        wires.drive(24, 1)
        await heard.until(lambda: heard.events == [events.StartPressed()])


async def test_bounce_is_one_press(wires: Wires, heard: Heard) -> None:
    """Ten changes within the bounce time."""
    with heard.room(wires, {"button": StartButton(pin=24, bounce_time_s=0.3)}) as room:
        for level in (0, 1) * 5:
            wires.drive(24, level)
        wires.drive(24, 0)
        await heard.until(lambda: heard.of(events.StartPressed))
        wires.drive(24, 1)
        await until_input(room, "button", False)
        assert len(heard.events) == 1


async def test_a_stuck_button_is_a_fault_until_it_is_let_go(wires: Wires, heard: Heard) -> None:
    """One press, a fault, and over."""
    with heard.room(wires, {"button": StartButton(pin=24, stuck_s=0.1)}):
        wires.drive(24, 0)
        await heard.until(lambda: heard.faults == {"button": Reason.BUTTON_STUCK})
        wires.drive(24, 1)
        await heard.until(lambda: not heard.faults)
        assert len(heard.of(events.StartPressed)) == 1


@pytest.mark.parametrize(
    ("part", "active", "reports"),
    [
        (MuteSwitch(pin=24), 0, [RoomReport(is_mute_switch_on=is_on) for is_on in (False, True)]),
        (
            MuteSwitch(pin=24, is_on_when_closed=False),
            0,
            [RoomReport(is_mute_switch_on=is_on) for is_on in (True, False)],
        ),
        (DoorContact(pin=24), 0, [RoomReport(is_door_open=is_open) for is_open in (True, False)]),
        (HeadsetPlug(pin=24), 0, [RoomReport(is_headset_in=is_in) for is_in in (False, True)]),
        (Presence(pin=24, hold_s=0), 1, [RoomReport(is_occupied=is_occupied) for is_occupied in (False, True)]),
    ],
)
async def test_a_position_is_reported_from_the_start_and_when_it_changes(
    wires: Wires, heard: Heard, part: wiring.Parts, active: int, reports: list[RoomReport]
) -> None:
    """Both ways; what is not wired is None."""
    with heard.room(wires, {"sensor": part}):
        assert heard.report == reports[0]
        wires.drive(24, active)
        await heard.until(lambda: heard.report == reports[1])
        wires.drive(24, 1 - active)
        await heard.until(lambda: heard.report == reports[0])


async def test_presence_is_held_and_two_sensors_are_one_room(wires: Wires, heard: Heard) -> None:
    """Who sits still is there for a while; one sensor that sees somebody is enough."""
    parts: dict[str, wiring.Parts] = {"pir": Presence(pin=24, hold_s=0.2), "mat": Presence(pin=23, hold_s=0.2)}
    with heard.room(wires, parts):
        wires.drive(24, 1)
        await heard.until(lambda: heard.report.is_occupied)
        loop = asyncio.get_running_loop()
        left_s = loop.time()
        wires.drive(24, 0)
        await heard.until(lambda: heard.report.is_occupied is False)
        assert loop.time() - left_s >= 0.19


async def test_a_sensor_that_never_changes_is_named(wires: Wires, heard: Heard) -> None:
    """After its days, here a blink of an eye; its next change mends it."""
    with heard.room(wires, {"sensor": Presence(pin=24, silent_days=1e-12, hold_s=0)}) as room:
        room.mend()
        assert heard.faults == {"sensor": Reason.SENSOR_SILENT}
        wires.drive(24, 1)
        await heard.until(lambda: not heard.faults)


async def test_a_line_that_chatters_is_not_listened_to_until_it_is_calm(wires: Wires, heard: Heard) -> None:
    """Its fault is named once, its position is unknown, the other lines work; then it is believed again."""
    parts: dict[str, wiring.Parts] = {"switch": MuteSwitch(pin=24), "start": StartButton(pin=23)}
    with heard.room(wires, parts):
        assert heard.report == RoomReport(is_mute_switch_on=False)
        chattering = asyncio.create_task(_chatter(wires, 24))
        await heard.until(lambda: heard.faults == {"switch": Reason.LINE_CHATTERS})
        await heard.until(lambda: heard.report == RoomReport())
        wires.drive(23, 0)
        await heard.until(lambda: heard.of(events.StartPressed))
        chattering.cancel()
        await heard.until(lambda: not heard.faults, timeout_s=6)
        wires.drive(24, 0)
        await heard.until(lambda: heard.report == RoomReport(is_mute_switch_on=True))
        assert len(heard.of(events.HardwareFault)) == 2


async def _chatter(wires: Wires, pin: int) -> None:
    while True:
        for level in (0, 1):
            wires.drive(pin, level)
        await asyncio.sleep(0.001)


async def test_the_door_opens_for_a_moment_and_not_in_a_session(wires: Wires, heard: Heard) -> None:
    """By the button in the room; the interlock is the situation, and a pause between two pulses."""
    parts: dict[str, wiring.Parts] = {
        "door": DoorOpener(pin=25, pulse_s=0.1, pause_s=0.0, not_while=(Situation.SESSION,)),
        "release": DoorButton(pin=24, opener="door", bounce_time_s=0),
    }
    with heard.room(wires, parts) as room:
        for plan, level in ((RoomPlan(), 1), (RoomPlan(situations=(Situation.SESSION,)), 0)):
            room.show(plan)
            wires.drive(24, 0)
            await until_input(room, "release", True)
            assert wires.level(25) == level
            await wires.until(25, 0)
            wires.drive(24, 1)
            await until_input(room, "release", False)
    assert heard.events == []
