"""The touch app: `python -m kiosk.ui CONFIG.toml`. It has the screen and the fingers, and no network."""

import sys
from pathlib import Path

from kiosk.contract.configuration import load
from kiosk.runtime import service
from kiosk.runtime.life import Life


async def _run(path: Path, life: Life) -> None:
    configuration = load(path)
    from kiosk.ui import window

    window.prepare(configuration.ui)  # before the first import of Kivy's window
    from kiosk.ui.app import run

    await run(configuration, life)


def main() -> None:
    if len(sys.argv) != 2:
        sys.exit("usage: python -m kiosk.ui CONFIG.toml")
    path = Path(sys.argv[1])
    life = Life()
    service.run("kiosk-ui", lambda: _run(path, life), life)


if __name__ == "__main__":
    main()
