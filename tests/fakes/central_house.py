"""A whole central side of real servers in one folder, for `provision central check` to look at."""

import asyncio
import contextlib
import ssl
import sys
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import aiomqtt

from kiosk.contract import codec, topics
from kiosk.contract.mqtt import Condition, Status
from kiosk.contract.schedule import Schedule
from provisioning import broker, installation, toml
from provisioning.__main__ import main
from provisioning.authority import Authority
from provisioning.central import configuration
from provisioning.central.enrolment import configuration as enrolment
from provisioning.central.enrolment.server import serve
from provisioning.central.messages import connected
from provisioning.demo.ports import HOST, free_port, until_open
from provisioning.demo.processes import Program, Running, Supervisor
from provisioning.outside import survey
from provisioning.outside.survey import House
from provisioning.outside.verdict import Verdict
from tests.fakes import coturn
from tests.fakes.janus import Janus

ROOM = "nord.r1"
DIRECTORY = Path(__file__).parents[2] / "provisioning" / "demo" / "directory.toml"


class Central:
    """What runs, and what is known of it."""

    def __init__(self, made: installation.Installation, house: House, broker: Running) -> None:
        self.made, self.house, self.broker = made, house, broker

    @property
    def authority(self) -> Authority:
        return self.made.authority

    async def faults(self, house: House | None = None) -> dict[str, Verdict]:
        return await faults(house or self.house)

    async def publish(self, topic: str, message: object) -> None:
        def send() -> None:
            with connected(self.house.central) as connection:
                connection.publish(topic, message)

        await asyncio.to_thread(send)


async def faults(house: House) -> dict[str, Verdict]:
    """`part: check` → what is faulty."""
    found = await survey.survey(house)
    return {f"{one.part}: {one.check}": one for one in found if one.result == "fault"}


def _make(folder: Path, ports: tuple[int, int, int]) -> installation.Installation:
    """Broker, desk server with TLS of its own, enrolment server; with the plan of one room."""
    plan = installation.Plan(
        terminals=(ROOM,),
        hosts=(HOST,),
        broker_port=ports[0],
        desk_port=ports[1],
        page=f"https://{HOST}:{ports[1]}",
        is_miniature=True,
    )
    made = installation.create(folder / "house", plan)
    desk = made.desk_file("desk-1")
    certificate = desk.parent / "page.pem"
    made.authority.issue("page", certificate, made.credentials(desk) / "desk-tls-key", hosts=(HOST,))
    desk.write_text(
        desk.read_text().replace("[mqtt]", f'[listen.tls]\ncertificate_file = "{certificate}"\n\n[mqtt]'),
        encoding="utf-8",
    )
    central = made.central_file.parent
    (central / "directory.toml").write_bytes(DIRECTORY.read_bytes())
    said = {"broker": HOST, "enrolment": f"https://{HOST}:{ports[2]}", "ca_file": "ca.pem"}
    rooms = '\n[sites.nord]\ntitle = "Nord"\n[sites.nord.rooms.r1]\ntitle = "R1"\n'
    (central / "plan.toml").write_text(toml.block("[central]", said) + rooms)
    made.enrolment_file.write_text(
        made.enrolment_file.read_text().replace(f"port = {enrolment.PORT}", f"port = {ports[2]}")
    )
    return made


@contextlib.asynccontextmanager
async def running(folder: Path) -> AsyncIterator[Central]:
    """All parts, and what an administrator publishes first."""
    ports = free_port(), free_port(), free_port()
    made = _make(folder, ports)
    janus = Janus(folder / "janus")
    async with contextlib.AsyncExitStack() as stack:
        supervisor = await stack.enter_async_context(Supervisor(folder / "logs"))
        command = (broker.find_mosquitto(), "-c", str(made.broker_file))
        mosquitto = await supervisor.start(Program(name="broker", command=command))
        await until_open(ports[0])
        desk = made.desk_file("desk-1")
        program = Program(
            name="desk",
            command=(sys.executable, "-m", "kiosk.desk", str(desk)),
            environment={"CREDENTIALS_DIRECTORY": str(made.credentials(desk))},
        )
        await supervisor.start(program)
        server = asyncio.create_task(serve(enrolment.load(made.enrolment_file)), name="enrolment")
        stack.callback(server.cancel)
        await janus.start()
        stack.push_async_callback(janus.kill)
        relay = await stack.enter_async_context(coturn.running(folder, authority=made.authority))
        for port in ports[1:]:
            await until_open(port)
        central = configuration.load(made.central_file)
        toml.write(made.central_file.parent / "media-server.toml", janus.server)
        toml.write(made.central_file.parent / "relay.toml", relay.relay)
        central_side = Central(made, survey.known(central, made.central_file.parent), mosquitto)
        await central_side.publish(topics.terminal(ROOM, "desired", "schedule"), Schedule(published=datetime.now(UTC)))
        async with _terminal(made):
            pass
        config = ("--config", str(made.central_file))
        assert await asyncio.to_thread(main, ["directory", "push", str(DIRECTORY), *config]) == 0
        file = made.central_file.parent / "relay.toml"
        assert await asyncio.to_thread(main, ["relay", "push", "--all", str(file), *config]) == 0
        yield central_side
        server.cancel()
        await asyncio.gather(server, return_exceptions=True)


@contextlib.asynccontextmanager
async def _terminal(made: installation.Installation) -> AsyncIterator[None]:
    """It came once: its status is retained."""
    file = made.terminal_file(ROOM)
    context = ssl.create_default_context(cafile=str(file.parent / "ca.pem"))
    context.load_cert_chain(file.parent / "certificate.pem", made.credentials(file) / "mqtt-key")
    port = configuration.load(made.central_file).mqtt.port
    status = Status(state=Condition.READY, connection="x", since=datetime.now(UTC))
    async with aiomqtt.Client(HOST, port, tls_context=context, protocol=aiomqtt.ProtocolVersion.V5) as client:
        await client.publish(topics.terminal(ROOM, "status"), codec.encode(status), qos=1, retain=True)
        yield
