"""Empties the busy sockets of the process all at once, every few milliseconds, instead of waking up for each packet.

Waking up costs more than a packet does: a picture's packets, and those of six partners, are better taken together. It
delays a packet by up to 16 ms; the moments move to where pictures wait the least. A socket on which nothing comes is
left to the loop again.
"""

import asyncio
from typing import Any, Protocol
from weakref import WeakKeyDictionary

from kiosk.media.rtp.datagrams import Datagrams
from kiosk.runtime.pacing import Pacing

PERIOD_S, LONGEST_S = 0.016, 0.0201
"""Half a picture. The first packet of a round costs seven times as much as the next one, so at 12 ms each costs a
seventh more; from 20 ms on sound would wait longer for its packets, see `kiosk.media.playback.arrivals`."""
_MOVES_S, _LOOKS = 0.002, 8
"""At every eighth round the moments move, by no more than the first."""
_QUIET_ROUNDS = 6
"""A socket that gave nothing for so long (about 100 ms) is not busy."""


class Inlet(Protocol):
    """A socket with something to take from."""

    def empty(self) -> bool:
        """Takes what is there. False: there was nothing."""

    def rest(self) -> None:
        """Nothing came for a while: wait for the loop's word."""


class Sweep:
    """One a loop. Runs while any socket is busy."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self.datagrams = Datagrams()
        """What is taken lies here until the next socket is emptied."""
        self._quiet_rounds: dict[Inlet, int] = {}
        self._pacing, self._rounds = Pacing(PERIOD_S, LONGEST_S, _MOVES_S), 0
        self._came_s: dict[int, float] = {}
        self._timer: asyncio.TimerHandle | None = None

    def join(self, inlet: Inlet) -> None:
        """From now on `inlet` is emptied, until it is quiet or leaves."""
        self._quiet_rounds[inlet] = 0
        if self._timer is None:
            self._timer = self._loop.call_at(self._pacing.step(self._loop.time()), self._go_round)

    def leave(self, inlet: Inlet) -> None:
        """Its socket is closed, or closes."""
        self._quiet_rounds.pop(inlet, None)

    def picture_came(self, ssrc: int, at_s: float) -> None:
        """The last packet of one of this stream."""
        self._came_s[ssrc] = at_s

    def _go_round(self) -> None:
        self._timer = None
        try:
            for inlet in tuple(self._quiet_rounds):
                self._visit(inlet)
        finally:
            now_s = self._loop.time()
            self._rounds += 1
            if self._rounds % _LOOKS == 0:
                self._pacing.look(now_s, self._came_s)
                self._came_s = {}
            if self._quiet_rounds:
                self._timer = self._loop.call_at(self._pacing.step(now_s), self._go_round)

    def _visit(self, inlet: Inlet) -> None:
        is_busy, rounds = inlet.empty(), self._quiet_rounds
        if inlet not in rounds:
            return  # it has left meanwhile
        rounds[inlet] = 0 if is_busy else rounds[inlet] + 1
        if rounds[inlet] > _QUIET_ROUNDS:
            del rounds[inlet]
            inlet.rest()


_sweeps: "WeakKeyDictionary[Any, Sweep]" = WeakKeyDictionary()


def running() -> Sweep:
    """The running loop's."""
    loop = asyncio.get_running_loop()
    found = _sweeps.get(loop)
    if found is None:
        found = _sweeps[loop] = Sweep(loop)
    return found
