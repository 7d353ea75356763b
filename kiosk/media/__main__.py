"""`python -m kiosk.media CONFIG.toml`: the media process of a terminal."""

import sys
from pathlib import Path

from kiosk.contract.configuration import load
from kiosk.media.memory import give_back_large
from kiosk.media.process import serve
from kiosk.runtime import service
from kiosk.runtime.life import Life


async def _main(life: Life) -> None:
    give_back_large()
    await serve(load(Path(sys.argv[1])), life)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python -m kiosk.media CONFIG.toml")
    life = Life()
    service.run("media", lambda: _main(life), life)
