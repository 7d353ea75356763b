"""Our seat in a room of a media server that says what no Janus says."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import web

from kiosk.contract.configuration import Codec
from kiosk.contract.media import Seat
from kiosk.media.engine.outgoing import Feeds
from kiosk.media.engine.surroundings import Surroundings
from kiosk.media.engine.videoroom import VideoRoom
from kiosk.media.sending.content import Content
from kiosk.media.sending.microphone_feed import MicrophoneFeed
from kiosk.media.sending.video_feed import VideoFeed
from provisioning.demo.ports import HOST, free_port
from tests.unit.media.engine.test_tally import Sinks


class Server:
    """Answers each request of the plugin with the next of `answers`, then with the last one again."""

    def __init__(self) -> None:
        self.port = free_port()
        self.answers: list[dict[str, Any]] = []
        self.sockets: list[web.WebSocketResponse] = []

    async def speak(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse(protocols=("janus-protocol",))
        await socket.prepare(request)
        self.sockets.append(socket)
        async for message in socket:
            said = message.json()
            answer = {"janus": "success", "transaction": said["transaction"], "data": {"id": 5}}
            if said["janus"] == "message":
                data = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
                answer = {**answer, "janus": "event", "sender": 5, "plugindata": {"data": data}}
            await socket.send_json(answer)
        return socket


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    made, app = Server(), web.Application()
    app.router.add_get("/", made.speak)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, HOST, made.port).start()
    yield made
    await runner.cleanup()


def around(group: asyncio.TaskGroup) -> Surroundings:
    loop = asyncio.get_running_loop()
    feeds = Feeds(VideoFeed(Content.MOTION, 30, loop), MicrophoneFeed(loop), VideoFeed(Content.DETAIL, 15, loop))
    return Surroundings(group, Codec.VP8, feeds, Sinks(), lambda signal: None, lambda: None)


JOINED = {"videoroom": "joined", "private_id": 7, "publishers": [{"id": "far"}]}


async def test_an_answer_that_is_none_is_counted_and_asked_for_again(server: Server) -> None:
    """When it is joined, and when a lost socket is made good; the process lives on."""
    server.answers = [
        {**JOINED, "private_id": "seven"},
        JOINED,
        {"participants": 9},
        {"participants": ["far", None, {"id": "far", "publisher": True}]},
    ]
    seat = Seat(url=f"ws://{HOST}:{server.port}", room="room", token="token", feed="near")
    async with asyncio.timeout(10), asyncio.TaskGroup() as group:
        surroundings = around(group)
        room = VideoRoom(seat, surroundings)
        await room.until_published("far")
        assert surroundings.refusals.total == 1
        await server.sockets[-1].close()
        await room.pulse.until(lambda: room.attendance is None)
        _, number = await room.until_published("far")
        assert (surroundings.refusals.total, room.joined, number) == (2, 1, 2)
        room.close()
