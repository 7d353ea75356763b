"""The partner's page in a real browser: what it shows, says and seals. Media with a room is in test_desk_media."""

import asyncio
import os
import re
import secrets
import signal
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from kiosk.contract.media import Signal, SignalKind
from kiosk.contract.partner import Knock, Leave, LookAgain, RingAnswer, RingEnd, RingOver, RingReply, RoomView
from kiosk.contract.state import Consent, Standing
from kiosk.runtime import invitation, sealing
from kiosk.runtime.sealing import Seal
from tests.fakes.browser import by, chromium, open_tab, stats
from tests.fakes.desk_house import DESK, DeskHouse, desk_house
from tests.fakes.desk_room import ROOM, ScriptedRoom, Visitor, scripted_room

pytestmark = pytest.mark.asyncio(loop_scope="module")  # one browser for all tests here

NAME = "#name=Frau%20Kaya"
JS_SEAL = """async ({room, call, boxFromRoom, message}) => {
  const { newKeys, Seal } = await import('/assets/sealing.js');
  const keys = await newKeys();
  window.seal = await Seal.with(keys.secret, room, call);
  return { open: keys.open, box: await window.seal.close(message) };
}"""

JS_NO_DEVICES = """{
  window.devices = { arePlugged: false };
  const get = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
  navigator.mediaDevices.getUserMedia = (wish) =>
    devices.arePlugged ? get(wish) : Promise.reject(new DOMException('', 'NotFoundError'));
}"""
JS_KEEP_TRACKS = """{
  window.kept = [];
  const get = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
  navigator.mediaDevices.getUserMedia = async (wish) => {
    const stream = await get(wish);
    kept.push(...stream.getTracks());
    return stream;
  };
}"""


@pytest_asyncio.fixture(loop_scope="module")
async def desk(tmp_path: Path) -> AsyncIterator[DeskHouse]:
    async with desk_house(tmp_path) as house:
        yield house


@pytest_asyncio.fixture(loop_scope="module")
async def room(desk: DeskHouse) -> AsyncIterator[ScriptedRoom]:
    async with scripted_room(desk) as room:
        yield room


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as browser:
        yield browser


def link(desk: DeskHouse) -> str:
    return f"{desk.address}/desk/{desk.desk_token()}{NAME}"


async def knocked(tab: Page, room: ScriptedRoom, standing: Standing = Standing.WAITING) -> Visitor:
    """The person knocks for the first appointment, and the room answers."""
    before = len(room.of(Knock))
    await tab.click(by("knock"))
    visitor = await room.knocked(count=before + 1)
    await room.door(visitor, standing)
    return visitor


async def test_page_and_room_open_each_others_boxes(desk: DeskHouse, browser: Browser) -> None:
    """WebCrypto and `kiosk.runtime.sealing` make the same key; a changed box, or one's own, does not open."""
    call, secret = secrets.token_hex(8), sealing.new_secret()
    message = {"type": "introduction", "name": "Jörg Öztürk 🙂", "why": ""}
    async with open_tab(browser, link(desk)) as tab:
        made = await tab.evaluate(JS_SEAL, {"room": sealing.public_of(secret), "call": call, "message": message})
        seal = Seal(secret, made["open"], call, is_room=True)
        assert seal.open(made["box"], Any, "test") == message
        opened = await tab.evaluate("box => seal.open(box)", seal.close({"round": ["ä", 1, None]}))
        assert opened == {"round": ["ä", 1, None]}
        box = seal.close({})
        for bad in (made["box"], box[:-2] + ("AA" if box[-2:] != "AA" else "BB")):
            assert await tab.evaluate("box => seal.open(box).catch(() => 'refused')", bad) == "refused"


