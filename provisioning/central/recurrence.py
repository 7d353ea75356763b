"""When an event of a calendar takes place: zones, lengths, rules of repetition (RFC 5545, 3.3.10 and 3.8.5)."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from itertools import islice
from typing import Any

from dateutil.rrule import rrule, rrulestr
from icalendar import Event, vRecur

_MAX_REPETITIONS = 100_000
_YEARS = range(1970, 2200)
_LONGEST = timedelta(days=1)
_FREQUENCIES = ("HOURLY", "DAILY", "WEEKLY", "MONTHLY", "YEARLY")


class Unreadable(ValueError):
    """Why an event is refused; quotes nothing but values of time properties."""


@dataclass(frozen=True)
class Span:
    """From `start` up to, but without, `end`; both in UTC."""

    start: datetime
    end: datetime

    def overlaps(self, other: "Span") -> bool:
        return self.start < other.end and other.start < self.end


def instant(event: Event, name: str, zone: tzinfo) -> datetime:
    """The date-time of a property, aware, in its own zone (in `zone` when it has none).

    Raises:
        Unreadable: missing, a whole day, in an unknown zone, or in another century.
    """
    value = _single(event, name)
    moment = value.dt
    if not isinstance(moment, datetime):
        raise Unreadable(f"{name} is a whole day: a consultation has a time of day")
    return _aware(moment, zone, value.params.get("TZID", ""))


def own_span(event: Event, zone: tzinfo) -> Span:
    """The event's own time, without repetitions. Raises Unreadable."""
    start = instant(event, "DTSTART", zone)
    if "DTEND" in event:
        return _span(start, instant(event, "DTEND", zone))
    if "DURATION" in event:
        return _span(start, _after(start, _single(event, "DURATION").dt))
    raise Unreadable("has neither DTEND nor DURATION")


def expand(event: Event, zone: tzinfo, window: Span) -> list[Span]:
    """Every time within `window`, exceptions by EXDATE left out. Raises Unreadable."""
    own = own_span(event, zone)
    length = own.end - own.start
    start = instant(event, "DTSTART", zone)
    spans = {own.start: own}
    for rule in _several(event, "RRULE"):
        for moment in _repeat(rule, start, window.end):
            spans[moment] = Span(moment, moment + length)
    for value in _dates(event, "RDATE"):
        span = _extra(value, start, length)
        spans[span.start] = span
    for value in _dates(event, "EXDATE"):
        if isinstance(value, datetime):
            spans.pop(_aware(value, _zone_of(start)).astimezone(UTC), None)
        else:
            for moment in [moment for moment in spans if moment.astimezone(_zone_of(start)).date() == value]:
                del spans[moment]
    return sorted((span for span in spans.values() if span.overlaps(window)), key=lambda span: span.start)


def _single(event: Event, name: str) -> Any:
    if name not in event:
        raise Unreadable(f"{name} is missing")
    value = event[name]
    if isinstance(value, list):
        raise Unreadable(f"{name} is there {len(value)} times")
    return value


def _span(start: datetime, end: datetime) -> Span:
    span = Span(start.astimezone(UTC), end.astimezone(UTC))
    if span.end <= span.start:
        raise Unreadable("ends before it starts")
    if span.end - span.start > _LONGEST:
        raise Unreadable("lasts longer than a day")
    return span


def _aware(moment: datetime, zone: tzinfo, zone_name: str = "") -> datetime:
    if moment.year not in _YEARS:
        raise Unreadable(f"has a time in the year {moment.year}")
    if moment.tzinfo is not None:
        return moment
    if zone_name:
        raise Unreadable(f"there is no time zone {zone_name[:60]!r}")
    return moment.replace(tzinfo=zone)


def _zone_of(moment: datetime) -> tzinfo:
    return moment.tzinfo or UTC


def _after(start: datetime, length: timedelta) -> datetime:
    """Days of a DURATION are days of the calendar, hours are exact (RFC 5545, 3.3.6)."""
    if length > _LONGEST:
        raise Unreadable("lasts longer than a day")
    days = timedelta(days=length.days)
    return (start + days).astimezone(UTC) + (length - days)


def _several(event: Event, name: str) -> list[Any]:
    if name not in event:
        return []
    value = event[name]
    return list(value) if isinstance(value, list) else [value]


def _dates(event: Event, name: str) -> Iterator[Any]:
    for several in _several(event, name):
        for one in several.dts:
            moment = one.dt
            first = moment[0] if isinstance(moment, tuple) else moment
            if isinstance(first, datetime):
                _aware(first, UTC, several.params.get("TZID", ""))
            yield moment


def _extra(value: Any, start: datetime, length: timedelta) -> Span:
    """One RDATE: a moment, a period, or a day at the series' usual time."""
    zone = _zone_of(start)
    if isinstance(value, tuple):
        first = _aware(value[0], zone)
        last = _after(first, value[1]) if isinstance(value[1], timedelta) else _aware(value[1], zone)
        return _span(first, last)
    if not isinstance(value, datetime):
        value = datetime.combine(value, start.time())
    moment = _aware(value, zone).astimezone(UTC)
    return Span(moment, moment + length)


def _repeat(recur: vRecur, start: datetime, end: datetime) -> Iterator[datetime]:
    """The moments of one RRULE up to `end`, in UTC; the rule counts in the wall clock of the event's zone."""
    zone = _zone_of(start)
    last = end.astimezone(zone).replace(tzinfo=None)
    until, count = _first(recur, "UNTIL"), _first(recur, "COUNT")
    if until is not None:
        last = min(last, _wall_clock(until, zone))
    rule = _rule(recur, start.replace(tzinfo=None)).replace(until=last)
    most = None if count is None else min(count, _MAX_REPETITIONS + 1)
    for number, moment in enumerate(islice(rule, most), start=1):
        if number > _MAX_REPETITIONS:
            raise Unreadable(f"RRULE has more than {_MAX_REPETITIONS} repetitions")
        yield moment.replace(tzinfo=zone).astimezone(UTC)


def _rule(recur: vRecur, first: datetime) -> rrule:
    frequency = str(_first(recur, "FREQ") or "").upper()
    if frequency not in _FREQUENCIES:
        raise Unreadable(f"RRULE repeats {frequency or 'without FREQ'}")
    if any(int(_first(recur, name) or 0) < 1 for name in ("INTERVAL", "COUNT") if name in recur):
        raise Unreadable("RRULE has an INTERVAL or COUNT below 1")
    bare = vRecur({name: value for name, value in recur.items() if name not in ("UNTIL", "COUNT")})
    try:
        rule = rrulestr(bare.to_ical().decode(), dtstart=first)
    except (ValueError, TypeError, KeyError):
        raise Unreadable("RRULE cannot be read") from None
    if not isinstance(rule, rrule):
        raise Unreadable("RRULE cannot be read")
    return rule


def _first(recur: vRecur, name: str) -> Any:
    values: Any = recur.get(name)
    return values[0] if isinstance(values, list) and values else values


def _wall_clock(value: date, zone: tzinfo) -> datetime:
    if value.year not in _YEARS:  # 9999 is a usual way to say "for ever"
        return datetime.max
    if not isinstance(value, datetime):
        return datetime.combine(value, time.max)
    return (value.astimezone(zone) if value.tzinfo else value).replace(tzinfo=None)
