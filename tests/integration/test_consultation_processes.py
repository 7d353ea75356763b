"""Each process may die in a call, the broker may be away and the app be dead: the consultation goes on."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from itertools import pairwise

import pytest
import pytest_asyncio

from kiosk.contract import codec
from kiosk.contract.media import Lamp, PeerLink, Showing
from kiosk.contract.mqtt import Alert, CallState, Condition, Status
from kiosk.contract.state import Phase, Session, Sheet, Standing
from tests.integration.calls import flowing, in_call, watching
from tests.integration.house import KAYA, SAYED, House, measured, open_house

pytestmark = pytest.mark.asyncio(loop_scope="module")

BACK_S = 5.0
STILL_S = 1.0
"""Pictures that stand still so long at most have not stopped, on a machine that is busy with a restart."""
OUTAGE_S = 10.0
NEED = SAYED.desk.rpartition("-")[0].replace("language", "interpreter")


@pytest_asyncio.fixture(loop_scope="module", scope="module", name="house")
async def _house() -> AsyncIterator[House]:
    async with open_house() as house:
        yield house


def session(house: House) -> Session:
    found = house.state().session
    assert found is not None
    return found


def statuses(house: House) -> list[Status]:
    return [codec.decode(data, Status, "test") for data in house.said("status")]


def assert_no_gap(house: House) -> None:
    """Every event once, in order, none missing."""
    numbers = [event.seq for event in house.events()]
    assert all(after == before + 1 for before, after in pairwise(numbers)), numbers


async def test_a_sheet_is_shown_by_touches_until_the_touch_that_ends_it(house: House) -> None:
    """The partner sees it, the room sees what the partner sees, a second touch takes another, the monitor follows."""

    def calls() -> list[CallState]:
        return [codec.decode(data, CallState, "test") for data in house.said("state", "call")]

    await in_call(house)
    seen = house.robot(KAYA.desk)["screen_frames"]
    await house.hands.touch("show")
    await house.hands.touch("show-document")
    await house.hands.until(sheet="none")
    await house.until(lambda: house.robot(KAYA.desk)["screen_frames"] > seen, 5.0, "the sheet at the partner")
    await house.until(lambda: house.state().media.screen is Lamp.ON, 2.0, "the lamp of the screen")
    await until_own_screen(house, is_there=True)
    await house.until(lambda: calls()[-1].showing is Showing.DOCUMENT, 2.0, "state/call")
    assert [(one.desk, one.link) for one in calls()[-1].desks] == [(KAYA.desk, PeerLink.UP)]
    await house.hands.touch("take-again")
    await house.until(lambda: session(house).stills == 2, 2.0, "another still")
    await house.hands.touch("stop-showing")
    await house.until(lambda: house.state().media.screen is Lamp.OFF, 2.0, "the screen line is dark")
    await until_own_screen(house, is_there=False)
    await house.until_seen("showing-stopped", what="document")


async def until_own_screen(house: House, *, is_there: bool) -> None:
    """Until the app has a picture of what the room shows, or has none any more."""
    async with asyncio.timeout(2):
        while (await house.tiles()).get("self/screen", 0) < 1 if is_there else "self/screen" in await house.tiles():
            pass


async def test_the_volume_follows_the_touch(house: House) -> None:
    """Corner, sound, quieter: the session knows it, and a test sound disturbs nobody's words."""
    await in_call(house)
    await house.hands.touch("corner")
    await house.hands.touch("sound")
    await house.hands.touch("quieter")
    await house.until(lambda: session(house).volume_pct == 70, 2.0, "the volume")
    await house.hands.touch("test-loudspeaker")
    await house.hands.touch("close")
    await house.hands.until(phase="session", sheet="none")
    await flowing(house, KAYA.desk, BACK_S)


async def test_killed_app_is_back_on_its_screen(house: House) -> None:
    """Within 5 s: the session, and the sheet that was open on it."""
    await in_call(house)
    await house.hands.touch("end")
    await house.hands.until(sheet="end")
    died_s = house.kill("ui")
    await house.hands.until(phase="session", sheet="end", timeout_s=BACK_S)
    await house.hands.find("confirm-end", timeout_s=BACK_S)
    took_s = time.monotonic() - died_s
    measured("app_back_s", round(took_s, 2))
    assert took_s <= BACK_S
    await house.hands.touch("close")
    await house.hands.until(sheet="none")
    await flowing(house, KAYA.desk, BACK_S)


