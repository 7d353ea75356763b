"""`python -m kiosk.desk CONFIG.toml`: the desk server."""

import sys
from pathlib import Path

from kiosk.desk import configuration
from kiosk.desk.server import Desk
from kiosk.runtime import service


async def _main(path: Path) -> None:
    await Desk(configuration.load(path)).run()


def main() -> None:
    """Runs until a signal; see `service.run` for the exit codes."""
    if len(sys.argv) != 2:
        sys.exit("usage: python -m kiosk.desk CONFIG.toml")
    service.run("desk", lambda: _main(Path(sys.argv[1])))


if __name__ == "__main__":
    main()
