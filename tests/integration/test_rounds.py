"""Rounds on Debian's Janus: opened, seated, moved and destroyed as the consultation wants. Nobody here has media.

One file: the scenes share one Janus and the helpers that sit down in its rooms.
"""

import asyncio
import logging
import random
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from kiosk.consultation import events, media_plan, room_view, rounds
from kiosk.contract import intents
from kiosk.contract.configuration import EngineChoice
from kiosk.contract.errors import MediaServerError
from kiosk.contract.links import MediaServer
from kiosk.contract.media import MediaReport, Seat
from kiosk.contract.partner import RingReply
from kiosk.contract.state import Consent, Round, State
from kiosk.runtime import janus
from kiosk.runtime.janus import Handle, Session, connected
from kiosk.runtime.log import Refusals
from provisioning.authority import Authority
from provisioning.demo.ports import HOST, free_port
from tests.fakes.janus import Janus, running
from tests.fakes.round_house import RoundHouse
from tests.unit.consultation.house import call_of, name_of

NOBODY = MediaServer(url=f"ws://{HOST}:{free_port()}", key="x")


def _round(state: State) -> Round | None:
    return state.session.round if state.session else None


def _sound_seat(state: State, desk: str) -> Seat | None:
    view = room_view(state, call_of(desk))
    return view.sound_seat if view else None


@pytest.fixture
async def scene(tmp_path: Path) -> RoundHouse:

    return RoundHouse(tmp_path, Refusals(logging.getLogger("test")))


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[Janus]:
    async with running(tmp_path / "janus") as server:
        yield server


def _deaf(event: janus.Event) -> None:
    """For handles whose events nobody wants."""


async def sit(session: Session, seat: Seat, feed: str = "") -> Handle:
    """Joins as `Seat` says, or under another feed."""
    handle = await session.attach(_deaf)
    join = {"request": "join", "ptype": "publisher", "room": seat.room, "token": seat.token, "id": feed or seat.feed}
    await handle.request(join)
    return handle


async def people(session: Session, room: str) -> set[str]:
    """Feeds in the room, the agent's own left out by the caller."""
    handle = await session.attach(_deaf)
    answer = await handle.request({"request": "listparticipants", "room": room})
    return {person["id"] for person in answer.data["participants"]}


async def is_there(session: Session, room: str) -> bool:
    handle = await session.attach(_deaf)
    return bool((await handle.request({"request": "exists", "room": room})).data["exists"])


async def until_true(check: Callable[[], Any], timeout_s: float = 5.0) -> None:
    """Asks again and again; for what only the server knows."""
    async with asyncio.timeout(timeout_s):
        while not await check():  # noqa: ASYNC110  (a server has no event for it)
            await asyncio.sleep(0.02)


async def test_a_round_lasts_as_long_as_its_session(scene: RoundHouse, server: Janus):
    """Made in the preparation, destroyed at the end, both rooms of it."""
    async with scene.alive(server.server), connected(server.server.url) as eye:
        scene.prepare()
        await scene.until(_round)
        own = scene.own()
        assert await is_there(eye, own.room)
        assert await is_there(eye, own.sound_room)
        scene.do(intents.Choose(choice=Consent.ALL)).do(intents.EndSession())
        await until_true(lambda: _not(is_there(eye, own.room)))
        await until_true(lambda: _not(is_there(eye, own.sound_room)))


async def _not(answer: Any) -> bool:
    return not await answer


async def test_a_server_with_a_certificate_of_the_house_carries_rounds(tmp_path: Path):
    """By TLS: who trusts the installation's authority gets rooms and seats, who does not gets none, and it is named."""
    authority = Authority.create(tmp_path / "authority")
    pem, key = tmp_path / "media.pem", tmp_path / "media-key.pem"
    authority.issue("media", pem, key, hosts=[HOST])
    tls = janus.trust(authority.ca_file)
    refusals = Refusals(logging.getLogger("test"))
    stranger = RoundHouse(tmp_path / "stranger", refusals)
    house = RoundHouse(tmp_path / "house", Refusals(logging.getLogger("test")), tls=tls)
    async with running(tmp_path / "janus", certificate=(pem, key)) as server:
        assert server.server.url.startswith("wss://")
        async with stranger.alive(server.server):
            stranger.in_session().admitted("youth-1")
            await until_true(lambda: _is_refused(refusals))
            assert _round(stranger.state) is None
        async with house.alive(server.server), connected(server.server.url, tls=tls) as page:
            house.in_session().admitted("youth-1")
            seat = await house.seat_of("youth-1")
            await sit(page, seat)
            assert seat.feed in await people(page, seat.room)


