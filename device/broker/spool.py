"""Events for the monitor: numbered without gaps, on disk until the broker has them, told in order."""

import asyncio
from datetime import datetime

from device.broker.store import Store
from kiosk.contract import codec
from kiosk.contract.mqtt import Clock, Event

MAX_EVENTS = 50_000
"""About 10 MB, a hundred busy days without a broker; then the oldest go, which the monitor sees as a gap."""

Data = dict[str, str | int | float | bool]


class Spool:
    """Written in the same breath as the state changes; struck off when the broker has acknowledged."""

    def __init__(self, store: Store, max_events: int = MAX_EVENTS) -> None:
        self._store = store
        self._max_events = max_events
        self._settled = self._newest()
        self._struck = 0
        self.more = asyncio.Event()
        """Set by `append`; who sends clears it."""

    def _newest(self) -> int:
        rows = self._store.read("SELECT seq FROM sqlite_sequence WHERE name = 'event'")
        return int(rows[0][0]) if rows else 0

    def __len__(self) -> int:
        return int(self._store.read("SELECT count(*) FROM event")[0][0])

    def append(self, kind: str, data: Data, time: datetime, clock: Clock) -> int:
        """Number and keep one event; returns its number, 0 on a full disk. It survives the end of this process."""
        seq = self._store.write(
            "INSERT INTO event (type, time, clock, data) VALUES (?, ?, ?, ?)",
            (kind, time.isoformat(), clock.value, codec.encode(data)),
        )
        self._store.write("DELETE FROM event WHERE seq <= ?", (seq - self._max_events,))
        self.more.set()
        return seq

    async def next(self, limit: int) -> list[Event]:
        """The oldest events not struck off, once they are safe on disk; empty when there is none."""
        newest = self._newest()
        if newest > self._settled:
            await self._store.settle()
            self._settled = newest
        rows = self._store.read(
            "SELECT seq, type, time, clock, data FROM event WHERE seq > ? AND seq <= ? ORDER BY seq LIMIT ?",
            (self._struck, self._settled, limit),
        )
        return [
            Event(
                seq=seq,
                type=kind,
                time=datetime.fromisoformat(time),
                clock=Clock(clock),
                data=codec.decode(data, Data, "spool"),
            )
            for seq, kind, time, clock, data in rows
        ]

    def strike(self, seq: int) -> None:
        """The broker has acknowledged this event, and before it all older ones."""
        self._struck = seq
        self._store.write("DELETE FROM event WHERE seq = ?", (seq,))
