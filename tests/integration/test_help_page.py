"""Help is asked for on the glass and answered in a browser at a desk of the house, with everything between for real."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Page, expect

from kiosk.contract.state import Sheet
from provisioning.demo.installation import PERSONS_DESK
from tests.fakes.browser import by, chromium, open_tab
from tests.integration.house import House, open_house

pytestmark = pytest.mark.asyncio(loop_scope="module")

NAME = "Frau Weber"


@pytest_asyncio.fixture(loop_scope="module", scope="module", name="house")
async def _house() -> AsyncIterator[House]:
    async with open_house() as house:
        yield house


@pytest_asyncio.fixture(loop_scope="module", scope="module", name="tab")
async def _tab(house: House) -> AsyncIterator[Page]:
    """The page at the desk, already open."""
    link = f"{house.robots.link(PERSONS_DESK)}#name={NAME.replace(' ', '%20')}"
    async with chromium() as browser, open_tab(browser, link) as tab:
        await expect(tab.locator(by("ready"))).to_be_visible()
        yield tab


async def test_the_answer_of_a_desk_is_on_the_glass(house: House, tab: Page) -> None:
    """The card says which room and since when; after the click the terminal says who comes. No message names her."""
    await house.hands.touch("help")
    card = tab.locator(by("help"))
    await expect(card).to_contain_text("Beratung 2 braucht Hilfe", timeout=2000)
    await expect(tab.locator(by("help-done"))).to_be_hidden()
    assert await tab.title() == "⚠ Beratung 2 braucht Hilfe"
    await tab.click(by("help-coming"))
    await house.until(lambda: (help := house.state().help) and help.who == NAME, 2.0, "the name")
    await house.until_seen("help-answered")
    await house.hands.until(sheet=Sheet.HELP)
    await expect(card).to_contain_text(f"Im Raum weiß man: {NAME} kommt.")
    await tab.click(by("help-done"))
    await house.hands.until(sheet=Sheet.NONE)
    await expect(card).to_have_count(0)
    assert await tab.title() != "⚠ Beratung 2 braucht Hilfe"
    assert not [one.topic for one in house.messages if NAME.encode() in one.payload]


async def test_a_page_that_is_opened_late_is_told_of_a_call_nobody_may_notice(house: House, tab: Page) -> None:
    """The silent button: the card says so, on the glass nothing changes, and only the desk ends it."""
    pin = house.pin("counsellor-button")
    await house.wire(do="press", pin=pin)
    await house.wire(do="release", pin=pin)
    await house.until(lambda: house.state().help is not None, 2.0, "help is asked for")
    await tab.reload()
    await expect(tab.locator(by("help"))).to_contain_text("Im Raum soll es niemand merken")
    await tab.click(by("help-coming"))
    await expect(tab.locator(by("help"))).to_contain_text("Sie sind unterwegs.")
    assert house.state().sheet is Sheet.NONE
    await tab.click(by("help-done"))
    await house.until(lambda: house.state().help is None, 2.0, "it is over")
    await expect(tab.locator(by("help"))).to_have_count(0)
