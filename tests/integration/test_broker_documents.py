"""Schedule, directory and presence on their way from the broker to the screen."""

import functools
import os
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest

from kiosk.contract import codec, topics
from kiosk.contract.directory import Desk, DeskPresence, Directory, Need, Office, Presence
from kiosk.contract.mqtt import ConfigState
from kiosk.contract.partner import Invitations
from kiosk.contract.schedule import Appointment, Guest, Schedule
from tests.fakes.agent_house import TERMINAL, AgentHouse, Observer

DIRECTORY = Directory(
    version=3,
    offices=(Office(id="youth", name={"de": "Jugendamt"}),),
    needs=(Need(id="childcare", name={"de": "Kinderbetreuung"}),),
    desks=(Desk(id="youth-1", office="youth", name={"de": "Platz 1"}, needs=("childcare",)),),
)
WANTED = topics.terminal(TERMINAL, "desired", "schedule")


def schedule(version: int, *numbers: str) -> Schedule:
    """One hour each, one after the other, the first from five minutes ago."""
    start = datetime.now(UTC) - timedelta(minutes=5)
    hour = timedelta(hours=1)
    return Schedule(
        version=version,
        published=datetime.now(UTC),
        appointments=tuple(
            Appointment(
                number=number,
                start=start + index * hour,
                end=start + (index + 1) * hour,
                desks=("youth-1",),
                guests=(Guest(id=f"guest-{number.lower()}", office="Klinikum"),),
            )
            for index, number in enumerate(numbers)
        ),
    )


@pytest.fixture
async def central(house: AgentHouse) -> AsyncIterator[Observer]:
    """The monitor, of a terminal that is ready and has a directory."""
    await house.start_broker()
    async with house.observe() as observer:
        await observer.publish(topics.DIRECTORY, DIRECTORY, retain=True)
        await house.start_agent()
        await observer.until(lambda: config(observer) and config(observer).directory_version == 3)
        yield observer


def config(central: Observer) -> ConfigState:
    payloads = central.payloads("state", "config")
    return codec.decode(payloads[-1], ConfigState, "test") if payloads else ConfigState(time=datetime.now(UTC))


async def test_a_schedule_is_in_the_state_within_two_seconds(central: Observer, house: AgentHouse) -> None:
    """From the publish to the snapshot the app draws; answered in `state/config` with its version."""
    app = await house.app()
    await app.until(lambda _: True)
    await central.publish(WANTED, schedule(7, "A-1", "A-2"), retain=True)
    state = await app.until(lambda state: len(state.appointments) == 2, timeout_s=2)
    assert [booking.number for booking in state.appointments] == ["A-1", "A-2"]
    await central.until(lambda: config(central).schedule_version == 7)
    assert config(central).errors == ()


@pytest.mark.parametrize("payload", [b"no JSON", b"[]", b'{"appointments": 3}', b"\xff", b"[" * 70_000, b" " * 90_000])
async def test_a_bad_schedule_leaves_the_last_good_one(central: Observer, house: AgentHouse, payload: bytes) -> None:
    """Malformed, of another kind, or too long: refused with a reason, counted, and the room goes on."""
    app = await house.app()
    await central.publish(WANTED, schedule(7, "A-1"), retain=True)
    await app.until(lambda state: len(state.appointments) == 1)
    await central.publish(WANTED, payload, retain=True)
    await central.until(lambda: config(central).errors)
    assert config(central).schedule_version == 7
    assert config(central).errors[0].startswith("schedule: ")
    await central.publish(WANTED, schedule(8, "A-1", "A-2"), retain=True)
    await app.until(lambda state: len(state.appointments) == 2)
    await central.until(lambda: config(central).schedule_version == 8 and not config(central).errors)


