"""A room's appointments: retained on `terminals/{terminal}/desired/schedule`, made from a calendar by `provision`."""

from datetime import datetime
from typing import Annotated

from msgspec import Meta, Struct

from kiosk.contract.directory import Id

Number = Annotated[str, Meta(pattern=r"^[A-Za-z0-9-]{1,24}\Z")]
"""An appointment's number, the only thing by which people and systems call it."""


class Guest(Struct, frozen=True, kw_only=True):
    """A partner without a desk, who comes by a guest link."""

    id: Id
    office: Annotated[str, Meta(max_length=80)] = ""
    """Where the guest is from, as the calendar says; never a person's name."""


class Appointment(Struct, frozen=True, kw_only=True):
    """One consultation in this room. Names and subjects never get this far."""

    number: Number
    start: datetime
    end: datetime
    desks: tuple[Id, ...] = ()
    guests: tuple[Guest, ...] = ()
    needs: tuple[Id, ...] = ()


class Schedule(Struct, frozen=True, kw_only=True):
    """What the central side publishes; appointments in any order, overlaps and unknown desks are refused one by one."""

    version: int = 0
    published: datetime | None = None
    appointments: tuple[Appointment, ...] = ()