async def test_killed_media_is_back_in_the_call_and_stays_muted(house: House) -> None:
    """Pictures both ways within 5 s; who was muted before is silent, until the touch that ends it."""
    await in_call(house)
    await house.hands.touch("microphone")
    await house.until(lambda: house.state().media.microphone is Lamp.OFF, 2.0, "the microphone is off")
    await still(house, 0.5)
    silent = house.robot(KAYA.desk)["audio_packets"]
    died_s = house.kill("media")
    await flowing(house, KAYA.desk, BACK_S)
    measured("media_back_s", round(time.monotonic() - died_s, 2))
    assert time.monotonic() - died_s <= BACK_S
    await still(house, 0.5)
    assert house.robot(KAYA.desk)["audio_packets"] == silent
    assert house.state().media.microphone is Lamp.OFF
    await house.hands.touch("microphone")
    await house.until(lambda: house.robot(KAYA.desk)["audio_packets"] > silent + 20, 3.0, "sound again")


async def still(house: House, seconds: float) -> None:
    """Returns when the partner has heard nothing for so long."""
    packets, since_s = -1, time.monotonic()

    def is_still() -> bool:
        nonlocal packets, since_s
        now = house.robot(KAYA.desk)["audio_packets"]
        if now != packets:
            packets, since_s = now, time.monotonic()
        return time.monotonic() - since_s >= seconds

    await house.until(is_still, 5.0, "silence at the partner")


async def test_killed_agent_finds_its_session_again(house: House) -> None:
    """The same session and partners; pictures never stop; no event is missing; the door sign says "in use" again."""
    call = await in_call(house)
    before, lives = session(house), len(statuses(house))
    generation = house.robot(KAYA.desk)["generation"]
    async with watching(house) as pulse:
        died_s = house.kill("agent")
        await house.until(
            lambda: [one.state for one in statuses(house)[lives:]][-1:] == [Condition.BUSY], 10.0, "busy once more"
        )
        measured("agent_back_s", round(time.monotonic() - died_s, 2))
        await house.hands.touch("corner")
        await house.hands.until(sheet="corner")
        await house.hands.touch("close")
        await house.hands.until(sheet="none")
    measured("still_s", (round(pulse.terminal_s, 2), round(pulse.partner_s, 2)))
    after = session(house)
    assert (after.id, after.number, after.started) == (before.id, before.number, before.started)
    assert house.partner(KAYA.desk).call == call
    assert house.partner(KAYA.desk).standing is Standing.ADMITTED
    assert max(pulse.terminal_s, pulse.partner_s) < STILL_S
    assert house.robot(KAYA.desk)["generation"] == generation, "a new peer connection was made"
    assert await house.sign() == ["busy"]
    assert house.bench.door_sign == ["free", "busy"]
    await house.hands.touch("help")
    await house.hands.touch("cancel-help")
    await house.until(lambda: house.events()[-1].type == "help-cancelled", 5.0, "the last event")
    assert_no_gap(house)


async def bring_in(house: House) -> None:
    """The interpreter, by touches and a ring, until pictures flow."""
    await house.until(lambda: SAYED.desk in house.state().presence, 10.0, "a desk that is free")
    known = len(house.events())
    await house.hands.touch("add")
    await house.hands.until(sheet="needs")
    await house.touch_paged(f"need-{NEED}")
    await house.hands.until(sheet="desks")
    await house.hands.touch("ring-all")
    await house.until_seen("ring-answered", 10.0, after=known, desk=SAYED.desk)
    await house.hands.until(sheet="door")
    await house.hands.touch("admit-all")
    await house.until_seen("partner-admitted", after=known, desk=SAYED.desk)
    await flowing(house, SAYED.desk, 10.0)


