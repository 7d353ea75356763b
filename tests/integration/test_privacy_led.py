"""The LED's line and the mute switch against the packets on the wire, with agent and media for real."""

import asyncio
import time
from collections.abc import AsyncIterator
from datetime import datetime

import pytest
import pytest_asyncio

from kiosk.contract.media import Lamp
from kiosk.media.process import AGENT_GRACE_S
from provisioning.demo.lines import Lines
from tests.integration.calls import flowing, in_call
from tests.integration.house import KAYA, House, measured, open_house
from tests.integration.meter import Meter
from tests.integration.wire import Packet, Wire, listening

pytestmark = pytest.mark.asyncio(loop_scope="module")

LEAD_MS = 100.0
RESTORED_S = 3.0
_LOOK_S = 1.0


@pytest_asyncio.fixture(loop_scope="module", scope="module", name="house")
async def _house() -> AsyncIterator[House]:
    async with open_house() as house:
        yield house


def moment(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


class Led:
    """Its line, watched."""

    def __init__(self, house: House) -> None:
        socket = house.made.terminal.room.bench_socket
        assert socket
        self._socket, self._pin = socket, house.pin("privacy-led")

    async def until(self, level: int) -> float:
        """When it had this level, by its own clock."""
        lines = Lines(self._socket)
        try:
            async with asyncio.timeout(10):
                watched = await lines.ask(do="watch")
                if watched["levels"][str(self._pin)] == level:
                    return moment(watched["time"])
                async for change in lines.following():
                    if (change["pin"], change["level"]) == (self._pin, level):
                        return moment(change["time"])
        finally:
            lines.close()
        raise AssertionError("the agent is gone")


def packets(house: House, wire: Wire, since_s: float) -> list[Packet]:
    """RTP of the terminal's own: of the camera where the microphone is off, and the other way round."""
    return wire.sent_by(house.pid("media"), since_s)


async def until_off(house: House, control: str) -> None:
    """Touches it if it is on, and waits until it is closed."""
    if getattr(house.state().media, control) is Lamp.ON:
        await house.hands.touch(control)
    await house.until(lambda: getattr(house.state().media, control) is Lamp.OFF, 5.0, f"{control} off")


async def test_the_led_is_lit_before_the_first_picture_and_until_after_the_last(house: House) -> None:
    """Three times: on at most 100 ms before the first packet of a picture, never after; off after the last."""
    await in_call(house)
    leads_ms, trails_ms = [], []
    await until_off(house, "microphone")
    await until_off(house, "camera")
    await Led(house).until(0)
    for _ in range(3):
        with listening() as wire:
            start_s = time.time()
            watching = asyncio.create_task(Led(house).until(1))
            await house.hands.touch("camera")
            lit_s = await watching
            await house.until(lambda: len(packets(house, wire, start_s)) > 5, 5.0, "pictures leave")  # noqa: B023
            await until_off(house, "camera")
            dark_s = await Led(house).until(0)
            sent = packets(house, wire, start_s)
        leads_ms.append(round((sent[0].at_s - lit_s) * 1000, 1))
        trails_ms.append(round((dark_s - sent[-1].at_s) * 1000, 1))
    measured("led_before_first_picture_ms", leads_ms)
    measured("led_after_last_picture_ms", trails_ms)
    assert all(-1 <= lead <= LEAD_MS for lead in leads_ms), leads_ms  # the bench's clock counts whole milliseconds
    assert all(trail >= 0 for trail in trails_ms), trails_ms


async def test_the_switch_on_the_table_ends_the_sound_within_100_ms(house: House) -> None:
    """With app and broker dead: switch → agent → media → no packet of sound on the wire."""
    await in_call_again(house)
    await until_off(house, "camera")
    for name in ("ui", "broker"):
        await house.kill_for_good(name)
    with listening() as wire:
        start_s = time.time()
        await house.until(lambda: len(packets(house, wire, start_s)) > 50, 5.0, "sound leaves")
        pressed_s = time.time()
        await house.wire(do="press", pin=house.pin("mute-switch"))
        await house.until(lambda: house.state().media.microphone is Lamp.OFF, 5.0, "the microphone is off")
        await house.until(lambda: time.time() - pressed_s > _LOOK_S, 5.0, "a second of silence")
        sent = packets(house, wire, pressed_s)
    for name in ("broker", "ui"):
        await house.revive(name)
    await house.wire(do="release", pin=house.pin("mute-switch"))
    took_ms = (max((one.at_s for one in sent), default=pressed_s) - pressed_s) * 1000
    measured("switch_to_last_packet_ms", round(took_ms, 1))
    assert took_ms <= LEAD_MS
    await house.until(lambda: house.state().media.microphone is Lamp.ON, 5.0, "the microphone is on again")
    await house.hands.until(phase="session", timeout_s=15)


async def test_a_killed_agent_has_the_room_as_it_was_within_three_seconds(house: House) -> None:
    """kill -9: safe at once, then shutter, LED, sign and light as before; sign and light without a flicker."""
    await in_call_again(house)
    file = house.made.terminal.room.bench_file
    assert file
    meter = Meter(file)
    await meter.until(5.0, busy=True, free=False, light=True, led=True, is_open=True)
    meter.seen.clear()
    killed_s = house.kill("agent")
    safe_s = await meter.until(RESTORED_S, is_shut=True, led=False)
    back_s = await meter.until(2 * RESTORED_S, is_open=True, led=True)
    measured("room_safe_s", round(safe_s - killed_s, 2))
    measured("room_restored_s", round(back_s - killed_s, 2))
    assert back_s - killed_s <= RESTORED_S
    assert all(now["busy"] and now["light"] and not now["free"] for _, now in meter.seen), meter.seen


async def test_without_an_agent_nothing_leaves_after_five_seconds(house: House) -> None:
    """Nobody would hear the switch: pictures and sound end, and come back with the agent."""
    await in_call_again(house)
    with listening() as wire:
        died_s = time.time()
        await house.kill_for_good("agent")
        await house.until(lambda: time.time() - died_s > AGENT_GRACE_S + 2, 10.0, "the grace is over")
        sent = wire.sent_by(house.pid("media"), died_s)
    went_on_s = sent[-1].at_s - died_s
    measured("went_on_without_agent_s", round(went_on_s, 2))
    assert AGENT_GRACE_S - 1 < went_on_s < AGENT_GRACE_S + 0.5
    await house.revive("agent")
    await flowing(house, KAYA.desk, 10.0)


async def in_call_again(house: House) -> None:
    """With camera and microphone on."""
    for control in ("camera", "microphone"):
        if house.state().session is not None and getattr(house.state().media, control) is Lamp.OFF:
            await house.hands.touch(control)
    await in_call(house)
