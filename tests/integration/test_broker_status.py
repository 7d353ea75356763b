"""Birth, last will and goodbye at the real broker."""

import asyncio
import contextlib
import functools
import os
import signal

import aiomqtt

from kiosk.contract import codec, topics
from kiosk.contract.mqtt import Alert, Info, Status
from tests.fakes.agent_house import TERMINAL, AgentHouse


async def test_a_start_is_init_then_ready_and_everything_is_told(house: AgentHouse) -> None:
    """The monitor sees the birth first, then the whole state, retained."""
    await house.start_broker()
    async with house.observe() as central:
        await house.start_agent()
        await central.until(lambda: central.statuses() == ["init", "ready"])
        for topic in (["info"], ["state", "session"], ["state", "hardware"], ["state", "config"]):
            assert await central.until(functools.partial(central.payloads, *topic)), topic
        info = codec.decode(central.payloads("info")[0], Info, "test")
        assert {"display", "identify", "ping"} <= set(info.capabilities)


async def test_a_goodbye_is_no_loss(house: AgentHouse) -> None:
    """An agent that is asked to end says so, and leaves no will behind."""
    await house.start_broker()
    async with house.observe() as central:
        agent = await house.start_agent()
        await central.until(lambda: "ready" in central.statuses())
        os.kill(agent.pid, signal.SIGTERM)
        await central.until(lambda: central.statuses()[-1] == "disconnected")
        assert agent.task is not None
        await asyncio.wait_for(agent.task, 5)
        assert agent.exit_codes == [0]


async def test_a_killed_agent_is_lost_after_the_will_delay_and_comes_back_under_a_new_connection(
    house: AgentHouse,
) -> None:
    """`kill -9`: nothing for 10 s, then the will, with the id of the connection that died; a new agent has another."""
    await house.start_broker()
    async with house.observe() as central:
        agent = await house.start_agent()
        await central.until(lambda: "ready" in central.statuses())
        before = codec.decode(central.payloads("status")[-1], Status, "test")
        loop = asyncio.get_running_loop()
        killed = loop.time()
        os.kill(agent.pid, signal.SIGKILL)
        await central.until(lambda: central.statuses()[-1] == "lost", 20)
        assert loop.time() - killed > 8
        assert codec.decode(central.payloads("status")[-1], Status, "test").connection == before.connection
        await house.start_agent()
        await central.until(lambda: central.statuses()[-1] == "ready")
        assert codec.decode(central.payloads("status")[-1], Status, "test").connection != before.connection


async def test_a_quick_restart_is_no_alarm(house: AgentHouse) -> None:
    """Killed and started again within the will delay: the monitor sees init and ready, never lost."""
    await house.start_broker()
    async with house.observe() as central:
        agent = await house.start_agent(is_restarted=True)
        await central.until(lambda: central.statuses() == ["init", "ready"])
        os.kill(agent.pid, signal.SIGKILL)
        await central.until(lambda: central.statuses() == ["init", "ready", "init", "ready"])


async def test_what_an_earlier_life_left_behind_is_tidied(house: AgentHouse) -> None:
    """A retained alert of an agent that was killed is taken back by the next one, if it is no longer true."""
    await house.start_broker()
    async with house.observe() as central:
        agent = await house.start_agent()
        await central.until(lambda: central.payloads("alert", "media"))
        os.kill(agent.pid, signal.SIGKILL)
        assert agent.task is not None
        await asyncio.wait([agent.task])
        await house.start_agent()
        media = await house.media()
        await media.until(lambda _: True)
        await central.until(lambda: central.payloads("alert", "media")[-1] == b"")


async def test_a_stranger_gets_nothing(house: AgentHouse) -> None:
    """What one terminal publishes in the name of another is refused by the broker's rules."""
    await house.start_broker()
    stranger = house.client(house.made.terminal_file("nord.r2"), "nord.r2")
    async with house.observe() as central, stranger:
        await house.start_agent()
        await central.until(lambda: "ready" in central.statuses())
        await stranger.publish(topics.terminal(TERMINAL, "status"), b"{}", qos=1, retain=True)
        await stranger.publish(topics.terminal(TERMINAL, "command", "ping", "1"), b"{}", qos=1)
        await stranger.publish(topics.terminal("nord.r2", "status"), b"here", qos=1)
        await central.until(lambda: any(bytes(one.payload or b"") == b"here" for one in central.seen))
        assert central.statuses()[-1] == "ready"
        assert not central.payloads("command", "ping", "1")


async def test_a_second_client_under_our_name_is_an_alert(house: AgentHouse) -> None:
    """Whoever copied the card takes the name, and the terminal takes it back: the monitor hears of it."""

    async def live_as_twin() -> None:
        while True:
            with contextlib.suppress(aiomqtt.MqttError):
                async with house.client(house.file, TERMINAL) as twin:
                    async for _ in twin.messages:
                        pass

    await house.start_broker()
    async with house.observe() as central:
        await house.start_agent()
        await central.until(lambda: "ready" in central.statuses())
        twin = asyncio.create_task(live_as_twin(), name="twin")
        (payload, *_) = await central.until(lambda: central.payloads("alert", "duplicate-identity"), timeout_s=20)
        assert codec.decode(payload, Alert, "test").severity == "critical"
        twin.cancel()
        await asyncio.gather(twin, return_exceptions=True)
