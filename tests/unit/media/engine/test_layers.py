"""Which size of each picture is worth receiving, and what may cross at all."""

import pytest

from kiosk.contract.media import Plan, Sending, Showing
from kiosk.media.engine.gates import PICTURES, Gates, gates_of
from kiosk.media.engine.layers import MIDDLE_PX, Layer, heights_worth, layer_of
from kiosk.media.engine.waist import Line

LIVE = Plan(camera=Sending.ON, microphone=Sending.ON, screen=Showing.LAPTOP)


@pytest.mark.parametrize(
    ("height_px", "layer"),
    [
        (0, Layer.HIDDEN),
        (1, Layer.SMALL),
        (200, Layer.SMALL),
        (201, Layer.MIDDLE),
        (400, Layer.MIDDLE),
        (401, Layer.LARGE),
        (2160, Layer.LARGE),
    ],
)
def test_a_tile_gets_the_smallest_layer_that_is_sharp(height_px: int, layer: Layer):
    """180, 360 or 720 lines, or nothing."""
    assert layer_of(height_px) is layer


def test_in_a_large_round_only_the_tallest_is_large():
    """Up to four partners may all be; who is hidden stays hidden."""
    heights = {f"{call}/camera": px for call, px in {"a": 500, "b": 720, "c": 450, "d": 100}.items()}
    assert heights_worth("abcd", heights) == {"a": 500, "b": 720, "c": 450, "d": 100}
    assert heights_worth("abcde", heights) == {"a": MIDDLE_PX, "b": 720, "c": MIDDLE_PX, "d": 100, "e": 0}


def test_nothing_crosses_in_a_private_pause():
    """Neither sound nor pictures are sent; what comes is still taken."""
    paused = Plan(camera=Sending.ON, microphone=Sending.ON, screen=Showing.LAPTOP, is_paused=True)
    assert gates_of(LIVE, has_picture=True, shown=PICTURES) == Gates(True, True, True, PICTURES)
    assert gates_of(paused, has_picture=True, shown=PICTURES) == Gates(taken=PICTURES)


def test_sound_only_has_no_picture_either_way():
    """Whatever is on the screen."""
    assert gates_of(LIVE, has_picture=False, shown=PICTURES) == Gates(sends_sound=True)


def test_a_hidden_picture_is_not_taken():
    """One line without the other."""
    assert gates_of(LIVE, has_picture=True, shown=frozenset({Line.SCREEN})).taken == {Line.SCREEN}
