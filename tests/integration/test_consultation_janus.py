"""A consultation by way of a media server, in a whole house: each part may die, and the call goes on."""

import json
import time
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from kiosk.contract import intents
from kiosk.contract.media import Route
from kiosk.contract.state import Round, Standing
from kiosk.runtime.janus import LINGER_S
from tests.integration.calls import flowing, in_call, watching
from tests.integration.house import BRANDT, KAYA, House, measured, open_house

pytestmark = pytest.mark.asyncio(loop_scope="module")

BACK_S = 5.0
STILL_S = 1.0
"""As without a media server: pictures that stand still so long at most have not stopped."""


@pytest_asyncio.fixture(loop_scope="module", scope="module", name="house")
async def _house() -> AsyncIterator[House]:
    async with open_house(engine="janus") as house:
        yield house


def own_round(house: House) -> Round:
    session = house.state().session
    assert session, "no session"
    assert session.round, "no round"
    return session.round


def _seen_by(house: House, desk: str) -> list[int]:
    """Pictures that a partner has got of the room and of each other partner."""
    peers = json.loads(house.robots.report_file(desk).read_bytes())["peers"]
    return [peer["frames"] for peer in peers.values()]


async def _in_call(house: House) -> str:
    return await in_call(house, also=(lambda: house.sit(BRANDT),))


async def test_pictures_go_by_the_media_server(house: House) -> None:
    """Both ways, for both partners; and the partners see each other."""
    call = await _in_call(house)
    await flowing(house, BRANDT.desk, BACK_S)
    await house.until_seen("session-engine", engine="janus")
    await house.until(lambda: house.state().media.engine == "janus", 2.0, "the engine that media names")
    await house.until(
        lambda: {peer.stats.route for peer in house.state().media.peers} == {Route.SERVER}, 3.0, "the route"
    )
    await house.until(
        lambda: all(_seen_by(house, KAYA.desk)) and len(_seen_by(house, KAYA.desk)) == 2, 5.0, "each other"
    )
    assert house.partner(KAYA.desk).call == call


async def test_a_killed_agent_disturbs_nobody(house: House) -> None:
    """The same rooms and seats; pictures never stop."""
    await _in_call(house)
    before = own_round(house)
    async with watching(house) as pulse:
        house.kill("agent")
        await house.until(lambda: house.state().is_broker_here and house.state().is_media_here, 10.0, "the agent")
        await house.until(lambda: pulse.seconds > 2, 5.0, "a look at the pictures")
    measured("still_s", (round(pulse.terminal_s, 2), round(pulse.partner_s, 2)))
    assert max(pulse.terminal_s, pulse.partner_s) < STILL_S
    assert own_round(house) == before


async def test_killed_media_takes_its_seat_again(house: House) -> None:
    """Within 5 s, though Janus would keep the dead one's place for as long."""
    await _in_call(house)
    before = own_round(house)
    died_s = house.kill("media")
    await flowing(house, KAYA.desk, BACK_S)
    measured("media_back_s", round(time.monotonic() - died_s, 2))
    assert time.monotonic() - died_s <= BACK_S
    assert own_round(house).room == before.room


async def test_a_killed_media_server_is_followed_by_new_rooms(house: House) -> None:
    """It comes back empty; everybody gets new seats, and pictures both ways within 5 s."""
    await _in_call(house)
    before = own_round(house)
    died_s = house.kill("media-server")
    await house.until(lambda: own_round(house).room != before.room, BACK_S, "new rooms")
    await flowing(house, KAYA.desk, BACK_S)
    took_s = time.monotonic() - died_s
    measured("media_server_back_s", round(took_s, 2))
    assert took_s <= BACK_S + 1  # of which the server itself needs some to start
    await flowing(house, BRANDT.desk, BACK_S)


async def test_a_partner_who_leaves_disturbs_nobody(house: House) -> None:
    """The page is closed, its place taken away, and the rooms stay as they are."""
    await _in_call(house)
    before = own_round(house)
    async with watching(house) as pulse:
        await house.send_home(BRANDT.desk)
        await house.until(lambda: house.partner(BRANDT.desk).standing is Standing.LEFT, 5.0, "who has left")
        left_s = pulse.seconds
        await house.until(lambda: pulse.seconds > left_s + LINGER_S, LINGER_S + 3, "the time a lost place lingers")
    assert max(pulse.terminal_s, pulse.partner_s) < STILL_S
    assert own_round(house).room == before.room


async def test_the_end_leaves_no_room(house: House) -> None:
    """And nothing in the log of the media server but that it started."""
    await _in_call(house)
    await house.hands.touch("end")
    await house.hands.until(sheet="end")
    await house.hands.touch("confirm-end")
    await house.hands.until(phase="ended")
    file = house.made.terminal.paths.state_directory / "rounds.json"
    await house.until(lambda: file.read_bytes() == b"[]", BACK_S, "the rooms are destroyed")
    log = house.supervisor["media-server"].log.read_text()
    for word in ("Kaya", "Brandt", KAYA.desk, "4711", "10.99", intents.EndSession.__name__):
        assert word not in log
