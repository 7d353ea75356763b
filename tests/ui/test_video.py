"""Pictures reach the glass in their colours, unconverted, from memory that cannot be written."""

import time
from typing import Any

import numpy as np
import pytest

from kiosk.runtime.frames import FrameRingReader, FrameRingWriter, Picture
from tests.ui import pictures
from tests.ui.stage import Glass

RED, GREEN, BLUE, SKIN = "#C02020", "#20A040", "#2040C0", "#D9A27A"


def video(glass: Glass, width: int = 640, height: int = 360, **values: Any) -> Any:
    """A place for a picture in the corner of the glass."""
    from kiosk.ui.widgets import VideoPicture

    made = VideoPicture(size_hint=(None, None), size=(width, height), **values)
    glass.put(made)
    return made


def near(seen: tuple[int, ...], code: str, by: int = 4) -> bool:
    """Whether a pixel has a colour, but for the rounding of eight bits."""
    return all(abs(a - round(b * 255)) <= by for a, b in zip(seen, pictures.colour(code), strict=True))


@pytest.mark.parametrize("code", [RED, GREEN, BLUE, SKIN, "#FFFFFF", "#000000"])
def test_colours_are_right(glass: Glass, code: str) -> None:
    """BT.601, limited range, as video calls send it."""
    made = video(glass)
    made.show(pictures.plain(code))
    glass.settle()
    assert near(glass.pixel(300, 200), code)


def test_padding_of_rows_is_never_seen(glass: Glass) -> None:
    """The right edge has the picture's colour, though white bytes lie behind it in memory."""
    made = video(glass, fit="contain", width=400, height=300)
    made.show(pictures.plain(BLUE, width=80, height=60))
    glass.settle()
    assert near(glass.pixel(398, 150), BLUE, by=6)
    assert near(glass.pixel(2, 150), BLUE, by=6)


def test_pictures_are_upright(glass: Glass) -> None:
    """Top is top, left is left, unless mirrored like a looking glass."""
    rgb = np.zeros((64, 64, 3))
    rgb[:32, :32] = pictures.colour(RED)
    rgb[32:, 32:] = pictures.colour(GREEN)
    made = video(glass, width=200, height=200)
    made.show(pictures.i420(rgb))
    glass.settle()
    assert near(glass.pixel(50, 150), RED)
    assert near(glass.pixel(150, 50), GREEN)
    made.is_mirrored = True
    glass.settle()
    assert near(glass.pixel(150, 150), RED)


def test_a_wide_place_keeps_the_top(glass: Glass) -> None:
    """Faces are in the upper two thirds."""
    rgb = np.zeros((64, 64, 3))
    rgb[:16] = pictures.colour(RED)
    made = video(glass, width=400, height=100)
    made.show(pictures.i420(rgb))
    glass.settle()
    assert near(glass.pixel(200, 50), RED)


@pytest.mark.parametrize("fit", ["contain", "cover"])
@pytest.mark.parametrize(("width", "height"), [(3840, 1), (1, 2160), (1, 1)])
def test_a_picture_of_any_shape_can_be_shown(glass: Glass, fit: str, width: int, height: int) -> None:
    """A window that was drawn out to a line, as a partner may share it, is a line here as well."""
    made = video(glass, fit=fit)
    made.show(pictures.plain(GREEN, width=width, height=height))
    glass.settle()
    assert near(glass.pixel(320, 180), GREEN)


def test_corners_are_round(glass: Glass) -> None:
    """Without a mask: what is outside the corner stays as it was."""
    made = video(glass, radius=[40], width=200, height=200)
    made.show(pictures.plain("#FFFFFF"))
    glass.settle()
    assert glass.pixel(2, 2) == (0, 0, 0)
    assert near(glass.pixel(100, 100), "#FFFFFF")


def test_a_cleared_place_shows_nothing(glass: Glass) -> None:
    """The last picture of a partner who left must not stay."""
    made = video(glass)
    made.show(pictures.plain(RED))
    glass.settle()
    made.clear()
    glass.settle()
    assert glass.pixel(300, 200) == (0, 0, 0)


def test_a_frame_ring_is_drawn_in_place(glass: Glass) -> None:
    """The planes of a sealed ring are read-only, and are uploaded as they lie."""
    plain = pictures.plain(GREEN, width=1000, height=600)
    writer = FrameRingWriter(1280, 720)
    writer.write(Picture(plain.planes, plain.width, plain.height, plain.y_stride, plain.uv_stride, 0))
    reader = FrameRingReader(writer.fd)
    frame = reader.latest()
    assert frame is not None
    made = video(glass)
    made.show(frame)
    glass.settle()
    assert frame.is_whole
    assert near(glass.pixel(300, 200), GREEN)
    del frame
    reader.close()
    writer.close()


def test_a_frame_costs_next_to_nothing(glass: Glass) -> None:
    """No conversion and no copy in Python: less than a millisecond a 720p frame, four allowed for slow machines."""
    picture = pictures.plain(SKIN, width=1280, height=720)
    made = video(glass)
    made.show(picture)
    glass.settle()
    spent = []
    for _ in range(60):
        start = time.thread_time()
        made.show(picture)
        spent.append(time.thread_time() - start)
    assert sorted(spent)[30] < 0.004
