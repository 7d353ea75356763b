"""The page's line to the desk server when it dies without a word, which no browser tells a page."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import WebSocketRoute, expect

from kiosk.contract import codec
from kiosk.contract.partner import Heartbeat, Leave
from kiosk.contract.state import Standing
from kiosk.desk.socket import HEARTBEAT_S
from tests.fakes.browser import by, chromium, open_tab
from tests.fakes.desk_house import DESK, OTHER_TERMINAL, DeskHouse, desk_house
from tests.fakes.desk_room import scripted_room

NAME = "#name=Frau%20Kaya"
SILENT_MS = 55_000


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[DeskHouse]:
    async with desk_house(tmp_path) as house:
        yield house


class Lines:
    """The page's sockets, each of which the test can cut without anybody being told."""

    def __init__(self) -> None:
        self.routes: list[WebSocketRoute] = []
        self.servers: list[WebSocketRoute] = []
        self.is_dead = False
        self.forgets = False
        """Nothing is resumed on a second line, as at a server that has never heard of the visit."""

    def take(self, route: WebSocketRoute) -> None:
        self.routes.append(route)
        server = route.connect_to_server()
        self.servers.append(server)

        def is_cut() -> bool:
            return route is self.routes[0] and self.is_dead

        def is_forgotten(message: str | bytes) -> bool:
            return self.forgets and '"resume"' in str(message)

        route.on_message(lambda message: None if is_cut() or is_forgotten(message) else server.send(message))
        server.on_message(lambda message: None if is_cut() else route.send(message))


async def test_every_page_hears_a_heartbeat(desk: DeskHouse) -> None:
    """Often enough for a page to miss it soon."""
    async with desk.page(desk.desk_token()) as page:
        await page.until(lambda message: isinstance(message, Heartbeat), HEARTBEAT_S + 3)


async def test_a_page_whose_server_reaches_no_room_says_so(desk: DeskHouse) -> None:
    """Nobody waits for a ring that cannot come; the line to the server itself is as good as ever."""
    async with chromium() as browser, open_tab(browser, f"{desk.address}/desk/{desk.desk_token()}{NAME}") as tab:
        await expect(tab.locator(by("ready"))).to_be_visible()
        await expect(tab.locator(by("offline"))).to_be_hidden()
        await desk.supervisor.stop("broker")
        await expect(tab.locator(by("offline"))).to_be_visible()
        await desk.start_broker()
        await expect(tab.locator(by("offline"))).to_be_hidden()


async def test_a_line_that_died_without_a_word_is_replaced(desk: DeskHouse) -> None:
    """A desk that believes itself reachable and is not would never be rung again."""
    lines = Lines()
    async with scripted_room(desk) as room, chromium() as browser, open_tab(browser, "about:blank") as tab:
        await tab.route_web_socket("**/socket/*", lines.take)
        await tab.clock.install()
        await tab.goto(f"{desk.address}/desk/{desk.desk_token()}{NAME}")
        await expect(tab.locator(by("ready"))).to_be_visible()
        lines.routes[0].send(codec.encode(Heartbeat()).decode())
        await room.invite("4711")
        await expect(tab.locator(by("invitation"))).to_have_count(1)
        lines.is_dead = True
        await room.invite("4711", "4712")
        await tab.clock.fast_forward(SILENT_MS)
        await expect(tab.locator(by("invitation"))).to_have_count(2)
        await expect(tab.locator(by("offline"))).to_be_hidden()
        assert len(lines.routes) == 2


@pytest.mark.parametrize("forgets", [False, True])
async def test_who_comes_back_too_late_knocks_again(desk: DeskHouse, forgets: bool) -> None:
    """The room was told that the visit is over; the page makes a new one by itself, and waits at the door with it."""
    lines = Lines()
    lines.forgets = forgets
    async with scripted_room(desk) as room, chromium() as browser, open_tab(browser, "about:blank") as tab:
        await tab.route_web_socket("**/socket/*", lines.take)
        await tab.goto(f"{desk.address}/desk/{desk.desk_token()}{NAME}")
        await room.invite("4711")
        await tab.click(by("knock"))
        first = await room.knocked()
        await room.admit(first)
        await expect(tab.locator(by("call"))).to_be_visible()
        await lines.servers[0].close(code=1000)
        await room.until(lambda: room.of(Leave) == [Leave(call=first.call)])
        await lines.routes[0].close(code=3000)
        second = await room.knocked(count=2)
        await room.door(second, Standing.WAITING)
        await expect(tab.locator(by("waiting"))).to_contain_text("Sie warten an der Tür")
        await room.admit(second)
        await expect(tab.locator(by("call"))).to_be_visible()


async def test_what_was_taken_back_while_the_line_was_gone_is_no_longer_offered(desk: DeskHouse) -> None:
    """An appointment that was cancelled meanwhile; one that still is stays, with its button under the finger."""
    lines = Lines()
    async with (
        scripted_room(desk) as room,
        scripted_room(desk, OTHER_TERMINAL) as other,
        chromium() as browser,
        open_tab(browser, "about:blank") as tab,
    ):
        await tab.route_web_socket("**/socket/*", lines.take)
        await tab.goto(f"{desk.address}/desk/{desk.desk_token()}{NAME}")
        await room.invite("4711")
        await other.invite("4712")
        await expect(tab.locator(by("invitation"))).to_have_count(2)
        stays = tab.locator(by("knock")).and_(tab.locator(f"[data-terminal='{OTHER_TERMINAL}']"))
        await stays.focus()
        lines.is_dead = True
        await room.say(DESK, b"", kind="invitations", retain=True)
        await lines.routes[0].close(code=3000)
        await expect(tab.locator(by("invitation"))).to_have_count(1)
        await expect(stays).to_be_focused()
