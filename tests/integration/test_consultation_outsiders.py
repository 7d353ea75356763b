"""What reaches a room from outside: schedules, good and bad, and desks that have no business in its conversation."""

import secrets
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import aiohttp
import pytest
import pytest_asyncio

from kiosk.contract import codec, topics
from kiosk.contract.errors import Reason
from kiosk.contract.mqtt import ConfigState, SystemTelemetry
from kiosk.contract.partner import (
    Introduction,
    Invitations,
    Knock,
    Leave,
    PartnerMedia,
    PartnerToRoom,
    Refused,
    Resume,
    RingAnswer,
    RingReply,
    Sealed,
    ToRoom,
    Welcome,
)
from kiosk.desk.robot.line import socket_address
from kiosk.runtime import sealing
from kiosk.runtime.sealing import Seal
from provisioning.demo import installation
from provisioning.demo.installation import DESK_SERVER, TERMINAL
from tests.fakes.desk_house import PageDouble
from tests.integration.calls import flowing, in_call
from tests.integration.house import KAYA, NUMBER, House, measured, open_house

pytestmark = pytest.mark.asyncio(loop_scope="module")

OTHER_DESK, OTHER_NUMBER = "family-1", "4799"
PUSHED_S = 2.0
SCHEDULE = topics.terminal(TERMINAL, "desired", "schedule")


@pytest_asyncio.fixture(loop_scope="module", scope="module", name="house")
async def _house() -> AsyncIterator[House]:
    async with open_house() as house:
        yield house


def calendar(house: House, number: str) -> Path:
    """The demo's calendar, with another number for the appointment that begins now."""
    path = house.made.directory / f"{number}.ics"
    text = installation.schedule(datetime.now(UTC)).replace(NUMBER, number)
    path.write_text(text, encoding="utf-8", newline="\r\n")
    return path


async def test_schedule_is_on_the_screen_2_s_after_the_push(house: House) -> None:
    await house.hands.touch("language-de")
    await house.hands.find(f"join-{NUMBER}")
    await house.push_schedule(calendar(house, OTHER_NUMBER))
    pushed_s = time.monotonic()
    await house.hands.find(f"join-{OTHER_NUMBER}", timeout_s=PUSHED_S)
    measured("schedule_s", round(time.monotonic() - pushed_s, 2))
    assert f"join-{NUMBER}" not in await house.hands.controls()
    await house.hands.touch("back")


@pytest.mark.parametrize(
    ("document", "where"),
    [
        (b"\xff\x00 no JSON", "byte 0"),
        (b'{"appointments": 7}', "`$.appointments`"),
        (b'{"appointments": [' + b"0," * 50_000 + b"0]}", "at most 81920"),
    ],
    ids=["bytes", "kind", "oversized"],
)
async def test_last_good_schedule_outlives_a_bad_one(house: House, document: bytes, where: str) -> None:
    """It is refused with path and reason; the good one stays, also beyond a restart with the bad one still retained."""
    await house.push_schedule(calendar(house, OTHER_NUMBER))
    await house.hands.touch("language-de")
    await house.hands.find(f"join-{OTHER_NUMBER}")
    known = len(house.said("state", "config"))
    async with house.speaking_as(house.made.made.central_file, "central-wrong") as central:
        await central.publish(SCHEDULE, document, qos=1, retain=True)
    await house.until(lambda: _complaints(house, known), 5.0, "state/config says what is wrong")
    assert all(error.startswith("schedule: ") and where in error for error in _complaints(house, known))
    assert f"join-{OTHER_NUMBER}" in await house.hands.controls()
    known = len(house.said("state", "config"))
    house.kill("agent")
    await house.until(lambda: _complaints(house, known), 10.0, "the agent has read it again")
    await house.hands.find(f"join-{OTHER_NUMBER}")
    await house.hands.touch("back")
    await house.hands.until(phase="idle")
    await house.push_schedule(calendar(house, NUMBER))
    await house.until(lambda: _complaints(house, known) == (), 5.0, "nothing is wrong any more")


def _complaints(house: House, known: int) -> tuple[str, ...]:
    said = house.said("state", "config")[known:]
    state: ConfigState | None = codec.decode(said[-1], ConfigState, "test") if said else None
    return state.errors if state else ()


