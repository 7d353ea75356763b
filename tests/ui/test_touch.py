"""Fingers on real widgets: at once, once, only when lifted inside."""

from typing import Any

import pytest
from msgspec.structs import replace

from kiosk.contract import intents
from kiosk.contract.state import TextSize
from kiosk.ui.views import ButtonView, ChipView, DeskRowView, NoticeView
from tests.ui import mock_views as views
from tests.ui.stage import Finger, Glass
from tests.ui.visit_states import STATES
from tests.unit.ui.visits import SETTING


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


def on_host(glass: Glass, name: str, **look: Any) -> tuple[Any, list[object]]:
    """A screen as the app shows it, and what it says."""
    from kiosk.ui.screens import Host

    host = Host()
    said: list[object] = []
    host.bind(on_intent=lambda _, intent: said.append(intent))
    glass.place(host)
    show(glass, host, name, **look)
    glass.rest()
    return host, said


def show(glass: Glass, host: Any, name: str, **look: Any) -> None:
    """The state has changed."""
    from kiosk.ui.present import present

    host.show(present(replace(STATES[name], **look), SETTING, STATES[name].now))
    glass.settle()


def below(host: Any, key: str) -> Any:
    """What can be touched, by its key."""
    from kiosk.ui.controls import controls, key_of

    return next(one for one in controls(host) if key_of(one) == key)


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
    with glass.time_stands():
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


@pytest.mark.parametrize(
    ("panel", "size"), [((1280, 800), TextSize.NORMAL), ((720, 1280), TextSize.NORMAL), ((720, 1280), TextSize.LARGE)]
)
def test_the_number_of_the_staff_may_have_a_digit_twice(glass: Glass, panel: tuple[int, int], size: TextSize) -> None:
    """However quickly it is typed."""
    from kiosk.ui.theme import PANELS, theme

    theme.panel = PANELS[panel]
    host, said = on_host(glass, "pin", text_size=size)
    with glass.time_stands():
        for digit in "4422":
            glass.touch(below(host, f"digit-{digit}"))
    assert said == [intents.TypeDigit(digit=digit) for digit in "4422"]


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


def test_what_a_toast_covers_is_not_touched(glass: Glass) -> None:
    """Nor while it is hidden does it keep anything from anybody."""
    from kiosk.ui.widgets import Toast

    made, said = button(glass)
    toast = Toast(size_hint=(None, None))
    glass.window.add_widget(toast)
    glass.settle()
    glass.touch(made)
    assert said == ["done"]
    toast.view = NoticeView(text="Frau Weber ist da.")
    glass.settle()
    toast.pos, toast.size = made.pos, made.size
    glass.rest()
    glass.touch(made)
    assert said == ["done"]


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


def test_a_screen_that_leaves_under_the_finger_takes_the_touch_along(glass: Glass) -> None:
    """Its button counts for nothing any more, and another finger may use the next screen meanwhile."""
    host, said = on_host(glass, "preparation")
    held = Finger(glass, *below(host, "choose-all").center)
    show(glass, host, "session")
    glass.rest()
    glass.touch(below(host, "add"))
    assert said == [intents.OpenNeeds()]
    held.lift()
    assert said == [intents.OpenNeeds()]


@pytest.mark.parametrize(("before", "after", "key"), [("idle", "today", "back"), ("session", "door", "admit-all")])
def test_the_next_screen_is_not_hit_by_what_was_aimed_at_the_last(
    glass: Glass, before: str, after: str, key: str
) -> None:
    """A double tap, or a card that opens by itself where the finger comes down: nobody says yes by accident."""
    host, said = on_host(glass, before)
    with glass.time_stands():
        show(glass, host, after)
        glass.touch(below(host, key))
        assert said == []
        glass.rest()
        glass.touch(below(host, key))
        assert len(said) == 1


def test_a_button_that_becomes_anothers_under_the_finger_does_nothing(glass: Glass) -> None:
    """Rows move up when somebody leaves: nobody else is seen off; nor is a microphone opened that was to be closed."""
    made, said = button(glass, intent="send Ms Kaya away")
    with glass.time_stands():
        finger = Finger(glass, *made.center)
        made.view = ButtonView(text="Fertig", intent="send Mr Brandt away")
        finger.lift()
        glass.touch(made)
        assert said == []
        glass.rest()
        glass.touch(made)
    assert said == ["send Mr Brandt away"]


def test_a_longer_word_beside_it_does_not_take_a_button_away(glass: Glass) -> None:
    """A few pixels are the same place: what counts down beside it moves it every second."""
    made, said = button(glass)
    made.x += 20
    glass.touch(made)
    assert said == ["done"]


def test_the_ok_key_does_what_a_touch_does(glass: Glass) -> None:
    """The three tactile keys operate everything."""
    made, said = button(glass)
    made.activate()
    assert said == ["done"]


def test_a_trembling_finger_on_the_ok_key_counts_once(glass: Glass) -> None:
    """As on the glass: a microphone that is switched off is not switched on again by the same press."""
    made, said = button(glass, intent="off")
    made.bind(on_intent=lambda *_: setattr(made, "view", ButtonView(text="Mikrofon", intent="on")))
    with glass.time_stands():
        made.activate()
        made.activate()
        assert said == ["off"]
        glass.rest()
        made.activate()
    assert said == ["off", "on"]


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
