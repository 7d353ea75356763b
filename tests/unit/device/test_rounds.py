"""The agent's list of rounds on media servers, on a card that fails."""

import logging
from pathlib import Path

from kiosk.runtime.log import Refusals
from tests.fakes.round_house import RoundHouse


async def test_a_list_that_cannot_be_read_keeps_nobody_from_starting(tmp_path: Path) -> None:
    """Rooms may stay on media servers then, which end them; the terminal is there."""
    (tmp_path / "rounds.json").mkdir()
    house = RoundHouse(tmp_path, Refusals(logging.getLogger("test")))
    assert house.state.session is None
