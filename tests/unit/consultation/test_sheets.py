"""One sheet at a time, and help from everywhere."""

import pytest

from kiosk.contract import intents
from kiosk.contract.state import Phase, Sheet
from tests.unit.consultation.house import House, call_of


def in_phase(phase: Phase) -> House:
    house = House()
    if phase is not Phase.IDLE:
        house.start()
    if phase in (Phase.PREPARATION, Phase.SESSION, Phase.ENDED):
        house.prepare()
    if phase in (Phase.SESSION, Phase.ENDED):
        house = House().in_session()
    return house.do(intents.EndSession()) if phase is Phase.ENDED else house


@pytest.mark.parametrize("phase", list(Phase))
def test_help_and_the_corner_are_on_every_screen(phase):
    """They open over each phase and close to it."""
    house = in_phase(phase)
    assert house.do(intents.OpenCorner()).state.sheet is Sheet.CORNER
    assert house.do(intents.AskHelp()).state.sheet is Sheet.HELP
    assert house.do(intents.CloseSheet()).state.sheet is Sheet.NONE
    assert (house.state.phase, house.state.is_help_asked) == (phase, True)


def test_a_new_sheet_takes_the_place_of_the_old():
    """With the door card goes the name of who was asked about."""
    house = House().in_session().knock("youth-1").do(intents.OpenDoor(call=call_of("youth-1")))
    house.do(intents.OpenCorner())
    assert (house.state.sheet, house.session.at_door) == (Sheet.CORNER, "")


@pytest.mark.parametrize("call", ["", "nobody", call_of("debts-1")])
def test_only_who_waits_has_a_card(call):
    """Neither an unknown call nor an admitted partner opens one."""
    house = House().in_session().admitted("debts-1")
    assert house.do(intents.OpenDoor(call=call)).state.sheet is Sheet.NONE


def test_a_sheet_of_the_session_goes_with_it():
    """At the end no question is left standing."""
    house = House().in_session().do(intents.OpenShow())
    assert house.state.sheet is Sheet.SHOW
    assert house.do(intents.EndSession()).state.sheet is Sheet.NONE
