"""Keeps the room's publication on a media server: a lost one is unpublished and published anew, without end."""

import asyncio
import contextlib
from collections.abc import Sequence
from typing import NamedTuple

from kiosk.contract.errors import MalformedError, MediaServerError
from kiosk.media.engine.gates import Gates
from kiosk.media.engine.publication import Publication
from kiosk.media.engine.videoroom import SOURCE, Attendance, VideoRoom, candidate_of
from kiosk.media.engine.waist import Line
from kiosk.media.rtp.statistics import Counters
from kiosk.runtime.janus import Event, Jsep

_CONNECT_TIMEOUT_S = 8.0
_HANG_UP_S = 1.0
"""A server that was told to unpublish says so when the old connection is closed; a new one must not come before."""
_SETTLE_S = 0.2
"""Janus (1.1.2) says so a moment too early: a connection that begins before it has let go of the old one's ICE agent
loses its own instead, and never finds a path."""


class Sent(NamedTuple):
    """What left on each line."""

    frames: int
    screen_frames: int
    audio_packets: int

    def more(self, other: "Sent") -> "Sent":
        return Sent(*(mine + others for mine, others in zip(self, other, strict=True)))

    def since(self, other: "Sent") -> "Sent":
        return Sent(*(mine - others for mine, others in zip(self, other, strict=True)))


NOTHING = Sent(0, 0, 0)


class Publisher:
    """Of one room. Loop's thread only."""

    def __init__(self, room: VideoRoom, lines: Sequence[Line]) -> None:
        """`lines`: what may be published there, see `kiosk.contract.media.Seat`."""
        self._room, self._lines, self._around = room, lines, room.around
        room.on_event = self._hear
        self._gates = Gates()
        self._publication: Publication | None = None
        self._joined = 0
        """`VideoRoom.joined` when something was published last."""
        self._is_hung_up = False
        self._sent = NOTHING
        self._task = self._around.group.create_task(self._run(), name="janus publish")

    @property
    def is_up(self) -> bool:
        return self._publication is not None and self._publication.is_up

    @property
    def sent(self) -> Sent:
        """Over all publications."""
        return self._sent.more(_sent(self._publication)) if self._publication else self._sent

    @property
    def counters(self) -> Counters | None:
        """Of the publication that is there."""
        return self._publication.counters if self._publication else None

    def set_gates(self, gates: Gates) -> None:
        """What everybody in the room gets from now on."""
        self._gates = gates
        if self._publication:
            self._publication.set_gates(gates)

    def network_changed(self) -> None:
        """A publication whose own address is gone is over."""
        if self._publication and self._publication.has_lost_address():
            self._publication.stop()
            self._room.pulse.beat()

    async def _run(self) -> None:
        tries = 0
        while True:
            await self._room.pulse.until(lambda: self._room.attendance is not None)
            attendance = self._room.attendance
            assert attendance
            try:
                await self._publish(attendance)
                tries = 0
            except (MalformedError, MediaServerError, TimeoutError) as error:
                tries += 1
                self._room.note(error)
                if isinstance(error, MediaServerError):
                    self._room.lose(attendance, error)
            finally:
                self._drop()
            await self._room.check()
            await self._room.pause(tries)

    async def _publish(self, attendance: Attendance) -> None:
        """One publication, to its end. Raises MalformedError, MediaServerError, TimeoutError when none came to be."""
        around, room = self._around, self._room
        if self._joined == room.joined:
            await self._clean(attendance)
        self._joined = joined = room.joined
        self._publication = publication = Publication(
            around.group, around.configuration, around.feeds, self._lines, around.codec, self._changed
        )
        body = {"request": "publish", "videocodec": around.codec.value}
        answer = await attendance.handle.request(body, Jsep(type="offer", sdp=await publication.offer()))
        if answer.jsep is None:
            raise MalformedError(SOURCE, "no answer to what we publish")
        await publication.accept(answer.jsep.sdp, SOURCE)
        publication.set_gates(self._gates)
        await room.pulse.until(lambda: publication.is_up or publication.is_over, _CONNECT_TIMEOUT_S)
        await room.pulse.until(lambda: publication.is_over or room.joined != joined)

    async def _clean(self, attendance: Attendance) -> None:
        """Leaves the handle ready for another publication."""
        self._is_hung_up = False
        try:
            await attendance.handle.request({"request": "unpublish"})
            with contextlib.suppress(TimeoutError):
                await self._room.pulse.until(lambda: self._is_hung_up, _HANG_UP_S)
        except MediaServerError:  # it has noticed by itself, or there was never a path
            await attendance.handle.hang_up()
        await asyncio.sleep(_SETTLE_S)

    def _hear(self, event: Event) -> None:
        """What the server says of the peer connection."""
        if event.kind == "hangup":
            self._is_hung_up = True
            self._room.pulse.beat()
        if self._publication is None:
            return
        if event.kind == "trickle":
            try:
                self._publication.add_candidate(*candidate_of(event), SOURCE)
            except MalformedError as error:
                self._room.note(error)
        elif event.kind == "hangup":
            self._publication.stop()

    def _changed(self, _: Publication) -> None:
        self._room.pulse.beat()
        self._around.on_change()

    def _drop(self) -> None:
        publication, self._publication = self._publication, None
        if publication is None:
            return
        publication.stop()
        self._sent = self._sent.more(_sent(publication))
        self._around.say_goodbye(publication.close())
        self._around.on_change()

    def close(self) -> None:
        """At once nothing is sent."""
        self._drop()
        self._task.cancel()


def _sent(publication: Publication) -> Sent:
    return Sent(publication.frames_sent, publication.screen_frames_sent, publication.audio_packets_sent)
