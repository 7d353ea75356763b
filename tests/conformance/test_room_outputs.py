"""Outputs on mock pins and on a kernel's: each role by its rules, pulses, what a restart or an end leaves."""

import pytest

from device.room.safe import make_safe
from kiosk.consultation import RoomPlan
from kiosk.contract import wiring
from kiosk.contract.room import Situation
from kiosk.contract.wiring import (
    AmplifierRelay,
    Buzzer,
    DoorOpener,
    DoorSign,
    HelpButton,
    HelpLamp,
    HelpRelay,
    Light,
    PrivacyLed,
    Safe,
    ScreenRelay,
)
from tests.fakes.room import IDLE, IN_SESSION, Heard
from tests.fakes.wires import Wires, low


@pytest.fixture
def heard() -> Heard:
    return Heard()


def plan(*situations: Situation, is_led_on: bool = False) -> RoomPlan:
    return RoomPlan(situations=situations, is_led_on=is_led_on)


@pytest.mark.parametrize(
    ("part", "on", "off"),
    [
        (Light(pin=23), plan(Situation.SESSION), plan(Situation.IDLE)),
        (Light(pin=23), plan(Situation.IDLE, Situation.OCCUPIED), plan(Situation.IDLE)),
        (Light(pin=23, is_dimmed=True), plan(Situation.SESSION), plan(Situation.IDLE)),
        (PrivacyLed(pin=23), plan(Situation.SESSION, is_led_on=True), plan(Situation.SESSION)),
        (HelpLamp(pin=23), plan(Situation.IDLE, Situation.HELP_COMING), plan(Situation.IDLE)),
        (HelpLamp(pin=23), plan(Situation.SESSION, Situation.HELP), plan(Situation.SESSION, Situation.SILENT_HELP)),
        (HelpRelay(pin=23), plan(Situation.IDLE, Situation.HELP), plan(Situation.IDLE, Situation.HELP_COMING)),
        (HelpRelay(pin=23), plan(Situation.SESSION, Situation.SILENT_HELP), plan(Situation.SESSION)),
        (AmplifierRelay(pin=23), plan(Situation.SESSION), plan(Situation.ENDED)),
        (AmplifierRelay(pin=23), plan(Situation.PREPARATION), plan(Situation.TODAY)),
    ],
)
async def test_a_part_follows_its_rule(
    wires: Wires, heard: Heard, part: wiring.Parts, on: RoomPlan, off: RoomPlan
) -> None:
    """On and off again, as the situations come and go."""
    with heard.room(wires, {"part": part}) as room:
        for wanted, level in ((off, 0), (on, 1), (off, 0)):
            room.show(wanted)
            await wires.until(23, level)  # pulses are made in a thread of their own
        assert heard.faults == {}


async def test_every_line_says_its_level(wires: Wires, heard: Heard) -> None:
    """By the name of its part, of its own where there are several; what is not there says so, and the rest goes on."""
    parts: dict[str, wiring.Parts] = {
        "sign": DoorSign(lamps={"free": 17, "busy": 27}),
        "far": Light(pin=5, chip=15),
        "button": HelpButton(pin=24),
    }
    with heard.room(wires, parts) as room:
        room.show(plan(Situation.IDLE))
        await wires.until(17, 1)
        found = {line.name: (line.number, line.level, line.fault) for line in room.lines}
        room.show(plan(Situation.SESSION))
        await wires.until(27, 1)
        again = {line.name: line.level for line in room.lines}
    assert found == {
        "sign.lamps.free": (17, 1, ""),
        "sign.lamps.busy": (27, 0, ""),
        "far": (5, None, "pins-missing"),
        "button": (24, 1, ""),
    }
    assert (again["sign.lamps.free"], again["sign.lamps.busy"]) == (0, 1)