async def _is_refused(refusals: Refusals) -> bool:
    return refusals.total > 0


async def test_a_seat_opens_the_room_for_its_holder_only(scene: RoundHouse, server: Janus):
    """A token of the right room and nothing else; guessing, and the other room's token, are refused."""
    async with scene.alive(server.server), connected(server.server.url) as page:
        scene.in_session().admitted("youth-1")
        seat = await scene.seat_of("youth-1")
        await sit(page, seat)
        assert seat.feed in await people(page, seat.room)
        for room, token in ((seat.room, "guess"), (scene.own().sound_room, seat.token), (seat.room, seat.feed)):
            with pytest.raises(MediaServerError) as refused:
                await sit(page, Seat(url=seat.url, room=room, token=token, feed="other"))
            assert refused.value.code == janus.UNAUTHORISED


async def test_sound_only_cannot_enter_where_pictures_cross(scene: RoundHouse, server: Janus):
    """The server knows no token of theirs for that room."""
    async with scene.alive(server.server), connected(server.server.url) as page:
        scene.in_session().admitted("youth-1").admitted("debts-1", Consent.SOUND)
        seat: Seat = await scene.until(lambda state: _sound_seat(state, "debts-1"))
        view = room_view(scene.state, call_of("debts-1"))
        assert view
        assert view.seat is None
        await sit(page, seat)
        with pytest.raises(MediaServerError) as refused:
            await sit(page, Seat(url="", room=scene.own().room, token=seat.token, feed="x"))
        assert refused.value.code == janus.UNAUTHORISED
        both = await scene.until(lambda state: media_plan(state).sound_seat and media_plan(state).seat)
        assert both


@pytest.mark.parametrize("how", ["left", "sent away"])
async def test_whoever_is_put_out_is_out_at_once(scene: RoundHouse, server: Janus, how: str):
    """Kicked, and the token opens nothing any more; the others stay."""
    async with scene.alive(server.server), connected(server.server.url) as page:
        scene.in_session().admitted("youth-1").admitted("debts-1")
        seat, other = await scene.seat_of("youth-1"), await scene.seat_of("debts-1")
        await sit(page, seat)
        await sit(page, other)
        call = call_of("youth-1")
        scene.do(intents.SendAway(call=call) if how == "sent away" else events.PartnerLeft(desk="youth-1", call=call))
        await until_true(lambda: _not(_is_in(page, seat)))
        with pytest.raises(MediaServerError) as refused:
            await sit(page, seat)
        assert refused.value.code == janus.UNAUTHORISED
        assert other.feed in await people(page, seat.room)
        assert scene.own().room == seat.room


async def _is_in(session: Session, seat: Seat) -> bool:
    return seat.feed in await people(session, seat.room)


async def test_a_closed_page_is_put_out_without_disturbing_the_others(scene: RoundHouse, server: Janus):
    """Janus keeps its session for a while, so that the kick finds it."""
    async with scene.alive(server.server):
        scene.in_session().admitted("youth-1")
        seat = await scene.seat_of("youth-1")
        async with connected(server.server.url, is_lingering=True) as page:
            await sit(page, seat)
        scene.do(events.PartnerLeft(desk="youth-1", call=call_of("youth-1")))
        async with connected(server.server.url) as eye:
            await until_true(lambda: _not(_is_in(eye, seat)))
        assert scene.own().room == seat.room


async def test_whoever_slips_away_before_being_put_out_gains_nothing(scene: RoundHouse, server: Janus):
    """Its subscriptions would outlive a kick that finds nobody, so the others get new rooms, and the old ones go."""
    async with scene.alive(server.server), connected(server.server.url) as page:
        scene.in_session().admitted("youth-1").admitted("debts-1")
        seat = await scene.seat_of("youth-1")
        handle = await sit(page, seat)
        await sit(page, await scene.seat_of("debts-1"))
        await handle.detach()
        scene.do(events.PartnerLeft(desk="youth-1", call=call_of("youth-1")))
        new = await scene.seat_of("debts-1", other_than=seat.room)
        await sit(page, new)
        await until_true(lambda: _not(is_there(page, seat.room)))


async def test_a_token_lets_nobody_in_under_another_feed(scene: RoundHouse, server: Janus):
    """Whoever is not expected is kicked, however often."""
    async with scene.alive(server.server), connected(server.server.url) as page:
        scene.in_session().admitted("youth-1")
        seat = await scene.seat_of("youth-1")
        for _ in range(3):
            await sit(page, seat, feed="spy")
            await until_true(lambda: _not(_is_in(page, Seat(url="", room=seat.room, token="", feed="spy"))))


