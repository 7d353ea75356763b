"""What the central side may have done here, several things at once."""

import asyncio
from pathlib import Path

from device.hands import Hands
from device.remote import Remote
from device.room.wires import Room
from kiosk.contract import wiring
from kiosk.contract.wiring import PinFactory
from tests.unit.device.self_test.test_conductor import House


async def test_whoever_acts_from_afar_is_seen_until_the_last_has_ended(tmp_path: Path) -> None:
    """One command ends in the middle of another: the screen goes on saying so."""
    house = House(tmp_path)
    hub, hands = house.hub, Hands(house.hub.dispatch)
    testing = asyncio.create_task(house.conductor.run())
    await asyncio.sleep(0)
    with Room(wiring.Room(pin_factory=PinFactory.MOCK), hub.dispatch) as room:
        remote = Remote(room, hub.dispatch, lambda: hub.state, {}, house.conductor, hands)
        test = asyncio.ensure_future(remote.test({}))
        await house.checks.has_begun.wait()
        identify = asyncio.ensure_future(remote.identify({}))
        await asyncio.sleep(0)
        assert hub.state.remote_hand == "identify"
        identify.cancel()
        await asyncio.gather(identify, return_exceptions=True)
        assert hub.state.remote_hand == "self-test"
        house.checks.may_answer.set()
        await asyncio.wait_for(test, 5)
        assert hub.state.remote_hand == ""
    testing.cancel()
