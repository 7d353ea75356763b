"""Fingers on real widgets: at once, once, only when lifted inside."""

from typing import Any

import pytest

from kiosk.ui.views import ButtonView, ChipView, DeskRowView
from tests.ui import mock_views as views
from tests.ui.stage import Finger, Glass


def button(glass: Glass, **values: Any) -> tuple[Any, list[object]]:
    """A button on the glass, and what it says."""
    from kiosk.ui.widgets import Row, TouchButton

    root = Row(padding=[200, 200, 200, 200])
    made = TouchButton(view=ButtonView(**{"text": "Fertig", "intent": "done", **values}))
    root.add_widget(made)
    glass.put(root)
    said: list[object] = []
    made.bind(on_intent=lambda _, intent: said.append(intent))
    return made, said


def test_a_touch_shows_at_once_and_counts_when_lifted(glass: Glass) -> None:
    """The pressed state stands in the touch handler, the intent at the lift."""
    made, said = button(glass)
    finger = Finger(glass, *made.center)
    assert made.is_pressed
    assert said == []
    finger.lift()
    assert not made.is_pressed
    assert said == ["done"]


def test_sliding_off_takes_the_touch_back(glass: Glass) -> None:
    """Who changes their mind slides away."""
    made, said = button(glass)
    finger = Finger(glass, *made.center)
    finger.slide(5, 5)
    assert not made.is_pressed
    finger.lift()
    assert said == []


def test_sliding_off_and_back_counts(glass: Glass) -> None:
    """Only the place of the lift decides."""
    made, said = button(glass)
    finger = Finger(glass, *made.center)
    finger.slide(5, 5)
    finger.slide(*made.center)
    assert made.is_pressed
    finger.lift()
    assert said == ["done"]


def test_a_trembling_finger_counts_once(glass: Glass) -> None:
    """Two touches of the same button within a third of a second are one."""
    made, said = button(glass)
    glass.touch(made)
    glass.touch(made)
    assert said == ["done"]


def test_keys_may_be_struck_twice(glass: Glass) -> None:
    """On a keyboard a double letter is meant."""
    made, said = button(glass)
    made.bounce_s = 0
    glass.touch(made)
    glass.touch(made)
    assert said == ["done", "done"]


def test_a_second_finger_does_nothing(glass: Glass) -> None:
    """Neither on the same button nor on another."""
    from kiosk.ui.widgets import Trio

    trio = Trio(entries=views.TRIO, size=(1200, 130), pos=(20, 300))
    glass.put(trio)
    said: list[object] = []
    trio.bind(on_intent=lambda _, intent: said.append(intent))
    first, second = trio.child_of(0), trio.child_of(1)
    assert first is not None
    assert second is not None
    held = Finger(glass, *first.center)
    other = Finger(glass, *second.center)
    assert not second.is_pressed
    other.lift()
    held.lift()
    assert said == ["all"]


def test_what_is_not_possible_swallows_the_touch(glass: Glass) -> None:
    """It does nothing, and nothing behind it either."""
    made, said = button(glass, is_possible=False)
    glass.touch(made)
    assert not made.is_pressed
    assert said == []


def test_a_button_that_leaves_under_the_finger_lets_go(glass: Glass) -> None:
    """The next screen is not blocked by a finger that was on the last one."""
    made, said = button(glass)
    finger = Finger(glass, *made.center)
    made.parent.remove_widget(made)
    finger.lift()
    assert said == []
    other, heard = button(glass)
    glass.touch(other)
    assert heard == ["done"]


def test_the_ok_key_does_what_a_touch_does(glass: Glass) -> None:
    """The three tactile keys operate everything."""
    made, said = button(glass)
    made.activate()
    assert said == ["done"]


@pytest.mark.parametrize(
    ("kind", "view"),
    [
        ("Chip", ChipView(text="Frau Kaya wartet", intent="door")),
        ("DeskRow", DeskRowView(name="Frau Mansour", intent="desk")),
        ("NeedTile", views.NEEDS[0]),
        ("TimeLeft", views.LEFT),
    ],
)
def test_every_touchable_part_hands_out_its_intent(glass: Glass, kind: str, view: Any) -> None:
    """What has no intent says nothing."""
    from kivy.factory import Factory

    part = Factory.get(kind)(view=view, size_hint=(None, None), size=(400, 120), pos=(100, 100))
    glass.put(part)
    said: list[object] = []
    part.bind(on_intent=lambda _, intent: said.append(intent))
    glass.touch(part)
    assert said == ([view.intent] if view.intent else [])


def test_the_top_bar_hands_on_what_its_buttons_mean(glass: Glass) -> None:
    """Pause, corner and help come out of one event; the plate is no button."""
    from kiosk.ui.widgets import CornerButton, Plate, TopBar

    bar = TopBar(view=views.SESSION_BAR, size_hint=(1, None), pos=(0, 700))
    glass.put(bar)
    said: list[object] = []
    bar.bind(on_intent=lambda _, intent: said.append(intent))
    for child in reversed(bar.children):
        if isinstance(child, CornerButton | Plate):
            glass.touch(child)
    assert said == ["pause", "corner", "help"]
