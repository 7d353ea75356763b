"""One planned peer that comes by way of a media server, over all its peer connections.

A peer connection of its own for each feed, although one for all would do: a roster that changes then disturbs nobody
else. In one connection every change is a description that all wait for, and Janus uses the lines of who has left for
whoever comes, under a new SSRC. The price of one more is small: a handshake, and two packets a second to keep it open.
"""

import contextlib
import time
from collections.abc import Mapping
from typing import Any

from kiosk.contract.errors import MalformedError, MediaServerError, Reason
from kiosk.contract.media import PeerLink, PeerReport, Plan, PlannedPeer, Wish
from kiosk.media.engine.ceiling import Ceiling
from kiosk.media.engine.connection import Connection
from kiosk.media.engine.gates import PICTURES, gates_of
from kiosk.media.engine.layers import Layer, layer_of
from kiosk.media.engine.publisher import Publisher
from kiosk.media.engine.videoroom import SOURCE, Attendance, VideoRoom, candidate_of
from kiosk.media.engine.waist import Line
from kiosk.media.engine.wishes import Wishes
from kiosk.media.rtp.sdp import read_offer
from kiosk.media.rtp.statistics import Counters, by_server
from kiosk.runtime.janus import Event, Handle, Jsep

_CONNECT_TIMEOUT_S = 8.0
_SILENT_S = 1.5
"""Whoever publishes sends at once; a server that has lost its network meanwhile connects, and passes nothing on."""
_LINES = {"0": Line.MICROPHONE, "1": Line.CAMERA, "2": Line.SCREEN}
"""By the mid under which it is published, see `kiosk.contract.media.Seat`."""


