"""Geometry of everything drawn: rounded shapes, strokes and dashes as triangles with soft edges. Knows no Kivy.

Kivy's own lines are not smooth without multisampling and dash only hairlines. Here a shape is a contour of points with
outward normals, and each edge is one pixel wide from cover 1 to cover 0, which is sharp on whole pixels and smooth on
curves.
"""

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple


class Point(NamedTuple):
    """A point of a contour and the direction that leads out of the shape."""

    x: float
    y: float
    nx: float
    ny: float

    def out(self, distance: float) -> tuple[float, float]:
        """The place so many pixels further out."""
        return self.x + self.nx * distance, self.y + self.ny * distance


class Triangles(NamedTuple):
    """Corners as (x, y, cover) and three indices a triangle."""

    corners: list[tuple[float, float, float]]
    indices: list[int]


Contour = list[Point]
Radii = tuple[float, float, float, float]
"""Top left, top right, bottom right, bottom left."""

NOTHING = Triangles([], [])


def arc(x: float, y: float, radius: float, start_deg: float, end_deg: float) -> Contour:
    """Part of a circle; 0 degrees is up, clockwise."""
    steps = max(2, math.ceil(abs(end_deg - start_deg) / 180 * math.sqrt(max(radius, 1.0)) * 3))
    points = []
    for i in range(steps + 1):
        angle = math.radians(start_deg + (end_deg - start_deg) * i / steps)
        nx, ny = math.sin(angle), math.cos(angle)
        points.append(Point(x + radius * nx, y + radius * ny, nx, ny))
    return points


def rounded(x: float, y: float, width: float, height: float, radii: Radii) -> Contour:
    """A closed contour, clockwise from the top left; a radius of 0 is a sharp corner."""
    most = max(0.0, min(width, height) / 2)
    top_left, top_right, bottom_right, bottom_left = (min(r, most) for r in radii)
    right, top = x + width, y + height
    corners = (
        (x + top_left, top - top_left, top_left, 270, (-1, 1)),
        (right - top_right, top - top_right, top_right, 0, (1, 1)),
        (right - bottom_right, y + bottom_right, bottom_right, 90, (1, -1)),
        (x + bottom_left, y + bottom_left, bottom_left, 180, (-1, -1)),
    )
    contour: Contour = []
    for cx, cy, radius, start, (nx, ny) in corners:
        if radius > 0:
            contour += arc(cx, cy, radius, start, start + 90)
        else:
            contour.append(Point(cx, cy, nx, ny))
    return contour


def fill(contour: Contour) -> Triangles:
    """The inside of a closed convex contour."""
    if len(contour) < 3:
        return NOTHING
    count = len(contour)
    cx = sum(p.x for p in contour) / count
    cy = sum(p.y for p in contour) / count
    corners = [(cx, cy, 1.0)]
    corners += [(*p.out(-0.5), 1.0) for p in contour]
    corners += [(*p.out(0.5), 0.0) for p in contour]
    indices: list[int] = []
    for i in range(count):
        a, b = 1 + i, 1 + (i + 1) % count
        indices += [0, a, b, a, b, b + count, a, b + count, a + count]
    return Triangles(corners, indices)


def stroke(contour: Contour, width: float, *, is_closed: bool = True, has_round_ends: bool = False) -> Triangles:
    """A line of that width along the middle of a contour."""
    half = width / 2
    corners: list[tuple[float, float, float]] = []
    for p in contour:
        for distance, cover in ((-half - 0.5, 0.0), (-half + 0.5, 1.0), (half - 0.5, 1.0), (half + 0.5, 0.0)):
            corners.append((*p.out(distance), cover))
    indices: list[int] = []
    count = len(contour)
    for i in range(count if is_closed else count - 1):
        a, b = i * 4, (i + 1) % count * 4
        for k in range(3):
            indices += [a + k, b + k, a + k + 1, b + k, b + k + 1, a + k + 1]
    line = Triangles(corners, indices)
    if is_closed or not has_round_ends:
        return line
    return merge([line, *(fill(arc(p.x, p.y, half, 0, 360)[:-1]) for p in (contour[0], contour[-1]))])


def dashes(contour: Contour, width: float, *, phase: float = 0.0) -> Triangles:
    """A dashed line along a closed contour: whole dashes only, so that the seam does not show.

    Args:
        contour: Closed.
        width: Of the line; dashes and gaps grow with it.
        phase: From 0 to 1, how far the pattern is turned by one dash and gap.
    """
    points = [*contour, contour[0]]
    lengths = [math.hypot(b.x - a.x, b.y - a.y) for a, b in pairwise(points)]
    total = sum(lengths)
    count = max(4, round(total / (width * 4.4)))
    period = total / count
    parts = [
        stroke(_cut(points, lengths, (i + phase) * period, (i + phase + 0.6) * period), width, is_closed=False)
        for i in range(count)
    ]
    return merge(parts)


def _cut(points: Contour, lengths: Sequence[float], start: float, end: float) -> Contour:
    """The part of a closed contour between two distances from its first point."""
    total = sum(lengths)
    part: Contour = []
    at = 0.0
    for lap in range(2):
        for (a, b), length in zip(pairwise(points), lengths, strict=True):
            if length and at + length >= start and at <= end:
                first = max(0.0, (start - at) / length)
                last = min(1.0, (end - at) / length)
                if not part:
                    part.append(_between(a, b, first))
                part.append(_between(a, b, last))
            at += length
        if end <= total * (lap + 1):
            break
    return part


def _between(a: Point, b: Point, share: float) -> Point:
    nx, ny = a.nx + (b.nx - a.nx) * share, a.ny + (b.ny - a.ny) * share
    return Point(a.x + (b.x - a.x) * share, a.y + (b.y - a.y) * share, nx, ny)


def merge(parts: Sequence[Triangles]) -> Triangles:
    """Several shapes as one."""
    corners: list[tuple[float, float, float]] = []
    indices: list[int] = []
    for part in parts:
        indices += [len(corners) + i for i in part.indices]
        corners += part.corners
    return Triangles(corners, indices)
