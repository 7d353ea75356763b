"""The client against a broker that refuses, throws out and forbids, each with its reason code."""

import asyncio
import contextlib
import logging
import ssl
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from device import clock
from device.broker.client import Client
from device.broker.spool import Spool
from device.broker.store import Store
from kiosk.contract.configuration import Mqtt
from kiosk.contract.mqtt import Clock
from kiosk.runtime.log import Refusals
from provisioning.authority import Authority
from provisioning.demo.ports import HOST, free_port
from provisioning.demo.waiting import until
from tests.fakes.scripted_broker import ScriptedBroker


@dataclass
class Scene:
    client: Client
    refusals: Refusals
    context: ssl.SSLContext
    port: int
    came: asyncio.Event
    went: asyncio.Event

    @contextlib.asynccontextmanager
    async def living(self, broker: ScriptedBroker) -> AsyncIterator[None]:
        async with broker.listening(HOST, self.port, self.context):
            task = asyncio.create_task(self.client.run(), name="client")
            try:
                yield
            finally:
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)


@pytest.fixture
async def scene(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Scene]:
    authority = Authority.create(tmp_path / "ca")
    authority.issue("broker", tmp_path / "broker.pem", tmp_path / "broker-key", hosts=[HOST])
    authority.issue("nord.r1", tmp_path / "certificate.pem", tmp_path / "mqtt-key")
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "broker.pem", tmp_path / "broker-key")
    came, went, port = asyncio.Event(), asyncio.Event(), free_port()
    refusals = Refusals(logging.getLogger("test"))
    mqtt = Mqtt(host=HOST, port=port, ca_file=authority.ca_file, certificate_file=tmp_path / "certificate.pem")
    with Store(tmp_path / "spool.sqlite", refusals) as store:
        client = Client(
            mqtt, "nord.r1", store, Spool(store), refusals, lambda _: None, lambda here: (came if here else went).set()
        )
        yield Scene(client, refusals, context, port, came, went)


@pytest.mark.parametrize("code", [0x86, 0x87, 0x8A])
async def test_a_refused_terminal_does_not_try_again_soon(
    scene: Scene, code: int, caplog: pytest.LogCaptureFixture
) -> None:
    """One try, a log line with the reason, then minutes of silence."""
    broker = ScriptedBroker(connack=code)
    async with scene.living(broker):
        await until(lambda: "does not let us in" in caplog.text, 5, "the refusal in the log")
        assert broker.connects == 1
        assert not scene.came.is_set()
    pause_s = float(caplog.text.rpartition("next try in ")[2].split()[0])
    assert 300 <= pause_s <= 900


async def test_a_certificate_that_comes_while_the_old_one_is_refused_is_tried_at_once(scene: Scene) -> None:
    """Its word is not lost with the try under way, nor waits for the minutes of a refused terminal."""

    def renew() -> None:
        if broker.connects == 1:
            scene.client.renew()

    broker = ScriptedBroker(connack=0x87, on_connect=renew)
    async with scene.living(broker):
        await until(lambda: broker.connects == 2, 5, "the second try")


async def test_a_broker_in_trouble_is_tried_again_within_a_second(scene: Scene) -> None:
    """0x88, unavailable: two tries within 2.5 s."""
    broker = ScriptedBroker(connack=0x88)
    async with scene.living(broker):
        await until(lambda: broker.connects >= 2, 2.5, "the second try")


async def test_a_session_that_was_taken_over_is_known_as_such(scene: Scene) -> None:
    """0x8E says it at once; any other reason says nothing about a twin."""
    broker = ScriptedBroker()
    async with scene.living(broker):
        for reason, is_duplicate in ((0x8B, False), (0x8E, True)):
            await asyncio.wait_for(scene.came.wait(), 5)
            scene.came.clear()
            scene.went.clear()
            broker.disconnect(reason)
            await asyncio.wait_for(scene.went.wait(), 5)
            await asyncio.wait_for(scene.came.wait(), 5)
            assert scene.client.is_duplicate is is_duplicate


async def test_an_event_the_broker_forbids_is_kept(scene: Scene) -> None:
    """0x87 for a publish is no acknowledgement: counted, and the event stays until somebody mends the rules."""
    broker = ScriptedBroker(publish=0x87)
    scene.client.spool.append("fault", {}, clock.now(), Clock.NTP)
    async with scene.living(broker):
        await until(lambda: scene.refusals.total > 0, 5, "the refusal")
    assert len(scene.client.spool) == 1
