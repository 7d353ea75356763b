"""Calendar files become schedules: every time right, no name let through, every refusal explained."""

from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec
import pytest

from kiosk.contract.errors import MalformedError
from kiosk.contract.schedule import Appointment
from provisioning.central import directory, schedule

BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 10, 21, 8, 0, tzinfo=UTC)
"""A Wednesday; the clocks go back on Sunday the 25th, within the window that ends with the 28th."""

DIRECTORY = """
[[offices]]
id = "debts"
name = { de = "Schuldnerberatung" }
[[needs]]
id = "interpreter-ar"
name = { de = "Dolmetschen: Arabisch", en = "Interpreter: Arabic" }
[[desks]]
id = "debts-1"
office = "debts"
name = { de = "Schuldnerberatung, Platz 1" }
addresses = ["Schulden@stadt.example"]
[[desks]]
id = "arabic-1"
office = "debts"
name = { de = "Platz 2" }
"""


@pytest.fixture
def desks(tmp_path: Path) -> directory.DirectoryFile:
    file = tmp_path / "directory.toml"
    file.write_text(DIRECTORY, encoding="utf-8")
    return directory.read(file)


def _calendar(*events: str) -> bytes:
    blocks = ["BEGIN:VEVENT\n" + event.strip() + "\nEND:VEVENT" for event in events]
    text = "\n".join(["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//test//", *blocks, "END:VCALENDAR", ""])
    return text.replace("\n", "\r\n").encode()


@pytest.fixture
def build(desks: directory.DirectoryFile):
    def run(*events: str) -> schedule.Result:
        return schedule.build(_calendar(*events), "calendar.ics", desks, BERLIN, NOW)

    return run


def _starts(result: schedule.Result) -> list[str]:
    return [f"{one.start:%d %H:%M}" for one in result.schedule.appointments]


def _only(result: schedule.Result) -> Appointment:
    assert not result.refused
    (appointment,) = result.schedule.appointments
    return appointment


ONE_HOUR = "UID:a\nDTSTART:20261021T100000Z\nDTEND:20261021T110000Z\n"


@pytest.mark.parametrize(
    ("time", "start", "end"),
    [
        ("DTSTART:20261021T100000Z\nDTEND:20261021T104500Z", "10:00", "10:45"),
        ("DTSTART;TZID=Europe/Berlin:20261021T100000\nDURATION:PT45M", "08:00", "08:45"),
        ("DTSTART:20261021T100000\nDURATION:PT1H", "08:00", "09:00"),
        ("DTSTART;TZID=Europe/London:20261021T100000\nDTEND;TZID=Europe/Berlin:20261021T120000", "09:00", "10:00"),
        ("DTSTART;TZID=W. Europe Standard Time:20261021T100000\nDURATION:PT1H", "08:00", "09:00"),
    ],
)
def test_times_are_utc_whatever_zone_they_came_in(build, time: str, start: str, end: str) -> None:
    """UTC, a named zone, no zone (the room's), two zones, and Windows' name for one."""
    appointment = _only(build(f"UID:a\n{time}"))
    assert (f"{appointment.start:%H:%M}", f"{appointment.end:%H:%M}") == (start, end)


def test_a_zone_the_file_describes_itself_is_taken(desks: directory.DirectoryFile) -> None:
    """A VTIMEZONE with a name of the sender's own."""
    zone = (
        "BEGIN:VTIMEZONE\r\nTZID:Rathaus\r\nBEGIN:STANDARD\r\nDTSTART:19700101T000000\r\nTZOFFSETFROM:+0300\r\n"
        "TZOFFSETTO:+0300\r\nEND:STANDARD\r\nEND:VTIMEZONE\r\nBEGIN:VEVENT"
    )
    data = _calendar("UID:a\nDTSTART;TZID=Rathaus:20261021T120000\nDURATION:PT1H")
    data = data.replace(b"BEGIN:VEVENT", zone.encode())
    assert f"{_only(schedule.build(data, 'x', desks, BERLIN, NOW)).start:%H:%M}" == "09:00"


