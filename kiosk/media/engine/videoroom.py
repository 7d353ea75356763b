"""Our seat in one room of a media server, over all its sockets: joining, and hearing who publishes.

The rules by which we sit are those of `kiosk.contract.media.Seat`. Knows no peer connection.
"""

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable
from typing import NamedTuple

from kiosk.contract.errors import MalformedError, MediaServerError
from kiosk.contract.media import Seat
from kiosk.media.engine.pulse import Pulse
from kiosk.media.engine.surroundings import Surroundings
from kiosk.runtime import janus
from kiosk.runtime.janus import Event, Handle, Session

_logger = logging.getLogger(__name__)

SOURCE = "media server"
LOST_S = 3.0
"""Without a place in the room for so long: the agent is to look for another server."""
_PAUSES_S = (0.25, 0.5, 1.0)
"""Between two tries; the last one without end."""
_ID_EXISTS_S = 0.5
_ALIVE_S = 1.0
"""A server whose media has stopped answers within this time, or is taken for lost."""
_GONE = (janus.NO_SUCH_SESSION, janus.NO_SUCH_HANDLE)
_NOT_HERE = (janus.NO_SUCH_ROOM, janus.UNAUTHORISED)


def candidate_of(event: Event) -> tuple[str, str]:
    """Media line and candidate of a `trickle` event; the candidate is empty at their end."""
    candidate = event.data.get("candidate")
    if not isinstance(candidate, dict) or "candidate" not in candidate:
        return "", ""
    # Janus names a line by its place, and counts mids like that itself; so does whoever sits by the rules.
    return str(candidate.get("sdpMid", candidate.get("sdpMLineIndex"))), str(candidate["candidate"])


class Attendance(NamedTuple):
    """We have joined, and the socket is open."""

    session: Session
    handle: Handle
    private_id: int