async def test_a_new_media_process_finds_its_place_free(scene: RoundHouse, server: Janus):
    """The seat of a dead one would linger for seconds."""
    async with scene.alive(server.server), connected(server.server.url) as eye:
        scene.do(events.MediaCame()).in_session().admitted("youth-1")
        seat = await scene.until(lambda state: media_plan(state).seat)
        async with connected(server.server.url, is_lingering=True) as media:
            await sit(media, seat)
        scene.do(events.MediaWent())
        await until_true(lambda: _not(_is_in(eye, seat)))
        scene.do(events.MediaCame())
        assert media_plan(scene.state).seat == seat
        await sit(eye, seat)


async def test_sessions_are_spread_and_servers_that_are_down_are_skipped(
    tmp_path: Path, scene: RoundHouse, server: Janus
):
    """Over all that are listed, in an order of their own; who is not there costs no time to speak of."""
    async with running(tmp_path / "second") as second:
        seen: set[str] = set()
        async with scene.alive(NOBODY, server.server, second.server):
            dice = random.Random(5)
            while len(seen) < 2:
                scene._made = dice.randrange(10**9)
                scene.prepare()
                await scene.until(_round, timeout_s=3)
                seen.add(scene.own().url)
                scene.do(intents.GoBack()).do(intents.GoBack())
        assert seen == {server.server.url, second.server.url}


async def test_without_servers_the_session_stays_peer_to_peer(scene: RoundHouse, caplog: pytest.LogCaptureFixture):
    """Counted, logged once, and tried again: as soon as the list is another one, at once."""
    async with scene.alive(NOBODY):
        scene.in_session().admitted("youth-1")
        await until_true(lambda: _counted(scene))
        assert rounds.engine(scene.state) == "mesh"
        assert {peer.feed for peer in media_plan(scene.state).peers} == {""}
        assert caplog.text.count("cannot be reached") == 1


async def _counted(scene: RoundHouse) -> bool:
    return scene.refusals.counts["MediaServerError"] > 0


async def test_a_server_that_dies_is_followed_by_the_next(tmp_path: Path, scene: RoundHouse, server: Janus):
    """New rooms and seats within a second or two."""
    async with running(tmp_path / "second") as second:
        servers = {one.server.url: one for one in (server, second)}
        async with scene.alive(*(one.server for one in servers.values())):
            scene.in_session().admitted("youth-1")
            first = await scene.seat_of("youth-1")
            await servers[first.url].kill()
            now = await scene.seat_of("youth-1", other_than=first.room)
            assert now.url != first.url
            async with connected(now.url) as page:
                await sit(page, now)


async def test_a_server_that_is_started_again_gets_new_rooms(scene: RoundHouse, server: Janus):
    """It has forgotten the old ones."""
    async with scene.alive(server.server):
        scene.in_session().admitted("youth-1")
        first = await scene.seat_of("youth-1")
        await server.kill()
        await server.start()
        now = await scene.seat_of("youth-1", other_than=first.room)
        async with connected(now.url) as page:
            await sit(page, now)


async def test_the_last_server_dies_and_the_session_goes_on_peer_to_peer(scene: RoundHouse, server: Janus):
    """And comes back to a server when there is one."""
    async with scene.alive(server.server):
        scene.in_session().admitted("youth-1")
        first = await scene.seat_of("youth-1")
        await server.kill()
        await scene.until(lambda state: not _round(state))
        await server.start()
        await scene.until(_round, timeout_s=10)
        await scene.seat_of("youth-1", other_than=first.room)


async def test_what_media_cannot_reach_is_left(tmp_path: Path, scene: RoundHouse, server: Janus):
    """The agent gets through, media does not: the next server, once."""
    async with running(tmp_path / "second") as second, scene.alive(server.server, second.server):
        scene.in_session().admitted("youth-1")
        first = await scene.seat_of("youth-1")
        scene.do(events.MediaReported(report=MediaReport(lost_room=first.room)))
        now = await scene.seat_of("youth-1", other_than=first.room)
        assert now.url != first.url