@pytest.mark.parametrize(
    ("rule", "starts"),
    [
        ("RRULE:FREQ=DAILY", ["21", "22", "23", "24", "25", "26", "27", "28"]),
        ("RRULE:FREQ=DAILY;COUNT=17", ["21"]),
        ("RRULE:FREQ=DAILY;UNTIL=20261021T080000Z", ["21"]),
        ("RRULE:FREQ=DAILY;UNTIL=20261021T075959Z", []),
        ("RRULE:FREQ=DAILY;UNTIL=20261021", ["21"]),
        ("RRULE:FREQ=DAILY;UNTIL=99991231T235959Z;BYDAY=SA,SU", ["24", "25"]),
        ("RRULE:FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,TH", ["22"]),
        ("RRULE:FREQ=MONTHLY;BYDAY=-1MO", ["26"]),
        ("RRULE:FREQ=DAILY\nEXDATE;TZID=Europe/Berlin:20261021T100000,20261022T100000\nEXDATE:20261024T080000Z",
         ["23", "25", "26", "27", "28"]),
        ("RRULE:FREQ=DAILY\nEXDATE;VALUE=DATE:20261022", ["21", "23", "24", "25", "26", "27", "28"]),
        ("RDATE;TZID=Europe/Berlin:20261022T100000\nRDATE;VALUE=DATE:20261023", ["22", "23"]),
    ],
)  # fmt: skip
def test_series_are_expanded_within_the_window(build, rule: str, starts: list[str]) -> None:
    """From now to a week ahead, with rules, ends, counts, extra days and exceptions."""
    result = build(f"UID:a\nDTSTART;TZID=Europe/Berlin:20261005T100000\nDURATION:PT30M\n{rule}")
    assert not result.refused
    assert [start[:2] for start in _starts(result)] == starts


def test_a_series_keeps_its_wall_clock_over_the_change_of_time(build) -> None:
    """Ten o'clock in Berlin is 08:00 UTC before the last Sunday of October and 09:00 after it."""
    result = build("UID:a\nDTSTART;TZID=Europe/Berlin:20261024T100000\nDURATION:PT1H\nRRULE:FREQ=DAILY;COUNT=2")
    assert _starts(result) == ["24 08:00", "25 09:00"]


SERIES = "UID:s\nDTSTART;TZID=Europe/Berlin:20261021T100000\nDURATION:PT1H\nRRULE:FREQ=DAILY;COUNT=3"


@pytest.mark.parametrize("is_first", [True, False])
def test_a_moved_and_a_cancelled_occurrence(build, is_first: bool) -> None:
    """RECURRENCE-ID moves one day and cancels another, wherever the exceptions stand in the file."""
    moved = "UID:s\nRECURRENCE-ID;TZID=Europe/Berlin:20261022T100000\nDTSTART:20261022T150000Z\nDURATION:PT30M"
    gone = "UID:s\nRECURRENCE-ID:20261023T080000Z\nDTSTART:20261023T080000Z\nDURATION:PT1H\nSTATUS:CANCELLED"
    result = build(moved, gone, SERIES) if is_first else build(SERIES, gone, moved)
    assert not result.refused
    assert _starts(result) == ["21 08:00", "22 15:00"]
    unmoved = build(SERIES)
    assert result.schedule.appointments[1].number == unmoved.schedule.appointments[1].number


def test_a_cancelled_event_is_left_out_and_the_latest_revision_counts(build) -> None:
    """Two versions in one file: the higher SEQUENCE is in force."""
    assert build(ONE_HOUR + "STATUS:CANCELLED").schedule.appointments == ()
    later = ONE_HOUR.replace("T10", "T12").replace("T11", "T13") + "SEQUENCE:2"
    assert _starts(build(later, ONE_HOUR + "SEQUENCE:1")) == ["21 12:00"]


