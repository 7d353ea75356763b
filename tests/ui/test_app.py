"""The touch app as it runs: a process of its own, the real link, true touches and pictures; the agent is a fake."""

import asyncio
import os
import socket
import sys
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace

from kiosk.contract import intents
from kiosk.contract.enrolment import Fault, Step
from kiosk.contract.media import Lamp, Levels, MediaReport, Quality
from kiosk.contract.schedule import Appointment
from kiosk.contract.state import Phase, Session, Sheet
from kiosk.runtime.frames import FrameRingWriter
from kiosk.runtime.tiles import FrameServer
from provisioning.enrolment.faults import FaultError
from provisioning.enrolment.status import Board
from tests.fakes.painter import HEIGHT_PX, WIDTH_PX, plain
from tests.ui.app_house import PATIENCE_S, Agent, App, run_app
from tests.unit.ui.visits import BRANDT, HADDAD, a_session, a_state, seen, with_peers

GREEN = "903622"
"""Planes Y, U and V of pure green, BT.601 limited range."""
NOW = (datetime.now(UTC) + timedelta(days=1)).replace(hour=12, minute=0)
"""The app shows the later one of its own clock and the agent's: tomorrow at noon, nothing depends on the real time."""
IDLE = replace(a_state("10:12"), now=NOW, appointments=())
PREPARATION = replace(
    IDLE, phase=Phase.PREPARATION, session=Session(id="s"), media=MediaReport(camera=Lamp.HERE), language="de"
)
PAPER, CARD, NIGHT = (0xF5, 0xF0, 0xE6), (0xFF, 0xFC, 0xF6), (0x2A, 0x27, 0x23)
LEVEL = (465, 82)
"""In the bar beside the microphone's word."""
QR_CORNER = (115, 285)
"""In the upper left finder pattern of the code of the first start."""
OWN_PICTURE = (270, 300)
"""Somewhere in the big own picture of the preparation, from the top left."""


@pytest.fixture
async def app(tmp_path: Path) -> AsyncIterator[App]:
    async with run_app(tmp_path) as running:
        yield running


async def test_without_an_agent_it_asks_for_a_moment_and_nothing_can_be_touched(app: App) -> None:
    """There is no help to call yet, and none is offered."""
    said = await app.until(view="fault", is_connected=False)
    assert said["phase"] == ""
    assert (await app.ask(do="controls"))["controls"] == []


async def test_before_there_is_an_agent_the_way_to_the_certificate_is_shown(app: App) -> None:
    """Step by step as enrolment writes it, in a language one touches; then the agent takes over, in the house's own."""
    board = Board(app.folder / "enrolment.json", lambda line: None)
    board.show(Step.FINDING_SERVER, server="https://central.example.org")
    await app.until(view="firststart", title="Dieses Gerät wird eingerichtet.")
    board.show_fault(FaultError(Fault.NO_NETWORK), 5.0)
    await app.until(title="Es gibt kein Netz.")
    for control in ("corner", "language-en", "close"):
        await app.hands.touch(control)
    board.show(Step.WAITING_FOR_YES, code="K7QF-3MZP-T2WA")
    await app.until(view="firststart", title="Staff have to approve this code.", is_connected=False)
    await app.until_colour(*QR_CORNER, (0, 0, 0))
    (app.folder / "enrolment.json").write_text('{"step": "nonsense"}')
    async with Agent(IDLE).listen(app.folder):
        await app.until(view="idle", is_connected=True)


async def test_what_the_agent_says_is_shown_and_what_is_touched_is_told(app: App) -> None:
    """State in, view out, intent back."""
    async with Agent(IDLE).listen(app.folder) as agent:
        await app.until(view="idle", phase="idle", is_connected=True)
        await app.hands.touch("language-tr")
        assert await agent.heard.get() == intents.ChooseLanguage(language="tr")
        agent.show(replace(IDLE, phase=Phase.TODAY, language="tr"))
        await app.until(view="today", phase="today")
        await app.hands.touch("start-unplanned")
        assert await agent.heard.get() == intents.StartWithoutAppointment()
        agent.show(replace(IDLE, sheet=Sheet.CORNER, language="ar"))
        await app.until(view="corner", sheet="corner")
        await app.hands.touch("help")
        assert await agent.heard.get() == intents.AskHelp()


async def test_a_page_is_turned_without_the_agent(app: App) -> None:
    """The second page of two has the rest; who comes back to the screen sees the first."""
    starts = [NOW + timedelta(minutes=30 * i) for i in range(6)]
    many = tuple(Appointment(number=f"50{s:%H%M}", start=s, end=s + timedelta(minutes=20)) for s in starts)
    today = replace(IDLE, phase=Phase.TODAY, appointments=many)
    async with Agent(today).listen(app.folder) as agent:
        await app.until(view="today")
        row = (640, 630)  # the fourth
        await app.until_colour(*row, CARD)
        await app.hands.touch("more")
        await app.until_colour(*row, PAPER)
        agent.show(IDLE)
        await app.until(view="idle")
        agent.show(today)
        await app.until_colour(*row, CARD)


async def test_the_last_picture_stays_when_the_agent_dies_and_touches_count_again_when_it_is_back(app: App) -> None:
    """A killed agent is back within a second; until then the screen asks for a moment."""
    async with Agent(IDLE).listen(app.folder):
        await app.until(view="idle", is_connected=True)
    await app.until(view="idle", phase="idle", is_connected=False)
    await app.hands.touch("language-en")
    async with Agent(replace(IDLE, phase=Phase.TODAY)).listen(app.folder) as agent:
        await app.until(view="today", is_connected=True)
        await app.hands.touch("back")
        assert await agent.heard.get() == intents.GoBack()  # what was touched in between is not made up for


