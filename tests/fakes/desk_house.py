"""A real broker and a real desk server; a test takes the places of rooms, pages and central.

Everything is on loopback, with the certificates, rules and keys that `provision` makes.
"""

import asyncio
import contextlib
import ssl
import sys
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
import aiomqtt

from kiosk.contract import codec, topics
from kiosk.contract.directory import Desk, DeskPresence, Directory, Need, Office
from kiosk.contract.mqtt import RevokedLinks
from kiosk.contract.partner import FromPage, ToPage
from kiosk.runtime import invitation
from provisioning import broker, installation
from provisioning.demo.ports import HOST, free_port, until_open
from provisioning.demo.processes import Program, Running, Supervisor
from tests.fakes.patience import PATIENCE_S

TERMINAL, OTHER_TERMINAL = "nord.r1", "nord.r2"
DESK, OTHER_DESK = "youth-1", "family-1"
DIRECTORY = Directory(
    version=1,
    offices=(
        Office(id="youth", name={"de": "Jugendamt", "en": "Youth Office"}),
        Office(id="family", name={"de": "Familienkasse", "en": "Family Benefits"}),
    ),
    needs=(Need(id="childcare", name={"de": "Betreuung für Kinder", "en": "Childcare"}),),
    desks=(
        Desk(id=DESK, office="youth", name={"de": "Kindertagesbetreuung", "en": "Day care"}, needs=("childcare",)),
        Desk(id=OTHER_DESK, office="family", name={"de": "Platz 2", "en": "Desk 2"}),
    ),
)


class WordsOfDesks:
    """What desks say about themselves, as a terminal or the monitor sees it."""

    def __init__(self, client: aiomqtt.Client) -> None:
        self._client = client
        self._news = asyncio.Condition()
        self.words: list[tuple[str, DeskPresence, float]] = []

    async def run(self) -> None:
        async for message in self._client.messages:
            desk = message.topic.value.split("/")[3]
            word = codec.decode(bytes(message.payload or b""), DeskPresence, "test")
            async with self._news:
                self.words.append((desk, word, asyncio.get_running_loop().time()))
                self._news.notify_all()

    def states(self, desk: str = DESK) -> list[str]:
        return [str(word.state) for name, word, _ in self.words if name == desk]

    async def until(self, condition: Callable[[], Any], timeout_s: float = PATIENCE_S) -> None:
        async with asyncio.timeout(timeout_s), self._news:
            await self._news.wait_for(condition)


