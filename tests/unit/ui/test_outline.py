"""Shapes lie where they should: measured, not looked at."""

import math

import pytest

from kiosk.ui.widgets.areas import spans, tracks
from kiosk.ui.widgets.fit import contain, cover
from kiosk.ui.widgets.outline import Triangles, arc, dashes, fill, rounded, stroke
from kiosk.ui.widgets.video_shader import reach


def area(shape: Triangles) -> float:
    """Area in square pixels, soft edges counted by their cover."""
    total = 0.0
    for a, b, c in zip(*[iter(shape.indices)] * 3, strict=True):
        (ax, ay, ac), (bx, by, bc), (cx, cy, cc) = (shape.corners[i] for i in (a, b, c))
        total += abs((bx - ax) * (cy - ay) - (cx - ax) * (by - ay)) / 2 * (ac + bc + cc) / 3
    return total


def test_a_filled_shape_covers_its_area() -> None:
    """A sharp and a rounded rectangle have the area of geometry."""
    assert area(fill(rounded(10, 20, 200, 100, (0, 0, 0, 0)))) == pytest.approx(20000, rel=0.001)
    corners = (4 - math.pi) * 24**2
    assert area(fill(rounded(0, 0, 200, 100, (24, 24, 24, 24)))) == pytest.approx(20000 - corners, rel=0.002)


def test_a_radius_is_never_more_than_half_the_side() -> None:
    """A pill is a rectangle with a radius that is too big."""
    assert area(fill(rounded(0, 0, 100, 100, (900, 900, 900, 900)))) == pytest.approx(math.pi * 2500, rel=0.005)


def test_a_stroke_has_its_width() -> None:
    """Length times width, around a circle."""
    circle = rounded(0, 0, 100, 100, (50, 50, 50, 50))
    assert area(stroke(circle, 6)) == pytest.approx(math.pi * 100 * 6, rel=0.01)


def test_dashes_cover_six_tenths_of_the_line() -> None:
    """Whole dashes only, however long the line is, and the same when turned."""
    for width in (100, 237, 611):
        contour = rounded(0, 0, width, 80, (20, 20, 20, 20))
        whole = area(stroke(contour, 4))
        assert area(dashes(contour, 4)) == pytest.approx(whole * 0.6, rel=0.03)
        assert area(dashes(contour, 4, phase=0.7)) == pytest.approx(whole * 0.6, rel=0.03)


def test_an_arc_starts_at_the_top_and_runs_clockwise() -> None:
    """As angles of seats and of the clock are given."""
    points = arc(0, 0, 10, 0, 90)
    assert (points[0].x, points[0].y) == pytest.approx((0, 10))
    assert (points[-1].x, points[-1].y) == pytest.approx((10, 0))


def test_cover_cuts_at_the_bottom_and_keeps_the_face() -> None:
    """A wide tile shows the full width and the top of a picture."""
    placed = cover((1280, 720), (400, 120), at_top=True)
    assert (placed.left, placed.right, placed.top) == (0, 1, 0)
    assert placed.bottom == pytest.approx(120 / 225)


def test_cover_cuts_both_sides_alike() -> None:
    """A high tile shows the middle."""
    placed = cover((1280, 720), (100, 225), at_top=True)
    assert placed.left + placed.right == pytest.approx(1)
    assert (placed.top, placed.bottom) == (0, 1)


def test_contain_shows_everything() -> None:
    """Nothing of a shown page is cut off."""
    assert contain((1280, 800), (838, 466))[:4] == (46, 0, 746, 466)


def test_padded_rows_are_not_read_to_the_end() -> None:
    """The bytes behind the picture belong to nobody."""
    padded = reach(320, 384, 192)
    assert padded.y_last < 320 / 384
    assert padded.c_last < 160 / 192
    assert reach(1280, 1280, 640).y_last == 1


def test_tracks_share_what_is_left() -> None:
    """Fixed ones first; a track of no size takes no gap."""
    assert tracks([20, "1*", "3*"], 140, 10) == [(0, 20), (30, 25), (65, 75)]
    assert tracks(["1*", 0, 50], 200, 10) == [(0, 140), (140, 0), (150, 50)]


def test_areas_are_found_in_the_drawing() -> None:
    """An area may go over several rows and columns."""
    assert spans(["top top", "stage side", "stage chip"])["stage"] == (0, 0, 1, 2)
