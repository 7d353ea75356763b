"""Grids: `Areas` places by name, so that the same widgets stand differently on every form; `Shelves` by turn."""

from collections.abc import Sequence
from typing import Any

from kivy.properties import BooleanProperty, ListProperty, NumericProperty, VariableListProperty
from kivy.uix.layout import Layout
from kivy.uix.widget import Widget

from kiosk.ui.widgets.part import Part, put_away

Track = float | str
"""Pixels, or a share of what is left: `"1*"`, `"2*"`."""


def tracks(sizes: Sequence[Track], room_px: float, gap_px: float) -> list[tuple[float, float]]:
    """Start and size of every column or row."""
    shares = [float(size[:-1]) if isinstance(size, str) else 0.0 for size in sizes]
    fixed = sum(size for size in sizes if not isinstance(size, str))
    # A row of no height takes no gap either: that is how `.kv` takes a row out.
    gaps = gap_px * max(0, sum(1 for size in sizes if size) - 1)
    spare = max(0.0, room_px - fixed - gaps)
    placed = []
    at = 0.0
    for size, share in zip(sizes, shares, strict=True):
        length = spare * share / sum(shares) if isinstance(size, str) else size
        at += gap_px if size and at else 0
        placed.append((at, length))
        at += length
    return placed


def spans(areas: Sequence[str]) -> dict[str, tuple[int, int, int, int]]:
    """First and last column, first and last row of every area named in a drawing like `["top top", "stage side"]`."""
    found: dict[str, tuple[int, int, int, int]] = {}
    for row, line in enumerate(areas):
        for column, name in enumerate(line.split()):
            left, right, top, bottom = found.get(name, (column, column, row, row))
            found[name] = (min(left, column), max(right, column), min(top, row), max(bottom, row))
    return found


class Areas(Part, Layout):
    """Places each child by its `area`; a child whose area is not drawn is hidden. Mirrored in a right-to-left language.

    A child with a `size_hint` fills its area, else it keeps its size in the middle of it.
    """

    columns: list[Track] = ListProperty(["1*"])
    rows: list[Track] = ListProperty(["1*"])
    areas: list[str] = ListProperty([])
    """The drawing, see `spans`; `.kv` chooses it, with `columns` and `rows`, by `theme.form`."""
    is_mirrored: bool = BooleanProperty(False)
    padding: list[float] = VariableListProperty([0, 0, 0, 0])
    gap_x: float = NumericProperty(0)
    gap_y: float = NumericProperty(0)

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        again = self._trigger_layout
        self.bind(children=again, size=again, pos=again, columns=again, rows=again, areas=again)
        self.bind(padding=again, gap_x=again, gap_y=again, is_mirrored=again)

    def add_widget(self, widget: Widget, *args: Any, **kwargs: Any) -> None:
        widget.bind(is_shown=self._trigger_layout, area=self._trigger_layout)
        super().add_widget(widget, *args, **kwargs)

    def do_layout(self, *_: object) -> None:
        start, top, end, bottom = self.padding
        columns = tracks(self.columns, self.width - start - end, self.gap_x)
        rows = tracks(self.rows, self.height - top - bottom, self.gap_y)
        found = spans(self.areas)
        for child in self.children:
            span = found.get(child.area)
            if span is None or not child.is_shown:
                put_away(child)
                continue
            x = start + columns[span[0]][0]
            y = top + rows[span[2]][0]
            width = sum(columns[span[1]]) - columns[span[0]][0]
            height = sum(rows[span[3]]) - rows[span[2]][0]
            hint_x, hint_y = child.size_hint
            own = (width if hint_x else child.width, height if hint_y else child.height)
            left = x + (width - own[0]) / 2
            child.size = (round(own[0]), round(own[1]))
            child.x = round(self.right - left - own[0] if self.is_mirrored else self.x + left)
            child.y = round(self.top - y - (height + own[1]) / 2)


class Shelves(Part, Layout):
    """Fills shelf after shelf with its children; the same width for all, or as many shares as `shelves` says."""

    shelves: list[list[float]] = ListProperty([[1]])
    """Shares of every place on every shelf: `[[2, 1, 1], [1, 1, 1, 1]]`."""
    heights: list[Track] = ListProperty([])
    """Height of every shelf as in `tracks`; all equal when empty."""
    gap_x: float = NumericProperty(0)
    gap_y: float = NumericProperty(0)
    is_mirrored: bool = BooleanProperty(False)

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        again = self._trigger_layout
        self.bind(children=again, size=again, pos=again, shelves=again, heights=again, is_mirrored=again)
        self.bind(gap_x=again, gap_y=again)

    def add_widget(self, widget: Widget, *args: Any, **kwargs: Any) -> None:
        widget.bind(is_shown=self._trigger_layout)
        super().add_widget(widget, *args, **kwargs)

    def do_layout(self, *_: object) -> None:
        waiting = [child for child in reversed(self.children) if child.is_shown]
        rows = tracks(self.heights or ["1*"] * len(self.shelves), self.height, self.gap_y)
        for (top, height), shares in zip(rows, self.shelves, strict=False):
            # Shares are whole columns, so that a place of two ends where two places of one end.
            column = (self.width + self.gap_x) / max(1, sum(shares))
            starts = [column * sum(shares[:place]) for place in range(len(shares))]
            for x, share in zip(starts, shares, strict=True):
                if not waiting:
                    return
                width = column * share - self.gap_x
                child = waiting.pop(0)
                child.size = (round(width), round(height))
                child.x = round(self.right - x - width if self.is_mirrored else self.x + x)
                child.y = round(self.top - top - height)
        for child in waiting:
            put_away(child)
