"""The screens around a session in every size: what can be touched is big enough and does what it says; words fit."""

import math
from collections.abc import Iterator
from itertools import combinations
from typing import TYPE_CHECKING, Any, NamedTuple, get_args

import pytest
from msgspec.structs import replace

from kiosk.contract.state import TextSize
from kiosk.ui.present import Form, Setting, View, name_of, present, present_nothing
from kiosk.ui.present.views import (
    DesksView,
    DoorView,
    EndView,
    NeedsView,
    RingingView,
    SessionView,
    ShowView,
)
from kiosk.ui.theme.panel import CAPITAL_HEIGHT, PANELS
from tests.ui.first_starts import first_starts
from tests.ui.visit_states import STATES
from tests.unit.ui.visits import SETTING

if TYPE_CHECKING:
    from kiosk.ui.screens import Host
    from tests.ui.stage import Glass

every_size = pytest.mark.parametrize("size", PANELS, ids=lambda size: "x".join(map(str, size)))
LEAST_MM = 15
ELSEWHERE = (SessionView, DoorView, NeedsView, DesksView, RingingView, ShowView, EndView)
"""Tested by `test_screens_session`."""
OFF_PX = 1.5
"""What rounding to whole pixels may cost."""


class Box(NamedTuple):
    name: str
    left: float
    low: float
    right: float
    top: float

    def meets(self, other: "Box", least_px: float) -> bool:
        """Whether both lie on each other by more than so many pixels in both directions."""
        wide = min(self.right, other.right) - max(self.left, other.left)
        high = min(self.top, other.top) - max(self.low, other.low)
        return wide > least_px and high > least_px


def shown(glass: "Glass", view: Any, size: tuple[int, int]) -> "Host":
    """The view on a glass of this size; the window may be smaller, which no layout minds."""
    from kiosk.ui.screens import Host
    from kiosk.ui.theme import theme

    theme.panel = PANELS[size]
    host: Host = glass.place(Host(size_hint=(None, None), size=size))
    host.show(view)
    _lay_out()
    return host


def _lay_out() -> None:
    from kivy.clock import Clock
    from kivy.lang import Builder

    for _ in range(8):  # without drawing, which takes ten times as long
        Clock.tick()
        Builder.sync()
        Clock.tick_draw()
        Builder.sync()


def _setting(size: tuple[int, int]) -> Setting:
    panel = PANELS[size]
    return replace(SETTING, form=Form.WIDE if panel.is_wide else Form(panel.form.value))


def views(size: tuple[int, int], language: str, **look: Any) -> Iterator[tuple[str, View]]:
    """Every state as it is presented at this size."""
    setting = _setting(size)
    for name, state in STATES.items():
        view = present(replace(state, language=language, **look), setting, state.now)
        if not isinstance(view, ELSEWHERE):
            yield name, view
    yield "nothing", present_nothing(setting, language)


def seen(root: Any, kind: Any) -> Iterator[Any]:
    """Everything of a kind that was not put away."""
    for widget in root.walk(restrict=True):
        if isinstance(widget, kind) and widget.right > 0 and widget.top > 0 and _is_shown(widget, root):
            yield widget


def _is_shown(widget: Any, root: Any) -> bool:
    while widget is not root:
        if not widget.is_shown:
            return False
        widget = widget.parent
    return True


def controls(root: Any) -> Iterator[Box]:
    """What can be touched, or could be at another time."""
    from kiosk.ui.widgets import Touchable

    for widget in seen(root, Touchable):
        if getattr(widget.view, "key", "") and (
            widget.meaning is not None or not getattr(widget.view, "is_possible", 1)
        ):
            yield Box(widget.view.key, widget.x, widget.y, widget.right, widget.top)


def words(root: Any) -> Iterator[Box]:
    """Where words stand: their own height and width, not that of the place. Those of a toast lie over the screen."""
    from kiosk.ui.widgets import Text, Toast

    for text in seen(root, Text):
        above = [parent for parent in text.walk_reverse(loopback=False) if isinstance(parent, Toast)]
        if not text.text or any(text in parent.walk() for parent in above):
            continue
        wide, high = text.text_width, text.text_height
        left = text.center_x - wide / 2
        if text.align == "start":
            left = text.right - wide if text.is_mirrored else text.x
        low = text.top - high if text.rises else text.center_y - high / 2
        # Letters are lower than their line.
        yield Box(text.text, left, low + high * 0.12, left + wide, low + high * 0.88)