async def test_the_screen_has_power_unless_a_rule_takes_it(wires: Wires, heard: Heard) -> None:
    """The file's rules win over the usual ones, a part's own name over its role."""
    rules = {Situation.ENDED: {"screen-relay": "off"}, Situation.SESSION: {"screen-relay": "off", "screen": "on"}}
    with heard.room(wires, {"screen": ScreenRelay(pin=23)}, rules=rules) as room:
        for situation, level in ((Situation.IDLE, 1), (Situation.ENDED, 0), (Situation.SESSION, 1)):
            room.show(plan(situation))
            assert wires.level(23) == level


async def test_a_dimmed_light_has_scenes(wires: Wires, heard: Heard) -> None:
    """Between off and full there are pulses: a meter sees both levels."""
    light = Light(pin=23, is_dimmed=True, scenes={"welcome": 40, "talk": 100})
    with heard.room(wires, {"light": light}) as room:
        room.show(plan(Situation.TODAY))
        assert room.states["light"].levels == {"pin": 0.4}
        assert room.states["light"].says == "welcome"
        await wires.until(23, 1)
        room.show(plan(Situation.IDLE))
        await wires.until(23, 0)
        room.show(plan(Situation.SESSION))
        await wires.until(23, 1)


@pytest.mark.parametrize("tone_hz", [None, 440])
async def test_a_buzzer_sounds_once_for_a_call(wires: Wires, heard: Heard, tone_hz: int | None) -> None:
    """When help is asked for, and not again while it is; by a tone of its own or by ours."""
    with heard.room(wires, {"buzzer": Buzzer(pin=25, tone_hz=tone_hz, pulse_s=0.05, pulses=2)}) as room:
        room.show(IDLE)
        room.show(plan(Situation.IDLE, Situation.HELP))
        for level in (1, 0, 1, 0) if tone_hz is None else (1, 0):
            await wires.until(25, level)
        await low(wires, 25)
        room.show(plan(Situation.TODAY, Situation.HELP))
        assert wires.level(25) == 0


async def test_after_a_restart_nothing_flickers(wires: Wires, heard: Heard) -> None:
    """What was shown before the lines are opened is the level they are opened with."""
    parts: dict[str, wiring.Parts] = {"door-sign": DoorSign(lamps={"busy": 27}), "light": Light(pin=23)}
    room = heard.room(wires, parts)
    room.show(IN_SESSION)
    with room:
        assert (wires.level(27), wires.level(23)) == (1, 1)


SAFE_PARTS: dict[str, wiring.Parts] = {
    "opener": DoorOpener(pin=5, is_active_high=False),
    "led": PrivacyLed(pin=6),
    "amplifier": AmplifierRelay(pin=12, is_active_high=False),
    "relay": HelpRelay(pin=13, safe=Safe.OFF),
    "light": Light(pin=23, safe=Safe.OFF, is_active_high=False),
}
OFF = {5: 1, 6: 0, 12: 1, 13: 0, 23: 1}


async def test_an_end_leaves_a_safe_room(wires: Wires, heard: Heard) -> None:
    """The last level of every line, before it is let go, is off."""
    with heard.room(wires, SAFE_PARTS) as room:
        room.show(RoomPlan(situations=(Situation.SESSION, Situation.HELP), is_led_on=True))
        assert {pin: wires.level(pin) for pin in OFF} == {5: 1, 6: 1, 12: 0, 13: 1, 23: 0}
        for output in room.outputs.values():
            output.make_safe()
        assert {pin: wires.level(pin) for pin in OFF} == OFF
    assert heard.faults == {}


async def test_lines_of_a_dead_agent_are_made_safe(wires: Wires, heard: Heard) -> None:
    """The step after a kill finds the lines free, and every part that does not keep is off."""
    with heard.room(wires, SAFE_PARTS) as room:
        room.show(RoomPlan(situations=(Situation.SESSION, Situation.HELP), is_led_on=True))
    assert make_safe(wiring.Room(pin_factory=wires.kind, parts=SAFE_PARTS)) == []
