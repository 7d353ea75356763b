"""A scripted room with a real media process: signals go between it and partners, and between two partners."""

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgspec

from kiosk.contract.media import PlannedPeer, Signal, SignalKind
from kiosk.contract.partner import PeerView
from kiosk.contract.state import Consent, Standing
from tests.fakes.desk_house import DeskHouse
from tests.fakes.desk_room import ScriptedRoom, Visitor, scripted_room
from tests.fakes.media_bench import Terminal, running_terminal


class _ToVisitor:
    """In the place of a page of the media bench: what media says to a call goes out sealed."""

    def __init__(self, room: "RoomWithMedia", visitor: Visitor) -> None:
        self._room, self._visitor = room, visitor
        self.inbox = self

    def put_nowait(self, signal: Signal) -> None:
        self._room.pass_on(self._visitor, signal)


class RoomWithMedia:
    """Who is admitted is planned at media, and named to the others, as the agent does it."""

    def __init__(self, room: ScriptedRoom, media: Terminal, group: asyncio.TaskGroup) -> None:
        self.room, self.media, self._group = room, media, group
        self.admitted: dict[str, tuple[Visitor, Consent]] = {}
        self._outgoing: asyncio.Queue[tuple[Visitor, Any]] = asyncio.Queue()
        self.signals: list[Signal] = []
        self.limit_kbps = 0
        """What answers tell browsers to send at most; 0: nothing. As good as a narrow way."""
        room.on_signal = self._signalled

    async def run(self) -> None:
        while True:
            visitor, message = await self._outgoing.get()
            await self.room.seal(visitor, message)

    def pass_on(self, visitor: Visitor, message: object) -> None:
        if self.limit_kbps and isinstance(message, Signal) and message.kind is SignalKind.ANSWER:
            sdp = re.sub(r"(?m)^(m=video .*\r\nc=.*\r\n)", rf"\1b=AS:{self.limit_kbps}\r\n", message.sdp)
            message = msgspec.structs.replace(message, sdp=sdp)
        self._outgoing.put_nowait((visitor, message))

    def _signalled(self, visitor: Visitor, signal: Signal) -> None:
        assert signal.source == visitor.call
        assert visitor.call in self.admitted, "signaling before the yes"
        self.signals.append(signal)
        if signal.target == "room":
            self.media.send(signal)
        elif signal.target in self.admitted:
            self.pass_on(self.admitted[signal.target][0], signal)

    async def admit(self, visitor: Visitor, consent: Consent = Consent.ALL) -> None:
        self.admitted[visitor.call] = (visitor, consent)
        bench: dict[str, Any] = self.media.pages
        bench[visitor.call] = _ToVisitor(self, visitor)
        self._plan()
        await self.room.door(visitor, Standing.ADMITTED, consent)
        await self.views()

    async def send_away(self, visitor: Visitor) -> None:
        del self.admitted[visitor.call]
        self._plan()
        await self.room.door(visitor, Standing.LEFT)
        await self.views()

    async def views(self) -> None:
        """The round, to everybody in it. Who came later offers."""
        seats = list(self.admitted)
        for call, (visitor, consent) in self.admitted.items():
            peers = tuple(
                PeerView(
                    call=other,
                    name=there.introduction.name,
                    office="Amt",
                    offers=seats.index(call) > seats.index(other),
                    has_picture=consent is Consent.ALL and theirs is Consent.ALL,
                )
                for other, (there, theirs) in self.admitted.items()
                if other != call
            )
            await self.room.view(visitor, peers, has_camera=consent is Consent.ALL)

    def _plan(self) -> None:
        planned = (PlannedPeer(call=c, has_picture=con is Consent.ALL) for c, (_, con) in self.admitted.items())
        self.media.do(*planned, camera="on", microphone="on")


@contextlib.asynccontextmanager
async def room_with_media(house: DeskHouse, folder: Path, prefix: tuple[str, ...] = ()) -> AsyncIterator[RoomWithMedia]:
    """Broker and desk server are `house`'s; the media process lives in `folder`, whose path has to be short.

    `prefix` is put before its command line, to start it in another network namespace.
    """
    async with (
        asyncio.TaskGroup() as group,
        scripted_room(house) as room,
        running_terminal(folder, prefix=prefix) as media,
    ):
        both = RoomWithMedia(room, media, group)
        task = group.create_task(both.run(), name="room-out")
        yield both
        task.cancel()
