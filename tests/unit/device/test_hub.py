"""One event after the other: state, file, commands, viewers, in this order."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from device import clock
from device.hub import Hub
from device.memory import Memory
from kiosk.consultation import commands, events
from kiosk.contract import codec, intents
from kiosk.contract.mqtt import Clock
from kiosk.contract.state import Consent, Phase, State

COMMANDS = (
    commands.EmitEvent,
    commands.TellDesk,
    commands.SendRung,
    commands.SendView,
    commands.PlaySound,
    commands.Refuse,
    commands.ReadScheduleAgain,
    commands.Wipe,
)


class House:
    """A hub whose commands and states are kept."""

    def __init__(self, directory: Path) -> None:
        self.file = directory / "state.json"
        self.hub = Hub(Memory(directory), "de")
        self.done: list[commands.Command] = []
        self.shown: list[State] = []
        for kind in COMMANDS:
            self.hub.do_with(kind, self.done.append)
        self.hub.show_to(self.shown.append)

    def start(self) -> "House":
        """A session without appointment."""
        for intent in (
            intents.ChooseLanguage(language="en"),
            intents.StartWithoutAppointment(),
            intents.Choose(choice=Consent.ALL),
        ):
            self.hub.dispatch(intent)
        return self


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path / "device")


def test_an_event_is_saved_done_and_shown(house: House) -> None:
    """The file is written before anybody is told."""
    house.hub.do_with(commands.EmitEvent, lambda _: saved.append(codec.decode(house.file.read_bytes(), State, "t")))
    saved: list[State] = []
    house.hub.dispatch(intents.AskHelp())
    assert house.shown[-1].is_help_asked
    assert saved[-1].is_help_asked


def test_the_file_is_for_its_owner_only(house: House) -> None:
    """It may hold names."""
    house.hub.dispatch(intents.AskHelp())
    assert house.file.stat().st_mode & 0o777 == 0o600
    assert house.file.parent.stat().st_mode & 0o777 == 0o700


def test_time_alone_is_not_written(house: House) -> None:
    """A terminal that nobody uses leaves its memory in peace."""
    before = house.file.stat().st_mtime_ns, house.file.stat().st_ino
    house.hub.dispatch(events.Tick())
    assert (house.file.stat().st_mtime_ns, house.file.stat().st_ino) == before
    assert len(house.shown) == 1


def test_an_event_out_of_a_viewer_happens_afterwards(house: House) -> None:
    """Nobody sees a state that is already over."""
    house.hub.show_to(lambda state: house.hub.dispatch(intents.CancelHelp()) if state.is_help_asked else None)
    house.hub.dispatch(intents.AskHelp())
    assert [state.is_help_asked for state in house.shown] == [True, False]


def test_a_consultation_survives_its_agent(house: House, tmp_path: Path) -> None:
    """The next one goes on with session, key and language; who was connected has to come again."""
    house.start().hub.dispatch(events.BrokerCame())
    after = House(tmp_path / "device").hub.state
    assert after.phase is Phase.SESSION
    assert (after.session, after.key, after.language) == (
        house.hub.state.session,
        house.hub.state.key,
        house.hub.state.language,
    )
    assert not after.is_broker_here


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"now": 7}', b"\xff", b" " * 300_000])
def test_a_malformed_file_is_set_aside(tmp_path: Path, content: bytes, caplog: pytest.LogCaptureFixture) -> None:
    """Refused with a log line; the room begins anew, and the end of the next session removes it."""
    (tmp_path / "state.json").write_bytes(content)
    assert House(tmp_path).hub.state.phase is Phase.IDLE
    assert (tmp_path / "state.refused").read_bytes() == content
    assert len([record for record in caplog.records if "set aside" in record.message]) == 1
    Memory(tmp_path).wipe()
    assert not (tmp_path / "state.refused").exists()


def test_a_session_has_its_own_key(house: House) -> None:
    """After the end the room has another one."""
    before = house.hub.state.key
    house.start().hub.dispatch(intents.EndSession())
    assert house.hub.state.key != before
    assert any(isinstance(command, commands.Wipe) for command in house.done)


def test_the_clock_knows_how_far_it_can_be_trusted() -> None:
    """Aware, whole milliseconds, and one of three words."""
    assert clock.now().tzinfo is UTC
    assert clock.now().microsecond % 1000 == 0
    assert abs((clock.now() - datetime.now(UTC)).total_seconds()) < 1
    assert clock.trust() in Clock


def test_a_command_waits_for_who_does_it(tmp_path: Path) -> None:
    """What is decided before a part is there is done when it comes, once and in order."""
    hub = Hub(Memory(tmp_path / "device"), "de")
    hub.dispatch(intents.AskHelp())
    hub.dispatch(intents.CancelHelp())
    done: list[commands.Command] = []
    for _ in range(2):
        hub.do_with(commands.EmitEvent, done.append)
    assert done == [
        commands.EmitEvent(type="help-asked", data={"origin": "screen"}),
        commands.EmitEvent(type="help-cancelled"),
    ]
