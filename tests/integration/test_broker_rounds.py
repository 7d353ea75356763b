"""A session by way of a media server: broker, agent and Janus are real; media and the pages are doubles."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from kiosk.contract import intents, topics
from kiosk.contract.configuration import EngineChoice, Media
from kiosk.contract.links import MediaServers
from kiosk.contract.media import Plan
from kiosk.contract.partner import RoomView
from kiosk.contract.state import Phase
from kiosk.runtime.janus import connected
from tests.fakes.agent_house import TERMINAL, AgentHouse
from tests.fakes.janus import Janus, running
from tests.integration.test_broker_partners import Scene, a_scene

SERVERS = topics.terminal(TERMINAL, "desired", "media-servers")


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[Janus]:
    async with running(tmp_path / "janus") as server:
        yield server


@pytest.fixture
async def scene(house: AgentHouse, server: Janus) -> AsyncIterator[Scene]:
    house.configure(media=Media(engine=EngineChoice.JANUS, is_relay_only=True))
    async with a_scene(house) as scene:
        await scene.central.publish(SERVERS, MediaServers(servers=(server.server,)), retain=True)
        yield scene


async def _seated_plan(scene: Scene) -> Plan:
    plan: Plan = await scene.media.until(lambda one: isinstance(one, Plan) and one.seat and len(one.peers) == 2)
    return plan


async def _view(scene: Scene, page: Any) -> RoomView:
    await scene.central.until(lambda: page.heard(RoomView) and page.heard(RoomView)[-1].seat)
    view: RoomView = page.heard(RoomView)[-1]
    return view


async def _until_gone(server: Janus, room: str) -> None:
    async with connected(server.server.url) as session, asyncio.timeout(5):
        handle = await session.attach(lambda event: None)
        while (await handle.request({"request": "exists", "room": room})).data["exists"]:  # noqa: ASYNC110
            await asyncio.sleep(0.02)  # a server has no event for it


async def test_everybody_gets_a_seat_and_the_rooms_go_with_the_session(scene: Scene, server: Janus) -> None:
    """Media by its plan, pages in their boxes; the broker sees no room and no token, the monitor which engine it is."""
    await scene.admit()
    plan = await _seated_plan(scene)
    views = [await _view(scene, page) for page in (scene.desk, scene.guest)]
    assert plan.seat
    assert {view.room_feed for view in views} == {plan.seat.feed}
    assert {view.seat.feed for view in views if view.seat} == {peer.feed for peer in plan.peers}
    assert all(view.is_relay_only for view in views)
    await scene.central.until(lambda: [one for one in scene.central.events() if one.type == "session-engine"])
    secrets = [plan.seat.room, plan.seat.token, *(view.seat.token for view in views if view.seat)]
    for message in scene.central.seen:
        assert not [secret for secret in secrets if secret.encode() in bytes(message.payload or b"")]
    scene.app.touch(intents.EndSession())
    await scene.app.until(lambda state: state.phase is Phase.ENDED)
    await _until_gone(server, plan.seat.room)


async def test_a_killed_agent_goes_on_with_the_same_seats(scene: Scene, server: Janus) -> None:
    """`kill -9`: nobody has to move; at the end the next agent destroys what its predecessor made."""
    await scene.admit()
    before = await _seated_plan(scene)
    os.kill(scene.house.supervisor["agent"].pid, signal.SIGKILL)
    app, media = await scene.house.app(), await scene.house.media()
    after = await media.until(lambda one: isinstance(one, Plan) and one.seat)
    assert (after.seat, after.peers) == (before.seat, before.peers)
    await app.until(lambda state: state.is_broker_here)
    app.touch(intents.EndSession())
    assert before.seat
    await _until_gone(server, before.seat.room)
