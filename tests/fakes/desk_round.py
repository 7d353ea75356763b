"""A round on a real Janus as an agent makes it, for visitors of a scripted room. Knows nothing of terminals."""

import contextlib
import secrets
from collections.abc import AsyncIterator
from typing import Any

from kiosk.contract.links import MediaServer
from kiosk.contract.media import Seat
from kiosk.contract.partner import PeerView, RoomView
from kiosk.contract.state import Consent
from kiosk.runtime.janus import Event, Handle, connected
from tests.fakes.desk_room import ROOM, ScriptedRoom, Visitor


class DeskRound:
    """Two rooms on one media server; `admit` and `view` seat visitors there, `kick` takes a seat away."""

    def __init__(self, room: ScriptedRoom, server: MediaServer, handle: Handle) -> None:
        self._room, self._server, self._handle = room, server, handle
        self._secret = secrets.token_hex(8)
        self.rooms = {"pictures": secrets.token_hex(16), "sound": secrets.token_hex(16)}
        self.tokens: dict[tuple[str, str], str] = {}
        self.visitors: dict[str, tuple[Visitor, Consent]] = {}
        self.feeds: dict[str, str] = {}
        self.room_feed = secrets.token_hex(16)

    async def make(self) -> None:
        """As `device` does: private, by token only, and a kick ends subscriptions too."""
        for which, room in self.rooms.items():
            await self._handle.request(
                {
                    "request": "create",
                    "admin_key": self._server.key,
                    "room": room,
                    "secret": self._secret,
                    "is_private": True,
                    "require_pvtid": True,
                    "allowed": ["nobody"],
                    "publishers": 12,
                    "bitrate": 2_500_000,
                    "audiocodec": "opus",
                    "videocodec": "vp8,h264" if which == "pictures" else "",
                }
            )

    async def seat(self, which: str, call: str) -> Seat:
        """Their own seat in one of the rooms, the same at every call."""
        token = self.tokens.get((which, call))
        if token is None:
            token = self.tokens[which, call] = secrets.token_hex(16)
            await self._change(self.rooms[which], request="allowed", action="add", allowed=[token])
        return Seat(url=self._server.url, room=self.rooms[which], token=token, feed=self.feeds[call])

    async def admit(self, visitor: Visitor, consent: Consent = Consent.ALL, feed: str = "") -> None:
        """Into the round, which `view` tells everybody."""
        self.visitors[visitor.call] = (visitor, consent)
        self.feeds[visitor.call] = feed or secrets.token_hex(16)

    async def view(self, **more: Any) -> None:
        """The round, to everybody in it."""
        has_listeners = any(consent is not Consent.ALL for _, consent in self.visitors.values())
        for call, (visitor, consent) in self.visitors.items():
            sees = consent is Consent.ALL
            peers = tuple(
                PeerView(
                    call=other,
                    name=there.introduction.name,
                    office="Amt",
                    offers=False,
                    has_picture=sees and theirs is Consent.ALL,
                    feed=self.feeds[other],
                )
                for other, (there, theirs) in self.visitors.items()
                if other != call and self.feeds[other] != self.room_feed
            )
            view = RoomView(
                room=ROOM,
                has_camera=sees,
                has_microphone=True,
                peers=peers,
                seat=await self.seat("pictures", call) if sees else None,
                sound_seat=await self.seat("sound", call) if has_listeners else None,
                room_feed=self.room_feed,
                **more,
            )
            await self._room.seal(visitor, view)

    async def kick(self, visitor: Visitor) -> None:
        """Out of both rooms, as far as they are there; their tokens are no good any more."""
        feed = self.feeds.pop(visitor.call)
        del self.visitors[visitor.call]
        for (which, call), token in list(self.tokens.items()):
            if call == visitor.call:
                del self.tokens[which, call]
                await self._change(self.rooms[which], request="allowed", action="remove", allowed=[token])
                await self._change(self.rooms[which], request="kick", id=feed)

    async def feeds_in(self, which: str) -> set[str]:
        """Who publishes there."""
        said = await self._change(self.rooms[which], request="listparticipants")
        return {one["id"] for one in said.data["participants"] if one["publisher"]}

    async def _change(self, room: str, **body: Any) -> Event:
        return await self._handle.request({**body, "room": room, "secret": self._secret})


@contextlib.asynccontextmanager
async def desk_round(room: ScriptedRoom, server: MediaServer) -> AsyncIterator[DeskRound]:
    """Its rooms are made; they go with the media server."""
    async with connected(server.url) as session:
        made = DeskRound(room, server, await session.attach(lambda event: None))
        await made.make()
        yield made