@pytest.mark.parametrize(
    ("event", "reason"),
    [
        ("UID:a\nDTSTART;VALUE=DATE:20261021\nDTEND;VALUE=DATE:20261022", "whole day"),
        ("UID:a\nDTSTART;TZID=Mars/Olympus:20261021T100000\nDURATION:PT1H", "no time zone 'Mars/Olympus'"),
        ("UID:a\nDTSTART:20261021T100000Z", "neither DTEND nor DURATION"),
        ("UID:a\nDTSTART:20261021T100000Z\nDTEND:20261021T100000Z", "ends before it starts"),
        ("UID:a\nDTSTART:20261021T100000Z\nDURATION:P2D", "longer than a day"),
        ("UID:a\nDTSTART:20261021T100000Z\nDURATION:P9999999D", "longer than a day"),
        ("UID:a\nDTSTART:tomorrow\nDURATION:PT1H", "DTSTART cannot be read"),
        ("UID:a\nDTEND:20261021T100000Z", "DTSTART is missing"),
        ("DTSTART:20261021T100000Z\nDURATION:PT1H", "no UID"),
        ("UID:a\nDTSTART:00010101T100000Z\nDURATION:PT1H", "in the year 1"),
        (ONE_HOUR + "DTSTART:20261021T100000Z", "2 times"),
        (ONE_HOUR + "SEQUENCE:1\nSEQUENCE:2", "SEQUENCE is there 2 times"),
        (ONE_HOUR + "STATUS:CANCELLED\nSTATUS:CANCELLED", "STATUS is there 2 times"),
        (ONE_HOUR + "RRULE:FREQ=SECONDLY", "SECONDLY"),
        (ONE_HOUR + "RRULE:FREQ=DAILY;INTERVAL=0", "below 1"),
        (ONE_HOUR + "RRULE:FREQ=OFTEN", "RRULE cannot be read"),
        (ONE_HOUR + "RRULE:COUNT=3", "without FREQ"),
        (ONE_HOUR.replace("2026", "2019") + "RRULE:FREQ=DAILY;BYHOUR=0,1,2,3,4,5,6,7,8;BYMINUTE=0,1,2,3,4,5,6,7,8",
         "more than 100000"),
        (ONE_HOUR + "RECURRENCE-ID;RANGE=THISANDFUTURE:20261021T100000Z", "THISANDFUTURE"),
        (ONE_HOUR + "ATTENDEE;X-RUNDTISCH-DESK=nobody-9:mailto:a@b.example", "no desk 'nobody-9'"),
        (ONE_HOUR + "CONFERENCE;VALUE=URI:rundtisch:nobody-9", "no desk 'nobody-9'"),
        (ONE_HOUR + "ATTENDEE;X-RUNDTISCH-GUEST=Frau_Kaya:mailto:a@b.example", "guest id"),
        (ONE_HOUR + "X-RUNDTISCH-NUMBER:not a number", "X-RUNDTISCH-NUMBER"),
    ],
)  # fmt: skip
def test_an_event_that_cannot_stand_is_refused_with_its_reason(build, event: str, reason: str) -> None:
    """Nothing is guessed; the others of the file are kept."""
    good = "UID:good\nDTSTART:20261023T100000Z\nDURATION:PT1H"
    result = build(event, good)
    assert _starts(result) == ["23 10:00"]
    (refusal,) = result.refused
    assert reason in refusal.detail
    assert refusal.source.startswith("event 1 (uid #")


def test_a_count_that_nobody_counts_to_is_no_end(build) -> None:
    """As some programs say "for ever"."""
    assert _starts(build(ONE_HOUR + "RRULE:FREQ=WEEKLY;COUNT=99999999999999999999")) == ["21 10:00", "28 10:00"]


@pytest.mark.parametrize("rest", ["", "DTSTART;VALUE=DATE:20261022"])
def test_a_cancelled_occurrence_needs_no_times(build, rest: str) -> None:
    """It only says which one of its series does not take place."""
    gone = f"UID:s\nRECURRENCE-ID:20261022T080000Z\nSTATUS:CANCELLED\n{rest}"
    result = build(SERIES, gone)
    assert not result.refused
    assert _starts(result) == ["21 08:00", "23 08:00"]


def test_a_room_is_given_once(build) -> None:
    """Of two overlapping events the later one is refused; back to back is no overlap."""
    result = build(
        "UID:b\nDTSTART:20261021T103000Z\nDTEND:20261021T113000Z",
        ONE_HOUR + "X-RUNDTISCH-NUMBER:4711",
        "UID:c\nDTSTART:20261021T110000Z\nDTEND:20261021T120000Z",
    )
    assert _starts(result) == ["21 10:00", "21 11:00"]
    (refusal,) = result.refused
    assert "taken by 4711" in refusal.detail


