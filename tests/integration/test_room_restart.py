"""The agent is killed in a session: the room is safe at once, nobody sees a lamp flicker, and all is as before.

Real processes on the bench's lines, which outlive them as real ones do; a test stands for the app and for media.
"""

import asyncio
import os
import signal
import time

import pytest
from msgspec.structs import replace

from kiosk.contract import intents
from kiosk.contract.state import Consent, Phase
from provisioning.demo.installation import PARTS
from tests.fakes.agent_house import PINS, AgentHouse, App
from tests.integration.house import measured
from tests.integration.meter import Meter

RESTORED_S = 3.0
FOLLOWS_S = 1.0


@pytest.fixture
def meter(house: AgentHouse) -> Meter:
    """The house has the room of the demo."""
    file = house.directory / "levels"
    house.configure(room=replace(PINS, parts=PARTS, bench_file=file))
    return Meter(file)


async def in_session(house: AgentHouse) -> App:
    app = await house.app()
    for intent in (
        intents.ChooseLanguage(language="de"),
        intents.StartWithoutAppointment(),
        intents.Choose(choice=Consent.ALL),
    ):
        app.touch(intent)
    await app.until(lambda state: state.phase is Phase.SESSION)
    await house.media(is_obedient=True)
    return app


async def test_a_killed_agent_leaves_a_safe_room_and_finds_it_as_it_was(house: AgentHouse, meter: Meter) -> None:
    """kill -9 in a session: shutter shut and LED off, sign and light untouched; within 3 s all as before."""
    agent = await house.start_agent(is_restarted=True)
    await in_session(house)
    await meter.until(5.0, busy=True, free=False, light=True, led=True, is_open=True)
    meter.seen.clear()
    os.kill(agent.pid, signal.SIGKILL)
    killed_s = time.monotonic()
    safe_s = await meter.until(RESTORED_S, is_shut=True, led=False)
    again = asyncio.create_task(house.media(is_obedient=True), name="media")
    back_s = await meter.until(2 * RESTORED_S, is_open=True, led=True)
    await again
    measured("room_safe_s", round(safe_s - killed_s, 2))
    measured("room_restored_s", round(back_s - killed_s, 2))
    assert back_s - killed_s <= RESTORED_S
    assert all(now["busy"] and now["light"] and not now["free"] for _, now in meter.seen)


async def test_an_agent_that_is_asked_to_end_leaves_a_safe_room(house: AgentHouse, meter: Meter) -> None:
    """SIGTERM in a session: shut and off before the process is gone, with nobody to clean up behind it."""
    agent = await house.start_agent()
    await in_session(house)
    await meter.until(5.0, led=True, is_open=True)
    assert await agent.stop(5.0)
    await meter.until(0.0, is_shut=True, led=False, busy=True)


async def test_a_renewal_while_the_agent_starts_ends_nobody(house: AgentHouse) -> None:
    """SIGHUP before anybody listens for it: what is new is read when the agent connects, which is later."""
    agent = await house.start_agent()
    app = await house.app()  # its wires stand, and all else is still on its way from the disk
    os.kill(agent.pid, signal.SIGHUP)
    app.touch(intents.ChooseLanguage(language="de"))
    await app.until(lambda state: state.phase is Phase.TODAY)
    assert agent.exit_codes == []


async def test_the_shutter_follows_the_camera_within_a_second(house: AgentHouse, meter: Meter) -> None:
    """Touch, consultation, wire, and the end switch that says so; both ways."""
    await house.start_agent()
    app = await in_session(house)
    await meter.until(5.0, is_open=True)
    for is_on in (False, True):
        touched_s = time.monotonic()
        app.touch(intents.SetCamera(is_on=is_on))
        followed_s = await meter.until(2 * FOLLOWS_S, is_open=is_on, is_shut=not is_on)
        measured("shutter_open_s" if is_on else "shutter_shut_s", round(followed_s - touched_s, 2))
        assert followed_s - touched_s <= FOLLOWS_S
