"""Keeps the session's round on a media server: opens it, seats people in it, moves it when it is lost, destroys it.

Which session needs one and who may sit is decided by `kiosk.consultation.rounds`.
"""

import asyncio
import contextlib
import logging
import random
import ssl
from collections.abc import AsyncIterator, Callable
from pathlib import Path

from device import files, media_server
from device.media_server import Keeper
from kiosk.consultation import events, rounds
from kiosk.contract import codec
from kiosk.contract.errors import MalformedError, MediaServerError, Reason
from kiosk.contract.links import MediaServer, MediaServers
from kiosk.contract.state import Round, State
from kiosk.runtime.janus import Session, connected
from kiosk.runtime.log import Refusals

_logger = logging.getLogger(__name__)

TRY_S = 2.0
"""For one server, from the first packet to two rooms."""
GRACE_S = 2.0
"""So long a lost round is waited for where its machine is there: a server that died is started again."""
PATIENCE_S = 10.0
"""So long a lost round is waited for where no server can be reached at all: the network may be what is gone."""
RETRY_S = 5.0
"""After all servers were tried in vain."""
_PAUSE_S = 0.3
_MOST_IN_VAIN = 3
"""So many rounds may be made in which nobody could be seated, one after the other."""
SWEEP_S = 30.0
"""After a room could not be destroyed."""


