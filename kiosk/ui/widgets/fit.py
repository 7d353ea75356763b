"""How a picture of one shape is put into a place of another. No Kivy."""

from typing import NamedTuple


class Placed(NamedTuple):
    """Where the picture stands in its place, and which part of it is seen (0 to 1 from the left and the top)."""

    x: float
    y: float
    width: float
    height: float
    left: float
    top: float
    right: float
    bottom: float


def cover(picture: tuple[int, int], room: tuple[float, float], *, at_top: bool) -> Placed:
    """Fill the room and cut off what is too much: at both sides, and at the bottom only when `at_top`."""
    width, height = picture
    scale = max(room[0] / width, room[1] / height)
    seen_x, seen_y = room[0] / scale / width, room[1] / scale / height
    left = (1 - seen_x) / 2
    top = 0.0 if at_top else (1 - seen_y) / 2
    return Placed(0, 0, room[0], room[1], left, top, left + seen_x, top + seen_y)


def contain(picture: tuple[int, int], room: tuple[float, float]) -> Placed:
    """Show all of it, in the middle: nothing of a shown page may be cut off, and the thinnest stays to be seen."""
    width, height = picture
    scale = min(room[0] / width, room[1] / height)
    shown_x, shown_y = max(1, round(width * scale)), max(1, round(height * scale))
    return Placed(round((room[0] - shown_x) / 2), round((room[1] - shown_y) / 2), shown_x, shown_y, 0.0, 0.0, 1.0, 1.0)
