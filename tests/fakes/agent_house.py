"""A real broker and a real device agent; a test takes the places of the touch app, media, a page and central.

Everything is on loopback, with the certificates and rules that `provision` makes.
"""

import asyncio
import contextlib
import socket
import ssl
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import aiomqtt
import msgspec
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from kiosk.contract import codec, configuration, topics
from kiosk.contract.configuration import Configuration, Links, Paths
from kiosk.contract.links import FromUi, Role, Snapshot, StartAnew, ToMedia, ToUi
from kiosk.contract.media import Lamp, MediaReport, Plan
from kiosk.contract.mqtt import Ack, Event, Status
from kiosk.contract.self_test import Check, CheckResult, Examine, Examined, Verdict
from kiosk.contract.state import State
from kiosk.contract.wiring import DoorSign, HelpButton, HelpLamp, Light, PinFactory, Room
from kiosk.runtime import link
from provisioning import broker, installation, toml
from provisioning.demo.lines import Lines
from provisioning.demo.ports import HOST, free_port
from provisioning.demo.processes import Program, Running, Supervisor
from tests.fakes.patience import PATIENCE_S

TERMINAL = "nord.r1"
PINS = Room(
    pin_factory=PinFactory.MOCK,
    parts={
        "door-sign": DoorSign(lamps={"free": 17, "busy": 27, "wait": 22}),
        "ceiling-light": Light(pin=23),
        "help-button": HelpButton(pin=24),
        "help-lamp": HelpLamp(pin=25),
    },
)
_new_properties: Callable[[int], Properties] = Properties


async def _until_open(host: str, port: int, timeout_s: float = PATIENCE_S) -> None:
    """Returns when somebody listens there; unlike the demo's, on any host."""
    async with asyncio.timeout(timeout_s):
        while True:
            try:
                _, writer = await asyncio.open_connection(host, port)
            except OSError:
                await asyncio.sleep(0.01)
            else:
                writer.close()
                return


class Speaker:
    """Somebody who publishes."""

    def __init__(self, client: aiomqtt.Client) -> None:
        self._client = client

    async def publish(self, topic: str, message: object | bytes, *, retain: bool = False, **properties: Any) -> None:
        """`properties` are those of MQTT 5 (`MessageExpiryInterval`, `ResponseTopic`, …)."""
        given = _new_properties(PacketTypes.PUBLISH)
        for name, value in properties.items():
            setattr(given, name, value)
        payload = message if isinstance(message, bytes) else codec.encode(message)
        await self._client.publish(topic, payload, qos=1, retain=retain, properties=given)


class Observer(Speaker):
    """Central monitoring: sees everything, in order, and may command."""

    def __init__(self, client: aiomqtt.Client) -> None:
        super().__init__(client)
        self._news = asyncio.Condition()
        self.seen: list[aiomqtt.Message] = []

    async def run(self) -> None:
        async for message in self._client.messages:
            async with self._news:
                self.seen.append(message)
                self._news.notify_all()

    def payloads(self, *rest: str, after: int = 0) -> list[bytes]:
        """What came on a topic of the terminal, oldest first."""
        topic = topics.terminal(TERMINAL, *rest)
        return [bytes(one.payload or b"") for one in self.seen[after:] if one.topic.value == topic]

    def statuses(self) -> list[str]:
        return [str(codec.decode(data, Status, "test").state) for data in self.payloads("status")]

    def events(self) -> list[Event]:
        begin = topics.terminal(TERMINAL, "event", "")
        return [
            codec.decode(bytes(one.payload or b""), Event, "test")
            for one in self.seen
            if one.topic.value.startswith(begin)
        ]

    def acks(self, kind: str, number: str) -> list[Ack]:
        return [codec.decode(data, Ack, "test") for data in self.payloads("ack", kind, number)]

    async def until(self, condition: Callable[[], Any], timeout_s: float = PATIENCE_S) -> Any:
        """Waits until `condition()` is true of what was seen, and returns it."""
        async with asyncio.timeout(timeout_s), self._news:
            await self._news.wait_for(condition)
            return condition()

    async def command(self, kind: str, number: str, payload: bytes = b"{}", **properties: Any) -> None:
        """With a deadline of 20 s where none is given."""
        properties = {"MessageExpiryInterval": 20, **properties}
        await self.publish(topics.terminal(TERMINAL, "command", kind, number), payload, **properties)


