"""Draws the parts and mock layouts offscreen and saves pictures, for eyes beside the target pictures.

`python -m tests.ui.gallery --size 800x480 --out DIR [--only session] [--arabic] [--contrast] [--large]`
"""

import argparse
import os
from pathlib import Path
from typing import Any

MOCKS = ("session", "idle", "today", "preparation", "parts")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", default="1280x800")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--only", choices=MOCKS)
    for flag in ("arabic", "contrast", "large"):
        parser.add_argument(f"--{flag}", action="store_true")
    return parser.parse_args()


def main() -> None:
    """Save one picture a mock layout."""
    wanted = _arguments()
    wanted.out.mkdir(parents=True, exist_ok=True)
    os.environ.update(SDL_VIDEODRIVER="offscreen", KIVY_NO_ARGS="1", KIVY_NO_FILELOG="1")
    width, height = map(int, wanted.size.split("x"))
    from tests.ui.stage import Glass

    glass = Glass(width, height)
    from kivy.factory import Factory
    from kivy.lang import Builder

    import kiosk.ui.widgets  # noqa: F401
    from kiosk.ui.theme import theme
    from tests.ui import pictures

    theme.is_rtl, theme.is_contrast = wanted.arabic, wanted.contrast
    theme.text_size = "large" if wanted.large else "normal"
    Builder.load_file(str(Path(__file__).with_name("gallery.kv")), encoding="utf-8")
    people = {name: pictures.portrait(*colours) for name, colours in pictures.PEOPLE.items()}
    for name in (wanted.only,) if wanted.only else MOCKS:
        root = Factory.get(f"Mock{name.title()}")()
        glass.put(root)
        _fill(root, name, people)
        glass.settle()
        suffix = "".join(f"-{flag}" for flag in ("arabic", "contrast", "large") if getattr(wanted, flag))
        glass.save(wanted.out / f"{name}-{wanted.size}{suffix}.png")


def _fill(root: Any, name: str, people: dict[str, Any]) -> None:
    from tests.ui import pictures

    if name == "session":
        root.ids.top.picture.show(people["guest"])
        root.ids.stage.picture.show(pictures.page())
        for key in ("brandt", "haddad"):
            root.ids.tiles.child_of(key).picture.show(people[key])
    elif name == "preparation":
        root.ids.top.picture.show(people["guest"])
        root.ids.own.show(people["guest"])
    elif name == "parts":
        root.ids.t1.picture.show(people["brandt"])
        root.ids.t5.picture.show(people["haddad"])


if __name__ == "__main__":
    main()
