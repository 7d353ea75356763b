"""The fonts the set-up merges draw every script of the product."""

from pathlib import Path

import arabic_reshaper
import pytest
from fontTools.ttLib import TTFont

from provisioning import fonts


@pytest.fixture(scope="module", params=fonts.WEIGHTS)
def merged(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> TTFont:
    """One weight, merged from Debian's fonts."""
    return TTFont(fonts.merge(request.param, tmp_path_factory.mktemp("fonts")))


@pytest.mark.parametrize(
    "text",
    [
        "Willkommen, Grüße aus Köln: 9–12 Uhr",
        "Hoş geldiniz, İstanbul'dan ığdır",
        "Ласкаво просимо, ґрунт і їжак",
        arabic_reshaper.reshape("مرحبا، الجلسة تبدأ الآن"),
        "שלום, ליאת",
        "გამარჯობა, ნინო",
        "Բարև, Անի",
        "ሰላም፣ ሳባ",
        "Beratung → Jugendamt ✓ ★ ☕ ✉",
    ],
)
def test_every_letter_is_drawn(merged: TTFont, text: str) -> None:
    """German, Turkish, Ukrainian and shaped Arabic find a glyph in one file, and names in scripts without shaping."""
    assert [c for c in text if ord(c) not in merged.getBestCmap()] == []


def test_figures_are_of_one_width(merged: TTFont) -> None:
    """A clock does not jump when a digit changes."""
    assert len(fonts.figure_widths(merged)) == 1


def test_lines_are_as_high_as_in_noto_sans(merged: TTFont) -> None:
    """Arabic letters do not push the lines of the other languages apart."""
    latin = TTFont(fonts.NOTO / "NotoSans-Regular.ttf")
    assert merged["hhea"].ascent == latin["hhea"].ascent
    assert merged["hhea"].descent == latin["hhea"].descent


def test_the_day_it_was_made_changes_nothing(merged: TTFont) -> None:
    """A release whose fonts are those of the last one is the smaller for it."""
    heads = [TTFont(fonts.NOTO / f"NotoSans-{weight}.ttf")["head"] for weight in fonts.WEIGHTS]
    times = [(head.created, head.modified) for head in heads]
    assert (merged["head"].created, merged["head"].modified) in times


def test_missing_font_is_named(tmp_path: Path) -> None:
    """A weight Debian does not have is refused by its file name."""
    with pytest.raises(fonts.FontError, match=r"NotoSans-Heavy\.ttf"):
        fonts.merge("Heavy", tmp_path)
