"""The two typefaces of the terminal, made known to Kivy once.

Text needs Latin, Cyrillic and Arabic letters in one file, because a Kivy label draws from one: `provisioning.fonts`
merges them into `<sys.prefix>/share/rundtisch/fonts`.
"""

import sys
from functools import cache
from pathlib import Path

from kivy.core.text import LabelBase

TEXT_FONT = "Rundtisch"
ICON_FONT = "RundtischIcons"


@cache
def register_fonts() -> None:
    """Register both faces; later calls do nothing.

    Raises:
        FileNotFoundError: The merged fonts were not made yet.
    """
    folder = Path(sys.prefix) / "share" / "rundtisch" / "fonts"
    regular, bold = folder / "Rundtisch-Regular.ttf", folder / "Rundtisch-Bold.ttf"
    if not (regular.exists() and bold.exists()):
        raise FileNotFoundError(f"no merged fonts in {folder}; make them with `python -m provisioning.fonts`")
    LabelBase.register(TEXT_FONT, str(regular), fn_bold=str(bold))
    LabelBase.register(ICON_FONT, str(Path(__file__).parents[1] / "fonts" / "icons.ttf"))
