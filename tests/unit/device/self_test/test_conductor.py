"""The times of the self-test, its order, and how it ends when somebody comes."""

import asyncio
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from msgspec.structs import replace

from device.hub import Hub
from device.memory import Memory
from device.pin import Pin
from device.self_test import Conductor
from kiosk.consultation import commands, events
from kiosk.contract import intents
from kiosk.contract.configuration import SelfTest as Times
from kiosk.contract.schedule import Appointment
from kiosk.contract.self_test import Check, CheckResult, SelfTest, SelfTestReport, Trigger, Verdict
from kiosk.contract.state import State

BERLIN = ZoneInfo("Europe/Berlin")
DAY = datetime(2026, 11, 30, tzinfo=BERLIN)
TIMES = Times(morning=time(6, 30), before_booking_min=15)


class Checks:
    """Answers when it is let."""

    def __init__(self) -> None:
        self.made: list[Check] = []
        self.may_answer, self.has_begun = asyncio.Event(), asyncio.Event()
        self.is_put_back = False

    async def make(self, check: Check, trigger: Trigger) -> CheckResult:
        self.made.append(check)
        self.has_begun.set()
        try:
            await self.may_answer.wait()
        except asyncio.CancelledError:
            self.is_put_back = True
            raise
        return CheckResult(check=check, verdict=Verdict.PASSED)


class House:
    def __init__(self, folder: Path) -> None:
        self.hub = Hub(Memory(folder), "de")
        for kind in (commands.EmitEvent, commands.PlaySound):
            self.hub.do_with(kind, lambda _: None)
        self.checks = Checks()
        self.conductor = Conductor(
            replace(TIMES, is_on=False), BERLIN, lambda: self.hub.state, self.hub.dispatch, self.checks
        )
        self.hub.show_to(self.conductor.show)


def at(hour: int, minute: int, **fields: Any) -> State:
    return State(now=DAY.replace(hour=hour, minute=minute).astimezone(UTC), **fields)


def conductor() -> Conductor:
    return Conductor(TIMES, BERLIN, lambda: at(0, 0), lambda _: None, Checks())


def done_at(hour: int, minute: int, trigger: Trigger = Trigger.MORNING) -> SelfTest:
    moment = at(hour, minute).now
    report = SelfTestReport(trigger=trigger, began=moment, ended=moment + timedelta(seconds=20))
    return SelfTest(last=report, looked_at=None if trigger is Trigger.REMOTE else moment)


def booked(hour: int, minute: int) -> tuple[Appointment, ...]:
    start = at(hour, minute).now
    return (Appointment(number="A-1", start=start, end=start + timedelta(hours=1)),)


async def test_every_morning_once() -> None:
    """From its time on, in the house's own; one from afar is none."""
    due = conductor().due
    assert [due(at(*when)) for when in ((6, 29), (6, 30), (8, 29), (8, 30))] == [
        None,
        Trigger.MORNING,
        Trigger.MORNING,
        None,
    ]
    assert due(at(7, 0, self_test=done_at(6, 31))) is None
    assert due(at(7, 0, self_test=done_at(6, 31, Trigger.REMOTE))) is Trigger.MORNING
    assert due(at(7, 0, self_test=done_at(6, 0))) is Trigger.MORNING


async def test_before_each_booking() -> None:
    """Between half an hour and a quarter before: then people may be at the door."""
    due, appointments = conductor().due, booked(10, 0)
    assert due(at(9, 29, appointments=appointments)) is None
    assert due(at(9, 30, appointments=appointments)) is Trigger.BOOKING
    assert due(at(9, 45, appointments=appointments)) is Trigger.BOOKING
    assert due(at(9, 46, appointments=appointments)) is None
    assert due(at(9, 40, appointments=appointments, self_test=done_at(9, 31))) is None


