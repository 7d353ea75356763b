"""In the place of a terminal's agent: says to desks what a room says, and opens what partners seal for it."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import aiomqtt
from msgspec import Struct
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from kiosk.contract import codec, topics
from kiosk.contract.media import Signal
from kiosk.contract.partner import (
    Door,
    Inside,
    Introduction,
    Invitation,
    Invitations,
    Knock,
    PartnerMedia,
    PartnerToRoom,
    PeerView,
    RoomView,
    Rung,
    Sealed,
)
from kiosk.contract.state import Consent, Standing
from kiosk.runtime import sealing
from kiosk.runtime.sealing import Seal
from tests.fakes.desk_house import DESK, TERMINAL, DeskHouse
from tests.fakes.patience import PATIENCE_S

ROOM = "Raum 2.14"
_new_properties: Callable[[int], Properties] = Properties


class Visitor:
    """One call, as the room knows it."""

    def __init__(self, desk: str, knock: Knock, secret: str) -> None:
        self.desk = desk
        self.knock = knock
        self.call = knock.call
        self.seal = Seal(secret, knock.key, knock.call, is_room=True)
        self.introduction: Introduction = self.seal.open(knock.box, Introduction, "test")
        self.media: list[PartnerMedia] = []
        self.inside: list[Any] = []
        self.admitted_at = 0.0


class ScriptedRoom:
    """Keeps everything partners said, in order, and answers as the test says."""

    def __init__(self, client: aiomqtt.Client, terminal: str) -> None:
        self._client = client
        self.terminal = terminal
        self.secret = sealing.new_secret()
        self.heard: list[tuple[str, Any]] = []
        self.visitors: dict[str, Visitor] = {}
        self.on_signal: Callable[[Visitor, Signal], None] = lambda visitor, signal: None
        self._news = asyncio.Condition()

    async def run(self) -> None:
        async for message in self._client.messages:
            desk = message.topic.value.split("/")[3]
            said = codec.decode(bytes(message.payload or b""), PartnerToRoom, "test")
            async with self._news:
                self._take(desk, said)
                self._news.notify_all()

    def _take(self, desk: str, said: Any) -> None:
        self.heard.append((desk, said))
        if isinstance(said, Knock):
            self.visitors[said.call] = Visitor(desk, said, self.secret)
        if isinstance(said, Sealed) and said.call in self.visitors:
            visitor = self.visitors[said.call]
            inside = visitor.seal.open(said.box, Inside, "test")
            visitor.inside.append(inside)
            if isinstance(inside, PartnerMedia):
                visitor.media.append(inside)
            if isinstance(inside, Signal):
                self.on_signal(visitor, inside)

    async def until(self, condition: Callable[[], Any], timeout_s: float = PATIENCE_S) -> Any:
        """Waits until `condition()` is true of what was heard, and returns it."""
        async with asyncio.timeout(timeout_s), self._news:
            await self._news.wait_for(condition)
            return condition()

    def of(self, kind: type, desk: str = DESK) -> list[Any]:
        return [said for name, said in self.heard if name == desk and isinstance(said, kind)]

    async def knocked(self, desk: str = DESK, count: int = 1, timeout_s: float = PATIENCE_S) -> Visitor:
        """The visitor of the `count`th knock from there."""
        await self.until(lambda: len(self.of(Knock, desk)) >= count, timeout_s)
        return self.visitors[self.of(Knock, desk)[count - 1].call]

    async def say(self, desk: str, message: Struct | bytes, *, kind: str = "", retain: bool = False) -> None:
        if isinstance(message, Struct):
            kind = kind or str(message.__struct_config__.tag)
        payload = message if isinstance(message, bytes) else codec.encode(message)
        properties = _new_properties(PacketTypes.PUBLISH)
        topic = topics.room_to_partner(self.terminal, desk, kind)
        await self._client.publish(topic, payload, qos=1, retain=retain, properties=properties)

    async def invite(self, *numbers: str, desk: str = DESK, start_in: timedelta = timedelta(0)) -> None:
        start = datetime.now(UTC) + start_in
        items = tuple(Invitation(number=one, start=start, end=start + timedelta(minutes=45)) for one in numbers)
        key = sealing.public_of(self.secret)
        await self.say(desk, Invitations(room=ROOM, key=key, items=items), retain=True)

    async def ring(self, desk: str = DESK, ring: str = "r" * 16, seconds: float = 45, language: str = "uk") -> Rung:
        rung = Rung(
            ring=ring,
            room=ROOM,
            need="childcare",
            language=language,
            deadline=datetime.now(UTC) + timedelta(seconds=seconds),
            key=sealing.public_of(self.secret),
        )
        await self.say(desk, rung)
        return rung

    async def door(self, visitor: Visitor, standing: Standing, consent: Consent = Consent.NONE) -> None:
        await self.say(visitor.desk, Door(call=visitor.call, standing=standing, consent=consent))

    async def admit(self, visitor: Visitor, consent: Consent = Consent.ALL, peers: tuple[PeerView, ...] = ()) -> None:
        """As the agent does on the customer's yes: the door, then the round."""
        visitor.admitted_at = asyncio.get_running_loop().time()
        await self.door(visitor, Standing.ADMITTED, consent)
        await self.view(visitor, peers)

    async def view(
        self,
        visitor: Visitor,
        peers: tuple[PeerView, ...] = (),
        *,
        has_camera: bool = True,
        has_microphone: bool = True,
    ) -> None:
        ends = datetime.now(UTC) + timedelta(minutes=18)
        view = RoomView(room=ROOM, ends=ends, has_camera=has_camera, has_microphone=has_microphone, peers=peers)
        await self.seal(visitor, view)

    async def seal(self, visitor: Visitor, message: object) -> None:
        await self.say(visitor.desk, Sealed(call=visitor.call, box=visitor.seal.close(message)))


@contextlib.asynccontextmanager
async def scripted_room(house: DeskHouse, terminal: str = TERMINAL) -> AsyncIterator[ScriptedRoom]:
    """A room that is connected to the broker with its own certificate."""
    async with house.client(house.made.terminal_file(terminal), terminal) as client:
        await client.subscribe(topics.desk("+", "terminal", terminal, "#"), qos=1)
        room = ScriptedRoom(client, terminal)
        task = asyncio.create_task(room.run(), name=f"room-{terminal}")
        try:
            yield room
        finally:
            task.cancel()
            for result in await asyncio.gather(task, return_exceptions=True):
                if isinstance(result, Exception):
                    raise result
