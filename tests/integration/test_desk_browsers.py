"""The partner's page in browsers that tell less than Chromium does: Chromium, with as much taken away from it."""

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from kiosk.contract.state import Consent
from tests.fakes.browser import by, chromium, open_tab, page_until
from tests.fakes.desk_house import DeskHouse, desk_house
from tests.fakes.desk_media import RoomWithMedia, room_with_media
from tests.fakes.desk_room import Visitor, scripted_room

JS_AS_FIREFOX = """{
  const all = RTCPeerConnection.prototype.getStats;
  const untold = ['requestsReceived', 'responsesReceived', 'availableOutgoingBitrate'];
  RTCPeerConnection.prototype.getStats = async function () {
    const entries = [...(await all.call(this))].filter(([, { type }]) => type !== 'transport');
    return new Map(entries.map(([id, entry]) => {
      const told = Object.entries(entry).filter(([name]) => !untold.includes(name));
      return [id, Object.fromEntries(told)];
    }));
  };
}"""
"""Statistics as Firefox 140 has them."""

JS_SILENCE = """async (fields) => {
  const { countsOf } = await import('/assets/counts.js');
  const { Meter } = await import('/assets/meter.js');
  const meter = new Meter(() => null, () => {});
  const stats = new Map([['pair', { type: 'candidate-pair', bytesReceived: 936, ...fields }]]);
  let silent = -1;
  const known = {};
  for (let at = 0; at <= 4000; at += 400) {
    meter.listen({ hasBeenSilent: (for_ms) => (silent = for_ms) }, known, countsOf(stats, () => undefined), at);
  }
  return silent;
}"""

JS_HEIGHTS = """async () => {
  const { Heights } = await import('/assets/heights.js');
  const element = (isHidden) => {
    const made = Object.assign(document.createElement('div'), { hidden: isHidden });
    made.style.width = '320px';
    made.style.height = '200px';
    document.body.append(made);
    return made;
  };
  let said = null;
  const heights = new Heights((now) => (said = [...now]));
  heights.show([
    { id: 'seen', camera: element(false), screen: null },
    { id: 'hidden', camera: element(true), screen: null },
  ]);
  heights.say();
  return said;
}"""

JS_WITHOUT_STORAGE = """Object.defineProperty(window, 'sessionStorage', {
  get() { throw new DOMException('', 'SecurityError'); },
});"""
"""As where an office blocks all cookies."""

JS_WITHOUT_SURFACE = """{
  const all = MediaStreamTrack.prototype.getSettings;
  MediaStreamTrack.prototype.getSettings = function () {
    const { displaySurface, ...rest } = all.call(this);
    return rest;
  };
}"""

JS_LATE_SOUND = """{
  // Silent until the first click, as browsers are; the fake counts what would sound at once then.
  window.notes = 0;
  window.AudioContext = class {
    state = 'suspended';
    currentTime = 0;
    destination = null;
    waiting = [];
    constructor() { window.context = this; }
    resume() { return new Promise((resolve) => this.waiting.push(resolve)); }
    allow() {
      this.state = 'running';
      for (const resolve of this.waiting) resolve();
    }
  };
  window.GainNode = class {
    gain = { linearRampToValueAtTime() {}, exponentialRampToValueAtTime() {} };
    connect() { return this; }
  };
  window.OscillatorNode = class {
    connect(next) { return next; }
    start() { window.notes += 1; }
    stop() {}
  };
}"""


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[DeskHouse]:
    async with desk_house(tmp_path) as house:
        yield house


async def come_in(both: RoomWithMedia, tab: Page, desk: DeskHouse, consent: Consent = Consent.ALL) -> Visitor:
    """The person knocks, and is admitted."""
    await both.room.invite("4711")
    await tab.goto(f"{desk.address}/desk/{desk.desk_token()}#name=Frau%20Kaya")
    await tab.click(by("knock"))
    visitor = await both.room.knocked()
    await both.admit(visitor, consent)
    return visitor


async def test_a_call_holds_where_the_browser_tells_little_of_its_path(desk: DeskHouse, short_path: Path) -> None:
    """Firefox counts neither what comes on a path nor its checks; a path that works is not given up for that."""
    async with room_with_media(desk, short_path) as both, chromium() as browser:
        async with open_tab(browser, "about:blank") as tab:
            await tab.add_init_script(JS_AS_FIREFOX)
            await come_in(both, tab, desk)
            await page_until(tab, "s.peers.room?.camera.frames > 90")
            await page_until(tab, "s.peers.room.generation === 0 && s.peers.room.link === 'up'", 0)


async def test_a_path_is_silent_only_where_its_checks_are_counted(desk: DeskHouse) -> None:
    """Two partners who say and show nothing hear of each other by checks alone."""
    async with chromium() as browser, open_tab(browser, f"{desk.address}/desk/{desk.desk_token()}") as tab:
        assert await tab.evaluate(JS_SILENCE, {}) == 0
        assert await tab.evaluate(JS_SILENCE, {"requestsReceived": 3}) == 4000


