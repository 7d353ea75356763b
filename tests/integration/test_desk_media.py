"""Partners in a call with a real media process: Chromium and robots, through the real desk server and broker.

Needs an address beside 127.0.0.1, so it runs in the namespace of tests/run.sh.
"""

import asyncio
import os
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Page, expect

from kiosk.contract.media import MediaReport, PeerReport, Signal, SignalKind, Wish
from kiosk.contract.partner import Leave
from kiosk.contract.state import Consent
from tests.fakes.browser import by, chromium, open_tab, page_until, stats
from tests.fakes.desk_house import DESK, OTHER_DESK, DeskHouse, desk_house
from tests.fakes.desk_media import RoomWithMedia, room_with_media
from tests.fakes.desk_room import Visitor
from tests.fakes.robot import running_robot

WINDOW_S = 3.0
PICTURES_PER_S = 15


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[DeskHouse]:
    async with desk_house(tmp_path) as house:
        yield house


def link(desk: DeskHouse, name: str = DESK) -> str:
    return f"{desk.address}/desk/{desk.desk_token(name)}"


def peer(report: MediaReport, visitor: Visitor) -> PeerReport:
    return next((one for one in report.peers if one.call == visitor.call), PeerReport(call=visitor.call))


async def come_in(both: RoomWithMedia, tab: Page, desk: DeskHouse, consent: Consent = Consent.ALL) -> Visitor:
    """The person in the browser knocks, is admitted, and is connected."""
    await both.room.invite("4711")
    await tab.goto(link(desk) + "#name=Frau%20Kaya")
    await tab.click(by("knock"))
    visitor = await both.room.knocked()
    await both.admit(visitor, consent)
    await page_until(tab, "s.peers.room?.link === 'up'")
    return visitor


async def window(both: RoomWithMedia, tab: Page, visitor: Visitor) -> dict[str, float]:
    """What went each way in a stretch of the call, a second; nothing to wait for happens in it."""

    async def read() -> tuple[PeerReport, Any]:
        count = both.media.reports
        report = await both.media.until(lambda _: both.media.reports > count)
        return peer(report, visitor), (await stats(tab))["peers"]["room"]

    while True:
        (before, page_before), start = await read(), time.monotonic()
        await asyncio.sleep(WINDOW_S)
        (after, page_after), seconds = await read(), time.monotonic() - start
        if page_before["generation"] == page_after["generation"]:
            break
    return {
        "pictures_to_room": (after.frames_received - before.frames_received) / seconds,
        "sound_to_room": (after.audio_packets_received - before.audio_packets_received) / seconds,
        "pictures_to_page": (page_after["camera"]["frames"] - page_before["camera"]["frames"]) / seconds,
        "sound_to_page": (page_after["microphone"]["packets"] - page_before["microphone"]["packets"]) / seconds,
    }


async def test_browser_and_room_see_and_hear_each_other(desk: DeskHouse, short_path: Path) -> None:
    """Pictures both ways, as tall as is wished for; a shown screen arrives; off is off; a closed page is missed."""
    async with room_with_media(desk, short_path) as both, chromium() as browser:
        async with open_tab(browser, "about:blank") as tab:
            visitor = await come_in(both, tab, desk)
            await both.media.until(lambda report: peer(report, visitor).has_camera_picture)
            rates = await window(both, tab, visitor)
            assert min(rates["pictures_to_room"], rates["pictures_to_page"]) >= PICTURES_PER_S, rates
            assert min(rates["sound_to_room"], rates["sound_to_page"]) >= 45, rates
            await expect(tab.locator(by("camera-lamp"))).to_contain_text("Kamera AN")
            await expect(tab.locator(by("stage-video"))).to_be_visible()

            said = [signal.wish for signal in both.signals if signal.kind is SignalKind.WISH]
            assert said, "the page says how tall it shows the room"
            assert all(wish and 300 <= wish.camera_px <= 800 for wish in said)
            for camera_px, sent in ((360, "> 180 && {} <= 360"), (150, "> 0 && {} <= 180"), (1000, "> 360")):
                wish = Wish(camera_px=camera_px)
                both.pass_on(visitor, Signal(source="room", target=visitor.call, kind=SignalKind.WISH, wish=wish))
                height = "s.peers.room.camera.sentHeight"
                await page_until(tab, f"{height} {sent.format(height)}")

            await tab.click(by("share"))
            await both.media.until(lambda report: peer(report, visitor).has_screen_picture)
            await both.room.until(lambda: visitor.media[-1].is_sharing)
            await expect(tab.locator(by("stage-strip"))).to_contain_text("Sie zeigen")
            await tab.click(by("share"))
            await both.room.until(lambda: not visitor.media[-1].is_sharing)
            await both.media.until(lambda report: not peer(report, visitor).has_screen_picture)

            await tab.click(by("camera"))
            await tab.click(by("microphone"))
            await both.room.until(lambda: visitor.media[-1].has_camera_off and visitor.media[-1].is_muted)
            rates = await window(both, tab, visitor)
            assert (rates["pictures_to_room"], rates["sound_to_room"]) == (0, 0), rates
            assert rates["pictures_to_page"] >= PICTURES_PER_S, rates
        await both.room.until(lambda: both.room.of(Leave) == [Leave(call=visitor.call)], 3)


