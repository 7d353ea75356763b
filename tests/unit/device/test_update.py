"""The agent's half of an update: the lock while somebody is here, how it does, and what it tells central."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from device.broker.commands import CommandError
from device.update import Updates
from kiosk.contract import codec
from kiosk.contract.configuration import Update
from kiosk.contract.mqtt import UpdateState
from kiosk.contract.room import RoomReport
from kiosk.contract.schedule import Appointment
from kiosk.contract.state import Help, HelpOrigin, Phase, Sheet, State
from kiosk.contract.update import LOCK, NOTES, PROGRESS, REPORT, REQUEST, Note, Progress, Report
from kiosk.contract.update import Phase as UpdatePhase
from kiosk.runtime.lock import Lock
from tests.fakes.file_limit import no_file_larger_than

NOW = datetime(2026, 11, 30, 3, 0, tzinfo=UTC)
IDLE = State(now=NOW, is_broker_here=True, is_media_here=True)


class App:
    """The touch app, as the agent knows it."""

    def __init__(self) -> None:
        self.pid = 7
        self.reported = (0, 0.0)


class House:
    def __init__(self, folder: Path) -> None:
        self.update = Update(runtime_directory=folder / "run", state_directory=folder / "updater")
        (folder / "run").mkdir()
        (folder / "updater" / NOTES).mkdir(parents=True)
        self.app = App()
        self.events: list[tuple[str, dict[str, Any]]] = []
        self.states: list[UpdateState] = []
        self.folder = folder
        self.updates = self.agent()

    def agent(self) -> Updates:
        return Updates(
            self.update,
            self.folder / "agent",
            self.app,
            lambda kind, data: self.events.append((kind, data)),
            lambda topic, state: self.states.append(state),
        )

    def is_free(self) -> bool:
        """As the updater sees it."""
        lock = Lock(self.update.runtime_directory / LOCK)
        is_free = lock.take()
        lock.give()
        return is_free

    def report(self) -> Report:
        data = (self.update.runtime_directory / REPORT).read_bytes()
        report: Report = codec.decode(data, Report, "test")
        return report

    def note(self, number: int, kind: str) -> None:
        path = self.update.state_directory / NOTES / f"{number:08}.json"
        path.write_bytes(codec.encode(Note(number=number, type=kind, data={"serial": number})))


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path)


def _booked(state: State, begin: datetime) -> State:
    return replace(state, appointments=(Appointment(number="1", start=begin, end=begin + timedelta(hours=1)),))


@pytest.mark.parametrize(
    "change",
    [
        lambda state: replace(state, phase=Phase.SESSION),
        lambda state: replace(state, sheet=Sheet.STAFF),
        lambda state: replace(state, help=Help(asked=NOW, origin=HelpOrigin.WALL)),
        lambda state: replace(state, room=RoomReport(is_occupied=True)),
        lambda state: _booked(state, NOW + timedelta(minutes=19)),
    ],
    ids=["session", "staff", "help", "occupied", "soon"],
)
def test_the_room_is_in_use(house: House, change: Callable[[State], State]) -> None:
    """As long as it is, the updater does not get the lock; a moment later it does."""
    house.updates.show(change(IDLE))
    assert not house.is_free()
    house.updates.show(IDLE)
    assert house.is_free()
    house.updates.show(_booked(IDLE, NOW + timedelta(hours=2)))
    assert house.is_free()


def test_a_lock_that_could_not_be_taken_once_is_taken_later(house: House) -> None:
    """Nobody changes the version in the middle of a session, and the agent goes on saying how it does."""
    lock = house.update.runtime_directory / LOCK
    lock.mkdir()
    house.updates.show(replace(IDLE, phase=Phase.SESSION))
    house.updates.look(IDLE)
    assert house.report().has_broker
    lock.rmdir()
    house.updates.show(replace(IDLE, phase=Phase.SESSION))
    assert not house.is_free()


def test_the_lock_dies_with_its_process(house: House) -> None:
    """However that ends: nothing has to be tidied up."""
    code = (
        "import sys; from pathlib import Path; from kiosk.runtime.lock import Lock\n"
        "assert Lock(Path(sys.argv[1])).take(); print('held', flush=True); sys.stdin.read()"
    )
    path = house.update.runtime_directory / LOCK
    with subprocess.Popen(
        [sys.executable, "-c", code, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        assert not house.is_free()
        holder.kill()
        holder.wait()
        assert house.is_free()


def test_a_report_says_how_the_terminal_does(house: House) -> None:
    """Frames count when the app that is here has said so; another app has to say it again."""
    house.updates.look(IDLE)
    report = house.report()
    assert (report.pid, report.has_broker, report.has_camera, report.has_frames) == (os.getpid(), True, True, False)
    house.app.reported = (house.app.pid, time.monotonic())
    house.agent().look(IDLE)
    assert house.report().has_frames, "also when it said so before the agent's first look"
    house.app.pid = 8
    house.updates.look(replace(IDLE, is_media_here=False, is_broker_here=False))
    report = house.report()
    assert (report.has_broker, report.has_camera, report.has_frames) == (False, False, False)


def test_notes_become_events_each_once(house: House) -> None:
    """In their order, also beyond a restart of the agent; what is no note is left out."""
    house.note(2, "update-proven")
    house.note(1, "update-switched")
    (house.update.state_directory / NOTES / "00000003.json").write_bytes(b"{")
    house.updates.look(IDLE)
    house.note(4, "update-failed")
    house.agent().look(IDLE)
    assert [kind for kind, _ in house.events] == ["update-switched", "update-proven", "update-failed"]
    assert house.events[0][1] == {"serial": 1}


def test_notes_become_events_once_also_on_a_full_disk(house: House) -> None:
    """The agent lives on, and does not say the same every second."""
    house.note(1, "update-switched")
    with no_file_larger_than(0):
        for _ in range(3):
            house.updates.look(IDLE)
    assert [kind for kind, _ in house.events] == ["update-switched"]


def test_the_state_says_where_an_update_stands(house: House) -> None:
    path = house.update.state_directory / PROGRESS
    path.write_bytes(codec.encode(Progress(phase=UpdatePhase.PROBATION, serial=2, offered=2)))
    house.updates.look(IDLE)
    assert (house.states[-1].phase, house.states[-1].serial) == ("probation", 2)
    path.write_bytes(b"nonsense")
    house.updates.look(IDLE)
    assert house.states[-1].phase == "idle"


async def test_central_may_ask(house: House) -> None:
    """A file that a unit waits for; never while the room is in use."""
    assert await house.updates.handlers["update-apply"]({}) == {}
    request = house.update.runtime_directory / REQUEST
    assert json.loads(request.read_bytes()) == {"wish": "apply"}
    house.updates.show(replace(IDLE, phase=Phase.SESSION))
    with pytest.raises(CommandError, match="busy-in-session"):
        await house.updates.handlers["update-rollback"]({})


async def test_who_asks_on_a_full_disk_is_answered(house: House) -> None:
    """That it failed; and the agent lives on."""
    with no_file_larger_than(0), pytest.raises(CommandError, match="internal"):
        await house.updates.handlers["update-apply"]({})


async def test_a_machine_without_an_updater(tmp_path: Path) -> None:
    """Nothing of it happens, and the commands are not known."""
    updates = Updates(Update(runtime_directory=tmp_path / "none"), tmp_path, App(), lambda *_: None, lambda *_: None)
    updates.show(replace(IDLE, phase=Phase.SESSION))
    updates.look(IDLE)
    with pytest.raises(CommandError, match="unsupported"):
        await updates.handlers["update-check"]({})