async def test_person_says_the_name_and_is_reachable(desk: DeskHouse, browser: Browser) -> None:
    """Nobody is reachable before that; then the three words follow the buttons, and closing the page takes all back."""
    async with desk.words_of_desks() as words:
        async with open_tab(browser, f"{desk.address}/desk/{desk.desk_token()}") as tab:
            await tab.fill(by("name"), "Frau Kaya")
            assert words.states() == []
            await tab.click(by("name-go"))
            await words.until(lambda: words.states() == ["free"])
            await expect(tab.locator("#who")).to_have_text("Frau Kaya · Jugendamt, Kindertagesbetreuung")
            await tab.click(by("presence-away"))
            await tab.click(by("presence-busy"))
            await words.until(lambda: words.states() == ["free", "away", "busy"])
            await expect(tab.locator(by("presence-busy"))).to_have_attribute("aria-pressed", "true")
        await words.until(lambda: words.states()[-1] == "gone", 3)


async def test_nothing_is_sent_before_the_yes(desk: DeskHouse, browser: Browser, room: ScriptedRoom) -> None:
    """While waiting there is a picture here only; offers follow the admission. Closing the page ends the visit."""
    await room.invite("4711")
    async with open_tab(browser, link(desk)) as tab:
        visitor = await knocked(tab, room)
        assert visitor.introduction.name == "Frau Kaya"
        await expect(tab.locator(by("waiting"))).to_contain_text(ROOM)
        await expect(tab.locator(by("camera-lamp"))).to_contain_text("Kamera NUR HIER")
        await expect(tab.locator(by("share"))).to_be_disabled()
        assert visitor.inside == []
        assert (await stats(tab))["peers"] == {}
        await room.admit(visitor)
        await room.until(lambda: any(isinstance(said, Signal) for said in visitor.inside))
        offer = next(said for said in visitor.inside if isinstance(said, Signal))
        assert [row[2:7] for row in offer.sdp.splitlines() if row.startswith("m=")] == ["audio", "video", "video"]
        assert offer.sdp.count("a=sendrecv") == 3
        await expect(tab.locator(by("session-title"))).to_have_text(f"{ROOM} · noch 18 min")
        left = asyncio.get_running_loop().time()
    await room.until(lambda: room.of(Leave) == [Leave(call=visitor.call)], 3)
    assert asyncio.get_running_loop().time() - left < 3


async def test_a_muted_room_is_called_so(desk: DeskHouse, browser: Browser, room: ScriptedRoom) -> None:
    """Nobody goes on waiting for an answer of a room that cannot be heard."""
    await room.invite("4711")
    async with open_tab(browser, link(desk)) as tab:
        visitor = await knocked(tab, room)
        await room.admit(visitor)
        await room.view(visitor, has_microphone=False)
        await expect(tab.locator(by("stage-name"))).to_have_text(f"{ROOM} · stumm")
        await room.view(visitor)
        await expect(tab.locator(by("stage-name"))).to_have_text(ROOM)


async def test_desk_in_a_conversation_is_busy(desk: DeskHouse, browser: Browser, room: ScriptedRoom) -> None:
    """By itself, and reachable again when it is over."""
    await room.invite("4711")
    async with desk.words_of_desks() as words, open_tab(browser, link(desk)) as tab:
        visitor = await knocked(tab, room)
        await room.admit(visitor)
        await words.until(lambda: words.states() == ["free", "busy"])
        await expect(tab.locator(by("in-call"))).to_be_visible()
        await tab.click(by("leave"))
        await words.until(lambda: words.states() == ["free", "busy", "free"])
        await room.until(lambda: room.of(Leave))
        await expect(tab.locator(by("ready"))).to_be_visible()


@pytest.mark.parametrize(
    ("steps", "words"),
    [
        ((Standing.WAITING, Standing.DECLINED), "Heute nicht."),
        ((Standing.WAITING, Standing.ADMITTED, Standing.LEFT), "Das Gespräch ist zu Ende."),
        ((Standing.LEFT,), "Der Raum ist noch nicht so weit."),
    ],
)
async def test_end_of_a_visit_is_told_in_plain_words(
    desk: DeskHouse, browser: Browser, room: ScriptedRoom, steps: tuple[Standing, ...], words: str
) -> None:
    """Declined, ended, or too early; the camera is off in each case."""
    await room.invite("4711")
    async with open_tab(browser, link(desk)) as tab:
        visitor = await knocked(tab, room, steps[0])
        for standing in steps[1:]:
            await room.door(visitor, standing, Consent.ALL if standing is Standing.ADMITTED else Consent.NONE)
        await expect(tab.locator(by("over-title"))).to_have_text(words)
        await expect(tab.locator(by("tile-self"))).to_have_count(0)
        await tab.click(by("back"))
        await expect(tab.locator(by("ready"))).to_be_visible()


