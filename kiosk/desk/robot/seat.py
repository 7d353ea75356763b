"""One seat taken in one room of a media server, by the rules of `kiosk.contract.media.Seat` (`page/seat.js`)."""

import asyncio
import logging
from dataclasses import dataclass
from typing import Any

from aiortc import RTCConfiguration

from kiosk.contract import media
from kiosk.contract.errors import MediaServerError
from kiosk.desk.robot.loops import Repertoire
from kiosk.desk.robot.path import LINES, REFUSALS, Path
from kiosk.desk.robot.report import PeerCounts
from kiosk.runtime import janus
from kiosk.runtime.janus import Event, Handle, Jsep, Session

_logger = logging.getLogger(__name__)

_AGAIN_S = 0.5
_SMALL = 0
"""The substream a robot takes: it only counts."""


@dataclass
class Wanted:
    """Somebody to be received."""

    counts: PeerCounts
    since_s: float
    """Monotonic: from when the first picture is timed."""


@dataclass
class _Received:
    """Somebody who is received."""

    handle: Handle
    path: Path


class Seat:
    """Everything on the loop. Taken anew without end, until it is closed or the robot is put out."""

    def __init__(
        self, place: media.Seat, lines: tuple[str, ...], configuration: RTCConfiguration, repertoire: Repertoire
    ) -> None:
        self.place, self._lines = place, lines
        self._configuration, self._repertoire = configuration, repertoire
        self._gates = dict.fromkeys(LINES, False)
        self._wanted: dict[str, Wanted] = {}
        self._present: set[str] = set()
        self._received: dict[str, _Received] = {}
        self._publication: Path | None = None
        self._left: tuple[int, int, int] | None = None
        self._is_out = False
        self._news = asyncio.Event()
        self._task = asyncio.create_task(self._run(), name="seat")

    def want(self, wanted: dict[str, Wanted]) -> None:
        """Whom to receive, by feed, as soon as they are there."""
        self._wanted = wanted
        self._news.set()

    def set_gates(self, gates: dict[str, bool]) -> None:
        self._gates = gates
        if self._publication:
            self._publication.set_gates(gates)

    async def close(self) -> None:
        """Connections and socket only: the room's agent ends the rest."""
        self._is_out = True  # should a library take the cancellation for itself
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        await self._drop()

    async def _run(self) -> None:
        while not self._is_out:
            claim = self._left[0] if self._left else 0
            try:
                async with janus.connected(self.place.url, claim=claim, is_lingering=True) as session:
                    await self._sit(session)
            except MediaServerError as error:
                if not claim or error.code == janus.NO_SUCH_SESSION:
                    self._left = None
                    await self._drop()
                _logger.info("media server: %s", error)
            if not self._is_out:
                await asyncio.sleep(_AGAIN_S)
        await self._drop()

    async def _sit(self, session: Session) -> None:
        """From one socket to its end. Raises MediaServerError when there is no seat."""
        if self._left:
            _, number, private_id = self._left
            handle = session.take_over(number, self._hear)
            listed = await handle.request({"request": "listparticipants", "room": self.place.room})
            self._present = {one["id"] for one in listed.data.get("participants", []) if one.get("publisher")}
            await self._drop_received(set(self._received))
        else:
            handle = await session.attach(self._hear)
            place = self.place
            body = {"request": "join", "ptype": "publisher", "room": place.room, "id": place.feed}
            joined = await handle.request({**body, "token": place.token})
            self._present = {one["id"] for one in joined.data.get("publishers", [])}
            private_id = int(joined.data["private_id"])
        self._left = (session.number, handle.number, private_id)
        session.ended.add_done_callback(lambda _: self._news.set())
        while not session.ended.done() and not self._is_out:
            self._news.clear()
            try:
                await self._match(session, handle, private_id)
            except (MediaServerError, *REFUSALS) as error:
                _logger.info("media server: %s", error)
                asyncio.get_running_loop().call_later(_AGAIN_S, self._news.set)
            await self._news.wait()

    async def _match(self, session: Session, handle: Handle, private_id: int) -> None:
        """Publishes, and receives whom it is to. Raises MediaServerError or one of REFUSALS: try again."""
        if self._publication is None or self._publication.is_over:
            await self._publish(handle)
        here = set(self._wanted) & self._present
        over = {feed for feed, one in self._received.items() if one.path.is_over}
        await self._drop_received(over | (set(self._received) - here))
        for feed in here - set(self._received):
            await self._receive(session, feed, private_id)
        for feed, wanted in self._wanted.items():
            is_up = feed in self._received and self._received[feed].path.is_up
            if is_up or wanted.counts.link == "up":
                wanted.counts.link = "up" if is_up else "lost"

    async def _publish(self, handle: Handle) -> None:
        if self._publication:
            await self._publication.close()
            try:
                await handle.request({"request": "unpublish"})
            except MediaServerError as error:
                _logger.info("media server: %s", error)
        self._publication = path = Path(self._configuration, self._news.set)
        answer = await handle.request({"request": "publish"}, Jsep(type="offer", sdp=await path.offer(self._lines)))
        assert answer.jsep, "Janus answers every offer it does not refuse"
        await path.accept(answer.jsep.sdp, self._repertoire)
        path.set_gates(self._gates)

    async def _receive(self, session: Session, feed: str, private_id: int) -> None:
        path = Path(self._configuration, self._news.set)

        def hear(event: Event) -> None:
            self._hear_of(path, event)

        handle = await session.attach(hear)
        self._received[feed] = _Received(handle, path)
        body = {"request": "join", "ptype": "subscriber", "room": self.place.room, "private_id": private_id}
        try:
            attached = await handle.request({**body, "autoupdate": False, "streams": [{"feed": feed}]})
        except MediaServerError as error:
            path.is_over = True
            if error.code == janus.NO_SUCH_FEED:
                self._present.discard(feed)
            raise
        assert attached.jsep, "Janus offers what was subscribed to"
        streams: list[dict[str, Any]] = attached.data["streams"]
        line_of = {str(one["mid"]): LINES[int(one["feed_mid"])] for one in streams if "feed_mid" in one}
        wanted = self._wanted[feed]
        answer = await path.answer(attached.jsep.sdp, line_of, wanted.counts, wanted.since_s)
        await handle.request({"request": "start"}, Jsep(type="answer", sdp=answer))
        small = [{"mid": mid, "substream": _SMALL} for mid, line in line_of.items() if line == "camera"]
        if small:
            await handle.request({"request": "configure", "streams": small})

    def _hear(self, event: Event) -> None:
        """What the server says of the room, and of what is published."""
        data = event.data
        if event.kind != "event":
            if self._publication:
                self._hear_of(self._publication, event)
            return
        self._is_out = self._is_out or data.get("leaving") == "ok" or data.get("videoroom") == "destroyed"
        self._present |= {one["id"] for one in data.get("publishers", [])}
        for word in ("unpublished", "leaving", "kicked"):
            self._present.discard(str(data.get(word)))
        self._news.set()

    def _hear_of(self, path: Path, event: Event) -> None:
        if event.kind == "trickle" and isinstance(event.data.get("candidate"), dict):
            path.take_candidate(event.data["candidate"])
        elif event.kind == "hangup" and path.is_up:
            path.is_over = True
            self._news.set()

    async def _drop_received(self, feeds: set[str]) -> None:
        for feed in feeds:
            received = self._received.pop(feed)
            await received.path.close()
            try:
                await received.handle.detach()
            except MediaServerError as error:
                _logger.info("media server: %s", error)

    async def _drop(self) -> None:
        """All peer connections."""
        received, self._received = self._received, {}
        publication, self._publication = self._publication, None
        paths = [one.path for one in received.values()] + ([publication] if publication else [])
        await asyncio.gather(*(path.close() for path in paths))
        for wanted in self._wanted.values():
            if wanted.counts.link == "up":
                wanted.counts.link = "lost"