async def test_pictures_come_out_of_the_ring_in_their_colours_and_go_with_media(app: App) -> None:
    """A killed media process leaves no picture of anybody on the glass."""
    async with Agent(PREPARATION).listen(app.folder):
        await app.until(view="preparation")
        await app.until_colour(*OWN_PICTURE, CARD)
        painter = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "tests.fakes.painter", str(app.folder / "frames.sock"), f"self={GREEN}"),
            stdout=asyncio.subprocess.PIPE,
        )
        try:
            await app.until(tiles={"self": 1})
            await app.until_colour(*OWN_PICTURE, (0, 255, 0))
        finally:
            painter.kill()
            await painter.communicate()
        await app.until(tiles={})
        await app.until_colour(*OWN_PICTURE, CARD)


async def test_a_picture_that_nobody_asked_for_is_not_shown(app: App) -> None:
    """On the idle screen there is no place for it."""
    async with Agent(IDLE).listen(app.folder):
        await app.until(view="idle")
        painter = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "tests.fakes.painter", str(app.folder / "frames.sock"), f"self={GREEN}"),
            stdout=asyncio.subprocess.PIPE,
        )
        try:
            await app.until(tiles={"self": 1})
            assert await app.colour(90, 60) != (0, 255, 0)
        finally:
            painter.kill()
            await painter.communicate()


async def test_media_is_told_what_is_on_the_glass_and_tells_how_loud_it_is(app: App) -> None:
    """Big who speaks, small the rest, before there is any picture; nobody behind a sheet. A bar follows the voice."""
    server = FrameServer(os.getuid())
    told: asyncio.Queue[dict[str, int]] = asyncio.Queue()
    server.on_heights = lambda heights: told.put_nowait(dict(heights))
    running = replace(a_session(BRANDT, HADDAD), now=NOW, appointments=())
    big, small = f"{BRANDT.call}/camera", f"{HADDAD.call}/camera"
    async with Agent(running).listen(app.folder) as agent, server.listen(app.folder / "frames.sock"):
        await app.until(view="session")
        async with asyncio.timeout(PATIENCE_S):
            while (heights := await told.get()).keys() != {"self", big, small}:
                pass
            assert heights[big] > 2 * heights[small] > 2 * heights["self"] > 100
            agent.show(replace(running, sheet=Sheet.NEEDS))
            assert (await told.get()).keys() == {"self"}
            level = await app.colour(*LEVEL)
            while await app.colour(*LEVEL) == level:
                server.tell(Levels(microphone_pct=100))
            await app.until_colour(*LEVEL, level)


async def test_the_last_picture_of_an_interrupted_partner_does_not_stay(app: App) -> None:
    """The place goes on asking for pictures, and says in words what is the matter."""
    server, tile = FrameServer(os.getuid()), f"{BRANDT.call}/camera"
    told: asyncio.Queue[object] = asyncio.Queue()
    server.on_heights = told.put_nowait
    running = replace(a_session(BRANDT), now=NOW, appointments=())
    ring = FrameRingWriter(WIDTH_PX, HEIGHT_PX)
    ring.write(plain(GREEN))
    server.publish(tile, ring)
    place = (500, 250)
    async with Agent(running).listen(app.folder) as agent, server.listen(app.folder / "frames.sock"):
        await app.until_colour(*place, (0, 255, 0))
        agent.show(with_peers(running, seen(BRANDT.call, quality=Quality.INTERRUPTED)))
        await app.until_colour(*place, NIGHT)
        async with asyncio.timeout(PATIENCE_S):
            while server.heights.get(tile, 0) <= 200:
                await told.get()
        agent.show(running)
        await app.until_colour(*place, (0, 255, 0))
    ring.close()


async def test_a_touch_is_answered_within_a_tenth_of_a_second(app: App) -> None:
    """Measured by the app itself, from the touch to the frame; it also tells the agent."""
    async with Agent(IDLE).listen(app.folder):
        await app.until(view="idle", is_connected=True)
        found = await app.hands.find("language-uk")
        said = await app.ask(do="touch", x=found["x"] + 20, y=found["y"] + 20)
        assert 0 < said["reaction_ms"] < 100


async def test_every_agent_soon_hears_how_it_does(app: App) -> None:
    """An agent on probation waits for a sign of it, however late it came itself; a minute would be too long."""
    for _ in range(2):
        async with Agent(IDLE).listen(app.folder) as agent, asyncio.timeout(PATIENCE_S):
            assert (await agent.reports.get()).refused == 0


async def test_it_ends_when_it_is_asked_to(app: App) -> None:
    """Exit code 0, within the time systemd gives."""
    async with Agent(IDLE).listen(app.folder):
        await app.until(view="idle")
        app.process.terminate()
        async with asyncio.timeout(5):
            assert await app.process.wait() == 0


async def test_it_is_ready_with_its_first_picture_and_alive_as_long_as_pictures_come(tmp_path: Path) -> None:
    """What systemd hears: READY=1 after a frame was drawn, then WATCHDOG=1, although nothing moves on the screen."""
    loop, heard = asyncio.get_running_loop(), asyncio.Queue[bytes]()
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
        sock.bind(str(tmp_path / "notify"))
        sock.setblocking(False)
        loop.add_reader(sock, lambda: heard.put_nowait(sock.recv(4096)))
        asked = {"NOTIFY_SOCKET": str(tmp_path / "notify"), "WATCHDOG_USEC": "600000"}
        async with run_app(tmp_path, **asked) as app, asyncio.timeout(PATIENCE_S):
            while await heard.get() != b"READY=1":
                pass
            assert (await app.ask(do="state"))["fps"] > 0
            while await heard.get() != b"WATCHDOG=1":
                pass
        loop.remove_reader(sock)
