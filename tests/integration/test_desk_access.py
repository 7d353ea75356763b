"""The partner's page on the narrowest phone, and for people who hear it instead of seeing it."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Page, ViewportSize, expect

from kiosk.contract.partner import HelpCall
from tests.fakes.browser import by, chromium, open_tab
from tests.fakes.desk_house import DESK, DeskHouse, desk_house
from tests.fakes.desk_room import ScriptedRoom, scripted_room

PHONE = ViewportSize(width=360, height=640)


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[DeskHouse]:
    async with desk_house(tmp_path) as house:
        yield house


@pytest.fixture
async def room(desk: DeskHouse) -> AsyncIterator[ScriptedRoom]:
    async with scripted_room(desk) as room:
        yield room


@pytest.fixture
async def tab(desk: DeskHouse, room: ScriptedRoom) -> AsyncIterator[Page]:
    """A page on a phone, whose person has two appointments and has just said her name."""
    await room.invite("4711", "4712")
    async with chromium() as browser, open_tab(browser, "about:blank") as tab:
        await tab.set_viewport_size(PHONE)
        await tab.goto(f"{desk.address}/desk/{desk.desk_token()}")
        await tab.fill(by("name"), "Frau Kaya")
        await expect(tab.locator(by("invitation"))).to_have_count(2)
        await tab.click(by("name-go"))
        await expect(tab.locator("#ready-title")).to_be_focused()
        yield tab


async def test_every_button_is_within_the_narrowest_phone(tab: Page, room: ScriptedRoom) -> None:
    """Nothing is cut off, and nobody has to scroll sideways."""
    for step in ("ready", "call"):
        if step == "call":
            await tab.locator(by("knock")).first.click()
            await room.admit(await room.knocked())
        await expect(tab.locator(by(step))).to_be_visible()
        assert await tab.evaluate("document.documentElement.scrollWidth") == PHONE["width"]
        beyond = (
            "[...document.querySelectorAll('button')].filter((one) => one.getBoundingClientRect().right > innerWidth)"
        )
        assert await tab.evaluate(f"{beyond}.map((one) => one.textContent)") == []


async def test_who_calls_is_seen_at_once_on_a_phone(tab: Page, room: ScriptedRoom) -> None:
    """The page has scrolled on to what it says; a card that comes above it is brought into sight."""
    await room.ring()
    await expect(tab.locator(by("ring-accept"))).to_be_in_viewport()
    await tab.click(by("ring-decline"))
    await tab.locator(by("try-out")).scroll_into_view_if_needed()
    rung = await room.ring(ring="s" * 16)
    help_call = HelpCall(help="5" * 16, room="Raum 2.14", asked=rung.deadline, key=rung.key)
    await room.say(DESK, help_call, retain=True)
    await expect(tab.locator(by("help-coming"))).to_be_in_viewport()


async def test_the_seconds_of_a_ring_are_not_read_out_one_by_one(tab: Page, room: ScriptedRoom) -> None:
    """Who calls is read out at once, over everything else; what changes every second would drown it."""
    await room.ring()
    politeness = "(element) => element.closest('[aria-live]').getAttribute('aria-live')"
    card = tab.locator(by("ring"))
    assert await card.get_by_text("ruft").evaluate(politeness) == "assertive"
    assert await card.get_by_text("klingelt noch").evaluate(politeness) == "off"


async def test_focus_stays_when_something_before_it_goes(tab: Page, room: ScriptedRoom) -> None:
    """Who works with the keyboard is not thrown back to the beginning of the page."""
    stays = tab.locator(by("invitation")).filter(has_text="4712").locator(by("knock"))
    await stays.focus()
    await room.invite("4712")
    await expect(tab.locator(by("invitation"))).to_have_count(1)
    await expect(stays).to_be_focused()
