"""The camera's shutter on mock pins and on a kernel's: driven, felt, and what can be wrong with it."""

import asyncio
import functools

import pytest

from device.room.wires import Room
from kiosk.consultation import RoomPlan
from kiosk.contract import wiring
from kiosk.contract.errors import Reason
from kiosk.contract.room import RoomReport, ShutterPosition, Situation
from kiosk.contract.wiring import Drive, Shutter
from tests.fakes.room import IDLE, IN_SESSION, Heard
from tests.fakes.wires import Wires

OPENING, SHUTTING, IS_OPEN, IS_SHUT, SERVO = 5, 6, 13, 19, 12
MOTOR = Shutter(
    drive=Drive.MOTOR, open_pin=OPENING, shut_pin=SHUTTING, is_open_pin=IS_OPEN, is_shut_pin=IS_SHUT, travel_s=0.3
)


class Gate:
    """The mechanics, in the hand of a test: which end switch is pressed."""

    def __init__(self, wires: Wires) -> None:
        self._wires = wires

    def at(self, *switches: int) -> None:
        for switch in sorted((IS_OPEN, IS_SHUT), key=switches.__contains__):  # leaves one, then reaches the other
            self._wires.drive(switch, int(switch not in switches))

    def driven(self) -> tuple[int, int]:
        return self._wires.level(OPENING), self._wires.level(SHUTTING)


@pytest.fixture
def heard() -> Heard:
    return Heard()


@pytest.fixture
def gate(wires: Wires) -> Gate:
    return Gate(wires)


@pytest.fixture
def parts() -> dict[str, wiring.Parts]:
    return {"shutter": MOTOR}


async def shut(room: Room, heard: Heard, gate: Gate) -> None:
    """As it is when nothing is wrong."""
    room.show(IDLE)
    gate.at(IS_SHUT)
    await heard.until(lambda: heard.report.shutter is ShutterPosition.SHUT)


async def test_it_opens_and_shuts_with_the_camera(
    wires: Wires, heard: Heard, gate: Gate, parts: dict[str, wiring.Parts]
) -> None:
    """Driven until the end switch says so, each way on its own line; between the ends it is said to move."""
    with heard.room(wires, parts) as room:
        await shut(room, heard, gate)
        assert gate.driven() == (0, 0)
        for plan, driven, end, position in (
            (IN_SESSION, (1, 0), IS_OPEN, ShutterPosition.OPEN),
            (IDLE, (0, 1), IS_SHUT, ShutterPosition.SHUT),
        ):
            room.show(plan)
            assert gate.driven() == driven
            gate.at()
            await heard.until(lambda: heard.report.shutter is ShutterPosition.MOVING)
            gate.at(end)
            await heard.until(functools.partial(heard.has_shutter, position))
            assert gate.driven() == (0, 0)
        assert heard.faults == {}


async def test_it_turns_round_on_its_way(
    wires: Wires, heard: Heard, gate: Gate, parts: dict[str, wiring.Parts]
) -> None:
    """The camera is switched off before it is open: never both directions at once."""
    with heard.room(wires, parts) as room:
        await shut(room, heard, gate)
        room.show(IN_SESSION)
        gate.at()
        await heard.until(lambda: heard.report.shutter is ShutterPosition.MOVING)
        room.show(IDLE)
        assert gate.driven() == (0, 1)


async def test_a_rule_may_keep_it_shut(wires: Wires, heard: Heard, gate: Gate, parts: dict[str, wiring.Parts]) -> None:
    """Whatever the camera does."""
    with heard.room(wires, parts, rules={Situation.PREPARATION: {"shutter": "shut"}}) as room:
        await shut(room, heard, gate)
        room.show(RoomPlan(situations=(Situation.PREPARATION,), is_shutter_open=True))
        assert gate.driven() == (0, 0)


async def test_one_that_does_not_arrive_is_stopped_and_named(
    wires: Wires, heard: Heard, gate: Gate, parts: dict[str, wiring.Parts]
) -> None:
    """After its time; the next mending tries again, and it works again when it arrives."""
    with heard.room(wires, parts) as room:
        await shut(room, heard, gate)
        room.show(IN_SESSION)
        gate.at()
        await heard.until(lambda: heard.faults == {"shutter": Reason.SHUTTER_STUCK})
        assert heard.report == RoomReport(shutter=ShutterPosition.FAULT)
        assert gate.driven() == (0, 0)
        room.mend()
        assert gate.driven() == (1, 0)
        gate.at(IS_OPEN)
        await heard.until(lambda: not heard.faults)
        assert heard.report.shutter is ShutterPosition.OPEN


async def test_both_end_switches_at_once_are_named(
    wires: Wires, heard: Heard, gate: Gate, parts: dict[str, wiring.Parts]
) -> None:
    """Where it is nobody knows: a fault, until they agree."""
    with heard.room(wires, parts) as room:
        await shut(room, heard, gate)
        gate.at(IS_OPEN, IS_SHUT)
        await heard.until(lambda: heard.faults == {"shutter": Reason.SWITCHES_DISAGREE})
        assert heard.report == RoomReport(shutter=ShutterPosition.FAULT)
        gate.at(IS_SHUT)
        await heard.until(lambda: not heard.faults)
        assert heard.report.shutter is ShutterPosition.SHUT


async def test_one_that_is_pushed_open_is_driven_back(
    wires: Wires, heard: Heard, gate: Gate, parts: dict[str, wiring.Parts]
) -> None:
    """By a finger, while the camera is off."""
    with heard.room(wires, parts) as room:
        await shut(room, heard, gate)
        gate.at()
        await wires.until(SHUTTING, 1)
        gate.at(IS_SHUT)
        await wires.until(SHUTTING, 0)
        await heard.until(lambda: heard.report.shutter is ShutterPosition.SHUT)
        assert heard.faults == {}


async def test_a_servo_is_quiet_at_its_ends(wires: Wires, heard: Heard, gate: Gate) -> None:
    """Pulses only while it moves."""
    servo = Shutter(drive=Drive.SERVO, pin=SERVO, is_open_pin=IS_OPEN, is_shut_pin=IS_SHUT, travel_s=1)
    with heard.room(wires, {"shutter": servo}) as room:
        await shut(room, heard, gate)
        await wires.until(SERVO, 0)
        room.show(IN_SESSION)
        await wires.until(SERVO, 1)
        gate.at(IS_OPEN)
        await heard.until(lambda: heard.report.shutter is ShutterPosition.OPEN)
        await wires.until(SERVO, 0)


async def test_the_end_of_the_agent_shuts_it(
    wires: Wires, heard: Heard, gate: Gate, parts: dict[str, wiring.Parts]
) -> None:
    """Before its lines are let go; here by hand, in a thread, since the end waits for it."""
    with heard.room(wires, parts) as room:
        await shut(room, heard, gate)
        room.show(IN_SESSION)
        gate.at(IS_OPEN)
        await heard.until(lambda: heard.report.shutter is ShutterPosition.OPEN)
        closing = asyncio.create_task(asyncio.to_thread(room.outputs["shutter"].make_safe))
        await wires.until(SHUTTING, 1)
        gate.at(IS_SHUT)
        await closing
        assert gate.driven() == (0, 0)
