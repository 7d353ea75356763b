"""`python -m device CONFIG.toml`: the device agent."""

import argparse
from pathlib import Path

from device import agent
from kiosk.contract import configuration
from kiosk.runtime import service


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m device", description="The device agent of a terminal.")
    parser.add_argument("configuration", type=Path, metavar="CONFIG.toml")
    path = parser.parse_args().configuration

    async def live() -> None:
        await agent.run(configuration.load(path))

    service.run("device", live)


if __name__ == "__main__":
    main()