JS_NARROW = """async (said) => {
  const { Narrow } = await import('/assets/narrow.js');
  const { FULL, limitsOf } = await import('/assets/lines.js');
  const narrow = new Narrow();
  narrow.begin(0);
  const track = { getSettings: () => ({ height: 720 }) };
  return said.map(([at_ms, available, hasScreen]) => {
    narrow.look(available, hasScreen, at_ms);
    const { scaleResolutionDownBy, maxBitrate } = limitsOf('camera', track, FULL, narrow.shrink);
    return [scaleResolutionDownBy, maxBitrate];
  });
}"""


async def test_on_a_narrow_way_the_page_sends_a_smaller_picture(desk: DeskHouse, short_path: Path) -> None:
    """At once, and a larger one only after a while, when there is more than enough; its rate may grow meanwhile."""
    async with room_with_media(desk, short_path) as both, chromium() as browser:
        both.limit_kbps = 200
        async with open_tab(browser, "about:blank") as tab:
            await come_in(both, tab, desk)
            said = [
                *((1000, 300_000, False), (4000, 1_500_000, False), (5000, 500_000, False), (5400, 2_000_000, False)),
                *((7000, 1_000_000, False), (7400, 1_300_000, False), (8000, 200_000, False), (10_000, 0, False)),
                *((10_400, 360_000, False), (12_400, 1_300_000, False), (12_800, 1_300_000, True)),
            ]
            found = await tab.evaluate(JS_NARROW, said)
            assert [scale for scale, _ in found] == [1, 1, 2, 2, 2, 1, 4, 4, 2, 1, 2]
            assert {rate for _, rate in found} == {1_800_000}
            await page_until(tab, "s.peers.room.shrink === 4 && s.peers.room.camera.sentHeight <= 180")


async def test_sound_only_has_no_picture_either_way(desk: DeskHouse, short_path: Path) -> None:
    """The customer's choice binds the page: its camera stays here, it can show nothing, it sees nothing."""
    async with room_with_media(desk, short_path) as both, chromium() as browser:
        async with open_tab(browser, "about:blank") as tab:
            visitor = await come_in(both, tab, desk, Consent.SOUND)
            rates = await window(both, tab, visitor)
            assert (rates["pictures_to_room"], rates["pictures_to_page"]) == (0, 0), rates
            assert min(rates["sound_to_room"], rates["sound_to_page"]) >= 45, rates
            await expect(tab.locator(by("stage-empty"))).to_contain_text("Nur Ton")
            await expect(tab.locator(by("camera-lamp"))).to_contain_text("NUR HIER")
            await expect(tab.locator(by("share"))).to_be_disabled()


async def test_partners_see_each_other_and_what_one_of_them_shows(desk: DeskHouse, short_path: Path) -> None:
    """A person in a browser and a robot, connected to each other as well as to the room."""
    report_file = short_path / "robot.json"
    async with room_with_media(desk, short_path) as both, chromium() as browser:
        async with open_tab(browser, "about:blank") as tab:
            await come_in(both, tab, desk)
            options = ("--knock", "--share-after-s", "2")
            async with running_robot(link(desk, OTHER_DESK), "Herr Brandt", report_file, *options) as robot:
                await both.room.invite("4711", desk=OTHER_DESK)
                visitor = await both.room.knocked(OTHER_DESK, timeout_s=20)
                assert visitor.introduction.name == "Herr Brandt"
                await both.admit(visitor)
                call = visitor.call
                await page_until(tab, f"s.peers['{call}']?.camera.frames > 20 && s.peers['{call}'].camera.sent > 20")
                await expect(tab.locator(by("tile"))).to_contain_text("Herr Brandt")
                await page_until(tab, f"s.peers['{call}'].screen.frames > 3")
                await expect(tab.locator(by("stage-strip"))).to_contain_text("Herr Brandt zeigt den Bildschirm")
                await both.media.until(lambda report: peer(report, visitor).has_screen_picture)
                report = await robot.stop()
                await both.room.until(lambda: both.room.of(Leave, OTHER_DESK) == [Leave(call=call)], 3)
            await both.send_away(visitor)
            await expect(tab.locator(by("tile"))).to_have_count(0)
    assert (report["desk"], report["calls"]) == (OTHER_DESK, 1)
    assert 0 < report["first_frame_s"] < 2
    assert set(report["peers"]) == {"room", "Frau Kaya"}
    for counts in report["peers"].values():
        assert counts["frames"] > 20
        assert counts["audio_packets"] > 50