class Subscription:
    """Loop's thread only."""

    def __init__(self, planned: PlannedPeer, room: VideoRoom, publisher: Publisher, link: PeerLink) -> None:
        """`link`: how the peer stands so far."""
        self.call, self.feed, self.room = planned.call, planned.feed, room
        self._publisher, self._around = publisher, room.around
        self._sent_before = publisher.sent
        self._tally = self._around.tally_of(self.call)
        self._link, self._was_up = link, link is not PeerLink.CONNECTING
        self._plan, self._has_picture = Plan(), False
        self._shown = PICTURES
        self._wishes, self._wished, self._ceiling = Wishes(self._wish), Wish(), Ceiling()
        self._handle: Handle | None = None
        self._connection: Connection | None = None
        self._is_tried_again = False
        """Nothing came, and it has been made anew for that; who sends nothing is not asked again and again."""
        self._is_hung_up = False
        """The server has closed its end of the connection that is there or comes to be."""
        self._mids: dict[Line, str] = {}
        """Line to the mid under which we receive it."""
        self._task = self._around.group.create_task(self._run(), name=f"janus peer-{self.call}")

    @property
    def link(self) -> PeerLink:
        """Up where both ways are."""
        if self._link is not PeerLink.UP:
            return self._link
        if self._publisher.is_up:
            self._was_up = True
            return PeerLink.UP
        return PeerLink.LOST if self._was_up else PeerLink.CONNECTING

    def apply(self, plan: Plan, planned: PlannedPeer) -> None:
        """What may cross from now on."""
        self._plan, self._has_picture = plan, planned.has_picture
        self._tally.take_pictures(planned.has_picture)
        self._set_gates()

    def show(self, camera_px: int, screen_px: int) -> None:
        """How tall this peer's pictures are shown; what is not shown is neither sent to us nor decoded."""
        lines = {Line.CAMERA: camera_px, Line.SCREEN: screen_px}
        self._shown = frozenset(line for line, height_px in lines.items() if height_px)
        self._set_gates()
        self._tally.watch(Line.CAMERA in self._shown)
        self._wishes.change(Wish(camera_px=camera_px, screen_px=screen_px))

    def _set_gates(self) -> None:
        if self._connection:
            self._connection.set_gates(gates_of(self._plan, has_picture=self._has_picture, shown=self._shown))

    def _wish(self, wish: Wish) -> None:
        self._wished = wish
        if self._handle:
            layer = min(layer_of(wish.camera_px), self._ceiling.layer)
            self._around.say_goodbye(_configure(self._handle, self._mids, layer, has_screen=wish.screen_px > 0))

    def network_changed(self) -> None:
        """A connection whose own address is gone is over."""
        if self._connection and self._connection.has_lost_address():
            self._connection.stop()
            self.room.pulse.beat()

    async def _run(self) -> None:
        tries = 0
        while True:
            attendance, number = await self.room.until_published(self.feed)
            try:
                await self._subscribe(attendance, number)
                tries = 0
            except (MalformedError, MediaServerError, TimeoutError) as error:
                tries += 1
                self.room.note(error)
            finally:
                self._drop()
            await self.room.check()
            await self.room.pause(tries)

    async def _subscribe(self, attendance: Attendance, number: int) -> None:
        """One connection, to its end. Raises MalformedError, MediaServerError, TimeoutError when none came to be."""
        around, room, is_again = self._around, self.room, self._was_up
        self._is_hung_up = False
        self._handle = handle = await attendance.session.attach(self._hear)
        body = {"request": "join", "ptype": "subscriber", "room": room.seat.room, "autoupdate": False}
        more = {"private_id": attendance.private_id, "streams": [{"feed": self.feed}]}
        attached = await handle.request({**body, **more})
        places = self._take_streams(attached.data.get("streams"))
        if attached.jsep is None:
            raise MalformedError(SOURCE, "a subscription without an offer")
        offer = read_offer(attached.jsep.sdp, around.codec, SOURCE, places)
        self._connection = connection = Connection(
            around.group,
            around.configuration,
            None,
            self._changed,
            self._tally.take,
            self._tally.voice,
            around.refusals,
        )
        self._tally.statistics.begun = connection.begun
        answer = await connection.answer(offer, SOURCE)
        self._set_gates()
        if self._is_hung_up:
            raise MediaServerError("hung up before it was answered", Reason.NO_ANSWER)
        await handle.request({"request": "start"}, Jsep(type="answer", sdp=answer))
        self._wishes.begin()
        await room.pulse.until(lambda: connection.is_up or connection.is_over, _CONNECT_TIMEOUT_S)

        def is_past() -> bool:
            has_moved = room.attendance not in (None, attendance) or room.publishing.get(self.feed) != number
            return connection.is_over or has_moved

        if is_again and not self._is_tried_again:
            with contextlib.suppress(TimeoutError):
                await room.pulse.until(is_past, _SILENT_S)
            if not is_past() and not connection.count().in_bytes:
                self._is_tried_again = True
                return
        self._is_tried_again = False
        await room.pulse.until(is_past)

    def _take_streams(self, streams: object) -> list[Line | None]:
        """What the media lines are, in their order."""
        self._mids.clear()
        places: list[Line | None] = []
        for one in streams if isinstance(streams, list) else ():
            line = _LINES.get(str(one.get("feed_mid"))) if isinstance(one, dict) else None
            places.append(line)
            if line:
                self._mids[line] = str(one.get("mid"))
        return places

    def _hear(self, event: Event) -> None:
        """What the server says of the peer connection."""
        if event.kind == "hangup":
            self._is_hung_up = True
        if self._connection is None:
            return
        if event.kind == "trickle":
            try:
                self._connection.add_candidate(*candidate_of(event), SOURCE)
            except MalformedError as error:
                self.room.note(error)
        elif event.kind == "hangup":
            self._connection.stop()
            self.room.pulse.beat()

    def _changed(self, connection: Connection) -> None:
        if connection.is_up:
            self._link = PeerLink.UP
        self.room.pulse.beat()
        self._around.on_change()

    def _drop(self) -> None:
        connection, self._connection = self._connection, None
        handle, self._handle = self._handle, None
        self._link = PeerLink.LOST if self._was_up else PeerLink.CONNECTING
        if connection:
            connection.stop()
            self._around.say_goodbye(connection.close())
        if handle:
            self._around.say_goodbye(_detach(handle))
        self._around.on_change()

    def report(self) -> PeerReport:
        publisher = self._publisher
        count = self._connection.count if self._connection else None
        report = self._tally.report(self.link, *publisher.sent.since(self._sent_before), count, self._by_server)
        if self._ceiling.look(report.stats.in_loss_pct, time.monotonic()):
            self._wish(self._wished)
        return report

    def _by_server(self, counters: Counters) -> Counters:
        return by_server(counters, self._publisher.counters)

    def close(self) -> None:
        """The connection says goodbye in the background."""
        self._task.cancel()
        self._wishes.close()
        self._drop()
        sent = self._publisher.sent.since(self._sent_before)
        self._tally.frames_sent += sent.frames
        self._tally.screen_frames_sent += sent.screen_frames
        self._tally.audio_packets_sent += sent.audio_packets


async def _detach(handle: Handle) -> None:
    with contextlib.suppress(MediaServerError):  # the session may be gone
        await handle.detach()


async def _configure(handle: Handle, mids: Mapping[Line, str], layer: Layer, *, has_screen: bool) -> None:
    """Asks for the camera's layer that is worth it, and for the screen in full or not at all."""
    streams: list[dict[str, Any]] = []
    if Line.CAMERA in mids:
        how = {"send": False} if layer is Layer.HIDDEN else {"send": True, "substream": int(layer)}
        streams.append({"mid": mids[Line.CAMERA], **how})
    if Line.SCREEN in mids:
        streams.append({"mid": mids[Line.SCREEN], "send": has_screen})
    if streams:
        with contextlib.suppress(MediaServerError):  # the next connection asks again
            await handle.request({"request": "configure", "streams": streams})
