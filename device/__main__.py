"""`python -m device CONFIG.toml`: the device agent."""

import argparse
import asyncio
import signal
from pathlib import Path
from types import ModuleType

from device import backbone
from kiosk.contract import configuration
from kiosk.runtime import service
from kiosk.runtime.life import Life


async def _live(path: Path, life: Life) -> None:
    """The wires first; they answer while everything else is read from disk."""
    async with backbone.standing(configuration.load(path)) as standing:
        agent = await asyncio.to_thread(_agent)
        await agent.run(standing, life)


def _agent() -> ModuleType:
    from device import agent

    return agent


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m device", description="The device agent of a terminal.")
    parser.add_argument("configuration", type=Path, metavar="CONFIG.toml")
    path = parser.parse_args().configuration
    # Until the agent listens for it: a renewal's word would end us, and what it brings is read when we first connect.
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    life = Life()
    service.run("device", lambda: _live(path, life), life)


if __name__ == "__main__":
    main()
