"""Two desks accept the same ring: what the one reads that was too late."""

from pathlib import Path

import pytest
from playwright.async_api import expect

from kiosk.contract.partner import RingAnswer, RingEnd, RingOver
from kiosk.contract.state import Standing
from tests.fakes.browser import by, chromium, open_tab
from tests.fakes.desk_house import DESK, desk_house
from tests.fakes.desk_room import scripted_room


@pytest.mark.parametrize(
    ("why", "words"), [(RingEnd.ELSEWHERE, "Jemand anderes"), (RingEnd.TIMEOUT, "Der Raum ruft nicht mehr.")]
)
async def test_who_accepts_too_late_is_told_so(tmp_path: Path, why: RingEnd, words: str) -> None:
    """And not that the room is not ready, and to knock again where there is nothing to knock at."""
    async with desk_house(tmp_path) as desk, scripted_room(desk) as room, chromium() as browser:
        async with open_tab(browser, f"{desk.address}/desk/{desk.desk_token()}#name=Frau%20Kaya") as tab:
            await expect(tab.locator(by("ready"))).to_be_visible()
            rung = await room.ring()
            await tab.click(by("ring-accept"))
            await room.until(lambda: room.of(RingAnswer))
            await room.say(DESK, RingOver(ring=rung.ring, why=why))
            await room.door(await room.knocked(), Standing.LEFT)
            await expect(tab.locator(by("notice"))).to_contain_text(words)
            await expect(tab.locator(by("ready"))).to_be_visible()
            await expect(tab.locator(by("tile-self"))).to_have_count(0)
