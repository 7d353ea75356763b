"""What a robot partner does at its desk: is reachable, knocks for its appointments, answers rings, talks, shows."""

import asyncio
import logging
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime, timedelta
from typing import Any

from msgspec import Struct

from kiosk.contract.directory import Presence
from kiosk.contract.partner import (
    FromRoom,
    HelpCall,
    HelpOver,
    Introduction,
    Invitation,
    Invitations,
    PartnerToRoom,
    Refused,
    Resume,
    RingAnswer,
    RingOver,
    RingReply,
    RoomToPartner,
    Rung,
    SetPresence,
    ToPage,
    ToRoom,
    Welcome,
)
from kiosk.contract.state import Standing
from kiosk.desk.robot import picture
from kiosk.desk.robot.call import Call
from kiosk.desk.robot.line import Line
from kiosk.desk.robot.loops import Repertoire
from kiosk.desk.robot.picture import Palette
from kiosk.desk.robot.report import Report

_logger = logging.getLogger(__name__)

EARLY = timedelta(minutes=15)
"""The room takes a knock so long before the start."""
_AGAIN_S = 10.0
"""A room that was not ready is tried again after this time."""


class Behaviour(Struct, frozen=True, kw_only=True):
    """What the robot was told to do."""

    name: str
    why: str = ""
    knocks: bool = False
    answers: bool = False
    delay_s: float = 0.0
    """Before it knocks, and before it answers."""
    share_after_s: float | None = None
    """From its admission to showing its screen; None: never."""
    has_camera: bool = True
    is_guest: bool = False
    ground: int | None = None
    """0xRRGGBB behind the robot; None: by desk."""


class Partner:
    """Sits at its desk as long as its line runs."""

    def __init__(self, behaviour: Behaviour, report: Report) -> None:
        self._behaviour, self._report = behaviour, report
        self.line: Line | None = None
        self._invitations: dict[str, Invitations] = {}
        self._rings: dict[str, tuple[str, Rung]] = {}
        self._done: set[tuple[str, str]] = set()
        self._call: Call | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._repertoire = Repertoire(picture.PALETTES[0])

    def opened(self) -> None:
        """A fresh socket: say everything that the server may have forgotten."""
        if self._call and self._call.standing is not None:
            self._send(Resume(calls={self._call.id: self._call.terminal}))
        if self._call:
            self._call.look_again()
        self._say_presence()

    async def heard(self, message: ToPage) -> None:
        """One message of the desk server."""
        match message:
            case Welcome():
                self._welcomed(message)
            case FromRoom(terminal=terminal, message=inner):
                await self._room_said(terminal, inner)
            case Refused(call=id) if self._call and self._call.standing is None and id in ("", self._call.id):
                await self._end_call(is_to_retry=True)

    async def close(self) -> None:
        """Leaves, and lets go of everything."""
        if self._call:
            await self._call.leave()
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _welcomed(self, welcome: Welcome) -> None:
        self._report.desk = welcome.id
        palette = picture.palette_for(welcome.id)
        if self._behaviour.ground is not None:
            palette = Palette(self._behaviour.ground, *palette[1:])
        if palette != self._repertoire.palette:
            self._repertoire = Repertoire(palette)
        self._repertoire.rehearse(has_screen=self._behaviour.share_after_s is not None)

    async def _room_said(self, terminal: str, message: RoomToPartner) -> None:
        call = self._call
        match message:
            case Invitations():
                self._invitations[terminal] = message
                if call and call.terminal == terminal:
                    call.key_changed(message.key)
                self._knock_when_due()
            case Rung():
                self._rung(terminal, message)
            case RingOver():
                self._rings.pop(message.ring, None)
            case HelpCall() | HelpOver():
                pass  # a robot has no legs
            case _ if call and (call.terminal, call.id) == (terminal, message.call):
                was_admitted = call.is_admitted
                await call.take(message)
                await self._call_changed(call, was_admitted)

    async def _call_changed(self, call: Call, was_admitted: bool) -> None:
        self._report.standing = str(call.standing or "")
        if call.is_admitted != was_admitted:
            self._say_presence()
        if call.is_admitted and not was_admitted and self._behaviour.share_after_s is not None:
            self._after(self._behaviour.share_after_s, call.share)
        if call.standing in (Standing.LEFT, Standing.DECLINED):
            await self._end_call(is_to_retry=call.is_broken or (call.standing is Standing.LEFT and not was_admitted))

    async def _end_call(self, *, is_to_retry: bool) -> None:
        call, self._call = self._call, None
        if call is None:
            return
        await call.close()
        self._say_presence()
        if is_to_retry and call.number:
            self._after(0.1 if call.is_broken else _AGAIN_S, lambda: self._retry(call.terminal, call.number))

    async def _retry(self, terminal: str, number: str) -> None:
        self._done.discard((terminal, number))
        self._knock_when_due()

    # Knocking and answering.

    def _knock_when_due(self) -> None:
        """Sets an alarm for every invitation it has not knocked for yet."""
        for terminal, invitations in self._invitations.items() if self._behaviour.knocks else ():
            for item in invitations.items:
                if (terminal, item.number) not in self._done and item.end > datetime.now(UTC):
                    self._done.add((terminal, item.number))
                    self._after(self._wait_s(item), self._knocker(terminal, item.number))

    def _wait_s(self, item: Invitation) -> float:
        return max(0.0, (item.start - EARLY - datetime.now(UTC)).total_seconds()) + self._behaviour.delay_s

    def _knocker(self, terminal: str, number: str) -> Callable[[], Coroutine[Any, Any, None]]:
        async def knock() -> None:
            invitations = self._invitations.get(terminal)
            if invitations and any(item.number == number for item in invitations.items):
                if self._call is None:
                    self._enter(terminal, invitations.key, number=number)
                else:
                    self._after(_AGAIN_S, knock)

        return knock

    def _rung(self, terminal: str, rung: Rung) -> None:
        self._report.rings += 1
        if self._behaviour.answers and rung.ring not in self._rings:
            self._rings[rung.ring] = (terminal, rung)
            self._after(self._behaviour.delay_s, lambda: self._answer(rung.ring))

    async def _answer(self, ring: str) -> None:
        terminal, rung = self._rings.get(ring, ("", None))
        if rung is None:
            return
        reply = RingReply.DECLINE if self._call else RingReply.ACCEPT
        self._to_room(terminal, RingAnswer(ring=ring, reply=reply))
        if reply is RingReply.ACCEPT:
            self._enter(terminal, rung.key, ring=ring)

    def _enter(self, terminal: str, key: str, *, number: str = "", ring: str = "") -> None:
        self._report.calls += 1
        self._call = Call(
            terminal,
            key,
            Introduction(name=self._behaviour.name, why=self._behaviour.why),
            self._repertoire,
            self._report,
            self._to_room,
            has_camera=self._behaviour.has_camera,
            number=number,
            ring=ring,
        )

    # Saying.

    def _say_presence(self) -> None:
        if self._behaviour.is_guest:
            return
        is_busy = self._call is not None and self._call.is_admitted
        self._send(SetPresence(state=Presence.BUSY if is_busy else Presence.FREE))

    def _to_room(self, terminal: str, message: PartnerToRoom) -> None:
        self._send(ToRoom(terminal=terminal, message=message))

    def _send(self, message: SetPresence | ToRoom | Resume) -> None:
        if self.line is not None:
            self.line.send(message)

    def _after(self, delay_s: float, action: Callable[[], Coroutine[Any, Any, None]]) -> None:
        async def later() -> None:
            await asyncio.sleep(delay_s)
            await action()

        task = asyncio.create_task(later(), name="later")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