async def test_an_agent_that_comes_back_goes_on_with_its_round(tmp_path: Path, scene: RoundHouse, server: Janus):
    """Nobody has to sit down anew; who has left meanwhile is put out."""
    async with connected(server.server.url) as page:
        async with scene.alive(server.server):
            scene.in_session().admitted("youth-1").admitted("debts-1")
            seat = await scene.seat_of("youth-1")
            await sit(page, seat)
        again = RoundHouse(tmp_path, scene.refusals)
        again.state = scene.state
        async with again.alive(server.server):
            again.admitted("guest-1")
            other = await again.seat_of("guest-1")
            assert other.room == seat.room
            assert seat.feed in await people(page, seat.room)
            again.do(events.PartnerLeft(desk="youth-1", call=call_of("youth-1")))
            await until_true(lambda: _not(_is_in(page, seat)))


async def test_rooms_of_a_dead_session_do_not_stay(tmp_path: Path, scene: RoundHouse, server: Janus):
    """The agent died with the session; the next one destroys what it left behind."""
    async with scene.alive(server.server):
        scene.in_session().admitted("youth-1")
        seat = await scene.seat_of("youth-1")
    async with connected(server.server.url) as eye:
        assert await is_there(eye, seat.room)
        again = RoundHouse(tmp_path, scene.refusals)
        async with again.alive(server.server):
            again.do(events.Tick())
            await until_true(lambda: _not(is_there(eye, seat.room)))


async def test_neither_list_nor_log_names_anybody(tmp_path: Path, scene: RoundHouse, server: Janus):
    """Rooms are private, ids are random, and Janus says nothing of who comes and goes."""
    async with scene.alive(server.server), connected(server.server.url) as page:
        scene.in_session().admitted("youth-1").admitted("debts-1", Consent.SOUND)
        seat = await scene.seat_of("youth-1")
        await sit(page, seat)
        handle = await page.attach(_deaf)
        assert (await handle.request({"request": "list"})).data["list"] == []
        known = await handle.request({"request": "list", "admin_key": server.server.key})
        listed = repr(known.data["list"]) + repr(await people(page, seat.room))
        scene.do(intents.EndSession())
        await until_true(lambda: _not(is_there(page, seat.room)))
    told = listed + server.log + (tmp_path / "rounds.json").read_text()
    for secret in (name_of("youth-1"), "youth-1", call_of("youth-1"), "A-1", "debts", "nord"):
        assert secret not in told
    for secret in (seat.token, HOST):
        assert secret not in server.log


_MADE = {"videoroom": "created"}


@pytest.mark.parametrize("data", [{}, _MADE, {**_MADE, "allowed": 7}, {**_MADE, "allowed": [], "participants": [4]}])
async def test_a_server_that_talks_nonsense_is_refused(scene: RoundHouse, data: dict[str, Any]):
    """No crash, and nobody waits for a seat for long: counted, and peer to peer."""

    async def answer(request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse(protocols=("janus-protocol",))
        await socket.prepare(request)
        async for message in socket:
            transaction = message.json()["transaction"]
            reply = {"janus": "success", "transaction": transaction, "data": {"id": 5}, "plugindata": {"data": data}}
            await socket.send_json(reply)
        return socket

    app = web.Application()
    app.router.add_get("/", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    port = free_port()
    await web.TCPSite(runner, HOST, port).start()
    try:
        async with scene.alive(MediaServer(url=f"ws://{HOST}:{port}", key="x")):
            scene.in_session().admitted("youth-1")
            await until_true(lambda: _counted(scene))
            await scene.until(lambda state: not any(peer.feed for peer in media_plan(state).peers), timeout_s=8)
            assert media_plan(scene.state).seat is None
    finally:
        await runner.cleanup()


async def test_the_fifth_party_takes_everybody_to_the_media_server(scene: RoundHouse, server: Janus):
    """Without being configured for it: the rooms stand ready while the fifth waits, so nobody waits for them."""
    scene.do(events.EngineChosen(engine=EngineChoice.AUTO))
    async with scene.alive(server.server):
        scene.in_session().admitted("youth-1").admitted("debts-1").admitted("guest-1")
        scene.ringing("words-1")
        ring = scene.session.ring
        assert ring
        scene.do(events.RingAnswered(desk="words-1", ring=ring.id, reply=RingReply.ACCEPT))
        scene.knock("words-1", ring=ring.id)
        await scene.until(_round)
        assert media_plan(scene.state).peers[0].feed == ""
        scene.do(intents.Admit(call=call_of("words-1"), consent=Consent.ALL))
        seats = [await scene.seat_of(desk) for desk in ("youth-1", "debts-1", "guest-1", "words-1")]
        assert len({seat.feed for seat in seats}) == 4
        assert all(peer.feed for peer in media_plan(scene.state).peers)