async def test_bad_entries_are_refused_one_by_one(central: Observer, house: AgentHouse) -> None:
    """The rest of the document counts; each refusal is told with its path."""
    app = await house.app()
    good = schedule(9, "A-1", "A-2")
    bad = Appointment(number="B-1", start=good.appointments[0].start, end=good.appointments[0].end, desks=("nobody",))
    await central.publish(WANTED, Schedule(version=9, appointments=(*good.appointments, bad)), retain=True)
    await app.until(lambda state: len(state.appointments) == 2)
    await central.until(lambda: config(central).errors)
    assert config(central).errors == ("schedule: unknown desk - at `$.appointments[2].desks[0]`",)
    assert config(central).schedule_version == 9


async def test_without_a_broker_the_last_schedule_is_shown(central: Observer, house: AgentHouse) -> None:
    """A restarted agent that never reaches the broker, and has lost its memory, shows what is on disk."""
    app = await house.app()
    await central.publish(WANTED, schedule(7, "A-1"), retain=True)
    await app.until(lambda state: len(state.appointments) == 1)
    await house.supervisor.stop("broker")
    await house.supervisor.stop("agent")
    (house.configuration.paths.runtime_directory / "state.json").unlink()
    await house.start_agent()
    app = await house.app()
    state = await app.until(lambda state: len(state.appointments) == 1)
    assert not state.is_broker_here
    assert state.directory.version == 3


async def test_a_schedule_older_than_seven_days_is_not_shown(central: Observer, house: AgentHouse) -> None:
    """Better none than a wrong one."""
    app = await house.app()
    await central.publish(WANTED, schedule(7, "A-1"), retain=True)
    await app.until(lambda state: len(state.appointments) == 1)
    await house.supervisor.stop("broker")
    await house.supervisor.stop("agent")
    (house.configuration.paths.runtime_directory / "state.json").unlink()
    old = datetime.now(UTC).timestamp() - 7 * 24 * 3600 - 60
    os.utime(house.configuration.paths.state_directory / "schedule.json", (old, old))
    await house.start_agent()
    app = await house.app()
    assert not (await app.until(lambda state: state.directory.version == 3)).appointments


async def test_everybody_who_is_expected_has_an_invitation_until_it_is_over(central: Observer) -> None:
    """Retained for desks and guests; taken back when the schedule no longer names them."""
    await central.publish(WANTED, schedule(7, "A-1"), retain=True)
    for who in ("youth-1", "guest-a-1"):
        (payload,) = await central.until(functools.partial(central.payloads, "desk", who, "invitations"))
        invitations = codec.decode(payload, Invitations, "test")
        assert [item.number for item in invitations.items] == ["A-1"]
    await central.publish(WANTED, schedule(8), retain=True)
    await central.until(lambda: central.payloads("desk", "youth-1", "invitations")[-1] == b"")
    await central.until(lambda: central.payloads("desk", "guest-a-1", "invitations")[-1] == b"")


async def test_presence_is_believed_as_long_as_the_broker_says(house: AgentHouse) -> None:
    """A word with 2 s left to live is gone after that, though nobody takes it back."""
    await house.start_broker()
    async with house.observe() as central, house.desk() as desk:
        await central.publish(topics.DIRECTORY, DIRECTORY, retain=True)
        await house.start_agent()
        app = await house.app()
        await app.until(lambda state: state.directory.version == 3 and state.is_broker_here)
        word = DeskPresence(state=Presence.FREE, since=datetime.now(UTC))
        await desk.publish(topics.desk("youth-1", "presence"), word, retain=True, MessageExpiryInterval=2)
        await app.until(lambda state: state.presence.get("youth-1") == word)
        await app.until(lambda state: "youth-1" not in state.presence)


async def test_a_broker_without_memory_is_told_everything_again(central: Observer, house: AgentHouse) -> None:
    """Retained messages are lost with the broker's store; after the next connect they are there again."""
    await central.publish(WANTED, schedule(7, "A-1"), retain=True)
    await central.until(lambda: central.payloads("desk", "youth-1", "invitations"))
    await house.supervisor.stop("broker")
    (house.made.broker_file.parent / "mosquitto.db").unlink()
    await house.start_broker()
    async with house.observe() as after:
        for topic in (["info"], ["state", "session"], ["desk", "youth-1", "invitations"]):
            await after.until(functools.partial(after.payloads, *topic), timeout_s=20)