def problems(host: "Host", size: tuple[int, int], least_px: float) -> Iterator[str]:
    """What is wrong with the screen as it lies there."""
    from kiosk.ui.widgets import Text, Touchable

    touched = list(controls(host))
    for box in touched:
        if box.left < -OFF_PX or box.low < -OFF_PX or box.right > size[0] + OFF_PX or box.top > size[1] + OFF_PX:
            yield f"{box.name} is not on the glass: {box}"
        if min(box.right - box.left, box.top - box.low) < least_px:
            yield f"{box.name} is too small: {box}"
    for one, other in combinations(touched, 2):
        if one.meets(other, OFF_PX):
            yield f"{one.name} lies on {other.name}"
    for button in seen(host, Touchable):
        yield from (f"cut: {text.text}" for text in seen(button, Text) if text.is_cut)
    written = list(words(host))
    for box in written:
        if box.left < -OFF_PX or box.low < -OFF_PX or box.right > size[0] + OFF_PX or box.top > size[1] + OFF_PX:
            yield f"words are not on the glass: {box}"
    for one, other in combinations(written, 2):
        if one.meets(other, 3):
            yield f"{one.name!r} lies on {other.name!r}"


def test_every_view_has_its_screen(glass: "Glass") -> None:
    """The screen of the view's name, with something on it."""
    by_kind: dict[type, Any] = {type(view): view for view in first_starts(SETTING, "de").values()}
    by_kind |= {type(view): view for state in STATES.values() for view in [present(state, SETTING, state.now)]}
    assert set(by_kind) == set(get_args(View))
    for view in by_kind.values():
        host = shown(glass, view, (1280, 800))
        assert type(host.screen).__name__.lower() == name_of(view) + "screen"


@every_size
@pytest.mark.parametrize("language", ["de", "ar", "ru"])
def test_everything_lies_on_the_glass_and_nothing_on_anything_else(
    glass: "Glass", size: tuple[int, int], language: str
) -> None:
    """Targets of 15 mm, words that fit; all states."""
    found = []
    for name, view in views(size, language):
        host = shown(glass, view, size)
        found += [f"{name}: {wrong}" for wrong in problems(host, size, PANELS[size].mm(LEAST_MM) - OFF_PX)]
    assert not found, "\n".join(found)


@every_size
def test_large_letters_take_nothing_from_the_targets(glass: "Glass", size: tuple[int, int]) -> None:
    """Still on the glass, still 15 mm, still apart."""
    found = []
    for name, view in views(size, "de", text_size=TextSize.LARGE):
        host = shown(glass, view, size)
        found += [f"{name}: {wrong}" for wrong in problems(host, size, PANELS[size].mm(LEAST_MM) - OFF_PX)]
    assert not found, "\n".join(found)


@every_size
@pytest.mark.parametrize(
    ("language", "letters"), [("de", TextSize.NORMAL), ("ar", TextSize.NORMAL), ("de", TextSize.LARGE)]
)
def test_the_first_start_fits_whatever_goes_wrong(
    glass: "Glass", size: tuple[int, int], language: str, letters: TextSize
) -> None:
    """Its steps, its code, every fault; on one screen, as on a terminal."""
    views = first_starts(_setting(size), language, text_size=letters)
    host = shown(glass, views["finding"], size)
    found = []
    for name, view in views.items():
        host.show(view)
        _lay_out()
        found += [f"{name}: {wrong}" for wrong in problems(host, size, PANELS[size].mm(LEAST_MM) - OFF_PX)]
        found += [f"{name}: cut: {text}" for text in _cut_words(host)]
    assert not found, "\n".join(found)


def _cut_words(host: "Host") -> list[str]:
    from kiosk.ui.widgets import Text

    return [text.text for text in seen(host, Text) if text.is_cut and text.role != "staff"]


@every_size
def test_a_code_on_the_screen_can_be_read_from_a_metre(glass: "Glass", size: tuple[int, int]) -> None:
    """By people: capitals of 20 minutes of arc; by a phone: modules of a millimetre, in whole pixels, on white."""
    from kiosk.ui.widgets import QrCode, Text

    panel = PANELS[size]
    host = shown(glass, first_starts(_setting(size), "de")["code"], size)
    (code,) = seen(host, QrCode)
    assert code.module_px >= max(5, panel.mm(1))
    (words,) = (text for text in seen(host, Text) if text.role == "display")
    lines = words.text.count("\n") + 1
    assert words.text_height / lines * CAPITAL_HEIGHT >= panel.mm(1000 * math.tan(math.radians(20 / 60)))


def test_a_touch_on_a_control_means_what_its_view_says(glass: "Glass") -> None:
    """Every control of every screen, in the top bar and below it."""
    from kiosk.ui.widgets import Touchable

    for name, view in views((1280, 800), "de"):
        host = shown(glass, view, (1280, 800))
        said: list[object] = []
        host.bind(on_intent=lambda _, intent, said=said: said.append(intent))
        glass.rest()
        touched = [widget for widget in seen(host, Touchable) if widget.meaning is not None and not widget.disabled]
        for widget in touched:
            said.clear()
            glass.touch(widget)
            assert said == [widget.meaning], f"{name}: {widget.speech}"
        assert touched or name in ("nothing", "sleep")