async def let_go(house: House) -> None:
    """The interpreter closes her page; the roster knows within 3 s."""
    known = len(house.events())
    gone_s = time.monotonic()
    await house.send_home(SAYED.desk)
    await house.until_seen("partner-left", 5.0, after=known, desk=SAYED.desk)
    assert time.monotonic() - gone_s < 3.0
    assert house.partner(SAYED.desk).standing is Standing.LEFT


async def test_killed_desk_server_gets_its_visits_back(house: House) -> None:
    """The call goes on, partners, invited or rung, resume it and can be signaled with: media may die right after."""
    call = await in_call(house)
    await house.sit(SAYED)
    await bring_in(house)
    known = len(house.events())
    async with watching(house) as pulse:
        died_s = house.kill("desk")
        await house.until(
            lambda: all(house.presence_since(desk, died_s)[-1:] == ["busy"] for desk in (KAYA.desk, SAYED.desk)),
            10.0,
            "the partners' lines",
        )
        measured("desk_back_s", round(time.monotonic() - died_s, 2))
        await house.until(lambda: pulse.seconds > BACK_S, BACK_S + 2, "the time in which a lost visit would be noticed")
    assert max(pulse.terminal_s, pulse.partner_s) < STILL_S
    assert house.partner(KAYA.desk).call == call
    assert not [event for event in house.events()[known:] if event.type == "partner-left"]
    died_s = house.kill("media")
    await asyncio.gather(*(flowing(house, desk, BACK_S) for desk in (KAYA.desk, SAYED.desk)))
    assert time.monotonic() - died_s <= BACK_S
    await let_go(house)


async def test_broker_may_be_away_for_10_s(house: House) -> None:
    """The call goes on; what happened meanwhile is told once and in order; a desk can be rung afterwards."""
    await in_call(house)
    await house.sit(SAYED)
    await house.until(lambda: SAYED.desk in house.state().presence, 10.0, "a desk that is free")
    known = len(house.events())
    async with watching(house) as pulse:
        async with outage(house):
            for ask in (house.hands.touch("help"), press_help(house)):
                await ask
                await house.hands.touch("cancel-help")
                await house.hands.until(sheet="none")
            await house.until(lambda: pulse.seconds > OUTAGE_S, OUTAGE_S, "the outage is over")
        back_s = time.monotonic()
        await house.until(lambda: house.state().is_broker_here, 15.0, "the agent is back at the broker")
        measured("broker_back_s", round(time.monotonic() - back_s, 2))
    measured("still_s", (round(pulse.terminal_s, 2), round(pulse.partner_s, 2)))
    assert max(pulse.terminal_s, pulse.partner_s) < STILL_S
    await house.until(lambda: len(house.events()) >= known + 4, 10.0, "the events of that time")
    assert [event.type for event in house.events()[known:]] == ["help-asked", "help-cancelled"] * 2
    assert_no_gap(house)
    await house.until(lambda: statuses(house)[-1].state is Condition.BUSY, 5.0, "status busy")
    await bring_in(house)
    await let_go(house)


@contextlib.asynccontextmanager
async def outage(house: House) -> AsyncIterator[None]:
    """There is no broker while the context is open."""
    await house.end("broker")
    try:
        await house.until(lambda: not house.state().is_broker_here, 5.0, "the agent notices")
        yield
    finally:
        await house.revive("broker")


async def press_help(house: House) -> None:
    """The button on the wall, and lets go of it."""
    await house.wire(do="press", pin=house.pin("help-button"))
    await house.wire(do="release", pin=house.pin("help-button"))


async def test_agent_dies_while_the_broker_is_away(house: House) -> None:
    """What happened before and after its death is told once and in order when the broker is back."""
    await in_call(house)
    known = len(house.events())
    async with outage(house):
        await house.hands.touch("help")
        await house.until(lambda: house.state().is_help_asked, 5.0, "help is asked")
        await restart_agent(house)
        await house.hands.touch("cancel-help")
        await house.until(lambda: not house.state().is_help_asked, 5.0, "no help needed")
    await house.until(lambda: len(house.events()) >= known + 2, 20.0, "the events of that time")
    assert [event.type for event in house.events()[known:]] == ["help-asked", "help-cancelled"]
    await house.until(lambda: statuses(house)[-1].state is Condition.BUSY, 5.0, "status busy")
    assert_no_gap(house)
    await flowing(house, KAYA.desk, BACK_S)


