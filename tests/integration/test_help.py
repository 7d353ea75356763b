"""A call for help on real wires' stand-ins and a real broker: asked, answered, over, whatever else is dead."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from msgspec.structs import replace

from kiosk.contract import codec, configuration, intents, topics
from kiosk.contract.mqtt import Ack, AckState, Alert, RejectCode
from kiosk.contract.partner import HelpCall, HelpComing, HelpDone, HelpReply
from kiosk.contract.state import Sheet
from kiosk.contract.wiring import HelpButton, HelpRelay
from kiosk.runtime.sealing import Seal, new_secret, public_of
from provisioning.demo.lines import Lines
from tests.fakes.agent_house import PINS, TERMINAL, AgentHouse, Observer

BUTTON, LAMP, RELAY, SILENT = 24, 25, 5, 6


@pytest.fixture
def wired(house: AgentHouse) -> AgentHouse:
    """A relay in the house, a button below the table, and somebody who may come."""
    more = {"help-relay": HelpRelay(pin=RELAY), "silent-help": HelpButton(pin=SILENT, is_silent=True)}
    room = replace(PINS, bench_socket=house.configuration.room.bench_socket, parts={**PINS.parts, **more})
    house.configure(room=room, help=configuration.Help(staff={"reception-1": "Frau Weber"}))
    return house


@pytest.fixture
async def bench(wired: AgentHouse) -> AsyncIterator[Lines]:
    """The agent's wires, from its start on; nothing else runs."""
    await wired.start_agent()
    lines = wired.bench()
    yield lines
    lines.close()


async def until_level(bench: Lines, pin: int, level: int) -> None:
    """Waits until the line has this level."""
    watched = await bench.ask(do="watch")
    if watched["levels"][str(pin)] == level:
        return
    async for change in bench.following():
        if (change["pin"], change["level"]) == (pin, level):
            return


async def answer(central: Observer, kind: str, number: str, payload: bytes = b"{}") -> Ack:
    """Commands, and waits for the last word."""
    await central.command(kind, number, payload)
    acks: list[Ack] = await central.until(
        lambda: [ack for ack in central.acks(kind, number) if ack.state is not AckState.ACCEPTED]
    )
    return acks[-1]


def alerts(central: Observer) -> list[Alert | None]:
    return [codec.decode(data, Alert, "test") if data else None for data in central.payloads("alert", "help")]


async def test_with_app_media_and_broker_dead_the_lamp_blinks_and_the_relay_closes(
    wired: AgentHouse, bench: Lines
) -> None:
    """Only the agent lives; the event with its time and the alert come when the broker is back."""
    await bench.ask(do="press", pin=BUTTON)
    await until_level(bench, RELAY, 1)
    other = wired.bench()
    await until_level(other, LAMP, 1)
    await until_level(other, LAMP, 0)
    other.close()
    await wired.start_broker()
    async with wired.observe() as central:
        (event,) = await central.until(central.events, timeout_s=70)
        (alert,) = await central.until(lambda: alerts(central))
        assert (event.seq, event.type, event.data) == (1, "help-asked", {"origin": "wall"})
        assert alert
        assert abs(alert.since - event.time) < timedelta(milliseconds=50)
        assert alert.severity == "critical"


async def test_without_a_broker_the_screen_says_so(wired: AgentHouse, bench: Lines) -> None:
    """And that the bell in the house rings all the same."""
    app = await wired.app()
    app.touch(intents.AskHelp())
    state = await app.until(lambda state: state.is_help_asked)
    assert (state.is_broker_here, state.has_help_relay, state.sheet) == (False, True, Sheet.HELP)
    await until_level(bench, RELAY, 1)


async def test_somebody_answers_comes_and_is_done(wired: AgentHouse, bench: Lines) -> None:
    """The screen names who comes; no topic and no payload does. Lamp steady, relay open; at the end nothing is left."""
    await wired.start_broker()
    async with wired.observe() as central:
        app = await wired.app()
        await app.until(lambda state: state.is_broker_here)
        await bench.ask(do="press", pin=BUTTON)
        await app.until(lambda state: state.is_help_asked)
        assert (await answer(central, "help-answer", "1", b'{"args": {"by": "reception-1"}}')).result == {
            "is_known": True
        }
        state = await app.until(lambda state: state.help and state.help.answered)
        assert state.help
        assert state.help.who == "Frau Weber"
        await central.until(lambda: len(alerts(central)) == 2)
        levels = (await bench.ask(do="levels"))["levels"]
        assert (levels[str(LAMP)], levels[str(RELAY)]) == (1, 0)
        assert (await answer(central, "help-over", "2")).state is AckState.SUCCEEDED
        await app.until(lambda state: state.help is None)
        await central.until(lambda: alerts(central)[-1] is None)
        await central.until(lambda: len(central.events()) == 3)
        severities = [alert.severity if alert else None for alert in alerts(central)]
        assert severities == ["critical", "warning", None]
        assert [event.type for event in central.events()] == ["help-asked", "help-answered", "help-over"]
        assert not [one for one in central.seen if b"Weber" in bytes(one.payload or b"")]
        assert (await bench.ask(do="levels"))["levels"][str(LAMP)] == 0


