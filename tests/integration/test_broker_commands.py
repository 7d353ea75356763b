"""Commands from the central side, on the real broker: done at most once, answered every time."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest

from kiosk.contract import codec, topics
from kiosk.contract.mqtt import Ack, AckState, Command, RejectCode
from tests.fakes.agent_house import TERMINAL, AgentHouse, Observer


@pytest.fixture
async def central(house: AgentHouse) -> AsyncIterator[Observer]:
    """The monitor, of a terminal that is ready."""
    await house.start_broker()
    async with house.observe() as observer:
        await house.start_agent()
        await observer.until(lambda: "ready" in observer.statuses())
        yield observer


async def final(central: Observer, kind: str, number: str) -> Ack:
    """The last word on a command."""
    open_states = (AckState.ACCEPTED, AckState.RUNNING)
    acks: list[Ack] = await central.until(
        lambda: [ack for ack in central.acks(kind, number) if ack.state not in open_states], timeout_s=20
    )
    return acks[-1]


async def test_ping_is_answered_with_correlation_data(central: Observer) -> None:
    """Accepted, then succeeded, on the ack topic and below the terminal's own tree, correlation data echoed."""
    reply = topics.terminal(TERMINAL, "reply", "1")
    await central.command("ping", "1", ResponseTopic=reply, CorrelationData=b"seven")
    ack = await final(central, "ping", "1")
    assert ack.state is AckState.SUCCEEDED
    assert set(ack.result) == {"version", "uptime_s"}
    assert [one.state for one in central.acks("ping", "1")] == [AckState.ACCEPTED, AckState.SUCCEEDED]
    await central.until(lambda: len(central.payloads("reply", "1")) == 2)
    answers = [one for one in central.seen if one.topic.value in (reply, topics.terminal(TERMINAL, "ack", "ping", "1"))]
    assert {getattr(one.properties, "CorrelationData", b"") for one in answers} == {b"seven"}


@pytest.mark.parametrize("where", ["rundtisch/v1/terminals/nord.r2/reply", "rundtisch/v1/terminals/nord.r1/status"])
async def test_a_response_topic_elsewhere_is_ignored(central: Observer, where: str) -> None:
    """Another terminal's tree, or a topic with a meaning of its own: only the ack topic is answered."""
    await central.command("ping", "1", ResponseTopic=where)
    assert (await final(central, "ping", "1")).state is AckState.SUCCEEDED
    await central.command("ping", "2")
    await final(central, "ping", "2")
    assert not [one for one in central.seen if one.topic.value == where and b"succeeded" in bytes(one.payload or b"")]


@pytest.mark.parametrize("kind", ["reboot", "screenshot", "end-session", "make-coffee"])
async def test_what_this_terminal_cannot_do_is_rejected(central: Observer, kind: str) -> None:
    """The code is `unsupported`."""
    await central.command(kind, "1")
    ack = await final(central, kind, "1")
    assert (ack.state, ack.code) == (AckState.REJECTED, RejectCode.UNSUPPORTED)


async def test_a_command_without_deadline_is_refused(central: Observer) -> None:
    """Neither expiry nor deadline: `invalid`."""
    await central.publish(topics.terminal(TERMINAL, "command", "ping", "1"), b"{}")
    ack = await final(central, "ping", "1")
    assert (ack.state, ack.code) == (AckState.REJECTED, RejectCode.INVALID)


@pytest.mark.parametrize("payload", [b"{", b"[]", b'{"args": 7}', b'{"deadline": "2026-01-01T00:00:00"}', b"\xff\xfe"])
async def test_a_malformed_command_is_refused(central: Observer, payload: bytes) -> None:
    """`invalid`, and the next good one is carried out."""
    await central.command("ping", "1", payload)
    ack = await final(central, "ping", "1")
    assert (ack.state, ack.code) == (AckState.REJECTED, RejectCode.INVALID)
    await central.command("ping", "2")
    assert (await final(central, "ping", "2")).state is AckState.SUCCEEDED


async def test_a_command_that_is_too_late_is_not_done(central: Observer) -> None:
    """The earlier of expiry and deadline counts."""
    late = Command(deadline=datetime.now(UTC) - timedelta(seconds=1))
    await central.command("ping", "1", codec.encode(late))
    ack = await final(central, "ping", "1")
    assert (ack.state, ack.code) == (AckState.EXPIRED, RejectCode.EXPIRED)


async def test_a_repeated_id_is_answered_again_and_not_done_again(central: Observer, house: AgentHouse) -> None:
    """The very same last answer, also by an agent that was killed in between."""
    await central.command("ping", "1")
    first = await final(central, "ping", "1")
    await central.command("ping", "1")
    await central.until(lambda: len(central.acks("ping", "1")) == 3)
    agent = house.supervisor["agent"]
    os.kill(agent.pid, signal.SIGKILL)
    assert agent.task is not None
    await asyncio.wait([agent.task])
    await house.start_agent()
    await central.until(lambda: central.statuses()[-2:] == ["init", "ready"])
    await central.command("ping", "1")
    await central.until(lambda: len(central.acks("ping", "1")) == 4)
    assert central.acks("ping", "1")[1:] == [first, first, first]


async def test_identify_blinks_and_is_seen_on_the_screen(central: Observer, house: AgentHouse) -> None:
    """For 10 s the door sign goes on and off, and the screen names the remote hand; then all is as before."""
    app = await house.app()
    bench = house.bench()
    before = (await bench.ask(do="levels"))["levels"]
    watching = house.bench()
    await watching.ask(do="watch")
    await central.command("identify", "1")
    state = await app.until(lambda state: state.remote_hand == "identify")
    assert state.notice is not None
    assert state.notice.kind == "remote-hand"
    await central.command("identify", "1")
    await central.until(lambda: AckState.RUNNING in [ack.state for ack in central.acks("identify", "1")])
    assert (await final(central, "identify", "1")).result == {"door_sign": True}
    await app.until(lambda state: not state.remote_hand)
    assert (await bench.ask(do="levels"))["levels"] == before
    blinks = 0
    async for change in watching.following():
        blinks += change["pin"] == 27 and change["level"] == 1
        if blinks == 10:
            break
    bench.close()
    watching.close()


async def test_a_command_to_all_is_answered_under_the_own_name(central: Observer) -> None:
    """Within the 30 s over which a house's terminals are spread, here cut short by the deadline."""
    await central.publish(f"{topics.ROOT}/all/command/ping/9", b"{}", MessageExpiryInterval=1)
    ack = await final(central, "ping", "9")
    assert ack.state in (AckState.SUCCEEDED, AckState.EXPIRED)
