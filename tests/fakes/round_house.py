"""The rules of a consultation joined to `device.rounds`, as the agent does it, on whatever media servers a test has."""

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

from device.rounds import Rounds
from kiosk.consultation import events, room_view
from kiosk.contract.configuration import EngineChoice
from kiosk.contract.links import MediaServer, MediaServers
from kiosk.contract.media import Seat
from kiosk.contract.state import Round, State
from kiosk.runtime.log import Refusals
from tests.fakes.patience import PATIENCE_S
from tests.unit.consultation.house import House, call_of


class RoundHouse(House):
    """The rules of a consultation, joined to `Rounds` as the agent joins them."""

    def __init__(
        self,
        directory: Path,
        refusals: Refusals,
        engine: EngineChoice = EngineChoice.JANUS,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._news = asyncio.Event()
        self._rounds: Rounds | None = None
        super().__init__()
        self._rounds = Rounds(lambda: self.state, self.happen, directory / "rounds.json", refusals, tls)
        self.refusals = refusals
        self.do(events.EngineChosen(engine=engine))

    def happen(self, event: events.Event) -> None:
        self.do(event)

    def do(self, event: events.Event, later_s: float = 0.0) -> "RoundHouse":
        super().do(event, later_s)
        if self._rounds:
            self._rounds.show(self.state)
            self._news.set()
        return self

    async def until(self, condition: Callable[[State], Any], timeout_s: float = PATIENCE_S) -> Any:
        """What `condition` says of the state as soon as that is true."""
        async with asyncio.timeout(timeout_s):
            while not (found := condition(self.state)):
                self._news.clear()
                await self._news.wait()
            return found

    @contextlib.asynccontextmanager
    async def alive(self, *servers: MediaServer) -> AsyncIterator["RoundHouse"]:
        """The agent runs; leaving the context is its sudden death."""
        assert self._rounds
        self._rounds.use(MediaServers(servers=servers))
        task = asyncio.create_task(self._rounds.run())
        try:
            yield self
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def seat_of(self, desk: str, other_than: str = "") -> Seat:
        """The partner's place for pictures, in another room than `other_than`."""

        def seat(state: State) -> Seat | None:
            view = room_view(state, call_of(desk))
            return view.seat if view and view.seat and view.seat.room != other_than else None

        found: Seat = await self.until(seat)
        return found

    def own(self) -> Round:
        assert self.session.round
        return self.session.round
