"""A consultation that grows under `engine = auto`: peer to peer up to four, by the media server from the fifth on."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
import pytest_asyncio

from kiosk.contract.media import Route
from kiosk.contract.state import Standing
from provisioning.demo import robots
from provisioning.demo.robots import Character
from tests.integration.calls import flowing, in_call
from tests.integration.house import BRANDT, KAYA, SAYED, House, measured, open_house

pytestmark = pytest.mark.asyncio(loop_scope="module")

PETERS = replace(robots.PETERS, delay_s=0.2)
EVERYBODY = (KAYA, BRANDT, SAYED, PETERS)
PLACES, SOME = 3, 3
"""Partners whose pictures are shown at once; pictures that make a flow."""
MOVED_S = 10.0
"""From the fifth party's coming in to pictures with everybody by way of the media server; 7 s on two busy cores, which
bear four partners' pages as well."""


@pytest_asyncio.fixture(loop_scope="module", scope="module", name="house")
async def _house() -> AsyncIterator[House]:
    async with open_house(engine="auto") as house:
        yield house


async def _bring_in(house: House, who: Character, need: str) -> None:
    """By touches and a ring; they are at the table when this returns."""
    await house.sit(who)
    await house.until(lambda: who.desk in house.state().presence, 10.0, "a desk that is free")
    known = len(house.events())
    await house.hands.touch("add")
    await house.hands.until(sheet="needs")
    await house.touch_paged(f"need-{need}")
    await house.hands.until(sheet="desks")
    await house.hands.touch("ring-all")
    await house.until_seen("ring-answered", 10.0, after=known, desk=who.desk)
    await house.hands.until(sheet="door")
    await house.hands.touch("admit-all")
    await house.until_seen("partner-admitted", after=known, desk=who.desk)


def _routes(house: House) -> set[Route]:
    return {peer.stats.route for peer in house.state().media.peers}


def _peers(house: House, desk: str) -> dict[str, int]:
    """Pictures that this partner's page has got, of the room and of each other partner."""
    report = json.loads(house.robots.report_file(desk).read_bytes())
    return {name: peer["frames"] for name, peer in report["peers"].items()}


async def _all_flowing(house: House, timeout_s: float) -> None:
    """New pictures of the room with all partners; of the partners with as many as have a place on the screen."""
    tiles = {f"{house.partner(who.desk).call}/camera" for who in EVERYBODY}
    seen = {who.desk: house.robot(who.desk).get("frames", 0) for who in EVERYBODY}
    before, moved = await house.tiles(), set[str]()
    limit_s = time.monotonic() + timeout_s
    while len(moved) < PLACES or any(house.robot(desk).get("frames", 0) < seen[desk] + SOME for desk in seen):
        now = await house.tiles()
        moved |= {tile for tile in tiles & now.keys() if now[tile] != before.get(tile, 0)}
        assert time.monotonic() < limit_s, f"{len(moved)} tiles moved; {[house.robot(desk) for desk in seen]}"
        await asyncio.sleep(0.02)


async def test_up_to_four_it_goes_peer_to_peer(house: House) -> None:
    """Three partners and the room."""
    await in_call(house, also=(lambda: house.sit(BRANDT),))
    await _bring_in(house, SAYED, "interpreter-ar")
    for who in (KAYA, BRANDT, SAYED):
        await flowing(house, who.desk, 15.0)
    assert house.state().media.engine == "mesh"
    assert Route.SERVER not in _routes(house)
    assert not [one for one in house.events() if one.type == "session-engine"]


async def test_the_fifth_party_brings_everybody_to_the_media_server(house: House) -> None:
    """Nobody has to do anything: calls keep their names, and pictures flow with all four soon after."""
    before = {who.desk: house.partner(who.desk).call for who in (KAYA, BRANDT, SAYED)}
    await _bring_in(house, PETERS, "child-benefit")
    came_s = time.monotonic()
    await house.until_seen("session-engine", MOVED_S, engine="janus")
    await house.until(lambda: house.state().media.engine == "janus", MOVED_S, "the engine that media names")
    await house.until(lambda: _routes(house) == {Route.SERVER}, MOVED_S, "the route of everybody")
    await _all_flowing(house, MOVED_S)
    took_s = time.monotonic() - came_s
    measured("moved_s", round(took_s, 2))
    assert took_s <= MOVED_S
    assert {desk: house.partner(desk).call for desk in before} == before


async def test_all_five_see_each_other(house: House) -> None:
    """Each page gets the room and the three others, and more of each as time goes by."""
    seen = {who.desk: _peers(house, who.desk) for who in EVERYBODY}
    for who in EVERYBODY:
        before = seen[who.desk]

        def moves(desk: str = who.desk, before: dict[str, int] = before) -> bool:
            now = _peers(house, desk)
            return len(now) == len(EVERYBODY) and all(count > before.get(name, 0) for name, count in now.items())

        await house.until(moves, 10.0, f"all others at {who.desk}")


async def test_it_stays_there_when_somebody_leaves(house: House) -> None:
    """Moving back would cost everybody a moment, for nothing."""
    await house.send_home(PETERS.desk)
    await house.until(lambda: house.partner(PETERS.desk).standing is Standing.LEFT, 5.0, "who has left")
    for who in (KAYA, BRANDT, SAYED):
        await flowing(house, who.desk, MOVED_S)
    assert house.state().media.engine == "janus"
    assert len([one for one in house.events() if one.type == "session-engine"]) == 1
