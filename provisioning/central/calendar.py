"""A calendar file (iCalendar, RFC 5545) as the times of its events; knows nothing of rooms and desks.

Repetition is done with dateutil's rules, which icalendar needs anyway. Refusals name an event by its place in the file
and a hash of its UID: summaries, addresses and UIDs may name people.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from hashlib import sha256

from icalendar import Calendar, Component, Event

from kiosk.contract.errors import MalformedError, Reason
from provisioning.central.recurrence import Span, Unreadable, expand, instant, own_span

MAX_FILE_BYTES = 20_000_000
_TIME_PROPERTIES = frozenset({"DTSTART", "DTEND", "DURATION", "RRULE", "RDATE", "EXDATE", "RECURRENCE-ID", "STATUS"})
_ONCE = ("UID", "SEQUENCE", "STATUS")
_PARTS = frozenset({b"VEVENT", b"VTIMEZONE"})
"""Of a calendar; with what is within a time zone. Alarms, tasks and all else are nobody's business here."""
_INNER = frozenset({b"STANDARD", b"DAYLIGHT"})
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")
_FOLD = re.compile(rb"(?:\r?\n)+[ \t]")
_LINE_END = re.compile(rb"\r?\n")


@dataclass(frozen=True)
class Entry:
    """One VEVENT: a single event, a series, or an exception of a series."""

    event: Event
    position: int
    """1 for the first VEVENT of the file."""

    @property
    def uid(self) -> str:
        return str(self.event.get("UID", ""))

    @property
    def source(self) -> str:
        """What a refusal calls it."""
        return f"event {self.position} (uid #{sha256(self.uid.encode()).hexdigest()[:8]})"

    @property
    def is_exception(self) -> bool:
        return "RECURRENCE-ID" in self.event

    @property
    def is_cancelled(self) -> bool:
        return str(self.event.get("STATUS", "")).upper() == "CANCELLED"

    @property
    def revision(self) -> tuple[int, int]:
        """The larger one is in force when an event is in the file twice."""
        return int(self.event.get("SEQUENCE", 0)), self.position


@dataclass(frozen=True)
class Occurrence:
    """An event at one of its times."""

    entry: Entry
    span: Span
    original: datetime
    """Where its series wanted it to start, in UTC: stays when it is moved."""
    is_repeated: bool


def read(data: bytes, source: str) -> list[Entry]:
    """The events of a file.

    Raises:
        MalformedError: no calendar, not whole, or too long; `source` is named, no line is quoted.
    """
    if len(data) > MAX_FILE_BYTES:
        raise MalformedError(source, f"{len(data)} bytes, at most {MAX_FILE_BYTES}", Reason.OVERSIZED)
    # Unfolded before it is decoded: a line may be folded within a letter (RFC 5545, 3.1).
    unfolded = _FOLD.sub(b"", data.removeprefix(b"\xef\xbb\xbf"))
    try:
        text = _needed(unfolded, _PARTS)
    except UnicodeDecodeError:
        raise MalformedError(source, f"{_place(data)} is no UTF-8: export the calendar in UTF-8") from None
    # Of a zone that is badly described only the events are refused, one by one, unless it is known by its name.
    calendars = _parsed(text) or _parsed(_needed(unfolded, _PARTS - {b"VTIMEZONE"}))
    if calendars is None:
        raise MalformedError(source, "is no calendar file (iCalendar, RFC 5545: BEGIN:VCALENDAR …)")
    if not calendars or any(calendar.name != "VCALENDAR" for calendar in calendars):
        raise MalformedError(source, "holds no whole calendar (BEGIN:VCALENDAR … END:VCALENDAR)")
    events = [event for calendar in calendars for event in calendar.walk("VEVENT")]
    return [Entry(event, position) for position, event in enumerate(events, start=1) if isinstance(event, Event)]


def _parsed(text: str) -> list[Component] | None:
    try:
        return Calendar.from_ical(text, multiple=True)
    except (ValueError, KeyError, IndexError, AttributeError, TypeError, OSError):  # the last of zoneinfo, for `Europe`
        return None


