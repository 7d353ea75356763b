"""What is to be seen of a screen that rests, and how who comes is greeted."""

from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from kiosk.contract.display import Display, DisplayReport, Wakefulness
from kiosk.contract.state import Sheet
from kiosk.ui.present import present
from kiosk.ui.present.screen import VEIL
from kiosk.ui.present.views import IdleView, SleepView, View
from tests.unit.ui.visits import SETTING, a_state, at


def presented(display: Display, *, seconds: float = 0, is_agent_here: bool = True, **state: Any) -> View:
    now = at("10:12") + timedelta(seconds=seconds)
    return present(a_state("10:12", display=display, **state), SETTING, now, is_agent_here=is_agent_here)


ASLEEP = Display(wakefulness=Wakefulness.ASLEEP)
DIMMED = Display(wakefulness=Wakefulness.DIMMED)


@pytest.mark.parametrize(
    "changes", [{}, {"language": "ar"}, {"sheet": Sheet.CORNER}, {"hardware_faults": ("shutter",)}]
)
def test_asleep_there_is_nothing(changes: dict[str, Any]) -> None:
    """Neither bar nor toast, whatever there would be to say."""
    view = presented(ASLEEP, **changes)
    assert view == SleepView(language=view.language, is_rtl=view.is_rtl)
    assert view.is_dark


def test_asleep_without_an_agent_the_last_screen_is_shown() -> None:
    """No touch could wake it."""
    view = presented(ASLEEP, is_agent_here=False)
    assert isinstance(view, IdleView)
    assert view.toast.text


def test_who_comes_is_greeted_in_place_of_the_state_and_that_moves_below() -> None:
    """For a minute by the app's own clock: no word of the agent's is needed to end it."""
    came = Display(came_at=at("10:12"))
    view = presented(came)
    assert isinstance(view, IdleView)
    assert (view.state.text, view.hint.text) == ("Willkommen.", "Frei bis 10:30")
    later = presented(came, seconds=60)
    assert isinstance(later, IdleView)
    assert (later.state.text, later.hint.text) == ("Frei bis 10:30", "")


def test_what_is_broken_is_said_all_the_same() -> None:
    """A greeting hides no fault."""
    view = presented(Display(came_at=at("10:12")), hardware_faults=("help-button",))
    assert isinstance(view, IdleView)
    assert view.hint.icon == "warning-octagon"


def test_the_veil_is_for_panels_without_a_light_to_turn_down() -> None:
    """And for dimmed screens only."""
    able = replace(DIMMED, report=DisplayReport(can_dim=True))
    assert [presented(display).veil for display in (DIMMED, able, Display())] == [VEIL, 0, 0]