def test_numbers_are_stable_and_say_nothing(build) -> None:
    """Six digits from the UID, the same after a move; an explicit number wins, with the day in a series."""
    first = _only(build(ONE_HOUR))
    moved = _only(build(ONE_HOUR.replace("T10", "T09")))
    assert first.number == moved.number
    assert len(first.number) == 6
    assert first.number.isdigit()
    assert _only(build(ONE_HOUR + "X-RUNDTISCH-NUMBER:4711")).number == "4711"
    numbers = [one.number for one in build(SERIES + "\nX-RUNDTISCH-NUMBER:4711").schedule.appointments]
    assert numbers == ["4711-1021", "4711-1022", "4711-1023"]
    drawn = [one.number for one in build(SERIES).schedule.appointments]
    assert len(set(drawn)) == 3


def test_the_same_explicit_number_is_given_once(build) -> None:
    """The second event with it is refused, not renamed."""
    again = "UID:b\nDTSTART:20261022T100000Z\nDURATION:PT1H\nX-RUNDTISCH-NUMBER:7"
    result = build(ONE_HOUR + "X-RUNDTISCH-NUMBER:7", again)
    assert _starts(result) == ["21 10:00"]
    assert "number 7 is taken" in result.refused[0].detail


PERSONAL = (
    ONE_HOUR
    + """SUMMARY:Beratung Frau Öztürk wegen Mietschulden
DESCRIPTION:Kind im Kindergarten
LOCATION:Zimmer von Herrn Blau
ORGANIZER;CN=Weber:mailto:anna.weber@stadt.example
ATTENDEE;CN="Aylin Öztürk":mailto:aylin@example.org
ATTENDEE;CN="Blau, Rolf":MAILTO:SCHULDEN@stadt.example
ATTENDEE;CN="Platz 2":mailto:arabic-1@desks.example
ATTENDEE;CUTYPE=ROOM:mailto:debts-1@rooms.example
ATTENDEE;X-RUNDTISCH-GUEST=guest-1;X-RUNDTISCH-OFFICE=Klinikum;CN=Dr. Rot:mailto:rot@klinik.example
CONFERENCE;VALUE=URI;LABEL=Verein Nord:rundtisch:guest:guest-2
CONFERENCE;VALUE=URI:https://meet.example/oeztuerk
CATEGORIES:Interpreter: Arabic,Rot
CATEGORIES:interpreter-ar
"""
)


def test_what_is_over_is_left_out(build) -> None:
    """Without a word: a calendar has a past, and a terminal has no use for it."""
    result = build("UID:a\nDTSTART:20261021T060000Z\nDTEND:20261021T080000Z", ONE_HOUR)
    assert not result.refused
    assert _starts(result) == ["21 10:00"]


def test_names_subjects_and_addresses_are_dropped(build) -> None:
    """Only desks, guests, needs, times and a number are left."""
    appointment = _only(build(PERSONAL))
    assert appointment.desks == ("debts-1", "arabic-1")
    assert [(guest.id, guest.office) for guest in appointment.guests] == [
        ("guest-1", "Klinikum"),
        ("guest-2", "Verein Nord"),
    ]
    assert appointment.needs == ("interpreter-ar",)
    published = msgspec.json.encode(appointment).decode().casefold()
    for word in ("öztürk", "weber", "blau", "aylin", "rolf", "mietschulden", "kind", "@", "https"):
        assert word not in published