async def test_parked_partner_waits_without_any_media(desk: DeskHouse, browser: Browser, room: ScriptedRoom) -> None:
    """Set back to waiting, the page has no peer connection left, and says that nobody sees it."""
    await room.invite("4711")
    async with open_tab(browser, link(desk)) as tab:
        visitor = await knocked(tab, room)
        await room.admit(visitor)
        await expect(tab.locator(by("call"))).to_be_visible()
        await room.door(visitor, Standing.WAITING)
        await expect(tab.locator(by("waiting"))).to_contain_text("Sie warten vor der Tür")
        assert (await stats(tab))["peers"] == {}


async def test_ring_is_shown_and_answered(desk: DeskHouse, browser: Browser, room: ScriptedRoom) -> None:
    """Within two seconds the card is there: who, what for, how long; accepting knocks for that ring."""
    async with open_tab(browser, link(desk)) as tab:
        await expect(tab.locator(by("ready"))).to_be_visible()
        rung = await room.ring()
        card = tab.locator(by("ring"))
        await expect(card).to_be_visible(timeout=2000)
        for words in (f"{ROOM} ruft", "Betreuung für Kinder", "Ukrainisch", "klingelt noch 4"):
            await expect(card).to_contain_text(words)
        assert await tab.title() == f"☎ {ROOM} ruft"
        await tab.click(by("ring-accept"))
        visitor = await room.knocked()
        assert room.of(RingAnswer) == [RingAnswer(ring=rung.ring, reply=RingReply.ACCEPT)]
        assert (visitor.knock.ring, visitor.knock.number) == (rung.ring, "")
        await expect(card).to_have_count(0)


@pytest.mark.parametrize(
    ("button", "reply", "words"),
    [("ring-later", RingReply.LATER, "in 10 Minuten"), ("ring-decline", RingReply.DECLINE, "nicht können")],
)
async def test_ring_is_put_off_or_declined(
    desk: DeskHouse, browser: Browser, room: ScriptedRoom, button: str, reply: RingReply, words: str
) -> None:
    """The room is told which, and nobody knocks."""
    async with open_tab(browser, link(desk)) as tab:
        await expect(tab.locator(by("ready"))).to_be_visible()
        rung = await room.ring()
        await tab.click(by(button))
        await room.until(lambda: room.of(RingAnswer) == [RingAnswer(ring=rung.ring, reply=reply)])
        await expect(tab.locator(by("notice"))).to_contain_text(words)
        assert room.of(Knock) == []


async def test_ring_goes_when_another_desk_was_quicker_or_time_is_over(
    desk: DeskHouse, browser: Browser, room: ScriptedRoom
) -> None:
    """Nobody answers a ring that is over."""
    async with open_tab(browser, link(desk)) as tab:
        await expect(tab.locator(by("ready"))).to_be_visible()
        rung = await room.ring()
        await expect(tab.locator(by("ring"))).to_be_visible()
        await room.say(DESK, RingOver(ring=rung.ring, why=RingEnd.ELSEWHERE))
        await expect(tab.locator(by("ring"))).to_have_count(0)
        await expect(tab.locator(by("notice"))).to_contain_text("Jemand anderes")
        await room.ring(ring="s" * 16, seconds=1)
        await expect(tab.locator(by("ring"))).to_be_visible()
        await expect(tab.locator(by("ring"))).to_have_count(0)


