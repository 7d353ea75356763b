"""Merges Debian's Noto fonts of several scripts into one Regular and one Bold.

A Kivy label draws from one file, and the Arabic one has no Latin letters. Screens are written in Latin, Cyrillic and
Arabic; people's names and titles of sessions also in scripts whose letters need no shaping, with arrows and ticks. Run
by setup.sh as `python -m provisioning.fonts [DIRECTORY]`; knows nothing about who draws with the result.
"""

import logging
import sys
import tempfile
from pathlib import Path

from fontTools.merge import Merger
from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont
from fontTools.ttLib.scaleUpem import scale_upem

NOTO = Path("/usr/share/fonts/truetype/noto")
WEIGHTS = ("Regular", "Bold")
# The UI face has the line height of Noto Sans; where a Debian release lacks it, the taller plain face will do.
ARABIC_FACES = ("NotoSansArabicUI", "NotoSansArabic")
OTHER_FACES = ("NotoSansHebrew", "NotoSansGeorgian", "NotoSansArmenian", "NotoSansEthiopic")
# Of a single weight, which both of ours take.
SIGNS = {"NotoSansMath-Regular": range(0x2190, 0x2200), "NotoSansSymbols2-Regular": range(0x25A0, 0x27C0)}
FIGURES = range(ord("0"), ord("9") + 1)
# arabic-reshaper writes letters in their presentation forms (Unicode chart "Arabic Presentation Forms-B").
ARABIC_FORMS = range(0xFE80, 0xFEFC + 1)
CYRILLIC = range(0x0410, 0x044F + 1)
OTHERS = "שלוםგამარჯობაԲարևሰላም→✓★"
LATIN = (*range(0x21, 0x7F), *range(0xC0, 0x100), *map(ord, "ĞğİıŞşŁłŐőŰűČčŠšŽž„“”–—…·€"))


class FontError(Exception):
    """A font that is missing, or that lacks what the screens need."""


def font_directory() -> Path:
    """Where the merged fonts lie: inside the virtual environment."""
    return Path(sys.prefix) / "share" / "rundtisch" / "fonts"


def merge(weight: str, target: Path) -> Path:
    """Write `Rundtisch-<weight>.ttf` into the directory `target` and return its path.

    Raises:
        FontError: a Noto file is missing, or the result lacks letters.
    """
    latin_path = _existing(f"NotoSans-{weight}.ttf")
    latin = TTFont(latin_path)
    arabic = _existing(*(f"{face}-{weight}.ttf" for face in ARABIC_FACES))
    others = [arabic, *(_existing(f"{face}-{weight}.ttf") for face in OTHER_FACES)]
    signs = {_existing(f"{face}.ttf"): codes for face, codes in SIGNS.items()}
    units = latin["head"].unitsPerEm
    with tempfile.TemporaryDirectory() as folder:
        parts = [_with_units_per_em(path, units, Path(folder)) for path in others]
        parts += [_only(path, codes, units, Path(folder)) for path, codes in signs.items()]
        merged = Merger().merge([str(latin_path), *parts])
    _take_line_height(merged, latin)
    _make_figures_tabular(merged)
    _check(merged)
    _rename(merged, weight)
    _take_times(merged, latin)
    path = target / f"Rundtisch-{weight}.ttf"
    merged.save(path)
    return path


def _existing(*names: str) -> Path:
    for name in names:
        if (NOTO / name).is_file():
            return NOTO / name
    wanted = " or ".join(names)
    raise FontError(f"no {wanted} in {NOTO}: are fonts-noto-core and fonts-noto-ui-core installed?")


def _with_units_per_em(path: Path, units: int, target: Path) -> str:
    """The font file itself, or a scaled copy of it: the merger refuses different scales."""
    font = TTFont(path)
    if font["head"].unitsPerEm == units:
        return str(path)
    scale_upem(font, units)
    scaled = target / f"scaled-{path.name}"
    font.save(scaled)
    return str(scaled)


def _only(path: Path, codes: range, units: int, target: Path) -> str:
    """A copy with these characters alone, and without the substitutions of theirs."""
    font = TTFont(path)
    subsetter = Subsetter(Options(layout_features=[], drop_tables=["MATH", "GSUB", "GPOS", "GDEF"]))
    subsetter.populate(unicodes=codes)
    subsetter.subset(font)
    scale_upem(font, units)
    few = target / f"few-{path.name}"
    font.save(few)
    return str(few)


def _take_times(merged: TTFont, latin: TTFont) -> None:
    """The same bytes whenever they are made: no terminal has to load them anew for that."""
    merged.recalcTimestamp = False
    for name in ("created", "modified"):
        setattr(merged["head"], name, getattr(latin["head"], name))


def _take_line_height(merged: TTFont, latin: TTFont) -> None:
    """Lines are as high as in Noto Sans, whatever the Arabic face asks for."""
    for name in ("ascent", "descent", "lineGap"):
        setattr(merged["hhea"], name, getattr(latin["hhea"], name))
    for name in ("sTypoAscender", "sTypoDescender", "sTypoLineGap", "usWinAscent", "usWinDescent"):
        setattr(merged["OS/2"], name, getattr(latin["OS/2"], name))


def figure_widths(font: TTFont) -> set[int]:
    """The advance widths of 0 to 9, in font units; one element means tabular figures."""
    names = font.getBestCmap()
    return {font["hmtx"][names[figure]][0] for figure in FIGURES}


def _make_figures_tabular(font: TTFont) -> None:
    """Put the `tnum` glyphs behind figures of different widths: SDL_ttf applies no font features."""
    if len(figure_widths(font)) == 1:
        return
    substitutes = _single_substitutions(font, "tnum")
    for table in font["cmap"].tables:
        for figure in FIGURES:
            if figure in table.cmap:
                table.cmap[figure] = substitutes.get(table.cmap[figure], table.cmap[figure])
    if len(figure_widths(font)) != 1:
        raise FontError("the figures are not of one width, and the font has no tabular ones")


def _single_substitutions(font: TTFont, tag: str) -> dict[str, str]:
    table = font["GSUB"].table
    found: dict[str, str] = {}
    for record in table.FeatureList.FeatureRecord:
        if record.FeatureTag == tag:
            for index in record.Feature.LookupListIndex:
                for subtable in table.LookupList.Lookup[index].SubTable:
                    found.update(getattr(getattr(subtable, "ExtSubTable", subtable), "mapping", {}))
    return found


def _check(font: TTFont) -> None:
    letters = font.getBestCmap()
    wanted = (*LATIN, *CYRILLIC, *ARABIC_FORMS, *FIGURES, *map(ord, OTHERS))
    missing = [code for code in wanted if code not in letters]
    if missing:
        raise FontError("the merged font lacks " + ", ".join(f"U+{code:04X}" for code in missing))


def _rename(font: TTFont, weight: str) -> None:
    """Give the font our name: what was changed should not pass for the original (OFL, section 3)."""
    names = {1: "Rundtisch", 2: weight, 4: f"Rundtisch {weight}", 6: f"Rundtisch-{weight}"}
    for record in font["name"].names:
        if record.nameID in names:
            record.string = names[record.nameID]


def main() -> int:
    """Merge both weights into the directory given, else into the virtual environment."""
    logging.getLogger("fontTools").setLevel(logging.ERROR)
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else font_directory()
    target.mkdir(parents=True, exist_ok=True)
    try:
        for weight in WEIGHTS:
            print(merge(weight, target))
    except FontError as error:
        print(f"fonts: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
