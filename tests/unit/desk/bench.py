"""A switchboard whose broker, pages and clock are in the hands of the test."""

import logging
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from msgspec import Struct

from kiosk.contract import codec, topics
from kiosk.contract.directory import DeskPresence
from kiosk.contract.errors import Reason
from kiosk.contract.partner import FromRoom, Invitation, Invitations, Knock, PartnerToRoom, Refused, Rung, ToRoom
from kiosk.desk.outgoing import Outgoing
from kiosk.desk.switchboard import Switchboard
from kiosk.runtime.invitation import DeskLink, GuestLink, Link
from kiosk.runtime.log import Refusals

NOW = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
ROOM, OTHER_ROOM = "nord.r1", "nord.r2"
KEY = "A" * 87
CALL, OTHER_CALL, RING = "c" * 16, "d" * 16, "r" * 16


def desk_link(desk: str = "youth-1", id: str = "0" * 16) -> DeskLink:
    return DeskLink(id=id, desk=desk)


def guest_link(number: str = "4711") -> GuestLink:
    hour = timedelta(hours=1)
    return GuestLink(
        id="9" * 16, terminal=ROOM, number=number, guest="guest-1", not_before=NOW - hour, expires=NOW + hour
    )


def knock(call: str = CALL, number: str = "4711", ring: str = "") -> Knock:
    return Knock(call=call, key=KEY, box="AAAA", number=number, ring=ring)


class PageOnTheBench:
    """A page that remembers what it was sent."""

    def __init__(self, link: Link) -> None:
        self.link = link
        self.sent: list[Any] = []
        self.closed: Reason | None = None

    def send(self, message: object) -> None:
        self.sent.append(message)

    def close(self, reason: Reason) -> None:
        self.closed = reason

    def from_rooms(self) -> list[Any]:
        return [message.message for message in self.sent if isinstance(message, FromRoom)]

    def refusals(self) -> list[Reason]:
        return [message.reason for message in self.sent if isinstance(message, Refused)]


class Bench:
    """Everything around one switchboard."""

    def __init__(self) -> None:
        self.published: list[Outgoing] = []
        self.alarms: list[tuple[float, Callable[[], None]]] = []
        self.now = NOW
        self.refusals = Refusals(logging.getLogger("test"))
        self.switchboard = Switchboard(
            self.published.append, lambda: self.now, lambda s, f: self.alarms.append((s, f)), self.refusals
        )

    def page(self, link: Link | None = None) -> PageOnTheBench:
        page = PageOnTheBench(link or desk_link())
        self.switchboard.page_came(page)
        return page

    def room_says(self, message: Struct | bytes, desk: str = "youth-1", room: str = ROOM, kind: str = "") -> None:
        if isinstance(message, Struct):
            kind = kind or str(message.__struct_config__.tag)
        payload = message if isinstance(message, bytes) else codec.encode(message)
        self.switchboard.heard(topics.room_to_partner(room, desk, kind), payload)

    def invite(self, *numbers: str, desk: str = "youth-1", room: str = ROOM) -> None:
        items = tuple(Invitation(number=one, start=NOW, end=NOW + timedelta(hours=1)) for one in numbers)
        self.room_says(Invitations(room="Raum 1", key=KEY, items=items), desk, room)

    def ring(self, desk: str = "youth-1") -> None:
        deadline = self.now + timedelta(seconds=45)
        rung = Rung(ring=RING, room="Raum 1", need="childcare", language="uk", deadline=deadline, key=KEY)
        self.room_says(rung, desk)

    def says(self, page: PageOnTheBench, message: PartnerToRoom, room: str = ROOM) -> None:
        self.switchboard.page_said(page, ToRoom(terminal=room, message=message))

    def time_passes(self) -> None:
        """Every alarm that was set goes off."""
        alarms, self.alarms = self.alarms, []
        for _, action in alarms:
            action()

    def to_rooms(self) -> list[str]:
        """`desk room kind` of what was published to rooms."""
        split = [topics.split(message.topic) for message in self.published]
        return [f"{words[1]} {words[3]} {words[4]}" for words in split if len(words) == 5]

    def words(self, desk: str = "youth-1") -> list[str]:
        """What was said about a desk's presence."""
        topic = topics.desk(desk, "presence")
        said = [message for message in self.published if message.topic == topic]
        assert all(message.is_retained and message.expiry_s == 90 for message in said)
        return [str(codec.decode(message.payload, DeskPresence, topic).state) for message in said]
