"""What is asked of the room, and how long the answer is waited for."""

import asyncio
import ssl
from datetime import UTC, datetime

import pytest
from msgspec.structs import replace

from device.room.wires import Room
from device.self_test.checks import Checks
from kiosk.contract import wiring
from kiosk.contract.configuration import Media
from kiosk.contract.room import RoomReport, ShutterPosition
from kiosk.contract.self_test import Check, CheckResult, Examine, Examined, Trigger, Verdict
from kiosk.contract.state import State
from kiosk.contract.wiring import Drive, PinFactory, Shutter

HERE = State(now=datetime(2026, 11, 30, 6, 30, tzinfo=UTC), is_media_here=True)


class NoBroker:
    async def probe(self) -> float:
        return 0.0


@pytest.mark.parametrize("arrives_s", [0.0, 3.5])
async def test_a_shutter_is_given_the_time_its_configuration_gives_it(arrives_s: float) -> None:
    """A slow motor is no broken one."""
    part = Shutter(drive=Drive.SERVO, pin=20, is_open_pin=21, is_shut_pin=26, travel_s=4.0)
    state = replace(HERE, room=RoomReport(shutter=ShutterPosition.MOVING))

    def arrive(position: ShutterPosition) -> None:
        nonlocal state
        state = replace(state, room=RoomReport(shutter=position))

    def answer(examine: Examine) -> None:
        checks.take(Examined(number=examine.number, result=CheckResult(check=examine.check, verdict=Verdict.PASSED)))

    with Room(wiring.Room(pin_factory=PinFactory.MOCK, parts={"shutter": part}), lambda _: None) as room:
        checks = Checks(lambda: state, room, NoBroker(), answer, Media(), ssl.create_default_context())
        loop = asyncio.get_running_loop()
        loop.call_later(arrives_s, arrive, ShutterPosition.OPEN)
        assert (await checks.make(Check.CAMERA, Trigger.MORNING)).verdict is Verdict.PASSED
        arrive(ShutterPosition.MOVING)
        loop.call_later(arrives_s, arrive, ShutterPosition.SHUT)
        assert (await checks.make(Check.SHUTTER, Trigger.MORNING)).verdict is Verdict.PASSED
