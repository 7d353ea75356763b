"""What certificates open at the real broker, and what does not any more; renewal under a running agent."""

import asyncio
import contextlib
import os
import shutil
import ssl
from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path

import pytest
from msgspec.structs import replace

from device.broker import identity
from device.broker.connection import Arrival, Connection, Post, connected
from kiosk.contract import codec, topics
from kiosk.contract.configuration import Mqtt
from kiosk.contract.errors import BrokerError
from kiosk.contract.mqtt import Ack, AckState, Alert, RejectCode, Status
from provisioning.authority import Authority
from provisioning.central.enrolment import configuration, revocation
from provisioning.demo.ports import free_port
from provisioning.demo.processes import Running
from provisioning.demo.waiting import until
from provisioning.enrolment.faults import Fault, FaultError
from tests.fakes import certificates
from tests.fakes.agent_house import TERMINAL, AgentHouse
from tests.fakes.certificates import DAY
from tests.fakes.enrolment_house import EnrolmentHouse, Machine, now

OTHER = "nord.r2"


class Scene:
    """Broker, enrolment server and terminals of one installation."""

    def __init__(self, house: AgentHouse, enrolment: EnrolmentHouse, broker: Running) -> None:
        self.house = house
        self.enrolment = enrolment
        self.broker = broker
        self.authority = house.made.authority

    def mqtt(self, certificate_file: Path) -> Mqtt:
        return Mqtt(
            host="127.0.0.1",
            port=self.house.port,
            ca_file=self.authority.ca_file,
            certificate_file=certificate_file,
        )

    @contextlib.asynccontextmanager
    async def connected(self, files: tuple[Path, Path], name: str = TERMINAL) -> AsyncIterator[Connection]:
        """As the agent does with certificate and key; this process has no other credentials."""
        os.environ["CREDENTIALS_DIRECTORY"] = str(files[1].parent)
        try:
            connecting = connected(self.mqtt(files[0]), name, "1", now())
            connection = await asyncio.wait_for(connecting.__aenter__(), 20)
        finally:
            del os.environ["CREDENTIALS_DIRECTORY"]
        try:
            yield connection
        finally:
            await connecting.__aexit__(None, None, None)

    async def greet(self, files: tuple[Path, Path], name: str = TERMINAL) -> None:
        """Connects, and says something as `name`. Raises BrokerError when either is refused."""
        async with self.connected(files, name) as connection:
            if answer := await connection.post(Post(topic=topics.terminal(name, "status"), payload=b"{}")):
                raise BrokerError(answer)


@pytest.fixture
async def scene(house: AgentHouse) -> AsyncIterator[Scene]:
    broker = await house.start_broker()
    read = configuration.load(house.made.enrolment_file)
    # As `systemctl reload mosquitto.service` does.
    told = replace(read.revocations, reload=("kill", "-HUP", str(broker.pid)))
    settings = replace(read, listen=replace(read.listen, port=0), revocations=told)
    enrolment = EnrolmentHouse(house.directory / "enrolment", settings)
    with enrolment.registry:
        async with enrolment.serving():
            yield Scene(house, enrolment, broker)


def _files(machine: Machine) -> tuple[Path, Path]:
    return machine.places.certificate, machine.places.plain_credential


async def test_certificates_that_open_nothing(scene: Scene, tmp_path: Path) -> None:
    """Another house's, an expired, one that is not valid yet; and one of ours does open."""
    good = certificates.issue(scene.authority, tmp_path / "good", TERMINAL, -DAY, DAY)
    await scene.greet(good)
    stranger = Authority.create(tmp_path / "stranger")
    for name, authority, begin, end in (
        ("foreign", stranger, -DAY, DAY),
        ("expired", scene.authority, -2 * DAY, -DAY),
        ("early", scene.authority, DAY, 2 * DAY),
    ):
        bad = certificates.issue(authority, tmp_path / name, TERMINAL, begin, end)
        with pytest.raises(BrokerError, match="hung up"):
            await scene.greet(bad)
    await scene.greet(good)


