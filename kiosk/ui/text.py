"""Breaks text into lines and puts each line into the order it is drawn in, for both directions. Knows no Kivy.

Kivy draws glyphs from left to right and joins no Arabic letters. Its own `font_direction="rtl"` turns 10:42 into 24:01,
so letters are joined by arabic_reshaper and lines reordered by python-bidi, after they were broken.
"""

import re
from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

from bidi import get_display

from kiosk.runtime.later import without

with without("fontTools.ttLib"):  # 1.5 MB, by which it would tell which letters a font can join: nobody asks it
    from arabic_reshaper import reshape

Measure = Callable[[str], float]
"""Width in pixels of a line as drawn."""

ELLIPSIS = "…"
_OPENING = "([{<«‹"
_TURNED = dict(zip(_OPENING + ")]}>»›", ")]}>»›" + _OPENING, strict=True))
_RTL_BLOCKS = ((0x0590, 0x08FF), (0xFB1D, 0xFDFF), (0xFE70, 0xFEFF))
_UNDRAWN = re.compile("[\ufe00-\ufe0f\u20d0-\u20ff\U0001f000-\U0001faff\U000e0000-\U000e01ef]+ ?")
"""Pictographs, as calendars have them in titles, and what varies them: no font of ours has any."""


class Broken(NamedTuple):
    """A text in lines, and whether all of it is there: an ellipsis may be the text's own."""

    lines: list[str]
    is_whole: bool


def has_rtl(text: str) -> bool:
    """Whether any letter of the text belongs to a right-to-left script."""
    return any(first <= ord(char) <= last for char in text for first, last in _RTL_BLOCKS)


@lru_cache(maxsize=1024)
def visual(line: str, is_rtl: bool) -> str:
    """One line in the order it is drawn in.

    Args:
        line: In the order it is read.
        is_rtl: The direction of the text around it, which decides where points and brackets stand.
    """
    if not is_rtl and not has_rtl(line):
        return line
    return _face(get_display(reshape(line), base_dir="R" if is_rtl else "L"), is_rtl)


def _drawable(text: str) -> str:
    """Without pictographs, in whose place there would be boxes; a text of nothing else stays as it is."""
    drawn, count = _UNDRAWN.subn("", text)
    return (count and drawn.strip(" ")) or text


def forget() -> None:
    """Drop the lines that are kept ready: names are among them."""
    visual.cache_clear()


def _face(drawn: str, is_rtl: bool) -> str:
    """Turn the brackets of right-to-left parts round, which `get_display` of python-bidi 0.6 leaves to its caller.

    A pair whose closing bracket stands on the left belongs to such a part; a single bracket goes with its surroundings.
    """
    chars = list(drawn)
    waiting: list[int] = []
    for at, char in enumerate(chars):
        if char not in _TURNED:
            continue
        if waiting and chars[waiting[-1]] == _TURNED[char]:
            before = waiting.pop()
            if char in _OPENING:
                chars[before], chars[at] = char, chars[before]
        else:
            waiting.append(at)
    if is_rtl:
        for at in waiting:
            chars[at] = _TURNED[chars[at]]
    return "".join(chars)


def break_lines(text: str, width_px: float, measure: Measure, *, is_rtl: bool, max_lines: int = 0) -> Broken:
    """The lines of a text as they are drawn.

    Breaks at spaces and where the text says so. What does not fit (a word wider than the line, lines past `max_lines`)
    ends with an ellipsis, never in the middle of nothing.

    Args:
        text: In the order it is read; may hold line ends.
        width_px: Room for a line; 0 or less means any width.
        measure: Width of a line in visual order.
        is_rtl: The direction around the text. Words of another script alone (a German sentence on an Arabic screen)
            keep their own, or their full stop would stand before them.
        max_lines: 0 for any number.
    """
    text = _drawable(text)
    is_rtl = is_rtl and (has_rtl(text) or not any(char.isalpha() for char in text))

    def fits(line: str) -> bool:
        return width_px <= 0 or measure(visual(line, is_rtl)) <= width_px

    lines = [line for paragraph in text.split("\n") for line in _fill(paragraph, fits)]
    if max_lines and len(lines) > max_lines:
        rest = " ".join(lines[max_lines - 1 :])
        lines = [*lines[: max_lines - 1], rest]
    whole = [fits(line) for line in lines]
    drawn = [line if is_whole else _shorten(line, fits) for line, is_whole in zip(lines, whole, strict=True)]
    return Broken([visual(line, is_rtl) for line in drawn], all(whole))


def _fill(paragraph: str, fits: Callable[[str], bool]) -> list[str]:
    if fits(paragraph):
        return [paragraph]
    lines: list[str] = []
    line = ""
    for word in paragraph.split(" "):
        longer = f"{line} {word}" if line else word
        if line and not fits(longer):
            lines.append(line)
            line = word
        else:
            line = longer
    return [*lines, line]


def _shorten(line: str, fits: Callable[[str], bool]) -> str:
    low, high = 0, len(line)
    while low < high:
        middle = (low + high + 1) // 2
        if fits(line[:middle].rstrip() + ELLIPSIS):
            low = middle
        else:
            high = middle - 1
    return line[:low].rstrip() + ELLIPSIS