async def restart_agent(house: House) -> None:
    """Kills it; returns when the app is connected with its successor."""
    old = house.pid("agent")
    killed_s = house.kill("agent")
    await house.until(lambda: house.pid("agent") not in (0, old), BACK_S, "the next agent")
    while not (await house.hands.look()).is_connected:
        assert time.monotonic() - killed_s <= BACK_S, "the app does not find the next agent"


async def test_crashed_partner_knocks_again(house: House) -> None:
    """With the page its visit is gone: a new one waits at the door until the customer says yes once more."""
    call = await in_call(house)
    known = len(house.events())
    crashed_s = house.kill(f"robot-{KAYA.desk}")
    await house.until_seen("partner-waiting", 10.0, after=known, desk=KAYA.desk)
    measured("partner_back_s", round(time.monotonic() - crashed_s, 2))
    partner = house.partner(KAYA.desk)
    assert partner.call != call
    while set(await house.tiles()) != {"self"}:
        assert time.monotonic() - crashed_s <= BACK_S, "pictures without a yes"
    assert all(peer.call != partner.call for peer in house.state().media.peers)
    await house.hands.touch("chip")
    await house.hands.until(sheet="door")
    await house.hands.touch("admit-all")
    await house.until(lambda: house.partner(KAYA.desk).standing is Standing.ADMITTED, 5.0, "let in")
    await flowing(house, KAYA.desk, 10.0)


@contextlib.asynccontextmanager
async def dead_app(house: House) -> AsyncIterator[None]:
    """The app has crashed, and does not come back while the context is open."""
    await house.kill_for_good("ui")
    try:
        yield
    finally:
        await house.revive("ui")


async def test_help_works_with_the_app_dead(house: House) -> None:
    """The button on the wall: an alert on MQTT and the lamp at once; the screen that comes back takes it back."""
    await in_call(house)
    lamp = house.pin("help-lamp")
    async with dead_app(house):
        pressed_s = time.monotonic()
        await press_help(house)
        await house.until(lambda: house.said("alert", "help")[-1:] not in ([], [b""]), 2.0, "an alert")
        measured("alert_s", round(time.monotonic() - pressed_s, 3))
        assert await house.lamp(lamp)
        assert codec.decode(house.said("alert", "help")[-1], Alert, "test").severity == "critical"
    await house.hands.until(phase=Phase.SESSION, sheet=Sheet.HELP)
    await house.hands.touch("cancel-help")
    await house.until(lambda: house.said("alert", "help")[-1] == b"", 2.0, "the alert is resolved")
    assert not await house.lamp(lamp)
    assert house.state().sheet is Sheet.NONE


async def test_nothing_of_the_conversation_is_left(house: House) -> None:
    """5 s after the end at most: no name and no reason in memory, files and logs, nor anywhere on MQTT at any time."""
    await in_call(house)
    secrets = [text.encode() for who in (KAYA, SAYED) for text in (who.name, who.why)]
    assert secrets[0] in house.state_file.read_bytes()
    await house.hands.touch("end")
    touched_s = await house.hands.touch("confirm-end")
    while left := found(house, secrets):
        assert time.monotonic() - touched_s <= BACK_S, left
        await house.tiles()
    measured("deleted_s", round(time.monotonic() - touched_s, 2))
    await house.until(lambda: house.events()[-1].type == "data-deleted", 5.0, "the last event")
    assert_no_gap(house)
    assert [one.topic for one in house.messages for secret in secrets if secret in one.payload] == []
    assert house.state().session is None


def found(house: House, secrets: list[bytes]) -> list[str]:
    """Files of the installation that hold one of these; what the partners' own robots count is theirs."""
    folders = (house.made.directory, house.made.memory)
    files = [
        path for folder in folders for path in folder.rglob("*") if path.is_file() and path.parent.name != "robots"
    ]
    return [str(path) for path in files if any(secret in path.read_bytes() for secret in secrets)]