async def test_withdrawn_link_closes_the_open_page(desk: DeskHouse, browser: Browser) -> None:
    """Within two seconds, with a clear page; it does not come back by itself."""
    token, signed = invitation.make_desk_link(desk.keys, DESK)
    async with open_tab(browser, f"{desk.address}/desk/{token}{NAME}") as tab:
        await expect(tab.locator(by("ready"))).to_be_visible()
        await desk.revoke(signed.id)
        await expect(tab.locator(by("closed"))).to_contain_text("zurückgenommen", timeout=2000)
        await expect(tab.locator("#desk")).to_be_hidden()


async def test_page_finds_its_way_back_to_a_killed_server(
    desk: DeskHouse, browser: Browser, room: ScriptedRoom
) -> None:
    """The visit goes on, with the room asked once more where it stands; the desk is reachable again."""
    await room.invite("4711")
    await desk.supervisor.stop("desk")
    await desk.start_desk(is_restarted=True)
    async with desk.words_of_desks() as words, open_tab(browser, link(desk)) as tab:
        visitor = await knocked(tab, room)
        await expect(tab.locator(by("waiting"))).to_be_visible()
        heard = len(words.states())
        os.kill(desk.supervisor["desk"].pid, signal.SIGKILL)
        await room.until(lambda: LookAgain() in visitor.inside, 10)
        await words.until(lambda: "free" in words.states()[heard:])
        await expect(tab.locator(by("offline"))).to_be_hidden()
        assert room.of(Leave) == []


async def test_visit_goes_on_when_the_network_changes(desk: DeskHouse, browser: Browser, room: ScriptedRoom) -> None:
    """A line that may be dead is replaced by a new one, and the room is asked where the visit stands."""
    await room.invite("4711")
    async with open_tab(browser, link(desk)) as tab:
        visitor = await knocked(tab, room)
        await room.admit(visitor)
        await expect(tab.locator(by("call"))).to_be_visible()
        await tab.evaluate("window.dispatchEvent(new Event('online'))")
        await room.until(lambda: LookAgain() in visitor.inside)
        await room.door(visitor, Standing.WAITING)
        await expect(tab.locator(by("waiting"))).to_be_visible()
        assert room.of(Leave) == []


async def test_relay_only_offers_no_way_of_its_own(desk: DeskHouse, browser: Browser, room: ScriptedRoom) -> None:
    """In a closed network nobody learns an address; with no relay there is no candidate at all."""
    await room.invite("4711")
    async with open_tab(browser, link(desk)) as tab:
        visitor = await knocked(tab, room)
        await room.door(visitor, Standing.ADMITTED, Consent.ALL)
        await room.seal(visitor, RoomView(room=ROOM, has_camera=True, is_relay_only=True))

        def signals(kind: SignalKind) -> list[Signal]:
            return [said for said in visitor.inside if isinstance(said, Signal) and said.kind is kind]

        await room.until(lambda: any(not said.sdp for said in signals(SignalKind.CANDIDATE)))
        assert [said.sdp for said in signals(SignalKind.CANDIDATE) if said.sdp] == []
        assert "a=candidate" not in signals(SignalKind.OFFER)[0].sdp


async def test_page_without_camera_and_microphone_says_so(
    desk: DeskHouse, browser: Browser, room: ScriptedRoom
) -> None:
    """It knocks all the same, and can be admitted."""
    await room.invite("4711")
    async with open_tab(browser, "about:blank") as tab:
        await tab.add_init_script("navigator.mediaDevices.getUserMedia = () => Promise.reject(new Error())")
        await tab.goto(link(desk))
        visitor = await knocked(tab, room)
        await expect(tab.locator(by("notice"))).to_contain_text("Weder Kamera noch Mikrofon")
        await expect(tab.locator(by("camera-lamp"))).to_contain_text("Kamera GESTÖRT")
        await room.admit(visitor)
        await room.until(lambda: visitor.media and visitor.media[-1].is_muted and visitor.media[-1].has_camera_off)