async def test_desk_without_invitation_gets_nothing_through(house: House) -> None:
    """A page with a good link of another desk: each try is refused and counted, none reaches the broker."""
    call = await in_call(house)
    roster, sign = _roster(house), await house.sign()
    tries: tuple[ToRoom | Resume, ...] = (
        ToRoom(terminal=TERMINAL, message=_knock("x" * 20, sealing.public_of(sealing.new_secret()))),
        ToRoom(terminal=TERMINAL, message=Leave(call=call)),
        ToRoom(terminal=TERMINAL, message=Sealed(call=call, box="A" * 64)),
        ToRoom(terminal=TERMINAL, message=RingAnswer(ring="r" * 20, reply=RingReply.ACCEPT)),
        Resume(calls={call: TERMINAL}),
    )
    async with aiohttp.ClientSession() as http:
        before = await _refused_pages(house, http)
        async with http.ws_connect(socket_address(house.robots.link(OTHER_DESK))) as socket:
            page = PageDouble(socket)
            await page.until(lambda said: isinstance(said, Welcome))
            for one in tries:
                await page.say(one)
                refused = await page.until(lambda said: isinstance(said, Refused))
                assert refused.reason is Reason.NOT_AUTHORISED
        assert await _refused_pages(house, http) == before + len(tries)
    assert [one.topic for one in house.messages if f"desks/{OTHER_DESK}/terminal" in one.topic] == []
    assert (_roster(house), await house.sign()) == (roster, sign)
    await flowing(house, KAYA.desk, 5.0)


def _roster(house: House) -> list[tuple[str, str, str]]:
    session = house.state().session
    assert session is not None
    return [(partner.id, partner.call, partner.standing.value) for partner in session.partners]


async def _refused_pages(house: House, http: aiohttp.ClientSession) -> int:
    """What the desk server has refused so far."""
    async with http.get(f"http://127.0.0.1:{house.made.page_port}/health") as answer:
        return int((await answer.json())["refused"])


def _knock(call: str, room_key: str) -> Knock:
    secret = sealing.new_secret()
    box = Seal(secret, room_key, call, is_room=False).close(Introduction(name="Eve"))
    return Knock(call=call, key=sealing.public_of(secret), box=box, number=NUMBER)


async def test_desk_server_gone_wrong_gets_nothing_through(house: House) -> None:
    """Whoever has its certificate can write in any desk's name; the agent lets in who is on the roster, by its keys."""
    call = await in_call(house)
    roster, sign = _roster(house), await house.sign()
    invitation: Invitations = codec.decode(house.said("desk", KAYA.desk, "invitations")[-1], Invitations, "test")
    strange = Seal(sealing.new_secret(), invitation.key, call, is_room=False)
    forged: tuple[tuple[str, PartnerToRoom], ...] = (
        (OTHER_DESK, _knock(secrets.token_hex(8), invitation.key)),  # not on the roster
        (OTHER_DESK, Leave(call=call)),  # another desk's call
        (OTHER_DESK, Sealed(call=call, box=strange.close(PartnerMedia(is_sharing=True)))),
        (KAYA.desk, Sealed(call=call, box=strange.close(PartnerMedia(is_sharing=True)))),  # not by her keys
        (KAYA.desk, _knock(call, sealing.public_of(sealing.new_secret()))),  # sealed for another room
    )
    before = await _refused_by_agent(house)
    async with house.speaking_as(house.made.made.desk_file(DESK_SERVER), "desk-1-wrong") as client:
        for desk, message in forged:
            kind = str(message.__struct_config__.tag)
            await client.publish(topics.partner_to_room(desk, TERMINAL, kind), codec.encode(message), qos=1)
        await client.publish(topics.partner_to_room(OTHER_DESK, TERMINAL, "knock"), b"{", qos=1)
    expected = before + len(forged) + 1
    for _ in range(4):  # a broker that ends may have some of them yet to deliver, which it does when it is back
        if (after := await _refused_by_agent(house)) >= expected:
            break
    assert after == expected
    assert (_roster(house), await house.sign()) == (roster, sign)
    assert not house.partner(KAYA.desk).is_sharing
    await flowing(house, KAYA.desk, 5.0)


async def _refused_by_agent(house: House) -> int:
    """As telemetry says it, which comes once a minute and with every new connection to the broker; so it gets one."""
    known = len(house.said("telemetry", "system"))
    await house.end("broker")
    await house.revive("broker")
    await house.until(lambda: house.said("telemetry", "system")[known:], 20.0, "telemetry")
    said: SystemTelemetry = codec.decode(house.said("telemetry", "system")[-1], SystemTelemetry, "test")
    return sum(count for source, count in said.refused.items() if source != "media")
