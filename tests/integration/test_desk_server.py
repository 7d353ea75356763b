"""The desk server between pages and rooms: the real server, the real broker, sockets that break."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from kiosk.contract import codec
from kiosk.contract.codec import MAX_MESSAGE_BYTES
from kiosk.contract.directory import Presence
from kiosk.contract.errors import Reason
from kiosk.contract.partner import (
    Door,
    FromRoom,
    HelpCall,
    HelpOver,
    Invitations,
    Leave,
    LookAgain,
    PartnerMedia,
    Refused,
    Resume,
    Sealed,
    SetPresence,
    ToRoom,
    Welcome,
)
from kiosk.contract.state import Consent, Standing
from tests.fakes.desk_house import DESK, OTHER_DESK, OTHER_TERMINAL, TERMINAL, DeskHouse, desk_house
from tests.fakes.desk_room import ROOM, scripted_room
from tests.fakes.desk_visit import knock

FREE, BUSY = SetPresence(state=Presence.FREE), SetPresence(state=Presence.BUSY)


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[DeskHouse]:
    async with desk_house(tmp_path) as house:
        yield house


def is_door(message: Any) -> bool:
    return isinstance(message, FromRoom) and isinstance(message.message, Door)


def is_gone(message: Any) -> bool:
    said = message.message if isinstance(message, FromRoom) else None
    return isinstance(said, HelpOver) or (isinstance(said, Invitations) and not said.items)


async def refused_so_far(desk: DeskHouse) -> int:
    async with desk.http.get(f"{desk.address}/health") as response:
        return int(json.loads(await response.text())["refused"])


async def test_presence_lives_as_long_as_the_page(desk: DeskHouse) -> None:
    """Every word is published; a page that closes is gone at once, one that is lost after two seconds."""
    clock = asyncio.get_running_loop().time
    async with desk.words_of_desks() as words:
        async with desk.page(desk.desk_token()) as page:
            await page.say(FREE)
            await page.say(BUSY)
            await words.until(lambda: words.states() == ["free", "busy"])
            closed = clock()
        await words.until(lambda: words.states()[-1] == "gone")
        assert clock() - closed < 1
        async with desk.page(desk.desk_token()) as page:
            await page.say(FREE)
            await words.until(lambda: words.states()[-1] == "free")
            lost = clock()
            page.abort()
            await words.until(lambda: words.states()[-1] == "gone")
            assert 1.9 < clock() - lost < 3


async def test_visit_from_knock_to_leave(desk: DeskHouse) -> None:
    """What page and room seal for each other arrives; the server sees boxes. A page that closes has left."""
    async with scripted_room(desk) as room:
        async with desk.page(desk.desk_token()) as page:
            welcome = await page.until(lambda message: isinstance(message, Welcome) and bool(message.name))
            assert welcome.office == {"de": "Jugendamt", "en": "Youth Office"}
            await room.invite("4711")
            visit = await knock(page, "4711")
            visitor = await room.knocked()
            assert visitor.introduction.name == "Frau Kaya"
            await room.admit(visitor)
            assert (await page.until(is_door)).message.consent is Consent.ALL
            sealed = await page.until(lambda message: isinstance(message, FromRoom))
            assert visit.seal.open(sealed.message.box, Any, "test")["room"] == "Raum 2.14"
            await visit.say(PartnerMedia(is_muted=True))
            await room.until(lambda: visitor.media == [PartnerMedia(is_muted=True)])
        await room.until(lambda: room.of(Leave) == [Leave(call=visit.call)])


async def test_two_pages_do_not_hear_each_others_calls(desk: DeskHouse) -> None:
    """A foreign call is refused on the way out, and its answers reach only its own page."""
    async with (
        scripted_room(desk) as room,
        desk.page(desk.desk_token()) as page,
        desk.page(desk.desk_token(OTHER_DESK)) as thief,
    ):
        await room.invite("4711")
        await room.invite("4711", desk=OTHER_DESK)
        visit = await knock(page, "4711")
        visitor = await room.knocked()
        await thief.say(ToRoom(terminal=TERMINAL, message=Leave(call=visit.call)))
        await thief.say(ToRoom(terminal=TERMINAL, message=Sealed(call=visit.call, box="AAAA")))
        refused = await thief.until(lambda message: isinstance(message, Refused))
        assert refused.reason is Reason.NOT_AUTHORISED
        await room.door(visitor, Standing.WAITING)
        await page.until(is_door)
        await knock(thief, "4711")
        other = await room.knocked(OTHER_DESK)
        await room.door(other, Standing.DECLINED)
        assert (await thief.until(is_door)).message.call == other.call
        assert room.of(Leave) == room.of(Leave, OTHER_DESK) == []
        assert await refused_so_far(desk) == 2


async def test_socket_that_comes_back_in_time_was_not_missed(desk: DeskHouse) -> None:
    """The call goes on over the new socket; neither desk nor call was ever gone."""
    token = desk.desk_token()
    async with scripted_room(desk) as room, desk.words_of_desks() as words:
        await room.invite("4711")
        async with desk.page(token) as page:
            await page.say(FREE)
            visit = await knock(page, "4711")
            visitor = await room.knocked()
            page.abort()
            async with desk.page(token) as again:
                visit.page = again
                await again.say(FREE)
                await again.say(Resume(calls={visit.call: TERMINAL}))
                await visit.say(LookAgain())
                await room.until(lambda: visitor.inside == [LookAgain()])
                await room.door(visitor, Standing.WAITING)
                await again.until(is_door)
                with pytest.raises(TimeoutError):
                    await room.until(lambda: room.of(Leave), 2.5)
                assert words.states() == ["free"]


async def test_a_call_outlives_its_link_and_a_lost_socket(desk: DeskHouse) -> None:
    """Also both at once; when the call is over nobody comes in by that link any more."""
    lasts_s = 4
    token = desk.desk_token(expires=datetime.now(UTC) + timedelta(seconds=lasts_s))
    async with scripted_room(desk) as room, desk.page(token) as page:
        await room.invite("4711")
        visit = await knock(page, "4711")
        visitor = await room.knocked()
        await asyncio.sleep(lasts_s)
        page.abort()
        async with desk.page(token) as again:
            visit.page = again
            await again.say(Resume(calls={visit.call: TERMINAL}))
            await visit.say(LookAgain())
            await room.until(lambda: visitor.inside == [LookAgain()])
            await again.say(ToRoom(terminal=TERMINAL, message=Leave(call=visit.call)))
            await room.until(lambda: room.of(Leave))
        async with desk.page(token) as late:
            assert await late.close_code() == 4410


@pytest.mark.parametrize(
    "nonsense",
    [
        "nonsense",
        "[]",
        '{"type": "set-presence", "state": "asleep"}',
        '{"type": "to-room", "terminal": "../x", "message": {"type": "leave", "call": "cccccccccccccccc"}}',
        '{"type": "to-room", "terminal": "nord.r1", "message": {"type": "leave", "call": "#"}}',
        '{"type": "to-room", "terminal": "nord.r1", "message": {"type": "door", "call": "cccccccccccccccc"}}',
        '{"a":' * 2000,
    ],
)
async def test_malformed_message_is_refused_and_the_page_goes_on(desk: DeskHouse, nonsense: str) -> None:
    """It is told what was wrong; the next good message works."""
    async with desk.page(desk.desk_token()) as page, desk.words_of_desks() as words:
        await page.say(nonsense)
        await page.until(lambda message: isinstance(message, Refused))
        await page.say(FREE)
        await words.until(lambda: words.states() == ["free"])
        assert await refused_so_far(desk) == 1


async def test_oversized_message_costs_the_socket_only(desk: DeskHouse) -> None:
    """Too long a frame, or a binary one, is refused; the server goes on."""
    async with desk.page(desk.desk_token()) as page:
        await page.say("x" * (MAX_MESSAGE_BYTES + 1))
        await page.until(lambda message: isinstance(message, Welcome))
        assert await page.close_code() == 1009
    async with desk.page(desk.desk_token()) as page:
        await page.socket.send_bytes(b"{}")
        assert (await page.until(lambda message: isinstance(message, Refused))).reason is Reason.MALFORMED
    assert await refused_so_far(desk) == 2


async def test_page_that_talks_too_fast_is_slowed_down(desk: DeskHouse) -> None:
    """200 messages at once, then 100 a second; none is lost."""
    clock = asyncio.get_running_loop().time
    async with desk.page(desk.desk_token()) as page, desk.words_of_desks() as words:
        start = clock()
        for _ in range(150):
            await page.say(FREE)
            await page.say(BUSY)
        await words.until(lambda: len(words.states()) == 300)
        assert 0.9 < clock() - start < 3


async def test_broker_is_away_for_a_moment(desk: DeskHouse) -> None:
    """Pages stay open; what was said meanwhile arrives, and the desk's presence is said again."""
    async with desk.page(desk.desk_token()) as page:
        await page.say(FREE)
        async with scripted_room(desk) as room:
            await room.invite("4711")
            visit = await knock(page, "4711")
            visitor = await room.knocked()
        await desk.supervisor.stop("broker")
        await page.say(BUSY)
        await desk.start_broker()
        async with scripted_room(desk) as room, desk.words_of_desks() as words:
            room.visitors[visit.call] = visitor
            await words.until(lambda: words.states()[-1:] == ["busy"], 10)
            await visit.say(PartnerMedia(is_muted=True))
            await room.until(lambda: visitor.media == [PartnerMedia(is_muted=True)], 10)


