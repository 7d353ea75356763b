"""Numbered events through a broker that goes and comes back, and an agent that is killed."""

import asyncio
import os
import signal

from kiosk.contract import intents
from tests.fakes.agent_house import AgentHouse, App


async def ask_for_help(app: App, times: int) -> None:
    """Two events each time: help-asked, help-cancelled."""
    for _ in range(times):
        app.touch(intents.AskHelp())
        await app.until(lambda state: state.is_help_asked)
        app.touch(intents.CancelHelp())
        await app.until(lambda state: not state.is_help_asked)


async def test_events_of_ten_seconds_without_a_broker_arrive_once_and_in_order(house: AgentHouse) -> None:
    """The broker is stopped and started; nothing is missing, doubled or out of order, and the app never noticed."""
    broker = await house.start_broker()
    await house.start_agent()
    app = await house.app()
    await app.until(lambda state: state.is_broker_here)
    await ask_for_help(app, 2)
    async with house.observe() as central:
        await ask_for_help(app, 1)
        await central.until(lambda: len(central.events()) == 2)
        first = central.events()[0].seq
    os.kill(broker.pid, signal.SIGTERM)
    await app.until(lambda state: not state.is_broker_here)
    for _ in range(10):
        await ask_for_help(app, 2)
        await asyncio.sleep(1)
    await house.start_broker()
    async with house.observe() as central:
        await central.until(lambda: len(central.events()) >= 40, timeout_s=30)
        await app.until(lambda state: state.is_broker_here)
        await ask_for_help(app, 1)
        await central.until(lambda: len(central.events()) == 42)
        events = central.events()
    assert [event.seq for event in events] == list(range(first + 2, first + 44))
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
