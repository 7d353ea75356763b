"""The best way is used and remembered, one that fails gives way to the next, and no screen loses its touch panel."""

import logging
from pathlib import Path

import pytest

from device.display.book import Book, Entry
from device.display.ladder import Ladder
from device.display.way import Abilities
from kiosk.contract.display import Rung
from kiosk.contract.errors import DisplayError
from kiosk.runtime.log import Refusals

SCREEN = "SAM0B5C-1a2b3c4d"


class Lamp:
    """A way whose panel is in memory."""

    lights_up_s = 0.0

    def __init__(self, rung: Rung, *, can_power: bool = True, can_dim: bool = True, is_quick: bool = False) -> None:
        self.rung = rung
        self.is_quick = is_quick
        self.abilities = Abilities(can_power=can_power, can_dim=can_dim)
        self.is_lit = True
        self.pct = 50
        self.probes = 0
        self.is_broken = False
        self.is_gone = False

    def probe(self) -> Abilities:
        self.probes += 1
        if self.is_gone:
            raise DisplayError("gone")
        return self.abilities

    def _check(self) -> None:
        if self.is_broken:
            raise DisplayError("broken")

    def set_power(self, is_on: bool) -> None:
        self._check()
        self.is_lit = is_on

    def is_on(self) -> bool:
        return self.is_lit

    def set_brightness(self, pct: int) -> None:
        self._check()
        self.pct = pct

    def brightness_pct(self) -> int:
        return self.pct


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "displays.json"


def a_book(file: Path) -> Book:
    return Book(file, Refusals(logging.getLogger("test")))


def a_ladder(file: Path, *lamps: Lamp, panels: list[int] | None = None) -> Ladder:
    """`panels`: how many touch panels there are, each time somebody counts; the last number stays."""
    numbers = panels or [1]
    return Ladder(lamps, SCREEN, a_book(file), lambda: numbers.pop(0) if numbers[1:] else numbers[0], patience_s=0.01)


def test_each_does_what_it_can_best(file: Path) -> None:
    """Power by the first that has it, brightness by the first that has that."""
    ddc, cec = Lamp(Rung.DDC, can_power=False), Lamp(Rung.CEC, can_dim=False)
    ladder = a_ladder(file, ddc, cec)
    assert ladder.set_power(False) is cec
    assert ladder.set_brightness(70) is ddc
    assert (cec.is_lit, ddc.pct) == (False, 70)
    assert ladder.used == {"power": Rung.CEC, "brightness": Rung.DDC}
    assert not ladder.is_faulty


def test_what_works_is_remembered_for_this_screen(file: Path) -> None:
    """After a restart nothing above it is tried again."""
    first, second = Lamp(Rung.BACKLIGHT, can_power=False, can_dim=False), Lamp(Rung.DDC)
    a_ladder(file, first, second).set_power(False)
    assert first.probes == 1
    ladder = a_ladder(file, first, second)
    ladder.set_power(True)
    assert (first.probes, second.probes) == (1, 2)
    assert a_book(file).entry(SCREEN).power is Rung.DDC
    assert a_book(file).entry("another") == Entry()


def test_what_fails_gives_way_to_the_next_and_it_is_said(file: Path, caplog: pytest.LogCaptureFixture) -> None:
    """At once, within the same order; what is remembered stays the better one."""
    ddc, cec = Lamp(Rung.DDC), Lamp(Rung.CEC, can_dim=False)
    ladder = a_ladder(file, ddc, cec)
    ladder.set_power(True)
    ddc.is_broken = True
    assert ladder.set_power(False) is cec
    assert ladder.is_faulty
    assert "ddc fails" in caplog.text
    assert ladder.set_brightness(30) is None
    assert a_book(file).entry(SCREEN).power is Rung.DDC


def test_what_is_gone_after_a_restart_is_a_fault(file: Path) -> None:
    """Unlike what never was there."""
    ddc, cec = Lamp(Rung.DDC), Lamp(Rung.CEC)
    a_ladder(file, ddc, cec).set_power(True)
    ddc.is_gone = True
    ladder = a_ladder(file, ddc, cec)
    assert ladder.set_power(True) is cec
    assert ladder.is_faulty


def test_without_any_way_the_screen_is_black_and_nothing_is_broken(file: Path) -> None:
    """Most machines on a desk."""
    gone = Lamp(Rung.DDC)
    gone.is_gone = True
    ladder = a_ladder(file, gone)
    assert ladder.set_power(False) is None
    assert ladder.used["power"] is Rung.BLACK
    assert not ladder.is_faulty


def test_a_monitor_that_cuts_its_touch_panel_is_lit_again_and_never_turned_off_by_that_way(file: Path) -> None:
    """Nobody could wake it."""
    ddc = Lamp(Rung.DDC)
    ladder = a_ladder(file, ddc, panels=[1, 0])
    assert ladder.set_power(False) is None
    assert ddc.is_lit
    assert ladder.set_brightness(40) is ddc
    assert a_ladder(file, ddc).set_power(False) is None


def test_the_dark_is_tried_once(file: Path) -> None:
    """The second time nobody counts touch panels."""
    ddc = Lamp(Rung.DDC)
    a_ladder(file, ddc, panels=[1]).set_power(False)
    assert a_ladder(file, ddc, panels=[1, 0]).set_power(False) is ddc


def test_the_compositor_is_for_rooms_with_a_sensor(file: Path) -> None:
    """A touch may not reach the app while there is no output."""
    compositor = Lamp(Rung.COMPOSITOR, can_dim=False)
    ladder = a_ladder(file, compositor)
    assert ladder.set_power(False) is None
    ladder.is_sensed = True
    assert ladder.set_power(False) is compositor


@pytest.mark.parametrize("content", ["{", '{"x": {"power": "candle"}}', "[]"])
def test_a_bad_book_is_refused_and_written_anew(file: Path, content: str) -> None:
    """It holds nothing that could not be found out again."""
    file.write_text(content)
    refusals = Refusals(logging.getLogger("test"))
    book = Book(file, refusals)
    assert refusals.counts == {"displays.json": 1}
    book.keep(SCREEN, Entry(power=Rung.CEC))
    assert a_book(file).entry(SCREEN).power is Rung.CEC