async def test_what_was_taken_back_while_the_broker_was_away_is_forgotten(desk: DeskHouse) -> None:
    """Nobody tells of it: a call for help that is over would ring at every desk for ever."""
    help_call = HelpCall(help="5" * 16, room=ROOM, asked=datetime.now(UTC), key="A" * 87)
    async with desk.page(desk.desk_token()) as page:
        async with scripted_room(desk) as room, scripted_room(desk, OTHER_TERMINAL) as other:
            await room.say(DESK, help_call, retain=True)
            await room.invite("4711")
            await other.invite("4712")
            for _ in range(3):
                await page.until(lambda message: isinstance(message, FromRoom))
        await desk.supervisor.stop("broker")
        (store,) = desk.made.broker_file.parent.rglob("mosquitto.db")
        store.unlink()
        await desk.start_broker()
        async with scripted_room(desk, OTHER_TERMINAL) as other:
            await other.invite("4712")
            gone = [await page.until(is_gone) for _ in range(2)]
        assert {(one.terminal, type(one.message)) for one in gone} == {(TERMINAL, HelpOver), (TERMINAL, Invitations)}
        with pytest.raises(TimeoutError):
            await page.until(is_gone, 1)


async def test_server_is_started_anew_in_a_call(desk: DeskHouse) -> None:
    """The desk is gone and comes back; the call is not ended, and goes on when the page resumes it."""
    token = desk.desk_token()
    async with scripted_room(desk) as room, desk.words_of_desks() as words:
        await room.invite("4711")
        async with desk.page(token) as page:
            await page.say(FREE)
            visit = await knock(page, "4711")
            visitor = await room.knocked()
            await desk.supervisor.stop("desk")
            assert await page.close_code() == 1012
            await words.until(lambda: words.states()[-1] == "gone")
        assert desk.supervisor.had_to_insist == []
        await desk.start_desk()
        async with desk.page(token) as again:
            visit.page = again
            await again.until(lambda message: isinstance(message, FromRoom))
            await again.say(Resume(calls={visit.call: TERMINAL}))
            await visit.say(LookAgain())
            await room.until(lambda: visitor.inside == [LookAgain()])
            assert room.of(Leave) == []


async def test_malformed_news_of_a_room_do_not_disturb(desk: DeskHouse) -> None:
    """Nonsense from the broker is counted; the next good word passes."""
    async with scripted_room(desk) as room, desk.page(desk.desk_token()) as page:
        await room.say(DESK, b"nonsense", kind="invitations", retain=True)
        await room.say(DESK, codec.encode({"type": "rung"}), kind="rung")
        await room.invite("4711")
        await knock(page, "4711")
        await room.knocked()
        assert await refused_so_far(desk) == 2
