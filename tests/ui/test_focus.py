"""The focus ring on every screen: each control can be reached, and the ring can be seen in both themes."""

from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from kiosk.contract.room import Key
from tests.ui.stage import Glass
from tests.ui.visit_states import STATES
from tests.unit.ui.visits import SETTING


def on_glass(glass: Glass, name: str, **changes: Any) -> tuple[Any, Any]:
    """A screen, and its ring."""
    from kiosk.ui.focus import Focus
    from kiosk.ui.present import present
    from kiosk.ui.screens import Host

    host = Host()
    state = replace(STATES[name], **changes)
    host.show(present(state, SETTING, state.now))
    glass.put(host)
    return host, Focus(host)


@pytest.mark.parametrize("language", ["de", "ar"])
@pytest.mark.parametrize("name", [name for name in STATES if name != "sleep"])
def test_every_control_is_reached_once_in_a_round(glass: Glass, name: str, language: str) -> None:
    """Forwards and backwards; and each can be named to who does not see it."""
    from kiosk.ui.controls import controls, key_of

    host, focus = on_glass(glass, name, language=language)
    operable = [one for one in controls(host) if one.meaning is not None and not one.disabled]
    assert all(one.speech for one in operable)
    wanted = {key_of(one) for one in operable}
    for key in (Key.NEXT, Key.PREVIOUS):
        reached = []
        for _ in wanted:
            focus.strike(key)
            reached += [key_of(one) for one in controls(host) if one.has_focus]
        assert len(reached) == len(wanted)
        assert set(reached) == wanted


def test_ok_without_a_ring_does_nothing(glass: Glass) -> None:
    """Nor where there is nothing to touch."""
    said: list[object] = []
    for name in ("preparation", "sleep"):
        host, focus = on_glass(glass, name)
        host.bind(on_intent=lambda _, intent: said.append(intent))
        focus.strike(Key.OK)
    focus.strike(Key.NEXT)
    focus.strike(Key.OK)
    assert said == []


@pytest.mark.parametrize("is_high_contrast", [False, True])
def test_the_ring_can_be_seen(glass: Glass, is_high_contrast: bool, tmp_path: Path) -> None:
    """3:1 and more between the dark ring and the bright one, and between either and the ground it stands on."""
    from kiosk.ui.controls import box_of, controls
    from kiosk.ui.widgets.surface import GLOW_PX, RING_GAP_PX

    host, focus = on_glass(glass, "today", is_high_contrast=is_high_contrast)
    paper = glass.pixel(640, 250)
    focus.strike(Key.NEXT)
    glass.settle()
    (ringed,) = [one for one in controls(host) if one.has_focus]
    box = box_of(ringed)
    middle = box.y + box.height / 2
    ring = glass.pixel(box.x + box.width + RING_GAP_PX + 2, middle)
    glow = glass.pixel(box.x + box.width + GLOW_PX - 2, middle)
    assert contrast(ring, paper) >= 3
    assert contrast(ring, glow) >= 3 or contrast(glow, paper) >= 3


def contrast(one: tuple[int, int, int], other: tuple[int, int, int]) -> float:
    """Of WCAG 2."""
    bright, dark = sorted((_light(one), _light(other)), reverse=True)
    return (bright + 0.05) / (dark + 0.05)


def _light(colour: tuple[int, int, int]) -> float:
    parts = [part / 255 / 12.92 if part / 255 <= 0.04045 else ((part / 255 + 0.055) / 1.055) ** 2.4 for part in colour]
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]