class Rounds:
    """A viewer of the hub; `run` does the work."""

    def __init__(
        self,
        state: Callable[[], State],
        dispatch: Callable[[events.Event], None],
        file: Path,
        refusals: Refusals,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        """`file` remembers rounds until they are destroyed, beyond every kind of restart; it names nobody."""
        self._state = state
        self._dispatch = dispatch
        self._refusals = refusals
        self._tls = tls
        self._servers: tuple[MediaServer, ...] = ()
        self._changed = asyncio.Event()
        self._listed = asyncio.Event()
        self._made = _Made(file)
        self._to_sweep = asyncio.Event()
        self._was_media_here = False
        self._is_media_new = False
        self._in_vain = 0
        """Rounds lost since somebody could be seated in one."""
        self._moved_from = ""
        """Room that media could not reach though we could."""

    def use(self, servers: MediaServers) -> None:
        """The list is another one now; a round under way stays where it is."""
        self._servers = servers.servers
        self._changed.set()
        self._listed.set()

    def show(self, state: State) -> None:
        """A viewer of the hub."""
        self._is_media_new = self._is_media_new or (self._was_media_here and not state.is_media_here)
        self._was_media_here = state.is_media_here
        self._changed.set()
        if self._made.others(_round(state)):
            self._to_sweep.set()

    async def run(self) -> None:
        """Never ends."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._sweep(), name="rounds sweep")
            while True:
                self._changed.clear()
                own = _round(self._state())
                if own is not None:
                    await self._keep(own)
                elif not rounds.is_wanted(self._state()) or not self._servers:
                    await self._changed.wait()
                elif not await self._open(self._in_order()):
                    await self._retry()

    async def _open(self, servers: list[MediaServer]) -> bool:
        """New rooms for the session on the first of these that takes them; returns whether one did."""
        session = self._state().session
        for server in servers:
            try:
                await self._make(server, session.id if session else "")
            except MediaServerError as error:
                self._refusals.note(error)
            else:
                return True
        return False

    async def _make(self, server: MediaServer, session_id: str) -> None:
        """Raises MediaServerError."""
        made = media_server.new_round(server.url)
        try:
            async with _limit(TRY_S), self._connected(server.url) as session:
                self._made.add(made)  # first, so that no death in between leaves it behind
                await media_server.create(session, server.key, made)
            self._dispatch(events.RoundOpened(session=session_id, round=made))
        finally:
            self._made.settle(made)
            self._to_sweep.set()

    async def _retry(self) -> None:
        """A while after all was in vain, or as soon as there are other servers."""
        self._listed.clear()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(RETRY_S):
                await self._listed.wait()

    async def _keep(self, own: Round) -> None:
        """Until the session has no, or another, round."""
        why: MediaServerError | None = None
        try:
            async with self._connected(own.url) as session:
                keeper = await Keeper.enter(session, own, self._changed.set)
                while _is_round(self._state(), own) and not session.ended.done():
                    await self._attend(own, keeper)
                    await self._news(session)
                why = session.ended.result() if session.ended.done() else None
        except MediaServerError as error:
            why = error
        if why is not None and _is_round(self._state(), own):
            self._refusals.note(why)
            self._in_vain += 1
            await self._recover(own)

    async def _attend(self, own: Round, keeper: Keeper) -> None:
        """Once for every change. Raises MediaServerError."""
        self._changed.clear()
        if self._is_media_new:
            self._is_media_new = False
            await keeper.kick(rounds.feed(self._state(), rounds.ROOM))
        tables = rounds.tables(self._state())
        is_new = await keeper.seat(tables)
        self._in_vain = 0
        if is_new:
            tokens = tuple(sorted(token for table in tables.values() for token in table))
            self._dispatch(events.RoundSeated(room=own.room, tokens=tokens))
        lost = self._state().media.lost_room
        if not _is_round(self._state(), own):
            return
        if keeper.has_slipped:
            _logger.warning("somebody could not be put out of a round for sure: it gets new rooms")
            await self._open([server for server in self._servers if server.url == own.url])
        elif lost in (own.room, own.sound_room) and self._moved_from != own.room:
            self._moved_from = own.room
            await self._open([server for server in self._in_order() if server.url != own.url])

    async def _recover(self, own: Round) -> None:
        """The connection is lost: is it only that, is it the server, or the network?"""
        loop = asyncio.get_running_loop()
        start_s = loop.time()
        while _is_round(self._state(), own):
            is_network = False
            is_hopeless = self._in_vain > _MOST_IN_VAIN
            try:
                async with _limit(TRY_S), self._connected(own.url) as session:
                    if await media_server.exists(session, own) and not is_hopeless:
                        break
            except MediaServerError as error:
                is_network = error.reason is not Reason.FAR_SIDE_REFUSED
            if not _is_round(self._state(), own) or (not is_hopeless and await self._open(self._in_order())):
                return
            if is_hopeless or loop.time() - start_s > (PATIENCE_S if is_network else GRACE_S):
                self._dispatch(events.RoundGone(room=own.room))
                await self._retry()
                return
            await asyncio.sleep(_PAUSE_S)
        await asyncio.sleep(_PAUSE_S)

    def _in_order(self) -> list[MediaServer]:
        """Drawn anew for every session, the same for the whole of it: so that sessions are spread over the servers."""
        session = self._state().session
        return random.Random(session.id if session else "").sample(self._servers, len(self._servers))

    async def _news(self, session: Session) -> None:
        """Waits until something has changed, or the session has ended."""
        changed = asyncio.ensure_future(self._changed.wait())
        try:
            await asyncio.wait((changed, session.ended), return_when=asyncio.FIRST_COMPLETED)
        finally:
            changed.cancel()

    async def _sweep(self) -> None:
        """Destroys what is no longer needed; again and again where a server is away. Never ends."""
        while True:
            await self._to_sweep.wait()
            self._to_sweep.clear()
            for made in self._made.others(_round(self._state())):
                try:
                    async with _limit(TRY_S), self._connected(made.url) as session:
                        await media_server.destroy(session, made)
                except MediaServerError as error:
                    if any(server.url == made.url for server in self._servers):
                        self._refusals.note(error)
                        continue
                self._made.remove(made)
            if self._made.others(_round(self._state())):
                asyncio.get_running_loop().call_later(SWEEP_S, self._to_sweep.set)

    def _connected(self, url: str) -> contextlib.AbstractAsyncContextManager[Session]:
        return connected(url, tls=self._tls, refusals=self._refusals)


class _Made:
    """Rounds that stand on media servers, in a file."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._rounds: tuple[Round, ...] = ()
        self._begun: set[str] = set()
        try:
            self._rounds = codec.decode(file.read_bytes(), tuple[Round, ...], file.name)
        except FileNotFoundError:
            pass
        except (OSError, MalformedError) as error:
            _logger.warning("refused, rooms on media servers may stay: %s", error)

    def others(self, own: Round | None) -> tuple[Round, ...]:
        """All but this one and those that are being made."""
        kept = {own.room if own else "", *self._begun}
        return tuple(made for made in self._rounds if made.room not in kept)

    def add(self, made: Round) -> None:
        """It is being made until `settle`."""
        self._begun.add(made.room)
        self._write((*self._rounds, made))

    def settle(self, made: Round) -> None:
        """It has become the session's, or is of no use."""
        self._begun.discard(made.room)

    def remove(self, made: Round) -> None:
        self._write(tuple(other for other in self._rounds if other.room != made.room))

    def _write(self, made: tuple[Round, ...]) -> None:
        self._rounds = made
        try:
            files.write(self._file, codec.encode(made))
        except OSError as error:
            _logger.error("rooms on media servers cannot be remembered: %s", error.strerror)


@contextlib.asynccontextmanager
async def _limit(seconds: float) -> AsyncIterator[None]:
    """Raises MediaServerError when it takes longer."""
    try:
        async with asyncio.timeout(seconds):
            yield
    except TimeoutError:
        raise MediaServerError("too slow", Reason.NO_ANSWER) from None


def _round(state: State) -> Round | None:
    return state.session.round if state.session else None


def _is_round(state: State, own: Round) -> bool:
    held = _round(state)
    return held is not None and held.room == own.room