class VideoRoom:
    """Loop's thread only. `pulse` beats whenever something here has changed."""

    def __init__(self, seat: Seat, around: Surroundings) -> None:
        self.seat, self.around = seat, around
        self.pulse = Pulse()
        self.attendance: Attendance | None = None
        self.joined = 0
        """How often we came anew; what was published before is no more."""
        self.publishing: dict[str, int] = {}
        """Feed to the number of its publication."""
        self.on_event: Callable[[Event], None] = lambda event: None
        """Gets what the server says of our own publication."""
        self._publications = 0
        self._left: Attendance | None = None
        self._ill_since_s: float | None = time.monotonic()
        self._is_out = False
        self._hurries = 0
        self._task = around.group.create_task(self._attend(), name="janus attend")

    @property
    def is_lost(self) -> bool:
        """The server does not answer any more, or does not know our room."""
        return self._ill_since_s is not None and time.monotonic() - self._ill_since_s >= LOST_S

    async def until_published(self, feed: str) -> tuple[Attendance, int]:
        """Waits until this feed can be subscribed to; gives its publication's number, too."""
        await self.pulse.until(lambda: self.attendance is not None and feed in self.publishing)
        assert self.attendance
        return self.attendance, self.publishing[feed]

    async def check(self) -> None:
        """Media has stopped: look whether the server still answers. Where it does not, it is lost at once."""
        attendance = self.attendance
        if attendance is None:
            return
        try:
            await attendance.session.ask({"janus": "keepalive"}, _ALIVE_S, is_acked=True)
        except MediaServerError as error:
            if self._is_out or self.attendance is not attendance:
                return  # we have closed the socket ourselves, or have another one
            self._ill_since_s = time.monotonic() - LOST_S
            attendance.session.end(error)

    def lose(self, attendance: Attendance, error: MediaServerError) -> None:
        """That was refused. Where the server knows our handle no longer, its session is of no use: we join anew."""
        if error.code in _GONE and self.attendance is attendance:
            self._left = None
            attendance.session.end(error)

    async def _attend(self) -> None:
        """Keeps a socket to the server, and our place in the room, until we are put out."""
        tries = 0
        while not self._is_out:
            try:
                await self._attend_once()
                tries = 0
            except MediaServerError as error:
                self._failed(error)
                tries += 1
            except MalformedError as error:
                self.note(error)
                tries += 1
            self.attendance = None
            self._changed()
            await self.pause(tries)

    async def pause(self, tries: int) -> None:
        """After so many tries that failed; cut short when the network has changed."""
        hurries = self._hurries
        with contextlib.suppress(TimeoutError):
            await self.pulse.until(lambda: self._hurries != hurries, _PAUSES_S[min(tries, len(_PAUSES_S) - 1)])

    async def network_changed(self) -> None:
        """Whoever pauses tries at once; a socket that has no way any more is given up."""
        self._hurries += 1
        self.pulse.beat()
        await self.check()

    async def _attend_once(self) -> None:
        """From one socket to its end. Raises MediaServerError or MalformedError when there was no place."""
        claim = self._left.session.number if self._left else 0
        url, refusals, ca_file = self.seat.url, self.around.refusals, self.around.ca_file
        tls = janus.trust(ca_file) if ca_file and url.startswith("wss:") else None
        async with janus.connected(url, claim=claim, is_lingering=True, tls=tls, refusals=refusals) as session:
            session.ended.add_done_callback(lambda _: self.pulse.beat())
            if self._left:
                await self._come_back(session, self._left)
            else:
                await self._join(session)
            self._left, self._ill_since_s = self.attendance, None
            self._changed()
            await self.pulse.until(lambda: session.ended.done() or self._is_out)
        if not self._is_out:  # else the server is well, and the agent knows what it has done
            self._ill_since_s = self._ill_since_s or time.monotonic()

    async def _join(self, session: Session) -> None:
        handle = await session.attach(self._hear)
        seat = self.seat
        body = {"request": "join", "ptype": "publisher", "room": seat.room, "id": seat.feed, "token": seat.token}
        while True:
            try:
                joined = await handle.request(body)
                break
            except MediaServerError as error:
                if error.code != janus.ID_EXISTS:
                    raise
                await asyncio.sleep(_ID_EXISTS_S)
        private_id = joined.data.get("private_id", 0)
        if not isinstance(private_id, int):
            raise MalformedError(SOURCE, "joined, and no private_id that is one")
        self.joined += 1
        self.publishing = {}
        self._take_publishers(joined.data)
        self.attendance = Attendance(session, handle, private_id)
        _logger.info("joined a room of the media server")

    async def _come_back(self, session: Session, left: Attendance) -> None:
        """The same session on a new socket. What was said in between has been missed."""
        handle = session.take_over(left.handle.number, self._hear)
        listed = await handle.request({"request": "listparticipants", "room": self.seat.room})
        participants = listed.data.get("participants")
        if not isinstance(participants, list):
            raise MalformedError(SOURCE, "participants that are no list")
        present = [one for one in participants if isinstance(one, dict) and one.get("publisher")]
        self.publishing = {}
        self._take_publishers({"publishers": present})
        self.attendance = Attendance(session, handle, left.private_id)

    def _failed(self, error: MediaServerError) -> None:
        if self._left and error.code in _GONE:
            self._left = None
            return
        if error.code in _NOT_HERE:
            self._left, self._ill_since_s = None, time.monotonic() - LOST_S
        self.note(error)

    def note(self, error: MalformedError | MediaServerError | TimeoutError) -> None:
        """Something did not work, and will be tried again; what the server refused, or sent, is counted."""
        if isinstance(error, MalformedError) or (isinstance(error, MediaServerError) and error.code):
            self.around.refusals.note(error)
        else:
            _logger.info("media server: %s", error or "no path in time")
        self.around.on_change()

    def _hear(self, event: Event) -> None:
        data = event.data
        if event.kind != "event":
            self.on_event(event)
        elif data.get("videoroom") == "destroyed" or (data.get("leaving") == "ok" and data.get("reason") == "kicked"):
            _logger.info("put out of a room of the media server")
            self._is_out = True
        elif "publishers" in data:
            self._take_publishers(data)
        for word in ("unpublished", "leaving", "kicked"):
            self.publishing.pop(str(data.get(word)), None)
        self._changed()

    def _take_publishers(self, data: dict[str, object]) -> None:
        publishers = data.get("publishers")
        for one in publishers if isinstance(publishers, list) else ():
            feed = str(one.get("id")) if isinstance(one, dict) else ""
            if feed and feed not in self.publishing:
                self._publications += 1
                self.publishing[feed] = self._publications

    def _changed(self) -> None:
        self.pulse.beat()
        self.around.on_change()

    def close(self) -> None:
        """The socket closes; the server keeps our session until the agent has ended it."""
        self._task.cancel()