@contextlib.asynccontextmanager
async def _closing(connected: link.Link) -> AsyncIterator[None]:
    try:
        with contextlib.suppress(EOFError):
            yield
    finally:
        await connected.close()


class App:
    """In the place of the touch app: keeps the last state it was shown."""

    def __init__(self, connected: link.Link) -> None:
        self.link = connected
        self.state: State | None = None
        self.snapshots = 0
        self.was_asked_to_start_anew = False
        self._news = asyncio.Condition()

    async def run(self) -> None:
        """Until the agent is gone."""
        async with _closing(self.link):
            while True:
                message: ToUi = await self.link.receive(ToUi)
                if isinstance(message, StartAnew):
                    self.was_asked_to_start_anew = True
                if isinstance(message, Snapshot):
                    async with self._news:
                        self.state = message.state
                        self.snapshots += 1
                        self._news.notify_all()

    def touch(self, intent: FromUi) -> None:
        self.link.send(intent)

    async def until(self, condition: Callable[[State], Any], timeout_s: float = PATIENCE_S) -> State:
        """Waits until the state it was shown is so."""
        async with asyncio.timeout(timeout_s), self._news:
            await self._news.wait_for(lambda: self.state is not None and condition(self.state))
            assert self.state is not None
            return self.state


class MediaDouble:
    """In the place of media: keeps what it was told. A call with itself always goes well."""

    def __init__(self, connected: link.Link, is_obedient: bool = False) -> None:
        """`is_obedient`: does what it is told, see `obey`."""
        self.link = connected
        self.told: list[ToMedia] = []
        self.is_obedient = is_obedient
        self._news = asyncio.Condition()

    async def run(self) -> None:
        async with _closing(self.link):
            while True:
                message = await self.link.receive(ToMedia)
                async with self._news:
                    self.told.append(message)
                    self._news.notify_all()
                if self.is_obedient and isinstance(message, Plan):
                    self.obey(message)
                if isinstance(message, Examine) and message.check is Check.CALL:
                    result = CheckResult(check=Check.CALL, verdict=Verdict.PASSED)
                    self.link.send(Examined(number=message.number, result=result))

    def obey(self, plan: Plan) -> None:
        """Camera and microphone are opened and shut as the plan says, and it is reported."""
        self.link.send(MediaReport(camera=Lamp(plan.camera.value), microphone=Lamp(plan.microphone.value)))

    async def until(self, condition: Callable[[Any], Any], timeout_s: float = PATIENCE_S) -> Any:
        """The first message for which `condition` holds."""
        async with asyncio.timeout(timeout_s), self._news:
            await self._news.wait_for(lambda: any(condition(one) for one in self.told))
            return next(one for one in self.told if condition(one))


