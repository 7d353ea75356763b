"""The order in which people read what is on the glass: line by line, from the side where writing begins. No Kivy."""

from collections.abc import Sequence
from typing import NamedTuple


class Box(NamedTuple):
    """A place in pixels from the lower left, as Kivy counts."""

    x: float
    y: float
    width: float
    height: float

    @property
    def top(self) -> float:
        return self.y + self.height


def in_reading_order(boxes: Sequence[Box], *, is_rtl: bool) -> list[int]:
    """The places of `boxes`, the first to be read first."""

    def start(place: int) -> float:
        """Smaller where a line begins."""
        return -(boxes[place].x + boxes[place].width) if is_rtl else boxes[place].x

    waiting = sorted(range(len(boxes)), key=lambda place: (-boxes[place].top, start(place)))
    order: list[int] = []
    while waiting:
        first = boxes[waiting[0]]
        line = [place for place in waiting if _is_beside(first, boxes[place])]
        waiting = [place for place in waiting if place not in line]
        order += sorted(line, key=start)
    return order


def _is_beside(one: Box, other: Box) -> bool:
    """They share at least half of the height of the higher one: what is tall is a line of its own."""
    shared = min(one.top, other.top) - max(one.y, other.y)
    return shared >= max(one.height, other.height) / 2
