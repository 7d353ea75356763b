"""One visit of the robot at one room, by the page's rules (`page/call.js`): nothing is sent before the door says so."""

import asyncio
import logging
import secrets
import time
from collections.abc import Callable

from aiortc import RTCConfiguration

from kiosk.contract.errors import MalformedError, SealError
from kiosk.contract.media import Signal
from kiosk.contract.partner import (
    Door,
    Inside,
    Introduction,
    Knock,
    Leave,
    LookAgain,
    PartnerMedia,
    PartnerToRoom,
    PeerView,
    RoomView,
    Sealed,
)
from kiosk.contract.state import Consent, Standing
from kiosk.desk.robot.loops import Repertoire
from kiosk.desk.robot.path import configuration_with
from kiosk.desk.robot.peer import Peer
from kiosk.desk.robot.report import Report
from kiosk.desk.robot.seat import Wanted
from kiosk.desk.robot.server import Server
from kiosk.runtime import sealing
from kiosk.runtime.log import Refusals
from kiosk.runtime.sealing import Seal

_logger = logging.getLogger(__name__)

_ROOM = "room"


class Call:
    """`standing` is None until the room has answered the knock."""

    def __init__(
        self,
        terminal: str,
        room_key: str,
        introduction: Introduction,
        repertoire: Repertoire,
        report: Report,
        send: Callable[[str, PartnerToRoom], None],
        *,
        has_camera: bool = True,
        number: str = "",
        ring: str = "",
    ) -> None:
        """`send` takes a message to a room, by its terminal's name."""
        self.terminal, self.number, self.ring = terminal, number, ring
        self._introduction, self._repertoire, self._report, self._send = introduction, repertoire, report, send
        self._has_camera, self._is_sharing = has_camera, False
        self.id = ""
        self.standing: Standing | None = None
        self.is_broken = False
        self._is_looking = False
        self._has_picture = False
        self._admitted_s = 0.0
        self._view: RoomView | None = None
        self._peers: dict[str, Peer] = {}
        self._pictures: dict[str, bool] = {}
        self._since_s: dict[str, float] = {}
        self._server = Server(repertoire)
        self._refusals = Refusals(_logger)
        self.knock(room_key)

    @property
    def is_admitted(self) -> bool:
        return self.standing is Standing.ADMITTED

    def knock(self, room_key: str) -> None:
        """Under a fresh id, with fresh keys."""
        secret = sealing.new_secret()
        self._room_key, self.id = room_key, secrets.token_hex(12)
        self._seal = Seal(secret, room_key, self.id, is_room=False)
        box = self._seal.close(self._introduction)
        key = sealing.public_of(secret)
        self._send(self.terminal, Knock(call=self.id, key=key, box=box, number=self.number, ring=self.ring))

    def key_changed(self, key: str) -> None:
        """Who got no answer yet knocked with the old key, and knocks again."""
        if key != self._room_key and self.standing is None:
            self.knock(key)

    def look_again(self) -> None:
        """The line was gone for a moment. A knock that got no answer yet is made anew."""
        if self.standing is None:
            self.knock(self._room_key)
        else:
            self._is_looking = True
            self._say(LookAgain())

    async def share(self) -> None:
        """Shows the screen from now on."""
        self._is_sharing = True
        self._open_gates()
        self._say_media()

    async def take(self, message: Door | Sealed) -> None:
        """What the room says about this call, or in it."""
        if isinstance(message, Door):
            await self._door_said(message)
            return
        try:
            inside = self._seal.open(message.box, Inside, "room")
        except (SealError, MalformedError) as error:
            self._refusals.note(error)
            return
        if isinstance(inside, RoomView):
            self._view = inside
            await self._update_peers()
        elif isinstance(inside, Signal) and inside.source in self._peers:
            self._peers[inside.source].take(inside)

    async def _door_said(self, door: Door) -> None:
        was_admitted = self.is_admitted
        self.is_broken = self._is_looking and door.standing is Standing.LEFT
        self._is_looking = False
        self.standing = door.standing
        self._has_picture = self.is_admitted and door.consent is Consent.ALL
        if not self.is_admitted:
            await self.close()
        elif not was_admitted:
            self._admitted_s = time.monotonic()
            self._say_media()
        await self._update_peers()

    async def _update_peers(self) -> None:
        """Connects to the room and to every partner it names, and closes what it does not name any more."""
        view = self._view
        if not self.is_admitted or view is None:
            return
        wanted = {_ROOM: PeerView(call=_ROOM, name=_ROOM, office="", offers=True, feed=view.room_feed)}
        wanted.update({peer.call: peer for peer in view.peers})
        met = {id: peer for id, peer in wanted.items() if not peer.feed}
        for id in set(self._peers) - set(met):
            await self._peers.pop(id).close()
        for id, peer in wanted.items():
            self._since_s.setdefault(id, self._admitted_s if id == _ROOM else time.monotonic())
            self._pictures[id] = self._has_picture and peer.has_picture
        for id, peer in met.items():
            if id not in self._peers:
                self._peers[id] = self._new_peer(view, peer)
        await self._server.update(view, self._has_picture, self._configuration(view))
        self._server.want(self._at_server(True, wanted), self._at_server(False, wanted))
        self._open_gates()

    def _at_server(self, has_pictures: bool, wanted: dict[str, PeerView]) -> dict[str, Wanted]:
        """Who is met by way of the seat for pictures, and by the one for sound, by feed."""
        return {
            peer.feed: Wanted(self._report.of(peer.name), self._since_s[id])
            for id, peer in wanted.items()
            if peer.feed and self._pictures[id] is has_pictures
        }

    def _configuration(self, view: RoomView) -> RTCConfiguration:
        return configuration_with(view.ice_servers, is_relay_only=view.is_relay_only)

    def _new_peer(self, view: RoomView, peer: PeerView) -> Peer:
        return Peer(
            self.id,
            peer.call,
            offers=peer.offers,
            configuration=self._configuration(view),
            repertoire=self._repertoire,
            counts=self._report.of(peer.name),
            since_s=self._since_s[peer.call],
            send=self._say,
        )

    def _open_gates(self) -> None:
        for id, peer in self._peers.items():
            peer.set_gates(**self._gates(self._pictures[id]))
        self._server.set_gates(self._gates(self._has_picture))

    def _gates(self, pictures: bool) -> dict[str, bool]:
        camera, screen = pictures and self._has_camera, pictures and self._is_sharing
        return {"microphone": True, "camera": camera, "screen": screen}

    def _say_media(self) -> None:
        if self.is_admitted:
            self._say(PartnerMedia(is_sharing=self._is_sharing, has_camera_off=not self._has_camera))

    def _say(self, message: object) -> None:
        self._send(self.terminal, Sealed(call=self.id, box=self._seal.close(message)))

    async def leave(self) -> None:
        self._send(self.terminal, Leave(call=self.id))
        self.standing = Standing.LEFT
        await self.close()

    async def close(self) -> None:
        """Ends all media of this call."""
        peers, self._peers = self._peers, {}
        self._view = None
        self._since_s.clear()
        await asyncio.gather(self._server.close(), *(peer.close() for peer in peers.values()))
