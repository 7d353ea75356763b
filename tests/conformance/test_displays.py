"""The ways to a panel's light, all by the same tests: on trees of files and scripts, and on the real thing.

For a real panel (mark `hardware`): RUNDTISCH_DISPLAY names its way, such as `ddc`; the tests turn it off and on.
"""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from device.display import panel
from device.display.backlight import Backlight
from device.display.cec import Cec
from device.display.compositor import Compositor
from device.display.ddc import Ddc
from device.display.way import Way
from kiosk.contract.configuration import Display
from kiosk.contract.display import Rung
from kiosk.contract.errors import DisplayError
from tests.fakes import screens

Break = Callable[[], None]


class Bench:
    """A way, and a hand that breaks what is behind it."""

    def __init__(self, way: Way, breaks: Break | None = None) -> None:
        self.way = way
        self.breaks = breaks


def a_backlight(root: Path) -> Bench:
    folder = screens.backlight(root)

    def breaks() -> None:
        for file in folder.iterdir():
            file.unlink()
        folder.rmdir()

    return Bench(Backlight(root), breaks)


def a_monitor(root: Path) -> Bench:
    screens.connect(root)
    program = screens.ddcutil(root)
    return Bench(Ddc(root, panel.find(root, "")), lambda: program.write(breaks=True))


def a_television(root: Path) -> Bench:
    screens.cec_adapter(root)
    program = screens.cec_ctl(root)
    return Bench(Cec(root), lambda: program.write(breaks=True))


def a_compositor(root: Path) -> Bench:
    (root / "wayland-0").touch()
    program = screens.wlr_randr(root)
    return Bench(Compositor(root, "HDMI-A-1"), lambda: program.write(breaks=True))


def a_real_one(_root: Path) -> Bench:
    section, rung = Display(), Rung(os.environ["RUNDTISCH_DISPLAY"])
    found = panel.find(section.root, section.connector)
    ways: dict[Rung, Way] = {
        Rung.BACKLIGHT: Backlight(section.root),
        Rung.DDC: Ddc(section.root, found),
        Rung.CEC: Cec(section.root),
        Rung.COMPOSITOR: Compositor(section.compositor_directory, found.connector),
    }
    return Bench(ways[rung])


KINDS: list[object] = [
    a_backlight,
    a_monitor,
    a_television,
    a_compositor,
    pytest.param(a_real_one, marks=pytest.mark.hardware),
]


@pytest.fixture(params=KINDS)
def bench(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bench]:
    if request.param is not a_real_one:
        monkeypatch.setenv("PATH", screens.first_on_path(tmp_path))
    made: Bench = request.param(tmp_path)
    yield made
    if made.breaks is None:
        made.way.set_power(True)


def test_looking_changes_nothing(bench: Bench) -> None:
    """What it can is known, and the panel is lit as before."""
    assert bench.way.probe().can_power
    assert bench.way.is_on()


def test_off_and_on_again(bench: Bench) -> None:
    """And the same once more is no error."""
    bench.way.probe()
    for is_on in (False, False, True, True):
        bench.way.set_power(is_on)
        assert bench.way.is_on() is is_on


def test_brightness_is_what_was_asked_for(bench: Bench) -> None:
    """Give or take a step of the panel; a way that knows no brightness says so, before and then."""
    can_dim = bench.way.probe().can_dim
    for pct in (20, 100, 55):
        if can_dim:
            bench.way.set_brightness(pct)
            assert abs(bench.way.brightness_pct() - pct) <= 2
        else:
            with pytest.raises(DisplayError):
                bench.way.set_brightness(pct)


def test_the_light_comes_back_as_it_was(bench: Bench) -> None:
    """Off is not dark for good."""
    if bench.way.probe().can_dim:
        bench.way.set_brightness(60)
        bench.way.set_power(False)
        bench.way.set_power(True)
        assert abs(bench.way.brightness_pct() - 60) <= 2
    assert bench.way.is_on()


def test_what_breaks_is_an_error_of_ours(bench: Bench) -> None:
    """Gone, silent or wrong: DisplayError, whatever was asked. (A real panel is not broken for it.)"""
    bench.way.probe()
    if bench.breaks is None:
        assert bench.way.is_on()
        return
    bench.breaks()
    for ask in (bench.way.probe, bench.way.is_on, lambda: bench.way.set_power(False)):
        with pytest.raises(DisplayError):
            ask()
