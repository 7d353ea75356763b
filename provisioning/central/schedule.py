"""A calendar file as a room's schedule: numbers instead of names and subjects, desks instead of addresses.

Partners are ATTENDEEs with a parameter X-RUNDTISCH-DESK or X-RUNDTISCH-GUEST, with an address the directory knows, or
with `mailto:<desk id>@…`; or CONFERENCEs `rundtisch:<desk id>` and `rundtisch:guest:<guest id>`. Needs are CATEGORIES,
by id or by name. All other attendees and categories are nobody's business here and are dropped.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from datetime import time as time_of_day
from hashlib import sha256
from typing import Any

import msgspec

from kiosk.contract.errors import MalformedError
from kiosk.contract.schedule import Appointment, Guest, Schedule
from kiosk.contract.topics import is_id
from provisioning.central import calendar
from provisioning.central.calendar import Occurrence
from provisioning.central.directory import DirectoryFile
from provisioning.central.recurrence import Span, Unreadable

DAYS_AHEAD = 7
_NUMBER_DIGITS = 6
_NUMBER = re.compile(r"^[A-Za-z0-9-]{1,24}\Z")
_NO_PARTNERS = {"ROOM", "RESOURCE"}


@dataclass(frozen=True)
class Result:
    """What to publish, and every event that is not in it although it is in the window, with its reason."""

    schedule: Schedule
    refused: tuple[MalformedError, ...]


def window_from(now: datetime, zone: tzinfo) -> Span:
    """From now to the end of the day a week ahead, in the room's zone. Terminals refuse what is over already."""
    today = datetime.combine(now.astimezone(zone).date(), time_of_day(), zone)
    return Span(now, today + timedelta(days=DAYS_AHEAD + 1))


def build(data: bytes, source: str, directory: DirectoryFile, zone: tzinfo, now: datetime) -> Result:
    """The schedule of the room whose calendar is `data`.

    Args:
        data: bytes of the calendar file.
        source: what to call the file in errors.
        directory: which desks and needs there are.
        zone: the room's, for times without one.
        now: an aware time; the schedule reaches from there to a week later.

    Raises:
        MalformedError: `data` is no calendar at all.
    """
    entries = calendar.read(data, source)
    found, refused = calendar.occurrences(entries, zone, window_from(now, zone))
    appointments: list[Appointment] = []
    for occurrence in found:
        try:
            appointments.append(_appointment(occurrence, directory, zone, appointments))
        except Unreadable as error:
            local = occurrence.span.start.astimezone(zone)
            refused.append(MalformedError(occurrence.entry.source, f"on {local:%Y-%m-%d %H:%M}: {error}"))
    schedule = Schedule(version=int(now.timestamp()), published=now, appointments=tuple(appointments))
    return Result(schedule, tuple(refused))


def _appointment(
    occurrence: Occurrence, directory: DirectoryFile, zone: tzinfo, before: list[Appointment]
) -> Appointment:
    """`before` are by start and do not overlap."""
    if before and occurrence.span.start < before[-1].end:
        raise Unreadable(f"the room is taken by {before[-1].number}")
    partners = [*_attendees(occurrence, directory), *_conferences(occurrence, directory)]
    try:
        return msgspec.convert(
            {
                "number": _number(occurrence, zone, {one.number for one in before}),
                "start": occurrence.span.start,
                "end": occurrence.span.end,
                "desks": tuple(dict.fromkeys(one for one in partners if isinstance(one, str))),
                "guests": tuple({one.id: one for one in partners if isinstance(one, Guest)}.values()),
                "needs": tuple(dict.fromkeys(_needs(occurrence, directory))),
            },
            Appointment,
        )
    except msgspec.ValidationError as error:
        raise Unreadable(str(error)) from None


def _number(occurrence: Occurrence, zone: tzinfo, taken: set[str]) -> str:
    """X-RUNDTISCH-NUMBER, with the day of a series (`4711-0312`), else six digits drawn from the UID.

    Both stay when the event is moved. The digits are drawn again where an earlier appointment has the same ones, which
    happens about once in four hundred windows of 70 appointments.
    """
    given = str(occurrence.entry.event.get("X-RUNDTISCH-NUMBER", "")).strip()
    if given:
        number = f"{given}-{occurrence.original.astimezone(zone):%m%d}" if occurrence.is_repeated else given
        if not _NUMBER.match(number):
            raise Unreadable("X-RUNDTISCH-NUMBER: letters, digits and -, at most 24 (a series adds 5)")
        if number in taken:
            raise Unreadable(f"number {number} is taken")
        return number
    origin = occurrence.entry.uid + (occurrence.original.isoformat() if occurrence.is_repeated else "")
    return next(number for number in _draw(origin) if number not in taken)


def _draw(origin: str) -> Iterator[str]:
    digest = origin.encode()
    while True:
        digest = sha256(digest).digest()
        yield f"{int.from_bytes(digest[:8], 'big') % 10**_NUMBER_DIGITS:0{_NUMBER_DIGITS}}"


def _properties(occurrence: Occurrence, name: str) -> list[Any]:
    value = occurrence.entry.event.get(name, [])
    return value if isinstance(value, list) else [value]


def _desk(desk: str, name: str, directory: DirectoryFile) -> str:
    if desk not in directory.desks:
        raise Unreadable(f"{name}: the directory has no desk {desk[:32]!r}")
    return desk


def _guest(guest: str, name: str, office: str) -> Guest:
    if not is_id(guest):
        raise Unreadable(f"{name}: a guest id has 1 to 32 of a-z, 0-9 and -")
    return Guest(id=guest, office=office[:80])


def _attendees(occurrence: Occurrence, directory: DirectoryFile) -> Iterator[str | Guest]:
    for attendee in _properties(occurrence, "ATTENDEE"):
        said = {name.upper(): str(value) for name, value in attendee.params.items()}
        if said.get("PARTSTAT", "").upper() == "DECLINED" or said.get("CUTYPE", "").upper() in _NO_PARTNERS:
            continue
        if "X-RUNDTISCH-DESK" in said:
            yield _desk(said["X-RUNDTISCH-DESK"], "X-RUNDTISCH-DESK", directory)
        elif "X-RUNDTISCH-GUEST" in said:
            yield _guest(said["X-RUNDTISCH-GUEST"], "X-RUNDTISCH-GUEST", said.get("X-RUNDTISCH-OFFICE", ""))
        else:
            address = re.sub(r"^mailto:", "", str(attendee), flags=re.IGNORECASE).casefold()
            local_part = address.partition("@")[0]
            if address in directory.addresses:
                yield directory.addresses[address]
            elif local_part in directory.desks:
                yield local_part


def _conferences(occurrence: Occurrence, directory: DirectoryFile) -> Iterator[str | Guest]:
    for conference in _properties(occurrence, "CONFERENCE"):
        scheme, _, rest = str(conference).partition(":")
        if scheme.casefold() != "rundtisch":
            continue
        kind, _, guest = rest.partition(":")
        if kind == "guest":
            yield _guest(guest, "CONFERENCE", str(conference.params.get("LABEL", "")))
        else:
            yield _desk(rest, "CONFERENCE", directory)


def _needs(occurrence: Occurrence, directory: DirectoryFile) -> Iterator[str]:
    words = directory.need_words
    for categories in _properties(occurrence, "CATEGORIES"):
        for category in categories.cats:
            if need := words.get(str(category).strip().casefold()):
                yield need