async def test_guest_has_a_page_of_one_appointment(desk: DeskHouse, browser: Browser, room: ScriptedRoom) -> None:
    """No presence, one knock; in English where the browser asks for it."""
    await room.invite("4711", "4712", desk="guest-1")
    address = f"{desk.address}/guest/{desk.guest_token()}#name=Mr%20Doe"
    async with open_tab(browser, address, locale="en-GB") as tab:
        await expect(tab.locator(by("ready"))).to_contain_text("Welcome.")
        await expect(tab.locator("#presence")).to_be_hidden()
        await expect(tab.locator(by("invitation"))).to_have_count(1)
        await tab.click(by("knock"))
        visitor = await room.knocked("guest-1")
        assert (visitor.introduction.name, visitor.knock.number) == ("Mr Doe", "4711")


async def test_one_click_turns_on_what_could_not_be_opened(
    desk: DeskHouse, browser: Browser, room: ScriptedRoom
) -> None:
    """Refused or missing at first, allowed or plugged in later: the button does what it says, at the first click."""
    await room.invite("4711")
    async with open_tab(browser, "about:blank") as tab:
        await tab.add_init_script(JS_NO_DEVICES)
        await tab.goto(link(desk))
        await knocked(tab, room)
        for which, word in (("camera", "Kamera"), ("microphone", "Mikrofon")):
            await expect(tab.locator(by(f"{which}-lamp"))).to_have_text(re.compile(f"{word} GESTÖRT"))
        await tab.evaluate("devices.arePlugged = true")
        for which, word in (("camera", "Kamera"), ("microphone", "Mikrofon")):
            await expect(tab.locator(by(which))).to_contain_text(f"{word} einschalten")
            await tab.click(by(which))
            await expect(tab.locator(by(f"{which}-lamp"))).to_contain_text(f"{word} NUR HIER")


async def test_withdrawn_link_turns_the_camera_off(desk: DeskHouse, browser: Browser) -> None:
    """Also one that was only tried out: the page that is left has no button for it."""
    token, signed = invitation.make_desk_link(desk.keys, DESK)
    async with open_tab(browser, "about:blank") as tab:
        await tab.add_init_script(JS_KEEP_TRACKS)
        await tab.goto(f"{desk.address}/desk/{token}{NAME}")
        await tab.click(by("try-out"))
        await expect(tab.locator(by("camera-lamp"))).to_contain_text("Kamera NUR HIER")
        await desk.revoke(signed.id)
        await expect(tab.locator(by("closed"))).to_contain_text("zurückgenommen")
        assert await tab.evaluate("kept.map((track) => track.readyState)") == ["ended", "ended"]


async def test_nothing_is_said_to_be_shown_that_nobody_sees(
    desk: DeskHouse, browser: Browser, room: ScriptedRoom
) -> None:
    """When pictures are taken back by the customer, a shown screen does not cross either, and the page says so."""
    await room.invite("4711")
    async with open_tab(browser, link(desk)) as tab:
        visitor = await knocked(tab, room)
        await room.admit(visitor)
        await tab.click(by("share"))
        await expect(tab.locator(by("stage-strip"))).to_contain_text("Sie zeigen")
        await room.door(visitor, Standing.ADMITTED, Consent.SOUND)
        await expect(tab.locator(by("camera-lamp"))).to_contain_text("Kamera NUR HIER")
        await expect(tab.locator(by("stage-strip"))).to_be_hidden()
        await expect(tab.locator(by("share"))).to_contain_text("Nicht mehr zeigen")


@pytest.mark.parametrize(
    ("locale", "words"), [("de-DE", "Sprache: Leichte Sprache"), ("en-GB", "Language: Easy German")]
)
async def test_easy_language_has_a_name(
    desk: DeskHouse, browser: Browser, room: ScriptedRoom, locale: str, words: str
) -> None:
    """It is a language of the terminal's that no browser knows."""
    async with open_tab(browser, link(desk), locale=locale) as tab:
        await expect(tab.locator(by("ready"))).to_be_visible()
        await room.ring(language="de-easy")
        await expect(tab.locator(by("ring"))).to_contain_text(words)