class AgentHouse:
    """Starts nothing by itself; leaving the context ends everything."""

    def __init__(
        self,
        directory: Path,
        supervisor: Supervisor,
        group: asyncio.TaskGroup,
        host: str = HOST,
        far_side: tuple[str, ...] = (),
    ) -> None:
        """`far_side` is put before the broker's command, when it lives in another namespace with address `host`."""
        self.directory = directory
        self.supervisor = supervisor
        self._group = group
        self._host = host
        self._far_side = far_side
        self.port = free_port()
        plan = installation.Plan(
            terminals=(TERMINAL, "nord.r2"),
            hosts=(host,),
            broker_port=self.port,
            page="http://127.0.0.1:1",
            is_miniature=True,
        )
        self.made = installation.create(directory / "house", plan)
        self.file = self.made.terminal_file(TERMINAL)
        self.configure()

    def configure(self, **sections: Any) -> None:
        """Writes the terminal's file; `sections` take the place of the usual ones."""
        run = self.directory / "run"
        loaded = configuration.load(self.file)
        given = {
            "links": Links(ui_socket=run / "ui", media_socket=run / "media", frames_socket=run / "frames"),
            "paths": Paths(runtime_directory=run / "device", state_directory=self.directory / "state"),
            "room": msgspec.structs.replace(PINS, bench_socket=run / "bench"),
            **sections,
        }
        toml.write(self.file, msgspec.structs.replace(loaded, **given))

    @property
    def configuration(self) -> Configuration:
        return configuration.load(self.file)

    async def start_broker(self) -> Running:
        command = (*self._far_side, broker.find_mosquitto(), "-c", str(self.made.broker_file))
        running = await self.supervisor.start(Program(name="broker", command=command))
        await _until_open(self._host, self.port)
        return running

    async def start_agent(self, *, is_restarted: bool = False) -> Running:
        return await self.supervisor.start(
            Program(
                name="agent",
                command=(sys.executable, "-m", "device", str(self.file)),
                environment={"CREDENTIALS_DIRECTORY": str(self.made.credentials(self.file))},
                is_restarted=is_restarted,
                command_after=(sys.executable, "-m", "device.room.safe", str(self.file)) if is_restarted else (),
            )
        )

    def client(self, file: Path, name: str, **options: Any) -> aiomqtt.Client:
        """An MQTT client with the certificate beside `file`."""
        context = ssl.create_default_context(cafile=str(file.parent / "ca.pem"))
        context.load_cert_chain(file.parent / "certificate.pem", self.made.credentials(file) / "mqtt-key")
        return aiomqtt.Client(
            self._host,
            self.port,
            identifier=name,
            tls_context=context,
            protocol=aiomqtt.ProtocolVersion.V5,
            socket_options=((socket.IPPROTO_TCP, socket.TCP_NODELAY, 1),),
            **options,
        )

    @contextlib.asynccontextmanager
    async def observe(self) -> AsyncIterator[Observer]:
        """What happens between two observations is kept for the second by the broker."""
        properties = _new_properties(PacketTypes.CONNECT)
        properties.SessionExpiryInterval = 3600
        async with self.client(self.made.central_file, "observer", clean_start=False, properties=properties) as client:
            await client.subscribe(f"{topics.ROOT}/#", qos=1)
            observer = Observer(client)
            task = asyncio.create_task(observer.run(), name="observer")
            try:
                yield observer
            finally:
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)

    @contextlib.asynccontextmanager
    async def desk(self) -> AsyncIterator[Speaker]:
        """The desk server, which may speak for every desk."""
        async with self.client(self.made.desk_file("desk-1"), "desk-1") as client:
            yield Speaker(client)

    async def app(self) -> App:
        connected = await link.connect(self.configuration.links.ui_socket, Role.UI, Role.AGENT, link.uid_of(""))
        app = App(connected)
        self._group.create_task(app.run(), name="app")
        return app

    async def media(self, *, is_obedient: bool = False) -> MediaDouble:
        connected = await link.connect(self.configuration.links.media_socket, Role.MEDIA, Role.AGENT, link.uid_of(""))
        connected.send(MediaReport())  # as media does, before it is told anything
        media = MediaDouble(connected, is_obedient)
        self._group.create_task(media.run(), name="media")
        return media

    def bench(self) -> Lines:
        path = self.configuration.room.bench_socket
        assert path is not None
        return Lines(path)


@contextlib.asynccontextmanager
async def agent_house(directory: Path, host: str = HOST, far_side: tuple[str, ...] = ()) -> AsyncIterator[AgentHouse]:
    """A house in `directory`, whose path has to be short: sockets are in it."""
    async with asyncio.TaskGroup() as group:
        async with Supervisor(directory / "logs") as supervisor:
            yield AgentHouse(directory, supervisor, group, host, far_side)