async def test_page_works_where_nothing_may_be_stored(desk: DeskHouse) -> None:
    """It asks for the name again after it was loaded anew, and that is all."""
    async with chromium() as browser, open_tab(browser, "about:blank") as tab:
        await tab.add_init_script(JS_WITHOUT_STORAGE)
        await tab.goto(f"{desk.address}/desk/{desk.desk_token()}")
        await tab.fill(by("name"), "Frau Kaya")
        await tab.click(by("name-go"))
        await expect(tab.locator(by("ready"))).to_be_visible()
        await tab.goto(f"{desk.address}/desk/{desk.desk_token()}#name=Herr%20Brandt")
        await expect(tab.locator("#who")).to_contain_text("Herr Brandt")


async def test_a_screen_of_unknown_kind_is_not_called_a_window(desk: DeskHouse) -> None:
    """Firefox does not say what is shown; that the room sees nothing else would be a promise nobody can keep."""
    async with scripted_room(desk) as room, chromium() as browser, open_tab(browser, "about:blank") as tab:
        await tab.add_init_script(JS_WITHOUT_SURFACE)
        await room.invite("4711")
        await tab.goto(f"{desk.address}/desk/{desk.desk_token()}#name=Frau%20Kaya")
        await tab.click(by("knock"))
        await room.admit(await room.knocked())
        await tab.click(by("share"))
        strip = tab.locator(by("stage-strip"))
        await expect(strip).to_contain_text("Sie zeigen: was Sie ausgewählt haben")
        await expect(strip).to_contain_text("Der Raum sieht alles darauf.")


async def test_heights_are_told_by_older_browsers_too(desk: DeskHouse) -> None:
    """Safari has `checkVisibility` from 17.4 on."""
    async with scripted_room(desk) as room, chromium() as browser, open_tab(browser, "about:blank") as tab:
        await tab.add_init_script("delete Element.prototype.checkVisibility")
        await tab.goto(f"{desk.address}/desk/{desk.desk_token()}#name=Frau%20Kaya")
        found = await tab.evaluate(JS_HEIGHTS)
        assert found == [["seen", {"camera_px": 180, "screen_px": 0}], ["hidden", {"camera_px": 0, "screen_px": 0}]]
        assert room.heard == []


async def test_a_bell_that_had_to_be_silent_does_not_ring_all_at_once(desk: DeskHouse) -> None:
    """Browsers let a page sound from the first click on; the strokes until then are over by then."""
    async with scripted_room(desk) as room, chromium() as browser, open_tab(browser, "about:blank") as tab:
        await tab.add_init_script(JS_LATE_SOUND)
        await tab.clock.install()
        await tab.goto(f"{desk.address}/desk/{desk.desk_token()}#name=Frau%20Kaya")
        await expect(tab.locator(by("ready"))).to_be_visible()
        await room.ring()
        await expect(tab.locator(by("ring"))).to_be_visible()
        await tab.clock.run_for(20_000)
        assert await tab.evaluate("notes") == 0
        await tab.evaluate("context.allow()")
        assert await tab.evaluate("notes") == 2
        await tab.clock.run_for(3000)
        assert await tab.evaluate("notes") == 4


@pytest.mark.parametrize("minutes_ahead", [3, -3])
async def test_a_clock_that_is_wrong_makes_no_ring_shorter_or_longer(desk: DeskHouse, minutes_ahead: int) -> None:
    """A PC is minutes away from the others; it goes by the server's time."""
    async with scripted_room(desk) as room, chromium() as browser, open_tab(browser, "about:blank") as tab:
        await tab.add_init_script(f"{{ const now = Date.now; Date.now = () => now() + {minutes_ahead} * 60_000; }}")
        await tab.goto(f"{desk.address}/desk/{desk.desk_token()}#name=Frau%20Kaya")
        await expect(tab.locator(by("ready"))).to_be_visible()
        await room.ring()
        await expect(tab.locator(by("ring"))).to_contain_text(re.compile("klingelt noch [34][0-9] s"))


async def test_no_screen_is_asked_for_where_none_can_be_shown(desk: DeskHouse) -> None:
    """Telephones have no way to."""
    async with scripted_room(desk) as room, chromium() as browser, open_tab(browser, "about:blank") as tab:
        await tab.add_init_script("delete MediaDevices.prototype.getDisplayMedia")
        await room.invite("4711")
        await tab.goto(f"{desk.address}/desk/{desk.desk_token()}#name=Frau%20Kaya")
        await tab.click(by("knock"))
        await room.admit(await room.knocked())
        await expect(tab.locator(by("camera"))).to_be_visible()
        await expect(tab.locator(by("share"))).to_be_hidden()
