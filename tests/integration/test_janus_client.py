"""Our client of the Janus API, against Debian's Janus as `provisioning.janus` configures it."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web

from kiosk.contract.errors import MediaServerError, Reason
from kiosk.runtime import janus
from kiosk.runtime.janus import Event, connected
from provisioning.demo.ports import HOST, free_port
from tests.fakes.janus import Janus, running


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[Janus]:
    async with running(tmp_path / "janus") as server:
        yield server


class Ear:
    """Collects the events of a handle."""

    def __init__(self) -> None:
        self.events: asyncio.Queue[Event] = asyncio.Queue()

    async def until(self, **wanted: object) -> Event:
        """The next event whose data has these."""
        async with asyncio.timeout(5):
            while True:
                event = await self.events.get()
                if all(event.data.get(key) == value for key, value in wanted.items()):
                    return event


async def test_a_room_is_made_joined_and_listed(server: Janus):
    """Answers that come at once, and answers that come as events, both come back to who asked."""
    ear = Ear()
    async with connected(server.server.url) as session:
        keeper = await session.attach(ear.events.put_nowait)
        made = await keeper.request(
            {"request": "create", "room": "abc", "admin_key": server.server.key, "notify_joining": True}
        )
        assert made.data["videoroom"] == "created"
        joined = await keeper.request({"request": "join", "ptype": "publisher", "room": "abc", "id": "k"})
        assert joined.data["videoroom"] == "joined"
        guest = await session.attach(lambda event: None)
        await guest.request({"request": "join", "ptype": "publisher", "room": "abc", "id": "g"})
        assert (await ear.until(room="abc")).data["joining"] == {"id": "g"}
        seen = await keeper.request({"request": "listparticipants", "room": "abc"})
        assert {person["id"] for person in seen.data["participants"]} == {"k", "g"}


async def test_a_refusal_has_its_code(server: Janus):
    """VideoRoom's and Janus's own."""
    async with connected(server.server.url) as session:
        handle = await session.attach(lambda event: None)
        with pytest.raises(MediaServerError) as no_room:
            await handle.request({"request": "join", "ptype": "publisher", "room": "none"})
        assert (no_room.value.code, no_room.value.reason) == (janus.NO_SUCH_ROOM, Reason.FAR_SIDE_REFUSED)
        with pytest.raises(MediaServerError, match="attach was refused"):
            await session.attach(lambda event: None, "janus.plugin.echotest")


async def test_nobody_makes_a_room_without_the_key(server: Janus):
    """The key is for agents only."""
    async with connected(server.server.url) as session:
        handle = await session.attach(lambda event: None)
        with pytest.raises(MediaServerError) as refused:
            await handle.request({"request": "create", "room": "abc", "admin_key": "guessed"})
        assert refused.value.code == janus.UNAUTHORISED


async def test_a_lost_socket_can_be_made_good(server: Janus):
    """Janus keeps the session for a while; its handles go on where they were."""
    async with connected(server.server.url, is_lingering=True) as session:
        handle = await session.attach(lambda event: None)
        await handle.request({"request": "create", "room": "abc", "admin_key": server.server.key})
        await handle.request({"request": "join", "ptype": "publisher", "room": "abc", "id": "me"})
    async with connected(server.server.url, claim=session.number) as again:
        taken = again.take_over(handle.number, lambda event: None)
        seen = await taken.request({"request": "listparticipants", "room": "abc"})
        assert [person["id"] for person in seen.data["participants"]] == ["me"]


async def test_a_session_that_is_gone_cannot_be_claimed(server: Janus):
    """Whoever comes too late learns so by a code."""
    async with connected(server.server.url) as session:
        pass
    with pytest.raises(MediaServerError) as gone:
        async with connected(server.server.url, claim=session.number):
            pass
    assert gone.value.code == janus.NO_SUCH_SESSION


async def test_a_server_that_dies_is_noticed_at_once(server: Janus):
    """What was asked fails, and so does what is asked later."""
    async with connected(server.server.url) as session:
        handle = await session.attach(lambda event: None)
        await server.kill()
        async with asyncio.timeout(2):
            assert isinstance(await session.ended, MediaServerError)
        with pytest.raises(MediaServerError):
            await handle.request({"request": "list"})


async def test_a_server_that_hangs_is_noticed_in_time(server: Janus):
    """A socket that stays open says nothing; an answer that does not come does."""
    async with connected(server.server.url) as session:
        server.freeze()
        async with asyncio.timeout(janus.ANSWER_S + 4):
            assert (await session.ended).reason is Reason.NO_ANSWER


async def test_nobody_there_is_an_error_of_ours():
    """Within the time a session may take to look for another server."""
    with pytest.raises(MediaServerError, match="cannot be reached"):
        async with connected(f"ws://{HOST}:{free_port()}"):
            pass


@contextlib.asynccontextmanager
async def _speaking(speak: Callable[[web.Request], Awaitable[web.WebSocketResponse]]) -> AsyncIterator[str]:
    """A server of our own; gives its address."""
    app = web.Application()
    app.router.add_get("/", speak)
    runner = web.AppRunner(app)
    await runner.setup()
    port = free_port()
    await web.TCPSite(runner, HOST, port).start()
    try:
        yield f"ws://{HOST}:{port}"
    finally:
        await runner.cleanup()


async def test_an_answer_is_taken_up_before_what_comes_after_it():
    """Both in one packet: who publishes at the very moment at which we join is heard of after it, not before."""

    async def speak(request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse(protocols=("janus-protocol",))
        await socket.prepare(request)
        async for message in socket:
            said = message.json()
            answer = {"janus": "success", "transaction": said["transaction"], "data": {"id": 5}}
            await socket.send_json(answer)
            if said["janus"] == "message":
                for number in range(3):
                    event = {"plugin": janus.VIDEO_ROOM, "data": {"number": number}}
                    await socket.send_json({"janus": "event", "sender": 5, "plugindata": event})
        return socket

    async with _speaking(speak) as url, connected(url) as session:
        ear = Ear()
        handle = await session.attach(ear.events.put_nowait)
        await handle.request({"request": "join"})
        assert ear.events.empty()
        for number in range(3):
            await ear.until(number=number)


async def test_what_is_no_janus_is_refused(caplog: pytest.LogCaptureFixture):
    """Whatever it sends: counted, and the connection lives on until somebody needs an answer."""

    async def babble(request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse(protocols=("janus-protocol",))
        await socket.prepare(request)
        async for message in socket:
            assert message.type is aiohttp.WSMsgType.TEXT
            await socket.send_bytes(b"\0")
            await socket.send_str('{"janus": 7}')
            await socket.send_json({"janus": "success", "transaction": message.json()["transaction"]})
        return socket

    async with _speaking(babble) as url:
        with pytest.raises(MediaServerError, match="not an answer of Janus"):
            async with connected(url):
                pass
    assert "not a message of Janus" in caplog.text
