"""Commands without a broker: what is answered, and what is done."""

import asyncio
import logging
from pathlib import Path
from typing import Any

from device.broker.answers import Answers
from device.broker.commands import Commands
from device.broker.connection import Arrival
from device.broker.store import Store
from kiosk.contract import codec
from kiosk.contract.mqtt import Ack, AckState, RejectCode
from kiosk.runtime.log import Refusals


async def test_an_answer_of_another_version_is_not_done_again_and_ends_nobody(tmp_path: Path) -> None:
    """A newer version was taken back, and had a word that this one does not know."""
    refusals = Refusals(logging.getLogger("test"))
    said: asyncio.Queue[Ack] = asyncio.Queue()
    done: list[dict[str, Any]] = []

    async def ping(args: dict[str, Any]) -> dict[str, Any]:
        done.append(args)
        return {}

    def say(topic: str, payload: bytes, correlation: bytes) -> None:
        said.put_nowait(codec.decode(payload, Ack, "test"))

    with Store(tmp_path / "spool.sqlite", refusals) as store:
        store.write("INSERT INTO answer (command, ack) VALUES ('ping/1', ?)", (b'{"state": "put-off"}',))
        commands = Commands("nord.r1", {"ping": ping}, Answers(store), say, refusals)
        running = asyncio.create_task(commands.run())
        arrival = Arrival(topic="command/ping/1", payload=b"{}", expiry_s=20)
        commands.take("ping", "1", arrival, is_for_all=False)
        answer = await asyncio.wait_for(said.get(), 5)
        assert (answer.state, answer.code, done) == (AckState.FAILED, RejectCode.INTERNAL, [])
        commands.take("ping", "2", arrival, is_for_all=False)
        states = [(await asyncio.wait_for(said.get(), 5)).state for _ in range(2)]
        assert states == [AckState.ACCEPTED, AckState.SUCCEEDED]
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
