"""What the room is after a crash of the agent, before anybody is connected."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from device import backbone
from device.memory import Memory
from kiosk.consultation import media_plan
from kiosk.contract.configuration import Configuration, Links, Mqtt, Paths, Terminal
from kiosk.contract.media import Sending
from kiosk.contract.privacy import Doubt
from kiosk.contract.room import RoomReport
from kiosk.contract.state import Consent, Phase, Session, State
from kiosk.contract.wiring import HelpButton, MuteSwitch, Parts, PinFactory, Presence, Room
from kiosk.runtime import sealing

NO_CHIP = 8
PARTS: dict[str, Parts] = {
    "presence": Presence(pin=6),
    "help-button": HelpButton(pin=24, chip=NO_CHIP),
    "mute-switch": MuteSwitch(pin=5),
}
NOW = datetime(2026, 11, 30, 9, 0, tzinfo=UTC)


def house(directory: Path, chip: int) -> Configuration:
    run = directory / "run"
    return Configuration(
        terminal=Terminal(name="nord.r1", room="1"),
        mqtt=Mqtt(host="127.0.0.1", ca_file=directory / "ca.pem", certificate_file=directory / "certificate.pem"),
        links=Links(ui_socket=run / "ui", media_socket=run / "media", frames_socket=run / "frames"),
        paths=Paths(runtime_directory=run / "device", state_directory=directory / "state"),
        room=Room(pin_factory=PinFactory.MOCK, parts=PARTS, chip=chip),
    )


def remember(directory: Path, *, is_muted: bool) -> None:
    """A session in which everything is sent but for what the switch forbids."""
    session = Session(id="s" * 24, started=NOW, choice=Consent.ALL, microphone_wanted=True, camera_wanted=True)
    room = RoomReport(is_mute_switch_on=is_muted)
    state = State(now=NOW, phase=Phase.SESSION, session=session, room=room, key=sealing.new_secret())
    Memory(directory / "run/device").save(state)


@pytest.mark.parametrize("is_muted", [True, False])
async def test_a_mute_switch_that_is_lost_in_a_crash_closes_the_microphone(tmp_path: Path, is_muted: bool) -> None:
    """As one that is lost while the agent lives: its wire cannot be opened again, and nobody knows what it says."""
    remember(tmp_path, is_muted=is_muted)
    async with backbone.standing(house(tmp_path, NO_CHIP)) as standing:
        assert media_plan(standing.state()).microphone is Sending.OFF
        assert standing.state().watch.closed == {"microphone": Doubt.SWITCH_LOST}


async def test_a_mute_switch_that_is_there_after_a_crash_is_believed(tmp_path: Path) -> None:
    """Whatever it said before, and where a wire that was opened before it is lost."""
    remember(tmp_path, is_muted=True)
    async with backbone.standing(house(tmp_path, 0)) as standing:
        assert standing.state().room.is_mute_switch_on is False
        assert standing.state().watch.closed == {}
        assert media_plan(standing.state()).microphone is Sending.HERE
