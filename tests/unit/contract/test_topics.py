"""The topic tree is built and read in one place."""

import pytest

from kiosk.contract import topics


def test_each_side_writes_below_its_own_name() -> None:
    """The broker's rules can tell from the topic who wrote."""
    assert topics.room_to_partner("nord.r1", "debts-1", "door") == "rundtisch/v1/terminals/nord.r1/desk/debts-1/door"
    assert topics.partner_to_room("debts-1", "nord.r1", "knock") == "rundtisch/v1/desks/debts-1/terminal/nord.r1/knock"


def test_split_gives_the_levels_below_the_root() -> None:
    """Topics of other trees have none."""
    assert topics.split("rundtisch/v1/desks/debts-1/presence") == ["desks", "debts-1", "presence"]
    assert topics.split("rundtisch/v2/desks/debts-1/presence") == []


@pytest.mark.parametrize("name", ["nord.r1", "a.b", f"{'a' * 32}.{'b' * 32}"])
def test_terminal_names(name: str) -> None:
    """A terminal is `{site}.{room}`."""
    assert topics.is_terminal(name)


@pytest.mark.parametrize(
    "name", ["nord", "nord.", "Nord.r1", "nord.r1.x", "nord.r/1", "nord.+", "#", f"{'a' * 33}.b", "a.b\n"]
)
def test_names_that_could_leave_the_tree_are_no_names(name: str) -> None:
    """Wildcards, slashes and further levels never get into a topic."""
    assert not topics.is_terminal(name)


@pytest.mark.parametrize("name", ["", "a/b", "a.b", "+", "#", "Debts", "debts-1\n", "a" * 33])
def test_ids_are_one_level(name: str) -> None:
    """The same for desks, guests, offices and needs."""
    assert not topics.is_id(name)
