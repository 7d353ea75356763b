"""The cable between terminal and broker is pulled and put back. Needs the far side of `provisioning/namespace.sh`."""

import asyncio
import os
import subprocess
from pathlib import Path

import pytest

from kiosk.contract import intents
from tests.fakes.agent_house import AgentHouse, agent_house

FAR_HOST = "10.99.0.2"
OUTAGE_S = 8
"""Long enough for TCP to try again only every few seconds."""


def far_side() -> tuple[str, ...]:
    pid = os.environ.get("RUNDTISCH_FAR_PID", "")
    assert pid, "run the tests with: bash provisioning/namespace.sh python -m pytest"
    return ("nsenter", "-t", pid, "-n", "--")


def set_cable(state: str) -> None:
    subprocess.run(["ip", "link", "set", "near0", state], check=True, timeout=5)


@pytest.fixture
async def far_house(short_path: Path):
    """A house whose broker is at the other end of the cable."""
    async with agent_house(short_path, host=FAR_HOST, far_side=far_side()) as house:
        yield house


async def test_the_broker_is_there_again_three_seconds_after_the_cable(far_house: AgentHouse) -> None:
    """The kernel tells of the cable, the old connection does not answer, a new one brings what happened meanwhile."""
    await far_house.start_broker()
    await far_house.start_agent()
    app = await far_house.app()
    await app.until(lambda state: state.is_broker_here)
    async with far_house.observe():
        pass  # from now on the broker keeps what comes
    try:
        set_cable("down")
        app.touch(intents.AskHelp())
        await app.until(lambda state: state.is_help_asked)
        await asyncio.sleep(OUTAGE_S)
    finally:
        set_cable("up")
    loop = asyncio.get_running_loop()
    back = loop.time()
    async with far_house.observe() as central:
        await central.until(lambda: [event.type for event in central.events()] == ["help-asked"])
        await central.until(lambda: central.payloads("alert", "help"))
        assert loop.time() - back < 3