class PageDouble:
    """In the place of a page: speaks its protocol on a real WebSocket."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self.socket = socket
        self.heard: list[Any] = []

    async def say(self, message: FromPage | str) -> None:
        await self.socket.send_str(message if isinstance(message, str) else codec.encode(message).decode())

    async def until(self, condition: Callable[[Any], Any], timeout_s: float = PATIENCE_S) -> Any:
        """The first message, of those not yet waited for, for which `condition` holds."""
        async with asyncio.timeout(timeout_s):
            while True:
                message = codec.decode((await self.socket.receive_str()).encode(), ToPage, "test")
                self.heard.append(message)
                if condition(message):
                    return message

    async def close_code(self, timeout_s: float = PATIENCE_S) -> int:
        """With which code the server closes; what it still says before is skipped."""
        async with asyncio.timeout(timeout_s):
            while True:
                frame = await self.socket.receive()
                if frame.type is aiohttp.WSMsgType.CLOSE:
                    return int(frame.data)

    def abort(self) -> None:
        """As when the browser dies: no goodbye."""
        transport = self.socket._writer.transport
        transport.abort()


class DeskHouse:
    """Starts nothing by itself; leaving the context ends everything."""

    def __init__(
        self,
        directory: Path,
        supervisor: Supervisor,
        http: aiohttp.ClientSession,
        media_servers: tuple[str, ...] = (),
    ) -> None:
        self.directory = directory
        self.supervisor = supervisor
        self.http = http
        self.broker_port, self.desk_port = free_port(), free_port()
        self.address = f"http://{HOST}:{self.desk_port}"
        plan = installation.Plan(
            terminals=(TERMINAL, OTHER_TERMINAL),
            hosts=(HOST,),
            broker_port=self.broker_port,
            desk_port=self.desk_port,
            page=self.address,
            is_miniature=True,
            media_servers=media_servers,
        )
        self.made = installation.create(directory / "house", plan)
        self.desk_file = self.made.desk_file("desk-1")
        self.keys = invitation.load_keys(self.made.credentials(self.desk_file) / invitation.KEY_CREDENTIAL)

    async def start_broker(self) -> Running:
        command = (broker.find_mosquitto(), "-c", str(self.made.broker_file))
        running = await self.supervisor.start(Program(name="broker", command=command, is_restarted=False))
        await until_open(self.broker_port)
        return running

    async def start_desk(self, *, is_restarted: bool = False) -> Running:
        program = Program(
            name="desk",
            command=(sys.executable, "-m", "kiosk.desk", str(self.desk_file)),
            environment={"CREDENTIALS_DIRECTORY": str(self.made.credentials(self.desk_file))},
            is_restarted=is_restarted,
        )
        running = await self.supervisor.start(program)
        await until_open(self.desk_port)
        return running

    def client(self, file: Path, name: str) -> aiomqtt.Client:
        """An MQTT client with the certificate beside `file`."""
        context = ssl.create_default_context(cafile=str(file.parent / "ca.pem"))
        context.load_cert_chain(file.parent / "certificate.pem", self.made.credentials(file) / "mqtt-key")
        return aiomqtt.Client(
            HOST, self.broker_port, identifier=name, tls_context=context, protocol=aiomqtt.ProtocolVersion.V5
        )

    async def publish_as_central(self, topic: str, message: object) -> None:
        """Retained, as `provision` does it."""
        async with self.client(self.made.central_file, "central") as client:
            await client.publish(topic, codec.encode(message), qos=1, retain=True)

    async def revoke(self, *links: str) -> None:
        await self.publish_as_central(topics.REVOKED, RevokedLinks(links=links))

    @contextlib.asynccontextmanager
    async def words_of_desks(self) -> AsyncIterator[WordsOfDesks]:
        async with self.client(self.made.central_file, "observer") as client:
            await client.subscribe(topics.desk("+", "presence"), qos=1)
            words = WordsOfDesks(client)
            task = asyncio.create_task(words.run(), name="words")
            try:
                yield words
            finally:
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)

    def desk_token(self, desk: str = DESK, expires: datetime | None = None) -> str:
        return invitation.make_desk_link(self.keys, desk, expires)[0]

    def guest_token(self, guest: str = "guest-1", number: str = "4711", start_in: timedelta = timedelta(0)) -> str:
        start = datetime.now(UTC) + start_in
        end = start + timedelta(minutes=45)
        return invitation.make_guest_link(self.keys, TERMINAL, number, guest, start, end)[0]

    @contextlib.asynccontextmanager
    async def page(self, token: str) -> AsyncIterator[PageDouble]:
        """A page, welcomed or refused by what it hears first."""
        async with self.http.ws_connect(f"{self.address}/socket/{token}", max_msg_size=0) as socket:
            yield PageDouble(socket)


@contextlib.asynccontextmanager
async def desk_house(
    directory: Path, *, is_started: bool = True, media_servers: tuple[str, ...] = ()
) -> AsyncIterator[DeskHouse]:
    """A house in `directory`, with broker, directory and desk server running where `is_started`.

    `media_servers`: their addresses, to which pages may connect.
    """
    async with aiohttp.ClientSession() as http, Supervisor(directory / "logs") as supervisor:
        house = DeskHouse(directory, supervisor, http, media_servers)
        if is_started:
            await house.start_broker()
            await house.publish_as_central(topics.DIRECTORY, DIRECTORY)
            await house.start_desk()
        yield house
