"""One planned peer over all its peer connections: answers its offers, notices a lost path and asks for a new offer."""

import asyncio
import logging
import time
from collections import deque

from kiosk.contract.errors import MalformedError
from kiosk.contract.media import PeerLink, PeerReport, Plan, PlannedPeer, Signal, SignalKind, Wish
from kiosk.media.engine.connection import Connection
from kiosk.media.engine.gates import PICTURES, gates_of
from kiosk.media.engine.surroundings import Surroundings
from kiosk.media.engine.waist import Line
from kiosk.media.engine.wishes import Wishes
from kiosk.media.rtp.sdp import read_offer

_logger = logging.getLogger(__name__)

ROOM = "room"
OFFER_TIMEOUT_S = 3.0
"""A new partner's page offers by itself; after this time it is asked to."""
CONNECT_TIMEOUT_S = 8.0
"""From our answer to a connection; then it is given up and asked for anew."""
_ASK_S = (0.25, 0.5, 1.0)
"""Pauses between two requests for a new offer; the last one without end."""
_MAX_EARLY = 64
_MAX_OFFERS, _OFFERS_S = 16, 10.0
"""Answered in so long a time. Each costs 10 ms of everybody's; a cable that comes and goes makes one a second."""


class Peer:
    """Everything on the loop; `take` hands signals to the peer's own task."""

    def __init__(self, call: str, around: Surroundings, offer_timeout_s: float) -> None:
        self.call = call
        self._around = around
        self._inbox: asyncio.Queue[Signal | None] = asyncio.Queue(_MAX_EARLY)
        self._connection: Connection | None = None
        self._generation = 0
        self._early: list[Signal] = []
        self._answered_s: deque[float] = deque(maxlen=_MAX_OFFERS)
        self._ask_at_s: float | None = time.monotonic() + offer_timeout_s
        self._asked = 0
        self._plan, self._has_picture = Plan(), False
        self._shown = PICTURES
        self._wishes, self._peers_wish = Wishes(self._wish), Wish()
        self._tally = around.tally_of(call)
        self.link = PeerLink.CONNECTING
        self._task = around.group.create_task(self._run(), name=f"peer-{call}")

    def apply(self, plan: Plan, planned: PlannedPeer) -> None:
        """What may cross from now on."""
        self._plan, self._has_picture = plan, planned.has_picture
        self._tally.take_pictures(planned.has_picture)
        self._set_gates()

    def show(self, camera_px: int, screen_px: int) -> None:
        """How tall this peer's pictures are shown, and so wished for; what is not shown is not decoded."""
        lines = {Line.CAMERA: camera_px, Line.SCREEN: screen_px}
        self._shown = frozenset(line for line, height_px in lines.items() if height_px)
        self._set_gates()
        self._tally.watch(Line.CAMERA in self._shown)
        self._wishes.change(Wish(camera_px=camera_px, screen_px=screen_px))

    def _set_gates(self) -> None:
        if self._connection:
            self._connection.set_gates(gates_of(self._plan, has_picture=self._has_picture, shown=self._shown))

    def network_changed(self) -> None:
        """The way that is being tried may never come up; a connection whose own address is gone is over."""
        if self.link is not PeerLink.UP and (self._asked or self._connection):
            self._asked = 0
            self._ask_soon()
        elif self._connection and self._connection.has_lost_address():
            self._drop_connection()
            self._ask_soon()
            self._around.on_change()

    def _wish(self, wish: Wish) -> None:
        kind = SignalKind.WISH
        self._around.send(Signal(source=ROOM, target=self.call, kind=kind, generation=self._generation, wish=wish))

    def take(self, signal: Signal) -> None:
        """One signal of this peer. Raises MalformedError when it sends more than can be dealt with."""
        try:
            self._inbox.put_nowait(signal)
        except asyncio.QueueFull:
            raise MalformedError("signal", "too many at once") from None

    async def _run(self) -> None:
        while True:
            try:
                async with asyncio.timeout_at(self._deadline()):
                    signal = await self._inbox.get()
            except TimeoutError:
                if self._ask_at_s is not None and time.monotonic() >= self._ask_at_s:
                    self._ask()
                continue  # else the path came up, or was put off, while this waited
            if signal is None:
                continue
            try:
                await self._handle(signal)
            except MalformedError as error:
                self._around.refusals.note(error)
                self._around.on_change()

    def _deadline(self) -> float | None:
        if self._ask_at_s is None:
            return None
        return asyncio.get_running_loop().time() + max(0.0, self._ask_at_s - time.monotonic())

    def _ask(self) -> None:
        """No connection in time: give up what is under way and ask the page for a new offer."""
        self._drop_connection()
        pause_s = _ASK_S[min(self._asked, len(_ASK_S) - 1)]
        self._asked += 1
        self._ask_at_s = time.monotonic() + pause_s
        _logger.info("call %s: no path, asking for offer %d", self.call, self._generation + 1)
        self._around.on_lost()
        kind = SignalKind.RECONNECT
        self._around.send(Signal(source=ROOM, target=self.call, kind=kind, generation=self._generation))

    async def _handle(self, signal: Signal) -> None:
        if signal.kind is SignalKind.WISH:
            self._take_wish(signal.wish)
            return
        if signal.generation < self._generation:
            return
        if signal.kind is SignalKind.OFFER:
            is_new = signal.generation > self._generation or self._connection is None
            if is_new:
                await self._answer(signal)
        elif signal.kind is SignalKind.CANDIDATE:
            self._take_candidate(signal)
        else:
            raise MalformedError("signal", f"{signal.kind} to the answering side")

    def _take_wish(self, wish: Wish | None) -> None:
        if wish is None:
            raise MalformedError("signal", "a wish for nothing")
        self._peers_wish = wish
        if self._connection:
            self._connection.wish(wish)

    def _count_offer(self) -> None:
        """Its page is asked for another one when there is time for it."""
        now_s, answered_s = time.monotonic(), self._answered_s
        if len(answered_s) == _MAX_OFFERS and now_s - answered_s[0] < _OFFERS_S:
            self._ask_at_s = answered_s[0] + _OFFERS_S
            raise MalformedError("offer", "too many in a short time")
        answered_s.append(now_s)

    async def _answer(self, signal: Signal) -> None:
        offer = read_offer(signal.sdp, self._around.codec, "offer")
        self._drop_connection()
        self._generation = signal.generation
        self._count_offer()
        _logger.info("call %s: offer %d", self.call, signal.generation)
        around = self._around
        connection = Connection(
            around.group,
            around.configuration,
            around.feeds,
            self._state_changed,
            self._tally.take,
            self._tally.voice,
            around.refusals,
        )
        self._connection = connection
        self._tally.statistics.begun = connection.begun
        self._ask_at_s = time.monotonic() + CONNECT_TIMEOUT_S
        try:
            answer = await connection.answer(offer, "offer")
        except MalformedError:
            self._drop_connection()
            raise
        self._set_gates()
        connection.wish(self._peers_wish)
        around.send(
            Signal(source=ROOM, target=self.call, kind=SignalKind.ANSWER, generation=signal.generation, sdp=answer)
        )
        self._wishes.begin()
        early, self._early = self._early, []
        for candidate in early:
            if candidate.generation >= self._generation:
                self._take_candidate(candidate)

    def _take_candidate(self, signal: Signal) -> None:
        if signal.generation > self._generation or self._connection is None:
            if len(self._early) >= _MAX_EARLY:
                raise MalformedError("candidate", "too many before their offer")
            self._early.append(signal)
            return
        self._connection.add_candidate(signal.mid, signal.sdp, "candidate")

    def _state_changed(self, connection: Connection) -> None:
        if connection is not self._connection:
            return
        if connection.is_up and self.link is not PeerLink.UP:
            self.link, self._ask_at_s, self._asked = PeerLink.UP, None, 0
        elif connection.is_over:
            self._drop_connection()
            self._ask_soon()
        self._around.on_change()

    def _ask_soon(self) -> None:
        """Wakes the peer's task for it."""
        self._ask_at_s = time.monotonic()
        if self._inbox.empty():
            self._inbox.put_nowait(None)

    def _drop_connection(self) -> None:
        connection, self._connection = self._connection, None
        if connection is None:
            return
        if self.link is PeerLink.UP:
            self.link = PeerLink.LOST
        connection.stop()
        self._tally.frames_sent += connection.frames_sent
        self._tally.screen_frames_sent += connection.screen_frames_sent
        self._tally.audio_packets_sent += connection.audio_packets_sent
        self._around.say_goodbye(connection.close())

    def report(self) -> PeerReport:
        connection = self._connection
        if connection is None:
            return self._tally.report(self.link)
        sent = connection.frames_sent, connection.screen_frames_sent, connection.audio_packets_sent
        return self._tally.report(self.link, *sent, connection.count)

    def close(self) -> None:
        """At once nothing is sent; the connection says goodbye in the background."""
        self._task.cancel()
        self._wishes.close()
        self._drop_connection()
