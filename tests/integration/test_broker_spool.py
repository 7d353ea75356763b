"""Numbered events through a broker that goes and comes back, and an agent that is killed."""

import asyncio
import contextlib
import os
import signal
import sqlite3

from kiosk.contract import intents
from provisioning.demo.waiting import until
from tests.fakes.agent_house import AgentHouse, App


async def ask_for_help(app: App, times: int) -> None:
    """Two events each time: help-asked, help-cancelled."""
    for _ in range(times):
        app.touch(intents.AskHelp())
        await app.until(lambda state: state.is_help_asked)
        app.touch(intents.CancelHelp())
        await app.until(lambda state: not state.is_help_asked)


async def until_acknowledged(house: AgentHouse) -> None:
    """Until every event is struck off; what is on its way when a broker ends may come twice (QoS 1), as the same."""
    path = house.configuration.paths.state_directory / "spool.sqlite"
    with contextlib.closing(sqlite3.connect(path)) as database:
        await until(lambda: database.execute("SELECT count(*) FROM event").fetchone() == (0,), 10, "an empty spool")


async def test_events_of_ten_seconds_without_a_broker_arrive_once_and_in_order(house: AgentHouse) -> None:
    """The broker is stopped and started; nothing is missing, doubled or out of order, and the app never noticed."""
    await house.start_broker()
    await house.start_agent()
    app = await house.app()
    await app.until(lambda state: state.is_broker_here)
    await ask_for_help(app, 2)
    await until_acknowledged(house)
    async with house.observe() as central:
        await ask_for_help(app, 1)
        await central.until(lambda: [event.seq for event in central.events()] == [5, 6])
    await until_acknowledged(house)
    await house.supervisor.stop("broker")
    await app.until(lambda state: not state.is_broker_here)
    for _ in range(10):
        await ask_for_help(app, 2)
        await asyncio.sleep(1)
        assert app.state is not None
        assert not app.state.is_broker_here
    await house.start_broker()
    async with house.observe() as central:
        await central.until(lambda: central.events() and central.events()[-1].seq == 46, timeout_s=60)
        await app.until(lambda state: state.is_broker_here)
        await ask_for_help(app, 1)
        await central.until(lambda: central.events()[-1].seq == 48)
        # The broker may repeat to us what we had of it before; the agent may not repeat anything.
        events = [event for event in central.events() if event.seq > 6]
    assert [event.seq for event in events] == list(range(7, 49))
    assert [event.type for event in events] == ["help-asked", "help-cancelled"] * 21


async def test_events_survive_the_agent(house: AgentHouse) -> None:
    """Made without a broker, agent killed: the next agent sends them, and counts on."""
    agent = await house.start_agent(is_restarted=True)
    app = await house.app()
    await ask_for_help(app, 3)
    os.kill(agent.pid, signal.SIGKILL)
    app = await house.app()
    await ask_for_help(app, 1)
    await house.start_broker()
    async with house.observe() as central:
        await central.until(lambda: len(central.events()) == 8)
        assert [event.seq for event in central.events()] == list(range(1, 9))