def test_a_partner_who_declined_is_not_expected(build) -> None:
    """PARTSTAT=DECLINED takes a desk off the round."""
    event = ONE_HOUR + "ATTENDEE;PARTSTAT=DECLINED;X-RUNDTISCH-DESK=debts-1:mailto:a@b.example"
    assert _only(build(event)).desks == ()


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"hello",
        b"\x00\xff\xfe",
        b"<html></html>",
        b"BEGIN:VCARD\r\nFN:Anna Weber\r\nEND:VCARD\r\n",
        b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nUID:a\r\n",
        b"BEGIN:VCALENDAR\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n",
    ],
)
def test_a_file_that_is_no_calendar_is_refused_as_a_whole(desks: directory.DirectoryFile, data: bytes) -> None:
    """The error names the file and quotes nothing of it."""
    with pytest.raises(MalformedError, match=r"room\.ics: .*calendar") as caught:
        schedule.build(data, "room.ics", desks, BERLIN, NOW)
    assert "Weber" not in str(caught.value)


@pytest.mark.parametrize(
    "other",
    [
        "BEGIN:VTODO\nUID:t\nDUE:tomorrow\nEND:VTODO",
        "BEGIN:VJOURNAL\nDTSTART:0\nEND:VJOURNAL",
        "BEGIN:X-HOUSE\nBEGIN:VEVENT\nDTSTART:0\nEND:VEVENT\nEND:X-HOUSE",
        "LAST-MODIFIED:yesterday",
        "no property at all",
        "BEGIN:VTIMEZONE\nTZID:Europe/Berlin\nEND:VTIMEZONE",
    ],
)
def test_a_fault_in_what_is_not_looked_at_costs_nothing(desks: directory.DirectoryFile, other: str) -> None:
    """Alarms, tasks, zones that are known anyway: the events of the file are kept."""
    event = "UID:a\nDTSTART;TZID=Europe/Berlin:20261021T120000\nDURATION:PT1H\nBEGIN:VALARM\nTRIGGER:\nEND:VALARM"
    data = _calendar(event).replace(b"BEGIN:VEVENT", other.encode() + b"\r\nBEGIN:VEVENT", 1)
    result = schedule.build(data, "calendar.ics", desks, BERLIN, NOW)
    assert not result.refused
    assert _starts(result) == ["21 10:00"]


def test_of_a_zone_that_is_badly_described_the_events_are_refused(desks: directory.DirectoryFile) -> None:
    """And no others."""
    event = "UID:a\nDTSTART;TZID=Ours:20261021T120000\nDURATION:PT1H"
    zone = b"BEGIN:VTIMEZONE\r\nTZID:Ours\r\nEND:VTIMEZONE\r\nBEGIN:VEVENT"
    data = _calendar(event, "UID:b\nDTSTART:20261021T130000Z\nDURATION:PT1H").replace(b"BEGIN:VEVENT", zone, 1)
    result = schedule.build(data, "calendar.ics", desks, BERLIN, NOW)
    assert _starts(result) == ["21 13:00"]
    (refusal,) = result.refused
    assert "there is no time zone 'Ours'" in refusal.detail


def test_a_line_may_be_folded_within_a_letter(build, desks: directory.DirectoryFile) -> None:
    """RFC 5545, 3.1: very simple programs do so, and it is to be undone before letters are read."""
    data = _calendar(f"{ONE_HOUR}SUMMARY:Bü\nCATEGORIES:interpreter-ar")
    folded = data.replace("ü".encode(), b"\xc3\r\n \xbc").replace(b"CATEGORIES:inter", b"CATEG\r\n ORIES:in\r\n\tter")
    assert _only(schedule.build(folded, "calendar.ics", desks, BERLIN, NOW)).needs == ("interpreter-ar",)


@pytest.mark.parametrize(("encoding", "place"), [("latin-1", "byte 129, in line 8,"), ("utf-16", "byte 1, in line 1,")])
def test_another_encoding_is_told_and_where(desks: directory.DirectoryFile, encoding: str, place: str) -> None:
    """What a Windows program exports if nobody says otherwise."""
    data = _calendar(f"{ONE_HOUR}SUMMARY:Bü").decode().encode(encoding)
    with pytest.raises(MalformedError, match=rf"room\.ics: {place} is no UTF-8: export the calendar in UTF-8"):
        schedule.build(data, "room.ics", desks, BERLIN, NOW)


def test_an_empty_calendar_is_an_empty_schedule(build) -> None:
    """A day without appointments is no fault."""
    result = build()
    assert result.schedule.appointments == ()
    assert not result.refused
