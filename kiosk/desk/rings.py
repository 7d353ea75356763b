"""Rings that desks have not heard the end of. Knows no page and no broker."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from kiosk.contract.partner import Rung

_KNOCK_TIME = timedelta(minutes=2)
"""After the deadline: the knock that follows an answer in the last second still passes."""
_VISIT_TIME = timedelta(hours=8)
"""After an answer: a page that lost its way for too long knocks again for the same ring."""


@dataclass
class Ringing:
    """One ring at one desk."""

    terminal: str
    message: Rung
    is_answered: bool = False


@dataclass
class Rings:
    """All rings of all desks, by desk and ring id."""

    _all: dict[tuple[str, str], Ringing] = field(default_factory=dict)

    def add(self, desk: str, terminal: str, message: Rung) -> None:
        self._all[desk, message.ring] = Ringing(terminal, message)

    def stop(self, desk: str, terminal: str, ring: str) -> None:
        """The room rings no longer; who answered in time may still knock."""
        ringing = self.find(desk, terminal, ring)
        if ringing and not ringing.is_answered:
            del self._all[desk, ring]

    def find(self, desk: str, terminal: str, ring: str) -> Ringing | None:
        """The ring, when that room did ring this desk."""
        ringing = self._all.get((desk, ring))
        return ringing if ringing and ringing.terminal == terminal else None

    def open_at(self, desk: str, now: datetime) -> list[Ringing]:
        """What rings at `desk` now."""
        return [
            ringing
            for (at, _), ringing in self._all.items()
            if at == desk and not ringing.is_answered and ringing.message.deadline > now
        ]

    def forget_old(self, now: datetime) -> None:
        """Drops rings nobody can answer any more."""
        self._all = {
            key: ring
            for key, ring in self._all.items()
            if now - (_VISIT_TIME if ring.is_answered else _KNOCK_TIME) < ring.message.deadline
        }
