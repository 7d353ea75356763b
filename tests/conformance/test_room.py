"""The room on mock pins and, in the guest of tests/hardware, on a kernel's: the same outputs, the same faults.

A test takes the fixture `wires` (tests/fakes/wires.py), gives the room its `make_factory`, drives and reads lines.
"""

import asyncio

import pytest

from device.room.wires import Room
from kiosk.consultation import RoomPlan
from kiosk.contract import wiring
from kiosk.contract.errors import Reason
from kiosk.contract.room import Sign, Situation
from kiosk.contract.wiring import DoorSign, Face, HelpButton, HelpLamp, Light
from tests.fakes.room import IDLE, IN_SESSION, Heard
from tests.fakes.wires import Wires

PARTS: dict[str, wiring.Parts] = {
    "door-sign": DoorSign(lamps={"free": 17, "busy": 27, "wait": 22}),
    "ceiling-light": Light(pin=23, is_active_high=False),
    "help-button": HelpButton(pin=24, bounce_time_s=0.01),
    "help-lamp": HelpLamp(pin=25),
}
OVERTIME = RoomPlan(situations=(Situation.SESSION, Situation.OVERTIME, Situation.HELP_COMING))


@pytest.fixture
def heard() -> Heard:
    return Heard()


def lit(wires: Wires) -> dict[str, int]:
    pins = {"free": 17, "busy": 27, "wait": 22, "light": 23, "help": 25}
    return {name: wires.level(pin) for name, pin in pins.items()}


@pytest.mark.parametrize(
    ("plan", "levels"),
    [
        (IDLE, {"free": 1, "busy": 0, "wait": 0, "light": 1, "help": 0}),
        (IN_SESSION, {"free": 0, "busy": 1, "wait": 0, "light": 0, "help": 0}),
        (OVERTIME, {"free": 0, "busy": 0, "wait": 1, "light": 0, "help": 1}),
    ],
)
async def test_lamps_show_the_plan_with_their_polarity(
    wires: Wires, heard: Heard, plan: RoomPlan, levels: dict[str, int]
) -> None:
    """One lamp of the sign at a time; a lamp that is active low is lit by a low level."""
    with heard.room(wires, PARTS) as room:
        room.show(plan)
        assert lit(wires) == levels
        assert heard.faults == {}


@pytest.mark.parametrize(
    ("lamps", "words"),
    [
        ({"busy": 17}, {"free": "", "busy": "busy", "wait": "busy", "not-ready": "busy*"}),
        ({"red": 17, "green": 27}, {"free": "green", "busy": "red", "wait": "red*", "not-ready": "green red*"}),
        (
            {"red": 17, "green": 27, "blue": 22},
            {"free": "green", "busy": "red", "wait": "green red", "not-ready": "blue"},
        ),
    ],
)
async def test_a_sign_of_one_two_or_three_lamps_says_every_word(
    wires: Wires, heard: Heard, lamps: dict[str, int], words: dict[str, str]
) -> None:
    """A star is for blinking, which begins lit and comes back lit."""
    situations = {
        "free": Situation.IDLE,
        "busy": Situation.SESSION,
        "wait": Situation.OVERTIME,
        "not-ready": Situation.NOT_READY,
    }
    with heard.room(wires, {"door-sign": DoorSign(lamps=lamps)}) as room:
        for word, shown in words.items():
            room.show(RoomPlan(situations=(situations[word],)))
            lit_lamps = [lamp for lamp in sorted(lamps) if wires.level(lamps[lamp])]
            assert " ".join(lit_lamps) == shown.removesuffix("*"), word
            if shown.endswith("*"):
                for level in (0, 1):
                    await wires.until(lamps[lit_lamps[0]], level)


async def test_a_sign_may_say_it_in_its_own_way(wires: Wires, heard: Heard) -> None:
    """Configured faces win."""
    sign = DoorSign(lamps={"left": 17, "right": 27}, shows={Sign.FREE: Face(lamps=("left", "right"))})
    with heard.room(wires, {"door-sign": sign}) as room:
        room.show(IDLE)
        assert (wires.level(17), wires.level(27)) == (1, 1)


async def test_a_pin_that_is_taken_is_a_fault_of_its_part_alone(wires: Wires, heard: Heard) -> None:
    """Somebody else holds the light's line: the sign works, the light does not; given back, it does."""
    with heard.room(wires, {"ceiling-light": Light(pin=23)}) as other:
        with Room(wiring.Room(pin_factory=wires.kind, parts=PARTS), heard.take, lambda *_: other.factory) as room:
            assert heard.faults == {"ceiling-light": Reason.LINE_BUSY}
            room.show(IN_SESSION)
            assert (wires.level(27), wires.level(17)) == (1, 0)
            room.mend()
            assert heard.faults == {"ceiling-light": Reason.LINE_BUSY}


async def test_a_chip_that_is_not_there_is_a_fault(wires: Wires, heard: Heard) -> None:
    """An expander that does not answer: its part is at fault, the others are not."""
    with heard.room(wires, {**PARTS, "expanded": HelpButton(pin=3, chip=15)}) as room:
        room.show(IDLE)
        assert heard.faults == {"expanded": Reason.PINS_MISSING}
        assert wires.level(17) == 1


async def test_a_part_that_is_not_wired_is_no_fault(wires: Wires, heard: Heard) -> None:
    """A room without a light, and a sign without "please wait", which says "in use" instead."""
    with heard.room(wires, {"door-sign": DoorSign(lamps={"free": 17, "busy": 27})}) as room:
        room.show(OVERTIME)
        assert wires.level(27) == 1
        assert heard.faults == {}


async def test_identifying_leaves_the_sign_as_it_was(wires: Wires, heard: Heard) -> None:
    """Also when the plan changes meanwhile, or it is broken off."""
    with heard.room(wires, PARTS) as room:
        room.show(IDLE)
        blinking = asyncio.create_task(room.blink(60))
        await asyncio.sleep(0)
        assert [wires.level(pin) for pin in (17, 27, 22)] == [1, 1, 1]
        room.show(IN_SESSION)
        blinking.cancel()
        await asyncio.gather(blinking, return_exceptions=True)
        assert [wires.level(pin) for pin in (17, 27, 22)] == [0, 1, 0]


async def test_two_who_identify_at_once_leave_the_sign_as_it_was(wires: Wires, heard: Heard) -> None:
    """The first ends in the middle of the second."""
    with heard.room(wires, PARTS) as room:
        room.show(IN_SESSION)
        first, second = asyncio.create_task(room.blink(60)), asyncio.create_task(room.blink(1))
        await asyncio.sleep(0)
        first.cancel()
        await asyncio.gather(first, second, return_exceptions=True)
        assert [wires.level(pin) for pin in (17, 27, 22)] == [0, 1, 0]