def _needed(data: bytes, parts: frozenset[bytes]) -> str:
    """The lines of events and time zones, lest a fault in what is not looked at costs the calendar."""
    if data.startswith(_UTF_16):
        return data.decode()
    return b"\r\n".join(_lines(data, parts)).decode()


def _lines(data: bytes, parts: frozenset[bytes]) -> Iterator[bytes]:
    within: list[bytes] = []
    for line in _LINE_END.split(data):
        verb, _, kind = line.strip().upper().partition(b":")
        if verb == b"BEGIN":
            within.append(kind)
        is_part = len(within) > 1 and within[1] in parts and all(one in _INNER for one in within[2:])
        if within[:1] == [b"VCALENDAR"] and (is_part or (len(within) == 1 and verb in (b"BEGIN", b"END"))):
            yield line
        if verb == b"END" and within and within[-1] == kind:
            within.pop()


def _place(data: bytes) -> str:
    try:
        data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        return f"byte {error.start + 1}, in line {data.count(bytes([10]), 0, error.start) + 1},"
    return "it"


def occurrences(entries: Iterable[Entry], zone: tzinfo, window: Span) -> tuple[list[Occurrence], list[MalformedError]]:
    """What takes place within `window`, by start, and which entries are refused and why.

    Args:
        entries: all of one calendar; an exception stands anywhere before or after its series.
        zone: in which times without a zone are meant.
        window: an occurrence belongs to it when they overlap.
    """
    found: list[Occurrence] = []
    refused: list[MalformedError] = []
    series: dict[str, Entry] = {}
    exceptions: dict[tuple[str, datetime], Entry] = {}
    for entry in entries:
        try:
            _check(entry)
            if entry.is_exception:
                key = (entry.uid, instant(entry.event, "RECURRENCE-ID", zone).astimezone(UTC))
                exceptions[key] = max(exceptions.get(key, entry), entry, key=lambda one: one.revision)
            else:
                series[entry.uid] = max(series.get(entry.uid, entry), entry, key=lambda one: one.revision)
        except Unreadable as error:
            refused.append(MalformedError(entry.source, str(error)))
    for entry in series.values():
        replaced = {moment for uid, moment in exceptions if uid == entry.uid}
        try:
            found += _of_series(entry, zone, window, replaced)
        except Unreadable as error:
            refused.append(MalformedError(entry.source, str(error)))
    for (_, original), entry in exceptions.items():
        try:
            found += _of_exception(entry, original, zone, window)
        except Unreadable as error:
            refused.append(MalformedError(entry.source, str(error)))
    return sorted(found, key=lambda one: (one.span.start, one.entry.position)), refused


def _check(entry: Entry) -> None:
    for name in _ONCE:
        if isinstance(several := entry.event.get(name), list):
            raise Unreadable(f"{name} is there {len(several)} times")
    if not entry.uid:
        raise Unreadable("has no UID")
    for name in sorted(_TIME_PROPERTIES & {error[0] for error in entry.event.errors}):
        raise Unreadable(f"{name} cannot be read")


def _of_series(entry: Entry, zone: tzinfo, window: Span, replaced: set[datetime]) -> list[Occurrence]:
    if entry.is_cancelled:
        return []
    is_repeated = "RRULE" in entry.event or "RDATE" in entry.event
    return [
        Occurrence(entry, span, span.start, is_repeated)
        for span in expand(entry.event, zone, window)
        if span.start not in replaced
    ]


def _of_exception(entry: Entry, original: datetime, zone: tzinfo, window: Span) -> list[Occurrence]:
    if "RANGE" in entry.event["RECURRENCE-ID"].params:
        raise Unreadable("RANGE=THISANDFUTURE is not supported: end the series and begin another one")
    if entry.is_cancelled:
        return []
    span = own_span(entry.event, zone)
    if not span.overlaps(window):
        return []
    return [Occurrence(entry, span, original, is_repeated=True)]
