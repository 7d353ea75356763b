"""Somebody with a meter and a finger at the room's wires: on gpiozero's mock pins, or on lines of a real kernel.

The kernel's are gpio-sim lines (Documentation/admin-guide/gpio/gpio-sim.rst), reached by the very lgpio of a Pi.
"""

import asyncio
import os
from pathlib import Path
from typing import Any, Protocol

from device.room.mock import BenchFactory
from device.room.pins import make_factory
from kiosk.contract.wiring import PinFactory, Room, Shutter
from tests.fakes.patience import PATIENCE_S

_LOOK_S = 0.001


class Wires(Protocol):
    """The same on both back ends. Pins by their BCM number, levels electrical: 1 is high, whatever is active."""

    kind: PinFactory
    """What the configuration has to say to get these."""

    def make_factory(self, room: Room, chip: int) -> Any:
        """For the room, in the place of `device.room.pins.make_factory`."""

    def drive(self, pin: int, level: int) -> None:
        """Something outside the terminal puts the line of an input to this level, and holds it."""

    def level(self, pin: int) -> int:
        """What a meter shows."""

    async def until(self, pin: int, level: int, timeout_s: float = PATIENCE_S) -> None:
        """Returns when a meter shows this. Raises TimeoutError."""


class MockWires:
    """gpiozero's mock pins."""

    kind = PinFactory.MOCK

    def __init__(self) -> None:
        self.factory: BenchFactory | None = None

    def make_factory(self, room: Room, chip: int) -> Any:
        factory = make_factory(room, chip)
        if chip == room.chip:
            self.factory = factory
            factory.jammed.update(
                room.of(Shutter)
            )  # a test moves their switches itself, as it has to on a kernel's lines
        return factory

    def drive(self, pin: int, level: int) -> None:
        assert self.factory is not None
        self.factory.pin(pin).drive(bool(level))

    def level(self, pin: int) -> int:
        assert self.factory is not None
        return int(self.factory.pin(pin).is_high)

    async def until(self, pin: int, level: int, timeout_s: float = PATIENCE_S) -> None:
        assert self.factory is not None
        loop, changed = asyncio.get_running_loop(), asyncio.Event()

        def heard(_: int, __: float) -> None:  # from any thread
            loop.call_soon_threadsafe(changed.set)

        self.factory.listeners.append(heard)
        try:
            async with asyncio.timeout(timeout_s):
                while self.level(pin) != level:
                    await changed.wait()
                    changed.clear()
        finally:
            self.factory.listeners.remove(heard)


class SimulatedWires:
    """A gpio-sim chip; what its lines do can only be looked at, so `until` looks every millisecond."""

    kind = PinFactory.LGPIO

    def __init__(self, chip: Path) -> None:
        """`chip` is its folder in /sys/devices/platform."""
        self.chip = chip

    def plug_in(self, live: Path) -> None:
        """A new chip in the place of the old one: nobody drives any of its lines. `live` is its switch in configfs."""
        for word in ("0", "1"):
            live.write_text(word)

    def make_factory(self, room: Room, chip: int) -> Any:
        return make_factory(room, chip)

    def drive(self, pin: int, level: int) -> None:
        (self.chip / f"sim_gpio{pin}" / "pull").write_text("pull-up" if level else "pull-down")

    def level(self, pin: int) -> int:
        return int((self.chip / f"sim_gpio{pin}" / "value").read_text())

    async def until(self, pin: int, level: int, timeout_s: float = PATIENCE_S) -> None:
        async with asyncio.timeout(timeout_s):
            while True:
                if self.level(pin) == level:
                    return
                await asyncio.sleep(_LOOK_S)


async def low(wires: Wires, pin: int, for_s: float = 0.1, timeout_s: float = PATIENCE_S) -> None:
    """Returns when a line was low for so long: one with a tone is low again and again. Raises TimeoutError."""
    loop = asyncio.get_running_loop()
    since_s = loop.time()
    async with asyncio.timeout(timeout_s):
        while loop.time() - since_s < for_s:
            if wires.level(pin):
                since_s = loop.time()
            await asyncio.sleep(_LOOK_S)


def wires_of_machine() -> Wires:
    """Those of gpio-sim where `RUNDTISCH_GPIO_SIM` names a chip, as in the guest of tests/hardware; else mock pins."""
    chip = os.environ.get("RUNDTISCH_GPIO_SIM")
    if chip is None:
        return MockWires()
    wires = SimulatedWires(Path(chip))
    wires.plug_in(Path(os.environ["RUNDTISCH_GPIO_SIM_LIVE"]))
    return wires
