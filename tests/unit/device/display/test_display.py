"""The panel follows the state, from a thread; the state learns what the panel can and whether it is lit."""

import asyncio
import contextlib
import logging
import shutil
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from device.display.display import Display
from kiosk.consultation import events
from kiosk.contract import configuration, display
from kiosk.contract.configuration import Terminal
from kiosk.contract.display import DisplayReport, Rung, Wakefulness
from kiosk.contract.room import RoomReport
from kiosk.contract.state import State
from kiosk.runtime.log import Refusals
from tests.fakes import screens

NOW = datetime(2026, 11, 29, 10, 0, tzinfo=UTC)


class House:
    """Hears what is dispatched, and says what the state is."""

    def __init__(self, root: Path, **section: object) -> None:
        self.heard: asyncio.Queue[events.Event] = asyncio.Queue()
        self.all: list[events.Event] = []
        values = {"root": root, "brightness_pct": 80, **section}
        self.display = Display(
            Terminal(name="nord.r1", room="1"),
            configuration.Display(**values),  # type: ignore[arg-type]
            root / "state",
            self.heard.put_nowait,
            Refusals(logging.getLogger("test")),
        )

    def show(self, wakefulness: Wakefulness, pct: int | None = None) -> None:
        wanted = display.Display(wakefulness=wakefulness, brightness_pct=pct)
        self.display.show(State(now=NOW, display=wanted, room=RoomReport()))

    async def until(self, event: events.Event) -> None:
        async with asyncio.timeout(10):
            while event not in self.all:
                self.all.append(await self.heard.get())

    async def until_report(self, **wanted: object) -> DisplayReport:
        async with asyncio.timeout(10):
            while True:
                event = await self.heard.get()
                self.all.append(event)
                if isinstance(event, events.DisplayReported) and all(
                    getattr(event.report, name) == value for name, value in wanted.items()
                ):
                    return event.report


async def until(is_so: Callable[[], bool]) -> None:
    """Looks again and again at what another thread or process does."""
    async with asyncio.timeout(10):
        while not await asyncio.to_thread(is_so):
            pass


@contextlib.asynccontextmanager
async def running(house: House) -> AsyncIterator[House]:
    task = asyncio.create_task(house.display.run())
    try:
        yield house
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def test_the_backlight_follows_the_state(tmp_path: Path) -> None:
    """Lit, dimmed, dark, lit: power and brightness, and the state is told each time what can be seen."""
    folder = screens.backlight(tmp_path, most=100)
    async with running(House(tmp_path)) as house:
        report = await house.until_report(brightness_pct=80)
        assert (report.power, report.brightness, report.can_dim) == (Rung.BACKLIGHT, Rung.BACKLIGHT, True)
        assert (folder / "brightness").read_text() == "80"
        house.show(Wakefulness.DIMMED)
        await house.until_report(brightness_pct=20)
        assert (folder / "brightness").read_text() == "24"
        house.show(Wakefulness.ASLEEP)
        await house.until_report(is_lit=False)
        house.show(Wakefulness.AWAKE)
        await house.until_report(is_lit=True, brightness_pct=80)
        assert ((folder / "bl_power").read_text(), (folder / "brightness").read_text()) == ("0", "80")


async def test_it_is_dark_when_it_says_so_and_lit_again_at_the_end(tmp_path: Path) -> None:
    """When the agent ends, nobody else would wake the panel."""
    folder = screens.backlight(tmp_path)
    house = House(tmp_path)
    house.show(Wakefulness.ASLEEP)
    async with running(house):
        await until(lambda: (folder / "bl_power").read_text().strip() == "4")
    assert (folder / "bl_power").read_text() == "0"


async def test_a_way_that_fails_is_a_fault_and_the_picture_stays_black(tmp_path: Path) -> None:
    """The kernel takes the backlight away."""
    folder = screens.backlight(tmp_path)
    async with running(House(tmp_path)) as house:
        await house.until_report(power=Rung.BACKLIGHT)
        shutil.rmtree(folder)
        house.show(Wakefulness.ASLEEP)
        report = await house.until_report(power=Rung.BLACK)
        assert report.is_lit
        await house.until(events.HardwareFault(part="display"))


async def test_without_any_way_it_says_nothing_that_is_not_known(tmp_path: Path) -> None:
    """The first report of all is the one the state begins with."""
    house = House(tmp_path)
    async with running(house):
        house.show(Wakefulness.ASLEEP)
        house.show(Wakefulness.AWAKE)
    assert house.heard.empty()


async def test_the_light_in_the_room_counts_and_an_order_more(tmp_path: Path) -> None:
    """Within the bounds of the house, even from afar."""
    folder = screens.backlight(tmp_path, most=100)
    screens.light_sensor(tmp_path, 5000)
    async with running(House(tmp_path, brightest_pct=90)) as house:
        await house.until_report(brightness_pct=90)
        house.show(Wakefulness.AWAKE, pct=100)
        house.show(Wakefulness.AWAKE, pct=40)
        await house.until_report(brightness_pct=40)
        assert (folder / "brightness").read_text() == "40"


async def test_a_named_sensor_that_is_not_there_is_a_fault(tmp_path: Path) -> None:
    """The screen goes by the time of day, or by its usual light."""
    screens.backlight(tmp_path, most=100)
    async with running(House(tmp_path, light_sensor="bh1750")) as house:
        await house.until(events.HardwareFault(part="light-sensor"))
        await house.until_report(brightness_pct=80)


@pytest.mark.parametrize("way", ["ddc", "cec"])
async def test_slow_panels_say_when_something_can_be_seen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    """Dark from the moment it is asked for, lit some seconds after the order."""
    monkeypatch.setenv("PATH", screens.first_on_path(tmp_path))
    screens.connect(tmp_path)
    screens.cec_adapter(tmp_path)
    program = screens.ddcutil(tmp_path) if way == "ddc" else screens.cec_ctl(tmp_path)
    async with running(House(tmp_path, rungs=(Rung(way),))) as house:
        report = await house.until_report(power=Rung(way))
        assert report.screen.startswith("SAM")
        house.show(Wakefulness.ASLEEP)
        await house.until_report(is_lit=False)
        await until(lambda: not program.read()["on"])
        house.show(Wakefulness.AWAKE)
        await house.until_report(is_lit=True)
        assert program.read()["on"]
