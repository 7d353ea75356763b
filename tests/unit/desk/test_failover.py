"""A page whose desk server is gone goes on at another one, which has run all the time."""

import pytest

from kiosk.contract.errors import Reason
from kiosk.contract.partner import Door, Resume, Sealed
from kiosk.contract.state import Standing
from kiosk.desk.switchboard import NEW
from tests.unit.desk.bench import CALL, OTHER_CALL, OTHER_ROOM, ROOM, Bench, desk_link

SEALED = Sealed(call=CALL, box="AAAA")


@pytest.fixture
def bench() -> Bench:
    """Whose server is no longer new, and has heard all that the room said to the desk."""
    bench = Bench()
    bench.now += NEW
    bench.room_says(Door(call=CALL, standing=Standing.ADMITTED))
    return bench


def test_call_of_a_desk_that_was_rung_goes_on_at_another_server(bench: Bench) -> None:
    """It has no invitation; but the room spoke to it in this call."""
    page = bench.page()
    bench.switchboard.page_said(page, Resume(calls={CALL: ROOM}))
    bench.says(page, SEALED)
    assert page.refusals() == []
    assert bench.to_rooms() == [f"youth-1 {ROOM} sealed"]


@pytest.mark.parametrize("calls", [{OTHER_CALL: ROOM}, {CALL: OTHER_ROOM}])
def test_only_the_call_in_which_the_room_spoke_is_taken_back(bench: Bench, calls: dict[str, str]) -> None:
    """Not another call, not at another room."""
    page = bench.page()
    bench.switchboard.page_said(page, Resume(calls=calls))
    assert page.refusals() == [Reason.NOT_AUTHORISED]


def test_nobody_else_takes_it_back_and_nobody_after_its_end(bench: Bench) -> None:
    """Another desk is refused, and so is the same one when the room has ended the call."""
    stranger = bench.page(desk_link("debts-1", "1" * 16))
    bench.switchboard.page_said(stranger, Resume(calls={CALL: ROOM}))
    bench.room_says(Door(call=CALL, standing=Standing.LEFT))
    page = bench.page()
    bench.switchboard.page_said(page, Resume(calls={CALL: ROOM}))
    assert stranger.refusals() == page.refusals() == [Reason.NOT_AUTHORISED]


def test_a_room_cannot_fill_the_memory_with_calls(bench: Bench) -> None:
    """The last few of a desk are remembered."""
    for number in range(9):
        bench.room_says(Door(call=f"{number}" * 16, standing=Standing.WAITING))
    page = bench.page()
    bench.switchboard.page_said(page, Resume(calls={CALL: ROOM}))
    assert page.refusals() == [Reason.NOT_AUTHORISED]
    bench.switchboard.page_said(page, Resume(calls={"8" * 16: ROOM}))
    assert page.refusals() == [Reason.NOT_AUTHORISED]