async def test_under_anothers_name_nobody_hears_or_says_anything(scene: Scene, tmp_path: Path) -> None:
    """A good certificate, for another terminal: the broker gives it that one's rights and no others."""
    theirs = certificates.issue(scene.authority, tmp_path / "theirs", OTHER, -DAY, DAY)
    nameless = certificates.issue(scene.authority, tmp_path / "odd", "#", -DAY, DAY)
    for files in (theirs, nameless):
        with pytest.raises(BrokerError, match="Not authorized"):
            await scene.greet(files)
    await scene.greet(theirs, OTHER)
    # mosquitto lets everybody subscribe; it does not deliver what the rules forbid.
    command = topics.terminal(TERMINAL, "command", "ping", "1")
    arrivals: list[Arrival] = []
    async with scene.connected(theirs, OTHER) as connection:
        await connection.listen((command, topics.terminal(OTHER, "command", "+", "+")))
        async with scene.house.client(scene.house.made.central_file, "central") as central:
            await central.publish(command, b"theirs", qos=1)
            await central.publish(topics.terminal(OTHER, "command", "ping", "2"), b"ours", qos=1)
        task = asyncio.create_task(connection.receive(arrivals.append))
        await until(lambda: bool(arrivals), 5, "our own command")
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    assert [one.payload for one in arrivals] == [b"ours"]


