"""How bright: by the light in the room, by the time of day, steady and within bounds."""

from datetime import time
from itertools import pairwise
from pathlib import Path

import pytest

from device.display import brightness
from device.display.light import LightSensor
from kiosk.contract.configuration import Daytime, Display
from kiosk.contract.errors import DisplayError
from tests.fakes import screens

HOUSE = Display(darkest_pct=20, brightest_pct=90, dark_room_lux=10, bright_room_lux=1000)
DAY = (Daytime(at="20:00", brightness_pct=30), Daytime(at="07:00", brightness_pct=80))


@pytest.mark.parametrize(
    ("now", "pct"), [(time(6, 59), 30), (time(7), 80), (time(19, 59), 80), (time(20), 30), (time(0), 30)]
)
def test_the_time_of_day_that_has_begun_holds(now: time, pct: int) -> None:
    """Before the first of a day, the last of the day before."""
    assert brightness.by_daytime(DAY, now) == pct


def test_without_times_of_day_none_holds() -> None:
    """Then the configured brightness does."""
    assert brightness.by_daytime((), time(12)) is None


def test_more_light_in_the_room_means_more_on_the_screen() -> None:
    """Steadily, between the bounds, and the middle is the middle for the eye."""
    seen = [brightness.by_light(HOUSE, lux) for lux in (0, 10, 30, 100, 300, 1000, 50000)]
    assert (seen[0], seen[1], seen[3], seen[5], seen[6]) == (20, 20, 55, 90, 90)
    assert all(darker <= brighter for darker, brighter in pairwise(seen))


def test_trembling_light_changes_nothing_but_the_ends_are_reached() -> None:
    """A cloud does; and full light is full light."""
    steady = brightness.Steady()
    assert [steady.follow(pct, HOUSE) for pct in (50, 54, 46, 57, 58, 60, 86, 90)] == [50, 50, 50, 50, 58, 58, 86, 90]


def test_a_change_goes_in_steps_and_ends_where_it_should() -> None:
    """Up and down; nothing where nothing changes."""
    assert brightness.steps(50, 59) == [54, 58, 59]
    assert brightness.steps(50, 42) == [46, 42]
    assert brightness.steps(50, 50) == []


def test_dimmed_is_never_dark() -> None:
    """Even of very little."""
    assert brightness.dimmed(Display(dimmed_pct=30), 80) == 24
    assert brightness.dimmed(Display(dimmed_pct=10), 1) == 1


def test_the_sensor_says_lux(tmp_path: Path) -> None:
    """Raw value times scale; by name or the first there is."""
    screens.light_sensor(tmp_path, 120)
    assert LightSensor(tmp_path, "auto").lux() == 120
    assert LightSensor(tmp_path, "bh1750").lux() == 120
    assert LightSensor(tmp_path, "none").lux() is None


def test_a_sensor_that_is_not_there_is_a_fault_only_where_it_was_named(tmp_path: Path) -> None:
    """Most panels have none."""
    assert LightSensor(tmp_path, "auto").lux() is None
    with pytest.raises(DisplayError, match="bh1750"):
        LightSensor(tmp_path, "bh1750").lux()


@pytest.mark.parametrize("text", ["", "bright", "nan", "inf", "1e300", "12 34"])
def test_a_sensor_that_lies_is_an_error_of_ours(tmp_path: Path, text: str) -> None:
    """And never a number to go by."""
    folder = screens.light_sensor(tmp_path, 120)
    (folder / "in_illuminance_scale").write_text(text or "x")
    with pytest.raises(DisplayError):
        LightSensor(tmp_path, "auto").lux()