async def test_one_that_was_interrupted_is_tried_again_later() -> None:
    """Not at once: whoever interrupted it is still there."""
    asked: list[events.Event] = []
    one = Conductor(TIMES, BERLIN, lambda: at(0, 0), asked.append, Checks())
    for minute in (30, 31, 34, 35):
        one.look(at(6, minute))
    assert len(asked) == 2


async def test_a_clock_that_is_set_back_makes_no_morning_without_a_test() -> None:
    """Whoever tried once in the year 2030 does not wait for it to come again."""
    asked: list[events.Event] = []
    one = Conductor(TIMES, BERLIN, lambda: at(0, 0), asked.append, Checks())
    one.look(replace(at(6, 30), now=at(6, 30).now + timedelta(days=1461)))
    one.look(at(6, 31))
    assert len(asked) == 2


async def test_all_checks_in_their_order(tmp_path: Path) -> None:
    """One after the other; then the report is there."""
    house = House(tmp_path)
    house.checks.may_answer.set()
    running = asyncio.create_task(house.conductor.run())
    await asyncio.sleep(0)
    async with asyncio.timeout(5):
        report = await house.conductor.from_afar()
    assert report is not None
    assert [result.check for result in report.results] == list(Check) == house.checks.made
    assert report.trigger is Trigger.REMOTE
    running.cancel()


async def test_no_command_makes_the_room_be_looked_at(tmp_path: Path) -> None:
    """A test from afar in the morning's hours is no reason to open camera and microphone once more."""
    house = House(tmp_path)
    house.checks.may_answer.set()
    running = asyncio.create_task(house.conductor.run())
    await asyncio.sleep(0)
    house.hub.dispatch(events.SelfTestAsked(trigger=Trigger.MORNING))
    async with asyncio.timeout(5):
        await house.conductor._over.wait()
        report = await house.conductor.from_afar()
    running.cancel()
    assert report is not None
    remembered = Hub(Memory(tmp_path), "de").state.self_test
    assert remembered.last == report
    began = remembered.looked_at
    assert began is not None
    assert began <= report.began
    times = Times(morning=began.astimezone(BERLIN).time().replace(second=0, microsecond=0))
    one = Conductor(times, BERLIN, lambda: house.hub.state, lambda _: None, Checks())
    assert one.due(replace(house.hub.state, self_test=remembered)) is None


async def test_whoever_comes_is_not_kept_waiting(tmp_path: Path) -> None:
    """The check is cancelled within the same turn of the loop, and nothing goes on."""
    house = House(tmp_path)
    running = asyncio.create_task(house.conductor.run())
    await asyncio.sleep(0)
    asked = asyncio.create_task(house.conductor.from_afar())
    await house.checks.has_begun.wait()
    house.hub.dispatch(intents.ChooseLanguage(language="de"))
    async with asyncio.timeout(5):
        assert await asked is None
    assert (house.checks.made, house.checks.is_put_back) == ([Check.CAMERA], True)
    assert house.hub.state.self_test == SelfTest()
    assert await house.conductor.from_afar() is None
    running.cancel()


@pytest.mark.parametrize(
    ("stored", "typed", "is_right"),
    [("123456", "123456", True), ("123456\n", "123456", True), ("123456", "12345", False), ("123456", "", False)],
)
def test_the_number_is_compared(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stored: str, typed: str, is_right: bool
) -> None:
    """Whole, and nothing else of it."""
    (tmp_path / "staff-pin").write_text(stored)
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    pin = Pin("staff-pin")
    assert pin.is_known
    assert pin.check(commands.CheckPin(typed=typed)) == events.PinChecked(is_right=is_right)


@pytest.mark.parametrize("stored", ["", "12", "abcdef", "123456789", "none"])
def test_a_bad_number_opens_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stored: str) -> None:
    """Nor does a missing one."""
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    assert not Pin("staff-pin").is_known
    (tmp_path / "staff-pin").write_text(stored)
    assert not Pin("staff-pin").is_known
    assert not Pin("staff-pin").check(commands.CheckPin(typed=stored)).is_right
