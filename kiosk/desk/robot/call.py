"""One visit of the robot at one room, by the page's rules (`page/call.js`): nothing is sent before the door says so."""

import asyncio
import logging
import secrets
import time
from collections.abc import Callable

from kiosk.contract.errors import MalformedError, SealError
from kiosk.contract.media import Signal, SignalKind
from kiosk.contract.partner import (
    Door,
    Inside,
    Introduction,
    Knock,
    Leave,
    LookAgain,
    PartnerMedia,
    PartnerToRoom,
    RoomView,
    Sealed,
)
from kiosk.contract.state import Consent, Standing
from kiosk.desk.robot.loops import Repertoire
from kiosk.desk.robot.peer import Peer
from kiosk.desk.robot.report import Report
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
        if not self.is_admitted or self._view is None:
            return
        wanted = {_ROOM: (_ROOM, True, True)}
        wanted.update({peer.call: (peer.name, peer.offers, peer.has_picture) for peer in self._view.peers})
        for id in set(self._peers) - set(wanted):
            await self._peers.pop(id).close()
        for id, (name, offers, has_picture) in wanted.items():
            self._pictures[id] = self._has_picture and has_picture
            if id not in self._peers:
                self._peers[id] = self._new_peer(id, name, offers)
        self._open_gates()

    def _new_peer(self, id: str, name: str, offers: bool) -> Peer:
        def send(kind: SignalKind, generation: int, sdp: str, mid: str) -> None:
            self._say(Signal(source=call, target=id, kind=kind, generation=generation, sdp=sdp, mid=mid))

        assert self._view is not None
        call = self.id
        return Peer(
            id,
            offers=offers,
            ice_servers=self._view.ice_servers,
            repertoire=self._repertoire,
            counts=self._report.of(name),
            since_s=self._admitted_s if id == _ROOM else time.monotonic(),
            send=send,
        )

    def _open_gates(self) -> None:
        for id, peer in self._peers.items():
            pictures = self._pictures[id]
            peer.set_gates(microphone=True, camera=pictures and self._has_camera, screen=pictures and self._is_sharing)

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
        await asyncio.gather(*(peer.close() for peer in peers.values()))
