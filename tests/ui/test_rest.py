"""The screen that sleeps, dims and wakes, and the ring of the tactile keys: the app as it runs, with true touches."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from kiosk.contract import intents
from kiosk.contract.display import Display, DisplayReport, Wakefulness
from kiosk.contract.room import Key
from kiosk.contract.state import Phase, Sheet
from tests.ui.app_house import Agent, App, run_app
from tests.ui.test_app import IDLE, PAPER, PREPARATION

ASLEEP = replace(IDLE, display=Display(wakefulness=Wakefulness.ASLEEP))
DIMMED = replace(IDLE, display=Display(wakefulness=Wakefulness.DIMMED))
BLACK = (0, 0, 0)
PLACE = (700, 300)
"""Between the words and the table."""


@pytest.fixture
async def app(tmp_path: Path) -> AsyncIterator[App]:
    async with run_app(tmp_path) as running:
        yield running


async def ringed(app: App) -> str:
    """What the ring stands around."""
    found = [one["id"] for one in (await app.ask(do="controls"))["controls"] if one["has_focus"]]
    assert len(found) <= 1
    return found[0] if found else ""


async def until_ringed(app: App, wanted: str) -> None:
    while await ringed(app) != wanted:
        pass


async def test_asleep_nothing_is_seen_and_a_touch_says_only_that_somebody_is_here(app: App) -> None:
    """Wherever it falls: there is no control under it, before and after."""
    async with Agent(IDLE).listen(app.folder) as agent:
        await app.until(view="idle")
        found = await app.hands.find("language-tr")
        place = {"x": found["x"] + 20, "y": found["y"] + 20}
        agent.show(ASLEEP)
        await app.until(view="sleep")
        for x, y in ((30, 30), PLACE, (1270, 790), (640, 725)):
            await app.until_colour(x, y, BLACK)
        assert (await app.ask(do="controls"))["controls"] == []
        await app.ask(do="down", **place)
        assert await agent.heard.get() == intents.Touched()
        agent.show(IDLE)
        await app.until(view="idle")
        await app.ask(do="up", **place)  # the finger is lifted on what has come up under it
        await app.until_colour(*PLACE, PAPER)
        assert agent.heard.empty()
        await app.hands.touch("language-tr")
        assert await agent.heard.get() == intents.ChooseLanguage(language="tr")


async def test_asleep_nothing_is_drawn(app: App) -> None:
    """However often the agent speaks, and although the clock goes on."""
    async with Agent(ASLEEP).listen(app.folder) as agent:
        await app.until(view="sleep")
        await app.until(fps=0.0)
        agent.show(replace(ASLEEP, is_broker_here=not ASLEEP.is_broker_here))
        said = await app.until(view="sleep")
        assert said["fps"] == 0.0


async def test_dimmed_is_darker_and_everything_can_be_touched(app: App) -> None:
    """By a veil where the panel has no light of its own to turn down."""
    async with Agent(DIMMED).listen(app.folder) as agent:
        await app.until(view="idle")
        await app.until_colour(*PLACE, tuple(round(part * 0.45) for part in PAPER))  # type: ignore[arg-type]
        await app.hands.touch("language-tr")
        assert [await agent.heard.get(), await agent.heard.get()] == [
            intents.Touched(),
            intents.ChooseLanguage(language="tr"),
        ]
        able = replace(DIMMED.display, report=DisplayReport(can_dim=True))
        agent.show(replace(DIMMED, display=able))
        await app.until_colour(*PLACE, PAPER)


async def test_a_sleeping_screen_whose_agent_dies_shows_that_something_is_wrong(app: App) -> None:
    """A black screen that no touch wakes would be worse."""
    async with Agent(ASLEEP).listen(app.folder):
        await app.until(view="sleep")
    await app.until(view="idle", is_connected=False)


async def test_keys_go_through_a_screen_and_ok_touches(app: App) -> None:
    """It begins on the screen's own first control, ends in a circle, and OK is an intent like any other."""
    async with Agent(replace(IDLE, phase=Phase.TODAY)).listen(app.folder) as agent:
        await app.until(view="today")
        agent.strike(Key.OK)
        seen: list[str] = []
        for _ in range(4):
            agent.strike(Key.NEXT)
            before = seen[-1] if seen else ""
            while (now := await ringed(app)) == before:
                pass
            seen.append(now)
        assert seen == ["back", "start-unplanned", "corner", "help"]
        agent.strike(Key.NEXT)
        await until_ringed(app, "back")
        agent.strike(Key.PREVIOUS)
        await until_ringed(app, "help")
        agent.strike(Key.OK)
        assert await agent.heard.get() == intents.AskHelp()


async def test_a_sheet_on_top_takes_the_ring(app: App) -> None:
    """From none: a press too many chooses nothing. What stays on the glass keeps it."""
    async with Agent(IDLE).listen(app.folder) as agent:
        await app.until(view="idle")
        agent.strike(Key.PREVIOUS)
        await until_ringed(app, "language-ru")
        agent.show(replace(IDLE, is_broker_here=not IDLE.is_broker_here))
        await app.until(view="idle")
        assert await ringed(app) == "language-ru"
        agent.show(replace(IDLE, sheet=Sheet.CORNER))
        await app.until(view="corner")
        await until_ringed(app, "")
        agent.strike(Key.NEXT)
        await until_ringed(app, "language-de")


async def test_a_finger_takes_the_ring_away(app: App) -> None:
    """Who sees the glass needs none."""
    async with Agent(IDLE).listen(app.folder) as agent:
        await app.until(view="idle")
        agent.strike(Key.NEXT)
        await until_ringed(app, "language-de")
        await app.ask(do="touch", x=PLACE[0], y=PLACE[1])
        await until_ringed(app, "")


async def test_arabic_is_gone_through_from_the_right(app: App) -> None:
    """Of three equal choices the first is the right one."""
    async with Agent(replace(PREPARATION, language="ar")).listen(app.folder) as agent:
        await app.until(view="preparation")
        agent.strike(Key.NEXT)
        await until_ringed(app, "choose-all")
        controls = await app.hands.controls()
        assert controls["choose-all"]["x"] > controls["choose-sound"]["x"] > controls["choose-none"]["x"]
        agent.strike(Key.NEXT)
        await until_ringed(app, "choose-sound")
