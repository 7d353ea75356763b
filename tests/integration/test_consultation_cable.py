"""A partner at the far end of a real cable, which is pulled in the middle of the call."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from kiosk.contract.media import PeerLink
from kiosk.contract.state import Standing
from tests.integration.calls import flowing, in_call, watching
from tests.integration.house import BRANDT, KAYA, House, measured, open_house

pytestmark = pytest.mark.asyncio(loop_scope="module")

CUT_S, BACK_S = 5.0, 5.0


@pytest_asyncio.fixture(loop_scope="module", scope="module", name="house")
async def _house() -> AsyncIterator[House]:
    async with open_house() as house:
        yield house


@contextlib.asynccontextmanager
async def cut_cable() -> AsyncIterator[None]:
    """The far side sees nothing of this one while the context is open; this one still reaches its own broker."""
    await _set_cable("down")
    try:
        yield
    finally:
        await _set_cable("up")


async def _set_cable(how: str) -> None:
    process = await asyncio.create_subprocess_exec("ip", "link", "set", "near0", how)
    assert await process.wait() == 0


def link(house: House, desk: str) -> PeerLink:
    """How the path to a partner is, as media measures it."""
    call = house.partner(desk).call
    return next(peer.link for peer in house.state().media.peers if peer.call == call)


async def test_cable_to_a_partner_may_be_cut_for_5_s(house: House) -> None:
    """Media is back 5 s after the cable at most, both ways; who sits on this side notices nothing; nobody is gone."""
    await in_call(house, also=(lambda: house.sit_far(BRANDT),))
    await flowing(house, BRANDT.desk, 15.0)
    known = len(house.events())
    async with watching(house, KAYA.desk) as pulse:
        async with cut_cable():
            cut_s = time.monotonic()
            await house.until(lambda: link(house, BRANDT.desk) is PeerLink.LOST, CUT_S, "the lost path is noticed")
            measured("noticed_s", round(time.monotonic() - cut_s, 2))
            await house.until(lambda: time.monotonic() - cut_s >= CUT_S, CUT_S, "the cable is back")
        back_s = time.monotonic()
        await flowing(house, BRANDT.desk, BACK_S)
        measured("media_back_s", round(time.monotonic() - back_s, 2))
        assert time.monotonic() - back_s <= BACK_S
    assert max(pulse.terminal_s, pulse.partner_s) < 1.0
    assert link(house, BRANDT.desk) is PeerLink.UP
    assert house.partner(BRANDT.desk).standing is Standing.ADMITTED
    assert not [event for event in house.events()[known:] if event.type == "partner-left"]
