"""What stands still is drawn once while pictures move behind it, and looks as if it were drawn with each of them."""

import time
from typing import Any

import numpy as np

from tests.ui import pictures
from tests.ui.stage import Glass

RED, GREEN, LEAF, PAPER = "#C02020", "#20A040", "#1F5F3A", "#F5F0E6"
WIDTH, HEIGHT = 640, 400
PATIENCE_S = 20.0


def scene() -> Any:
    """A round picture on paper, half covered by something one can see through, and a sign on top."""
    from kiosk.ui.widgets import Surface, VideoPicture

    root = Surface(ground=rgba(PAPER), size=(WIDTH, HEIGHT), size_hint=(None, None))
    root.picture = VideoPicture(pos=(40, 40), size=(300, 200), radius=[30])
    veil = Surface(ground=[0, 0, 0, 0.5], pos=(0, 0), size=(200, HEIGHT))
    root.sign = Surface(ground=rgba(LEAF), pos=(250, 150), size=(60, 30), radius=[15])
    for part in (root.picture, veil, root.sign):
        root.add_widget(part)
    return root


def rgba(code: str) -> list[float]:
    """As a widget takes it."""
    return [*pictures.colour(code), 1]


def behind(glass: Glass) -> tuple[Any, Any]:
    """A pane on the glass, and its scene."""
    from kiosk.ui.widgets import Pane

    root = scene()
    return glass.put(Pane(root)), root


def seen(glass: Glass) -> Any:
    """All pixels of the scene."""
    from kivy.graphics.opengl import GL_RGB, GL_UNSIGNED_BYTE, glReadPixels

    glass.settle()
    glass.window.on_draw()
    pixels = glReadPixels(0, 0, WIDTH, HEIGHT, GL_RGB, GL_UNSIGNED_BYTE)
    return np.frombuffer(pixels, np.uint8).astype(int)


def count_drawings(root: Any) -> list[int]:
    """Gets a number each time the scene itself is drawn."""
    from kivy.graphics import Callback

    drawn: list[int] = []
    root.canvas.add(Callback(lambda instruction: drawn.append(1)))
    return drawn


def test_it_looks_as_without_a_pane(glass: Glass) -> None:
    """Round corners, half covered parts and what lies on top, but for the rounding of eight bits."""
    root = glass.put(scene())
    root.picture.show(pictures.plain(RED))
    plainly = seen(glass)
    pane, root = behind(glass)
    root.picture.show(pictures.plain(RED))
    assert np.abs(seen(glass) - plainly).max() <= 2
    assert pane.is_open


def test_a_new_picture_draws_nothing_else_again(glass: Glass) -> None:
    """It is on the glass with the next frame, and what stands still was not touched."""
    _, root = behind(glass)
    root.picture.show(pictures.plain(RED))
    glass.settle()
    drawn = count_drawings(root)
    glass.settle()
    before = len(drawn)
    for code in (GREEN, RED, GREEN):
        root.picture.show(pictures.plain(code))
        glass.settle(1)
    assert len(drawn) == before
    red, green, _ = glass.pixel(230, 100)
    assert green > red


def test_what_changes_is_seen_with_the_next_frame(glass: Glass) -> None:
    """Also above a picture."""
    _, root = behind(glass)
    root.picture.show(pictures.plain(RED))
    glass.settle()
    root.sign.ground = [0, 0, 1, 1]
    glass.settle(1)
    assert glass.pixel(280, 165) == (0, 0, 255)
    root.sign.ground = [0, 0, 0, 0]
    glass.settle(1)
    assert glass.pixel(280, 165)[2] < 60


def test_a_picture_goes_where_its_place_goes(glass: Glass) -> None:
    """Nothing is left where it was."""
    _, root = behind(glass)
    root.picture.show(pictures.plain(RED))
    glass.settle()
    root.picture.pos = (320, 180)
    glass.settle()
    assert glass.pixel(230, 60) == tuple(round(part * 255) for part in pictures.colour(PAPER))
    red, green, _ = glass.pixel(600, 300)
    assert red > green * 2


def test_where_nothing_moves_no_frame_is_asked_for(glass: Glass) -> None:
    """An old picture costs nothing."""
    _, root = behind(glass)
    root.picture.show(pictures.plain(RED))
    glass.settle()
    assert not glass.window.canvas.needs_redraw


def test_without_pictures_there_is_no_pane(glass: Glass) -> None:
    """The last picture is gone at once, and a moment later so is the texture."""
    pane, root = behind(glass)
    plainly = seen(glass)
    root.picture.show(pictures.plain(RED))
    glass.settle()
    root.picture.clear()
    assert np.array_equal(seen(glass), plainly)
    limit_s = time.monotonic() + PATIENCE_S
    while pane.is_open and time.monotonic() < limit_s:
        glass.settle(1)
    assert not pane.is_open
    assert np.array_equal(seen(glass), plainly)
