"""Who comes to the desk server with which link, and what they get: the real server on the real broker."""

import asyncio
import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from kiosk.contract.directory import Presence
from kiosk.contract.errors import Reason
from kiosk.contract.partner import Leave, Refused, SetPresence, Welcome
from kiosk.runtime import invitation
from tests.fakes.desk_house import DESK, DeskHouse, desk_house
from tests.fakes.desk_room import scripted_room
from tests.fakes.desk_visit import knock

WRONG = "bm9uc2Vuc2U.bm9uc2Vuc2U"
HOUR = timedelta(hours=1)


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[DeskHouse]:
    async with desk_house(tmp_path) as house:
        yield house


async def get(desk: DeskHouse, path: str, language: str = "de") -> tuple[int, str]:
    async with desk.http.get(f"{desk.address}{path}", headers={"Accept-Language": language}) as response:
        return response.status, await response.text()


async def test_good_link_opens_the_page_and_nothing_leaks(desk: DeskHouse) -> None:
    """The page comes with headers that keep the link to itself and strangers' scripts out."""
    for path in (f"/desk/{desk.desk_token()}", f"/guest/{desk.guest_token()}"):
        async with desk.http.get(desk.address + path) as response:
            assert response.status == 200
            text = await response.text()
            headers = response.headers
        assert headers["Referrer-Policy"] == "no-referrer"
        assert headers["Cache-Control"] == "no-store"
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert "camera=(self), microphone=(self), display-capture=(self)" in headers["Permissions-Policy"]
        policy = headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert "http" not in policy
        assert not re.search(r"https?://", text)
        assert " style=" not in text
        assert re.findall(r"<script[^>]*>(.*?)</script>", text) == [""]


async def test_assets_are_served_and_nothing_beside_them(desk: DeskHouse) -> None:
    """Modules, style, font and mark; no path leads out of the folder."""
    kinds = {"main.js": "text/javascript", "desk.css": "text/css", "icons.ttf": "font/ttf", "mark.svg": "image/svg+xml"}
    for name, kind in kinds.items():
        async with desk.http.get(f"{desk.address}/assets/{name}") as response:
            assert (response.status, response.content_type) == (200, kind)
            assert "Content-Security-Policy" in response.headers
    for path in ("/assets/..%2fserver.py", "/assets/closed.html", "/assets/index.html", "/", "/desk", "/assets/x/y"):
        assert (await get(desk, path))[0] == 404


@pytest.mark.parametrize("language", ["de", "en"])
async def test_bad_link_gets_a_clear_page_and_nothing_else(desk: DeskHouse, language: str) -> None:
    """Wrong is 403; early, expired and withdrawn are 410; each says so, and holds no script."""
    now = datetime.now(UTC)
    revoked, link = invitation.make_desk_link(desk.keys, DESK)
    await desk.revoke(link.id)
    async with desk.page(revoked) as page:  # the news has arrived when the socket is refused
        await page.until(lambda message: isinstance(message, Refused))
    cases = {
        f"/desk/{WRONG}": (403, "stimmt nicht", "not right"),
        f"/desk/{desk.guest_token()}": (403, "stimmt nicht", "not right"),
        f"/guest/{desk.desk_token()}": (403, "stimmt nicht", "not right"),
        f"/desk/{desk.desk_token(expires=now - HOUR)}": (410, "gilt nicht mehr", "no longer good"),
        f"/guest/{desk.guest_token(start_in=-3 * HOUR)}": (410, "gilt nicht mehr", "no longer good"),
        f"/guest/{desk.guest_token(start_in=HOUR)}": (410, "gilt noch nicht", "not open yet"),
        f"/desk/{revoked}": (410, "zurückgenommen", "taken back"),
    }
    for path, (status, german, english) in cases.items():
        got, text = await get(desk, path, language)
        assert (got, (german if language == "de" else english) in text) == (status, True), text
        assert f'lang="{language}"' in text
        assert "<script" not in text
        assert "WebSocket" not in text


async def test_bad_link_gets_no_socket(desk: DeskHouse) -> None:
    """The socket says why, and closes before anything else is said."""
    expired = desk.desk_token(expires=datetime.now(UTC) - HOUR)
    for token, reason, code in ((WRONG, Reason.LINK_WRONG, 4403), (expired, Reason.LINK_EXPIRED, 4410)):
        async with desk.page(token) as page:
            message = await page.until(lambda message: True)
            assert message == Refused(reason=reason)
            assert await page.close_code() == code


async def test_link_withdrawn_while_its_page_is_open(desk: DeskHouse) -> None:
    """Within two seconds the page is told and closed, its call has ended and the desk is gone."""
    token, link = invitation.make_desk_link(desk.keys, DESK)
    async with scripted_room(desk) as room, desk.words_of_desks() as words, desk.page(token) as page:
        await room.invite("4711")
        await page.say(SetPresence(state=Presence.FREE))
        visit = await knock(page, "4711")
        await room.knocked()
        async with asyncio.timeout(2):
            await desk.revoke(link.id)
            refused = await page.until(lambda message: isinstance(message, Refused))
            assert refused.reason is Reason.LINK_REVOKED
            assert await page.close_code() == 4410
            await room.until(lambda: room.of(Leave) == [Leave(call=visit.call)])
            await words.until(lambda: words.states()[-1] == "gone")


async def test_nobody_is_let_in_before_the_list_of_withdrawn_links_is_known(tmp_path: Path) -> None:
    """Without the broker there is a calm page with 503, and health says so; with it all is well."""
    async with desk_house(tmp_path, is_started=False) as desk:
        await desk.start_desk()
        assert (await get(desk, "/health"))[0] == 503
        status, text = await get(desk, f"/desk/{desk.desk_token()}")
        assert (status, "Einen Moment" in text) == (503, True)
        await desk.start_broker()
        async with desk.page(desk.desk_token()) as page:
            assert isinstance(await page.until(lambda message: True), Welcome)
        assert (await get(desk, "/health"))[0] == 200


async def test_access_is_not_logged(desk: DeskHouse) -> None:
    """A link is a key: it stands in no log."""
    token = desk.desk_token()
    await get(desk, f"/desk/{token}")
    async with desk.page(token) as page:
        await page.until(lambda message: isinstance(message, Welcome))
    await desk.supervisor.stop("desk")
    assert token not in (desk.directory / "logs" / "desk.log").read_text()
