"""The partner's page on a real media server: Chromium and Debian's Janus, with a scripted room that seats them.

Needs an address beside 127.0.0.1, so it runs in the namespace of tests/run.sh.
"""

import contextlib
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from kiosk.contract.state import Consent, Standing
from tests.fakes import janus
from tests.fakes.browser import by, chromium, open_tab, page_until, stats
from tests.fakes.desk_house import DESK, OTHER_DESK, DeskHouse, desk_house
from tests.fakes.desk_room import ROOM, ScriptedRoom, Visitor, scripted_room
from tests.fakes.desk_round import DeskRound, desk_round
from tests.fakes.janus import Janus
from tests.fakes.robot import running_robot

pytestmark = pytest.mark.asyncio(loop_scope="module")  # one browser for all tests here


class Meeting:
    """Two people at two desks, seated by a scripted room."""

    def __init__(self, house: DeskHouse, room: ScriptedRoom, tabs: dict[str, Page]) -> None:
        self.house, self.room, self.tabs = house, room, tabs
        self.visitors: dict[str, Visitor] = {}

    async def come_in(
        self, made: DeskRound, desk: str, name: str, consent: Consent = Consent.ALL, feed: str = ""
    ) -> Visitor:
        tab = self.tabs[desk]
        await self.room.invite("4711", desk=desk)
        await tab.goto(f"{self.house.address}/desk/{self.house.desk_token(desk)}#name={name}")
        await tab.click(by("knock"))
        visitor = self.visitors[desk] = await self.room.knocked(desk)
        await made.admit(visitor, consent, feed)
        await self.room.door(visitor, Standing.ADMITTED, consent)
        return visitor


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as browser:
        yield browser


@contextlib.asynccontextmanager
async def meeting(directory: Path, browser: Browser, *servers: Janus) -> AsyncIterator[Meeting]:
    async with contextlib.AsyncExitStack() as stack:
        urls = tuple(one.server.url for one in servers)
        house = await stack.enter_async_context(desk_house(directory / "desk", media_servers=urls))
        room = await stack.enter_async_context(scripted_room(house))
        tabs = {desk: await stack.enter_async_context(open_tab(browser, "about:blank")) for desk in (DESK, OTHER_DESK)}
        yield Meeting(house, room, tabs)


async def test_pages_meet_on_a_media_server(tmp_path: Path, browser: Browser) -> None:
    """Large on the stage, small in a tile; a shown screen is seen whole; off is off; who is kicked is gone."""
    async with (
        janus.running(tmp_path / "janus") as server,
        meeting(tmp_path, browser, server) as here,
        desk_round(here.room, server.server) as made,
    ):
        one, other = here.tabs[DESK], here.tabs[OTHER_DESK]
        kaya = await here.come_in(made, DESK, "Kaya")
        await made.view()
        room = await here.come_in(made, OTHER_DESK, "Brandt", feed=made.room_feed)
        await made.view()
        to_room = f"s.peers['{kaya.call}']"
        await page_until(one, "s.peers.room?.camera.height === 360 && s.peers.room?.microphone.packets > 20")
        await page_until(other, f"{to_room}?.camera.height === 180 && {to_room}?.microphone.packets > 20")
        await one.set_viewport_size({"width": 1800, "height": 1300})
        await page_until(one, "s.peers.room?.camera.height === 720")

        await other.click(by("share"))
        await expect(one.locator(by("stage-strip"))).to_contain_text(f"{ROOM} zeigt den Bildschirm")
        await page_until(one, "s.peers.room?.screen.frames > 3 && s.peers.room?.camera.height === 180")
        await made.view(showing="document")
        await expect(one.locator(by("stage-strip"))).to_contain_text(f"{ROOM} zeigt ein Dokument")
        await other.click(by("share"))
        await expect(one.locator(by("stage-strip"))).to_be_hidden()

        await other.click(by("camera"))
        await other.click(by("microphone"))
        await expect(one.locator(by("stage-video"))).to_be_hidden()
        await page_until(other, "s.published.pictures.camera.sentHeight === 0")
        await other.click(by("camera"))
        await expect(one.locator(by("stage-video"))).to_be_visible()

        await made.kick(room)
        await expect(one.locator(by("stage-empty"))).to_contain_text("Die Verbindung ist weg")
        assert await made.feeds_in("pictures") == {made.feeds[kaya.call]}
        await page_until(other, f"{to_room}.link === 'lost' && {to_room}.arrived === 0")
        assert "Kaya" not in server.log
        assert "Brandt" not in server.log