async def test_a_broker_of_another_name_is_not_spoken_to(
    scene: Scene, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The terminal too looks whom it talks to."""
    _, key_file = certificates.issue(scene.authority, tmp_path / "good", TERMINAL, -DAY, DAY)
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(key_file.parent))
    context = identity.tls(scene.mqtt(key_file.parent / "certificate.pem"))
    with pytest.raises(ssl.SSLCertVerificationError, match="mismatch"):
        await asyncio.open_connection("127.0.0.1", scene.house.port, ssl=context, server_hostname="localhost")


async def test_a_replacement_ends_what_the_old_card_can_do(scene: Scene) -> None:
    """While it is connected: it is thrown out within seconds, stays out, and the new one is in. A copy is useless."""
    old = await scene.enrolment.enrolled("old")
    async with scene.connected(_files(old)) as connection:
        await connection.listen((topics.terminal(TERMINAL, "command", "+", "+"),))
        new = await scene.enrolment.enrolled("new")
        with pytest.raises(BrokerError):
            await asyncio.wait_for(connection.receive(lambda _: None), 10)
    with pytest.raises(BrokerError):
        await scene.greet(_files(old))
    await scene.greet(_files(new))
    with pytest.raises(FaultError) as caught:
        await asyncio.to_thread(old.renewal().run, is_forced=True)
    assert caught.value.fault is Fault.REVOKED


async def test_a_stolen_terminal_is_out_when_the_command_returns(scene: Scene) -> None:
    """Revoked by staff; the others notice nothing of it, and the list survives the broker's restart."""
    stolen, other = await scene.enrolment.enrolled("stolen"), await scene.enrolment.enrolled("other", OTHER)
    async with scene.connected(_files(other), OTHER) as standing:
        await standing.listen((topics.terminal(OTHER, "command", "+", "+"),))
        scene.enrolment.issuance.revoke(TERMINAL)
        settings = scene.enrolment.enrolment
        await revocation.tell_broker(settings, scene.authority, scene.enrolment.registry, now, (TERMINAL,))
        assert scene.enrolment.registry.lists.is_told
        with pytest.raises(BrokerError):
            await scene.greet(_files(stolen))
        await standing.listen((topics.terminal(OTHER, "desired", "+"),))  # still there
    await scene.house.supervisor.stop("broker")
    await scene.house.start_broker()
    with pytest.raises(BrokerError):
        await scene.greet(_files(stolen))
    await scene.greet(_files(other), OTHER)


async def test_a_broker_that_cannot_be_told_is_told_later(scene: Scene) -> None:
    """The list is written, the registry knows that nobody has read it, and the command says so."""
    settings = scene.enrolment.enrolment
    deaf = replace(settings, revocations=replace(settings.revocations, reload=("false",)))
    await scene.enrolment.enrolled("a")
    scene.enrolment.issuance.revoke(TERMINAL)
    with pytest.raises(BrokerError, match="does not know the new list"):
        await revocation.tell_broker(deaf, scene.authority, scene.enrolment.registry, now, ())
    assert not scene.enrolment.registry.lists.is_told
    await revocation.tell_broker(settings, scene.authority, scene.enrolment.registry, now, ())
    assert scene.enrolment.registry.lists.is_told


async def _agent_of(scene: Scene, machine: Machine) -> Running:
    """The real agent, with the identity that the machine was enrolled with, as its unit would load it."""
    folder = scene.house.made.credentials(scene.house.file)
    shutil.copyfile(machine.places.plain_credential, folder / "mqtt-key")
    runtime = machine.places.handed_over.parent
    runtime.mkdir(mode=0o700, parents=True)
    paths = scene.house.configuration.paths
    scene.house.configure(paths=replace(paths, runtime_directory=runtime))
    return await scene.house.start_agent()


async def test_a_renewal_is_taken_up_by_the_running_agent_within_seconds(scene: Scene) -> None:
    """New certificate on SIGHUP: the process stays, the broker sees no loss, the old certificate ends."""
    machine = await scene.enrolment.enrolled("a")
    async with scene.house.observe() as central:
        agent = await _agent_of(scene, machine)
        await central.until(lambda: central.statuses()[-1:] == ["ready"])
        loop, pid = asyncio.get_running_loop(), agent.pid
        before = _connections(central.payloads("status"))
        begin_s = loop.time()
        renewal = machine.renewal(("kill", "-HUP", str(pid)))
        fresh, is_new = await asyncio.to_thread(renewal.run, is_forced=True)
        await central.until(lambda: len(_connections(central.payloads("status"))) > len(before))
        assert loop.time() - begin_s < 5
        assert is_new
        assert agent.pid == pid
        assert set(central.statuses()) == {"init", "ready"}
        good = scene.enrolment.valid()
        assert [one.serial for one in good] == [f"{fresh.certificate.serial_number:x}"]
        await until(lambda: scene.enrolment.registry.lists.is_told, 10, "the broker to be told")
        # Thrown out, it comes back: with the new one, for the old one opens nothing any more.
        async with scene.house.client(scene.house.made.central_file, TERMINAL):
            pass
        await central.until(lambda: len(_connections(central.payloads("status"))) > len(before) + 1, 15)


async def test_central_hears_of_a_renewal_that_failed_and_may_ask_for_another(scene: Scene) -> None:
    """No server: an alert that says so. Asked again when it is back: a new certificate, and the alert is over."""
    machine = await scene.enrolment.enrolled("a")
    enrolled = machine.places.enrolled.read_text()
    machine.places.enrolled.write_text(enrolled.replace(scene.enrolment.url, f"https://127.0.0.1:{free_port()}"))
    async with scene.house.observe() as central:
        scene.house.configure(mqtt=replace(scene.mqtt(machine.places.certificate), key_credential="mqtt-key"))
        agent = await _agent_of(scene, machine)
        await central.until(lambda: central.statuses()[-1:] == ["ready"])
        renewal = machine.renewal(("kill", "-HUP", str(agent.pid)))

        async def answer(number: str, alert: str) -> Ack:
            """To the command, with the renewal in the unit's place."""
            await central.command("renew-certificate", number)
            await until(machine.places.request.exists, 5, "the agent's request")
            with contextlib.suppress(FaultError):
                await asyncio.to_thread(renewal.run)
            await central.until(lambda: len(central.acks("renew-certificate", number)) > 1)
            await central.until(lambda: _texts(central.payloads("alert", "health-certificate"))[-1:] == [alert])
            return central.acks("renew-certificate", number)[-1]

        failed = await answer("1", "certificate: not-renewed (unreachable)")
        assert (failed.state, failed.code) == (AckState.FAILED, RejectCode.INTERNAL)
        assert failed.result == {"fault": "unreachable"}
        machine.places.enrolled.write_text(enrolled)
        done = await answer("2", "")
        fresh = machine.store.load()
        assert fresh
        assert (done.state, done.result["is_new"]) == (AckState.SUCCEEDED, True)
        assert datetime.fromisoformat(done.result["good_until"]) == fresh.expires_at
        machine.places.enrolled.unlink()
        await central.command("renew-certificate", "3")
        await central.until(lambda: len(central.acks("renew-certificate", "3")) > 1)
        assert central.acks("renew-certificate", "3")[-1].code is RejectCode.UNSUPPORTED
        assert not machine.places.request.exists()


def _texts(alerts: list[bytes]) -> list[str]:
    """Of alerts in order; empty: it is over."""
    return [codec.decode(data, Alert, "test").text if data else "" for data in alerts]


def _connections(statuses: list[bytes]) -> list[str]:
    """Ids of connections that were born, in order."""
    born: list[str] = []
    for data in statuses:
        connection = codec.decode(data, Status, "test").connection
        if connection not in born:
            born.append(connection)
    return born
