"""The order in which people read what is on the glass."""

import random

import pytest

from kiosk.ui.reading import Box, in_reading_order

TOP = [Box(1000, 700, 120, 90), Box(1150, 700, 100, 90)]
TALL = Box(20, 200, 500, 400)
BESIDE = [Box(550, 510, 700, 90), Box(550, 400, 700, 90), Box(550, 290, 700, 90)]
BOTTOM = [Box(20, 20, 380, 120), Box(440, 20, 380, 120), Box(860, 20, 380, 120)]


def test_line_by_line_from_the_left() -> None:
    """Whatever the order in which the parts were made."""
    boxes = [*TOP, *BOTTOM]
    random.Random(4).shuffle(boxes)
    assert [boxes[place] for place in in_reading_order(boxes, is_rtl=False)] == [*TOP, *BOTTOM]


def test_arabic_is_read_from_the_right() -> None:
    """Line by line all the same."""
    boxes = [*TOP, *BOTTOM]
    assert [boxes[place] for place in in_reading_order(boxes, is_rtl=True)] == [*TOP[::-1], *BOTTOM[::-1]]


def test_a_tall_part_is_a_line_of_its_own() -> None:
    """The rows beside it are read from top to bottom, not across."""
    boxes = [*BOTTOM, *BESIDE, TALL]
    assert [boxes[place] for place in in_reading_order(boxes, is_rtl=False)] == [TALL, *BESIDE, *BOTTOM]


@pytest.mark.parametrize("boxes", [[], [TALL], [TALL, TALL]])
def test_nothing_is_left_out(boxes: list[Box]) -> None:
    """Nor is anything read twice."""
    assert sorted(in_reading_order(boxes, is_rtl=False)) == [*range(len(boxes))]
