"""Draws every screen offscreen from real states and saves pictures, for eyes beside the target pictures.

`python -m tests.ui.screens_gallery --out DIR [--size 800x480] [--language ar] [--only idle,end]
[--contrast] [--large] [--keys 3]`
"""

import argparse
import os
from pathlib import Path
from typing import Any

from msgspec.structs import replace


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", default="1280x800")
    parser.add_argument("--language", default="de")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--only", default="", help="beginnings of names, with commas between")
    parser.add_argument("--keys", type=int, default=0, help="so many presses of the key for the next control")
    for flag in ("contrast", "large"):
        parser.add_argument(f"--{flag}", action="store_true")
    return parser.parse_args()


def main() -> None:
    """Save one picture a state."""
    wanted = _arguments()
    wanted.out.mkdir(parents=True, exist_ok=True)
    os.environ.update(SDL_VIDEODRIVER="offscreen", KIVY_NO_ARGS="1", KIVY_NO_FILELOG="1")
    width, height = map(int, wanted.size.split("x"))
    from tests.ui.stage import Glass

    glass = Glass(width, height)
    from kiosk.contract.room import Key
    from kiosk.contract.state import TextSize
    from kiosk.ui.focus import Focus
    from kiosk.ui.present import present, present_nothing
    from kiosk.ui.screens import Host
    from tests.ui.first_starts import first_starts
    from tests.ui.visit_states import STATES
    from tests.unit.ui.visits import SETTING

    setting = replace(SETTING, form=_form())
    look = {"is_high_contrast": wanted.contrast, "text_size": TextSize.LARGE if wanted.large else TextSize.NORMAL}
    views = {
        name: present(replace(state, language=wanted.language, **look), setting, state.now)
        for name, state in STATES.items()
    }
    views["nothing"] = present_nothing(setting, wanted.language)
    views |= {f"first, {name}": view for name, view in first_starts(setting, wanted.language, **look).items()}
    suffix = "-".join([wanted.language, *(flag for flag in ("contrast", "large") if getattr(wanted, flag))])
    for name, view in views.items():
        if not name.startswith(tuple(wanted.only.split(","))):
            continue
        host = Host()
        host.show(view)
        glass.put(host)
        _fill(host)
        glass.settle()
        focus = Focus(host)
        for _ in range(wanted.keys):
            focus.strike(Key.NEXT)
        glass.settle()
        glass.save(wanted.out / f"{name.replace(', ', '-')}-{wanted.size}-{suffix}.png")


def _form() -> Any:
    from kiosk.ui.present import Form
    from kiosk.ui.theme import theme

    return Form.WIDE if theme.panel.is_wide else Form(theme.panel.form.value)


def _fill(host: Any) -> None:
    """Puts drawn people and a drawn page into the places that would have pictures."""
    from kiosk.ui.widgets import VideoPicture
    from tests.ui import pictures

    people = {name: pictures.portrait(*colours) for name, colours in pictures.PEOPLE.items()}
    for place in host.walk(restrict=True):
        if not isinstance(place, VideoPicture) or not place.tile or not place.is_live:
            continue
        if place.tile == "self":
            place.show(people["guest"])
        elif place.tile == "self/screen" and host.view.stage.wait_text:
            continue  # there is no picture yet, and words instead
        elif place.tile.endswith("/screen"):
            place.show(pictures.page())
        else:
            place.show(people["haddad" if "words" in place.tile else "brandt"])


if __name__ == "__main__":
    main()
