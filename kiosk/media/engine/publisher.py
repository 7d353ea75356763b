"""Keeps the room's publication on a media server: a lost one is unpublished and published anew, without end."""

import asyncio
import contextlib
from collections.abc import Sequence

from kiosk.contract.errors import MalformedError, MediaServerError
from kiosk.media.engine.gates import Gates
from kiosk.media.engine.publication import Publication
from kiosk.media.engine.videoroom import SOURCE, Attendance, VideoRoom, candidate_of, pause_s
from kiosk.media.engine.waist import Line
from kiosk.runtime.janus import Event, Jsep

_CONNECT_TIMEOUT_S = 8.0


class Publisher:
    """Of one room. Loop's thread only."""

    def __init__(self, room: VideoRoom, lines: Sequence[Line]) -> None:
        """`lines`: what may be published there, see `kiosk.contract.media.Seat`."""
        self._room, self._lines, self._around = room, lines, room.around
        room.on_event = self._hear
        self._gates = Gates()
        self._publication: Publication | None = None
        self._frames_sent = self._audio_packets_sent = 0
        self._task = self._around.group.create_task(self._run(), name="janus publish")

    @property
    def is_up(self) -> bool:
        return self._publication is not None and self._publication.is_up

    @property
    def frames_sent(self) -> int:
        """Over all publications."""
        return self._frames_sent + (self._publication.frames_sent if self._publication else 0)

    @property
    def audio_packets_sent(self) -> int:
        """The same of sound."""
        return self._audio_packets_sent + (self._publication.audio_packets_sent if self._publication else 0)

    def set_gates(self, gates: Gates) -> None:
        """What everybody in the room gets from now on."""
        self._gates = gates
        if self._publication:
            self._publication.set_gates(gates)

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
                self._note(error)
            finally:
                self._drop()
            await self._clean()
            await asyncio.sleep(pause_s(tries))

    async def _publish(self, attendance: Attendance) -> None:
        """One publication, to its end. Raises MalformedError, MediaServerError, TimeoutError when none came to be."""
        around, room = self._around, self._room
        self._publication = publication = Publication(
            around.group, around.configuration, around.feeds, self._lines, around.codec, self._changed
        )
        joined = room.joined
        body = {"request": "publish", "videocodec": around.codec.value}
        answer = await attendance.handle.request(body, Jsep(type="offer", sdp=await publication.offer()))
        if answer.jsep is None:
            raise MalformedError(SOURCE, "no answer to what we publish")
        await publication.accept(answer.jsep.sdp, SOURCE)
        publication.set_gates(self._gates)
        await room.pulse.until(lambda: publication.is_up or publication.is_over, _CONNECT_TIMEOUT_S)
        await room.pulse.until(lambda: publication.is_over or room.joined != joined)

    async def _clean(self) -> None:
        """Leaves the handle ready for another publication, if the server is still there."""
        await self._room.check()
        if self._room.attendance:
            with contextlib.suppress(MediaServerError):  # most of the time it has noticed by itself
                await self._room.attendance.handle.request({"request": "unpublish"})

    def _note(self, error: MalformedError | MediaServerError | TimeoutError) -> None:
        if isinstance(error, TimeoutError):
            error = MediaServerError("no path for what we publish")
        self._around.refusals.note(error)
        self._around.on_change()

    def _hear(self, event: Event) -> None:
        """What the server says of the peer connection."""
        if self._publication is None:
            return
        if event.kind == "trickle":
            try:
                self._publication.add_candidate(*candidate_of(event), SOURCE)
            except MalformedError as error:
                self._note(error)
        elif event.kind == "hangup":
            self._publication.stop()
            self._room.pulse.beat()

    def _changed(self, _: Publication) -> None:
        self._room.pulse.beat()
        self._around.on_change()

    def _drop(self) -> None:
        publication, self._publication = self._publication, None
        if publication is None:
            return
        publication.stop()
        self._frames_sent += publication.frames_sent
        self._audio_packets_sent += publication.audio_packets_sent
        self._around.say_goodbye(publication.close())
        self._around.on_change()

    def close(self) -> None:
        """At once nothing is sent."""
        self._drop()
        self._task.cancel()