async def test_robot_answers_a_ring(desk: DeskHouse, short_path: Path) -> None:
    """It accepts, knocks for the ring, and is seen and heard as soon as it is let in."""
    async with room_with_media(desk, short_path) as both, desk.words_of_desks() as words:
        async with running_robot(link(desk), "Frau Kaya", short_path / "robot.json", "--answer") as robot:
            await words.until(lambda: words.states() == ["free"], 15)
            rung = await both.room.ring()
            visitor = await both.room.knocked()
            assert visitor.knock.ring == rung.ring
            assert visitor.inside == []
            await both.admit(visitor)
            await words.until(lambda: words.states()[-1] == "busy")
            await both.media.until(lambda report: peer(report, visitor).frames_received > 20)
            assert peer(both.media.report, visitor).first_frame_s < 2
            report = await robot.stop()
            await words.until(lambda: words.states()[-1] == "gone")
    assert (report["rings"], report["calls"], report["standing"]) == (1, 1, "admitted")


async def test_pictures_are_back_after_the_media_process_died(desk: DeskHouse, short_path: Path) -> None:
    """Within five seconds for browser and robot: the new process asks, both offer the next generation."""
    async with room_with_media(desk, short_path) as both, chromium() as browser:
        async with open_tab(browser, "about:blank") as tab:
            person = await come_in(both, tab, desk)
            async with running_robot(link(desk, OTHER_DESK), "Herr Brandt", short_path / "r.json", "--knock"):
                await both.room.invite("4711", desk=OTHER_DESK)
                robot = await both.room.knocked(OTHER_DESK, timeout_s=20)
                await both.admit(robot)
                await both.media.until(
                    lambda report: all(peer(report, one).frames_received > 10 for one in (person, robot))
                )
                await both.media.kill()
                count = both.media.reports
                start = time.monotonic()
                await both.media.start()
                await both.media.until(
                    lambda report: (
                        both.media.reports > count
                        and all(peer(report, one).frames_received > 0 for one in (person, robot))
                    )
                )
                assert time.monotonic() - start < 5
                await page_until(tab, "s.peers.room.generation > 0 && s.peers.room.camera.frames > 10")


async def cable(state: str) -> None:
    """Pulls the cable (`down`) or puts it back (`up`)."""
    process = await asyncio.create_subprocess_exec("ip", "link", "set", "near0", state)
    assert await process.wait() == 0


async def test_pictures_are_back_after_the_cable_was_pulled(desk: DeskHouse, short_path: Path) -> None:
    """Noticed within 3 s; 5 s after it is back browser and robot are both there again, both ways."""
    far = ("nsenter", "-t", os.environ["RUNDTISCH_FAR_PID"], "-n")
    async with room_with_media(desk, short_path, far) as both, chromium() as browser:
        async with open_tab(browser, "about:blank") as tab:
            person = await come_in(both, tab, desk)
            async with running_robot(link(desk, OTHER_DESK), "Herr Brandt", short_path / "r.json", "--knock"):
                await both.room.invite("4711", desk=OTHER_DESK)
                robot = await both.room.knocked(OTHER_DESK, timeout_s=20)
                await both.admit(robot)
                partners = (person, robot)
                await both.media.until(
                    lambda report: all(peer(report, one).frames_received > 10 for one in partners), 15
                )
                await cable("down")
                pulled = time.monotonic()
                try:
                    await page_until(tab, "s.peers.room.link === 'lost'")
                    assert time.monotonic() - pulled < 3
                    await both.media.until(lambda _: time.monotonic() - pulled >= 5)
                finally:
                    await cable("up")
                back, before = time.monotonic(), {one.call: peer(both.media.report, one) for one in partners}
                await both.media.until(
                    lambda report: all(
                        peer(report, one).frames_received > before[one.call].frames_received + 5 for one in partners
                    ),
                    15,
                )
                await page_until(tab, "s.peers.room.link === 'up' && s.peers.room.camera.frames > 5")
                assert time.monotonic() - back < 5