async def test_sound_only_has_a_room_of_its_own(tmp_path: Path, browser: Browser) -> None:
    """Who takes part by sound is heard and hears; pictures have no way there."""
    async with (
        janus.running(tmp_path / "janus") as server,
        meeting(tmp_path, browser, server) as here,
        desk_round(here.room, server.server) as made,
    ):
        one, other = here.tabs[DESK], here.tabs[OTHER_DESK]
        kaya = await here.come_in(made, DESK, "Kaya", Consent.SOUND)
        await here.come_in(made, OTHER_DESK, "Brandt", feed=made.room_feed)
        await made.view()
        heard = f"s.peers['{kaya.call}']?.microphone.packets > 20"
        await page_until(one, "s.peers.room?.microphone.packets > 20 && s.peers.room?.camera.frames === 0")
        await page_until(other, f"{heard} && s.peers['{kaya.call}'].camera.frames === 0")
        await expect(one.locator(by("stage-empty"))).to_contain_text("Nur Ton")
        await expect(one.locator(by("camera-lamp"))).to_contain_text("NUR HIER")
        assert await made.feeds_in("pictures") == {made.room_feed}
        assert (await stats(one))["published"]["pictures"]["camera"]["sent"] == 0


async def test_pages_follow_to_the_next_media_server(tmp_path: Path, browser: Browser) -> None:
    """A server dies: the loss is said; with the next seats pictures are back, and who was muted still is."""
    async with (
        janus.running(tmp_path / "janus-1") as first,
        janus.running(tmp_path / "janus-2") as second,
        meeting(tmp_path, browser, first, second) as here,
        contextlib.AsyncExitStack() as stack,
    ):
        one, other = here.tabs[DESK], here.tabs[OTHER_DESK]
        made = await stack.enter_async_context(desk_round(here.room, first.server))
        await here.come_in(made, DESK, "Kaya")
        await here.come_in(made, OTHER_DESK, "Brandt", feed=made.room_feed)
        await made.view()
        await page_until(one, "s.peers.room?.camera.frames > 5")
        await other.click(by("microphone"))
        await first.kill()
        await expect(one.locator(by("stage-empty"))).to_contain_text("Die Verbindung ist weg")
        next_round = await stack.enter_async_context(desk_round(here.room, second.server))
        for desk, visitor in here.visitors.items():
            await next_round.admit(visitor, Consent.ALL, next_round.room_feed if desk == OTHER_DESK else "")
        start = time.monotonic()
        await next_round.view()
        await page_until(one, "s.peers.room?.link === 'up' && s.peers.room?.camera.frames > 5")
        assert time.monotonic() - start < 5
        assert (await stats(other))["published"]["pictures"]["microphone"]["sent"] == 0


async def test_robot_takes_part_by_way_of_a_media_server(tmp_path: Path, browser: Browser) -> None:
    """It is seen, heard, shows its screen, and counts what it gets; put out, it is quiet, and comes to a new seat."""
    async with (
        janus.running(tmp_path / "janus") as server,
        meeting(tmp_path, browser, server) as here,
        desk_round(here.room, server.server) as made,
    ):
        tab = here.tabs[DESK]
        link = f"{here.house.address}/desk/{here.house.desk_token(OTHER_DESK)}"
        options = ("--knock", "--share-after-s", "1")
        async with running_robot(link, "Brandt", tmp_path / "robot.json", *options) as robot:
            await here.come_in(made, DESK, "Kaya")
            await here.room.invite("4711", desk=OTHER_DESK)
            visitor = await here.room.knocked(OTHER_DESK, timeout_s=20)
            await made.admit(visitor, feed=made.room_feed)
            await here.room.door(visitor, Standing.ADMITTED, Consent.ALL)
            await made.view()
            await page_until(tab, "s.peers.room?.camera.frames > 20 && s.peers.room?.microphone.packets > 40")
            await page_until(tab, "s.peers.room?.screen.frames > 3")
            await server.kill()
            await server.start()
            async with desk_round(here.room, server.server) as next_round:
                for one in (*here.visitors.values(), visitor):
                    await next_round.admit(one, feed=next_round.room_feed if one is visitor else "")
                await next_round.view()
                await page_until(tab, "s.peers.room?.link === 'up' && s.peers.room?.camera.frames > 20")
                report = await robot.stop()
    assert report["peers"]["Kaya"]["frames"] > 20
    assert report["peers"]["Kaya"]["audio_packets"] > 50
    assert report["peers"]["Kaya"]["link"] == "up"