async def test_a_desk_of_the_house_answers_by_its_page(wired: AgentHouse, bench: Lines) -> None:
    """Called for as long as it lasts; the name comes in a box. Another desk, and a word of yesterday, are refused."""
    wired.configure(
        room=wired.configuration.room, help=configuration.Help(staff={"reception-1": "Frau Weber"}, desks=("front-1",))
    )
    await wired.supervisor.stop("agent")
    await wired.start_agent()
    await wired.start_broker()
    async with wired.observe() as central, wired.desk() as desk:
        app = await wired.app()
        await app.until(lambda state: state.is_broker_here, timeout_s=30)
        app.touch(intents.AskHelp())

        def calls() -> list[HelpCall | None]:
            said = central.payloads("desk", "front-1", "help-call")
            return [codec.decode(data, HelpCall, "test") if data else None for data in said]

        (call,) = await central.until(calls)
        assert call
        secret = new_secret()
        seal = Seal(secret, call.key, call.help, is_room=False)

        async def say(inside: HelpComing | HelpDone, number: str = call.help, at: str = "front-1") -> None:
            reply = HelpReply(help=number, key=public_of(secret), box=seal.close(inside))
            await desk.publish(topics.partner_to_room(at, TERMINAL, "help-reply"), reply)

        await say(HelpDone(), at="debts-1")
        await say(HelpDone(), number="0" * 24)
        await say(HelpComing(name="Frau Weber"))
        state = await app.until(lambda state: state.help and state.help.answered)
        assert state.help
        assert state.help.who == "Frau Weber"
        await central.until(lambda: len(calls()) == 2)
        await say(HelpDone())
        await app.until(lambda state: state.help is None)
        await central.until(lambda: len(calls()) == 3)
        assert [call.is_answered if call else None for call in calls()] == [False, True, None]
        assert not [one for one in central.seen if b"Weber" in bytes(one.payload or b"")]


async def test_the_silent_button_shows_nothing_and_closes_the_relay(wired: AgentHouse, bench: Lines) -> None:
    """Lamp, sheet and language of the screen stay as they were; the alert says that nobody may notice."""
    await wired.start_broker()
    async with wired.observe() as central:
        app = await wired.app()
        await app.until(lambda state: state.is_broker_here)
        await bench.ask(do="press", pin=SILENT)
        await until_level(bench, RELAY, 1)
        (alert,) = await central.until(lambda: alerts(central))
        assert alert
        assert "nobody in the room may notice" in alert.text
        state = await app.until(lambda state: state.help is not None)
        assert (state.sheet, state.notice, state.is_help_asked) == (Sheet.NONE, None, False)
        assert (await bench.ask(do="levels"))["levels"][str(LAMP)] == 0
        app.touch(intents.CancelHelp())
        assert (await answer(central, "help-over", "1")).state is AckState.SUCCEEDED
        await central.until(lambda: alerts(central)[-1] is None)


@pytest.mark.parametrize(
    ("kind", "payload", "is_asked"),
    [
        ("help-answer", b"{}", False),
        ("help-over", b"{}", False),
        ("help-answer", b'{"args": {"by": ["reception-1"]}}', True),
    ],
)
async def test_an_answer_that_makes_no_sense_is_rejected(
    wired: AgentHouse, bench: Lines, kind: str, payload: bytes, is_asked: bool
) -> None:
    """Nobody asked, or not a name of an id."""
    await wired.start_broker()
    async with wired.observe() as central:
        if is_asked:
            await bench.ask(do="press", pin=BUTTON)
        await central.until(lambda: "ready" in central.statuses())
        ack = await answer(central, kind, "1", payload)
        assert (ack.state, ack.code) == (AckState.REJECTED, RejectCode.INVALID)
