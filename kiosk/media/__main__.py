"""`python -m kiosk.media CONFIG.toml`: the media process of a terminal."""

import sys
from pathlib import Path

from kiosk.contract.configuration import load
from kiosk.media.memory import give_back_large
from kiosk.media.process import serve
from kiosk.runtime import service


async def _main() -> None:
    give_back_large()
    await serve(load(Path(sys.argv[1])))


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python -m kiosk.media CONFIG.toml")
    service.run("media", _main)
