"""The room on pins that are not there, and on the kernel's: the same lamps, the same button.

The kernel's are gpio-sim lines, RUNDTISCH_GPIO_SIM names the chip's folder in sysfs: for real boards and simulators.
"""

import asyncio
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Protocol

import pytest
from msgspec.structs import replace

from device.room.wires import Room
from kiosk.consultation import RoomPlan, Sign
from kiosk.contract import configuration
from kiosk.contract.configuration import Button, Output, PinFactory

WIRING = configuration.Room(
    pin_factory=PinFactory.MOCK,
    sign_free=Output(pin=17),
    sign_busy=Output(pin=27),
    sign_wait=Output(pin=22, is_active_high=False),
    ceiling_light=Output(pin=23),
    help_button=Button(pin=24, bounce_time_s=0.01),
    help_lamp=Output(pin=25),
)
FREE = RoomPlan(sign=Sign.FREE, ceiling_light=False, help_lamp=False)


class Wires(Protocol):
    """Somebody with a meter and a finger."""

    kind: PinFactory

    def level(self, room: Room, pin: int) -> int: ...

    def pull(self, room: Room, pin: int, level: int) -> None: ...


class MockWires:
    kind = PinFactory.MOCK

    def level(self, room: Room, pin: int) -> int:
        return int(room.factory.pin(pin).state)

    def pull(self, room: Room, pin: int, level: int) -> None:
        line = room.factory.pin(pin)
        line.drive_high() if level else line.drive_low()


class SimulatedWires:
    """gpio-sim, see Documentation/admin-guide/gpio/gpio-sim.rst."""

    kind = PinFactory.LGPIO

    def __init__(self, chip: Path) -> None:
        self._chip = chip

    def level(self, room: Room, pin: int) -> int:
        return int((self._chip / f"sim_gpio{pin}" / "value").read_text())

    def pull(self, room: Room, pin: int, level: int) -> None:
        (self._chip / f"sim_gpio{pin}" / "pull").write_text("pull-up" if level else "pull-down")


@pytest.fixture(params=["mock", pytest.param("gpio-sim", marks=pytest.mark.hardware)])
def wires(request: pytest.FixtureRequest) -> Iterator[Wires]:
    if request.param == "mock":
        yield MockWires()
    else:
        yield SimulatedWires(Path(os.environ["RUNDTISCH_GPIO_SIM"]))


class Heard:
    """What the room told the agent."""

    def __init__(self) -> None:
        self.presses = 0
        self.pressed = asyncio.Event()
        self.faults: list[tuple[str, bool]] = []

    def press(self) -> None:
        self.presses += 1
        self.pressed.set()

    def fault(self, part: str, is_faulty: bool) -> None:
        self.faults.append((part, is_faulty))

    def room(self, wires: Wires, **wiring: Any) -> Room:
        return Room(replace(WIRING, pin_factory=wires.kind, **wiring), self.press, self.fault)


@pytest.fixture
def heard() -> Heard:
    return Heard()


def lit(room: Room, wires: Wires) -> dict[str, int]:
    pins = {"free": 17, "busy": 27, "wait": 22, "light": 23, "help": 25}
    return {name: wires.level(room, pin) for name, pin in pins.items()}


@pytest.mark.parametrize(
    ("plan", "levels"),
    [
        (FREE, {"free": 1, "busy": 0, "wait": 1, "light": 0, "help": 0}),
        (
            RoomPlan(sign=Sign.BUSY, ceiling_light=True, help_lamp=False),
            {"free": 0, "busy": 1, "wait": 1, "light": 1, "help": 0},
        ),
        (
            RoomPlan(sign=Sign.WAIT, ceiling_light=True, help_lamp=True),
            {"free": 0, "busy": 0, "wait": 0, "light": 1, "help": 1},
        ),
    ],
)
async def test_lamps_show_the_plan_with_their_polarity(
    wires: Wires, heard: Heard, plan: RoomPlan, levels: dict[str, int]
) -> None:
    """One lamp of the sign at a time; a lamp that is active low is lit by a low level."""
    with heard.room(wires) as room:
        room.show(plan)
        assert lit(room, wires) == levels
        assert heard.faults == []


async def test_a_press_is_heard_on_the_loop_and_a_release_is_not(wires: Wires, heard: Heard) -> None:
    """A button to ground with the pull-up on."""
    with heard.room(wires) as room:
        for _ in range(2):
            heard.pressed.clear()
            wires.pull(room, 24, 0)
            await asyncio.wait_for(heard.pressed.wait(), 2)
            wires.pull(room, 24, 1)
        assert heard.presses == 2


async def test_a_button_to_plus_is_pressed_by_a_high_level(wires: Wires, heard: Heard) -> None:
    """Polarity is configuration."""
    button = Button(pin=24, has_pull_up=False, bounce_time_s=0)
    with heard.room(wires, help_button=button) as room:
        wires.pull(room, 24, 1)
        await asyncio.wait_for(heard.pressed.wait(), 2)


async def test_a_pin_that_is_taken_is_a_fault_of_its_part_alone(wires: Wires, heard: Heard) -> None:
    """The light hangs on a pin of the door sign: the sign works, the light does not, and nothing falls over."""
    with heard.room(wires, ceiling_light=Output(pin=17)) as room:
        assert heard.faults == [("ceiling-light", True)]
        room.show(RoomPlan(sign=Sign.BUSY, ceiling_light=True, help_lamp=True))
        assert (wires.level(room, 27), wires.level(room, 25)) == (1, 1)
        room.mend()
        assert heard.faults == [("ceiling-light", True)]


async def test_a_pin_that_is_not_there_is_a_fault(wires: Wires, heard: Heard) -> None:
    """The board has fewer lines than the configuration thinks."""
    with heard.room(wires, help_button=Button(pin=53)) as room:
        room.show(FREE)
        assert heard.faults == [("help-button", True)]
        assert not room.has_help_button


async def test_a_part_that_is_not_wired_is_no_fault(wires: Wires, heard: Heard) -> None:
    """A room without a light, and a sign without "please wait", which says "in use" instead."""
    with heard.room(wires, ceiling_light=None, sign_wait=None, help_button=None) as room:
        room.show(RoomPlan(sign=Sign.WAIT, ceiling_light=True, help_lamp=False))
        assert wires.level(room, 27) == 1
        assert heard.faults == []


async def test_identifying_leaves_the_sign_as_it_was(wires: Wires, heard: Heard) -> None:
    """Also when the plan changes meanwhile, or it is broken off."""
    with heard.room(wires) as room:
        room.show(FREE)
        blinking = asyncio.create_task(room.blink(60))
        await asyncio.sleep(0)
        assert lit(room, wires) == {"free": 1, "busy": 1, "wait": 0, "light": 0, "help": 0}
        room.show(RoomPlan(sign=Sign.BUSY, ceiling_light=False, help_lamp=False))
        blinking.cancel()
        await asyncio.gather(blinking, return_exceptions=True)
        assert lit(room, wires) == {"free": 0, "busy": 1, "wait": 1, "light": 0, "help": 0}
