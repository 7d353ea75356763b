"""The schedule: good entries stay, each bad one is refused with its path; what is open, free and in use."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest

from kiosk.consultation import events, invited, schedule
from kiosk.consultation.commands import Refuse
from kiosk.contract import intents
from kiosk.contract.codec import MAX_MESSAGE_BYTES
from kiosk.contract.errors import Reason
from kiosk.contract.schedule import Appointment, Guest
from kiosk.contract.state import Consent, Standing
from tests.unit.consultation.house import FIRST, SECOND, START, House, call_of, schedule_of


def entry(**changes: Any) -> dict[str, Any]:
    """A good entry at noon as JSON values, with some changed."""
    good = {
        "number": "N-1",
        "start": "2026-03-02T12:00:00Z",
        "end": "2026-03-02T13:00:00Z",
        "desks": ["youth-1"],
        "guests": [{"id": "guest-7", "office": "Bank"}],
        "needs": ["childcare"],
    }
    return {**good, **changes}


def pushed(*entries: object) -> House:
    document = {"version": 2, "published": "2026-03-02T08:00:00Z", "appointments": [*entries]}
    return House().do(events.ScheduleChanged(document=msgspec.json.encode(document)))


BAD = [
    ({"number": 7}, "[1].number"),
    ({"number": "white space"}, "[1].number"),
    ({"start": "tomorrow"}, "[1].start"),
    ({"start": "2026-03-02T12:00:00"}, "[1].start"),
    ({"end": "2026-03-02T13:00:00"}, "[1].end"),
    ({"end": "2026-03-02T12:00:00Z"}, "[1].end"),
    ({"end": "2026-03-02T11:00:00Z"}, "[1].end"),
    ({"end": "2026-03-03T12:00:01Z"}, "[1].end"),
    ({"start": "0001-01-01T00:00:00+14:00"}, "[1].start"),
    ({"end": "9999-12-31T23:59:59-14:00"}, "[1].end"),
    ({"start": "2026-03-01T12:00:00Z", "end": "2026-03-01T13:00:00Z"}, "[1].end"),
    ({"start": "2026-03-02T09:30:00Z", "end": "2026-03-02T10:30:00Z"}, "[1].start"),
    ({"number": "A-1"}, "[1].number"),
    ({"desks": ["nobody-1"]}, "[1].desks[0]"),
    ({"desks": ["youth-1", "Youth 1"]}, "[1].desks[1]"),
    ({"desks": ["youth-1", "youth-1"]}, "[1].desks"),
    ({"guests": [{"id": "youth-1"}], "desks": []}, "[1].guests[0].id"),
    ({"guests": [{"office": "Bank"}]}, "[1].guests[0]"),
    ({"desks": "youth-1"}, "[1].desks"),
]


@pytest.mark.parametrize(("change", "path"), BAD)
def test_a_bad_entry_is_refused_by_path_and_the_good_ones_stay(change, path):
    """Malformed, without a zone, too long, past, overlapping, twice, unknown or borrowed partners."""
    house = pushed(msgspec.to_builtins(FIRST), entry(**change), msgspec.to_builtins(SECOND))
    assert [booking.number for booking in house.state.appointments] == ["A-1", "A-2"]
    (refusal,) = house.told(Refuse)
    assert refusal.source == "schedule"
    assert refusal.detail.endswith(f"at `$.appointments{path}`")


@pytest.mark.parametrize("rubbish", [None, 7, "A-1", [], {}])
def test_an_entry_that_is_none_at_all_is_refused(rubbish):
    """Anything may stand where an appointment should."""
    house = pushed(entry(), rubbish)
    assert [booking.number for booking in house.state.appointments] == ["N-1"]
    assert house.told(Refuse)[0].detail.endswith("at `$.appointments[1]`")


@pytest.mark.parametrize(
    "document", [b"", b"no json", b"[]", b"\xff\xfe", b"[" * 5000, b'{"appointments": 5}', b'{"appointments": [}']
)
def test_a_document_that_is_none_leaves_the_last_good_schedule(document):
    """Refused once, nothing lost."""
    house = House()
    before = house.state
    assert house.do(events.ScheduleChanged(document=document)).state == before
    assert len(house.told(Refuse)) == 1


def test_an_oversized_document_is_refused_as_such():
    """No memory is spent on it."""
    house = House().do(events.ScheduleChanged(document=b" " * (MAX_MESSAGE_BYTES + 1)))
    assert house.told(Refuse)[0].reason is Reason.OVERSIZED


def test_times_are_kept_in_utc_and_by_start():
    """Whatever offset and order the document has."""
    late = entry(number="N-2", start="2026-03-02T16:00:00+01:00", end="2026-03-02T17:00:00+01:00")
    house = pushed(late, entry(guests=[]))
    assert [booking.number for booking in house.state.appointments] == ["N-1", "N-2"]
    assert house.state.appointments[1].start == datetime(2026, 3, 2, 15, tzinfo=UTC)
    assert all(booking.start.tzinfo is UTC for booking in house.state.appointments)


def test_of_two_that_overlap_the_first_stays():
    """By start, not by place in the document; touching ends do not overlap."""
    first = entry(number="N-1")
    overlapping = entry(number="N-2", start="2026-03-02T12:59:00Z", end="2026-03-02T13:30:00Z")
    following = entry(number="N-3", start="2026-03-02T13:00:00Z", end="2026-03-02T13:30:00Z")
    house = pushed(overlapping, following, first)
    assert [booking.number for booking in house.state.appointments] == ["N-1", "N-3"]
    assert "overlaps N-1" in house.told(Refuse)[0].detail


def test_an_unknown_need_is_left_out_of_a_good_appointment():
    """It costs the need, not the consultation."""
    house = pushed(entry(needs=["childcare", "dragons"]))
    assert house.state.appointments[0].needs == ("childcare",)
    assert house.told(Refuse)[0].detail.endswith("at `$.appointments[0].needs[1]`")


def test_what_is_over_but_known_is_no_error():
    """A schedule pushed again at eleven may hold this morning's session."""
    house = House()
    house.now = FIRST.end + timedelta(minutes=1)
    house.do(events.ScheduleChanged(document=schedule_of(FIRST, SECOND, published=house.now)))
    assert house.told(Refuse) == []
    assert [booking.number for booking in house.state.appointments] == ["A-1", "A-2"]


def test_what_passed_after_publishing_is_no_error():
    """A terminal switched on at eleven reads a schedule of eight o'clock from its cache."""
    house = House(has_schedule=False)
    house.now = FIRST.end + timedelta(minutes=1)
    house.do(events.ScheduleChanged(document=schedule_of(FIRST, published=START)))
    assert house.told(Refuse) == []


def test_a_schedule_may_come_before_the_directory():
    """Without a directory no desk is unknown."""
    house = House(has_schedule=False).do(events.ScheduleChanged(document=schedule_of(FIRST)))
    assert [booking.number for booking in house.state.appointments] == ["A-1"]


def test_a_publishing_time_that_is_none_is_refused_alone():
    """The appointments are still good."""
    document = msgspec.json.encode({"published": "2026-03-02T08:00:00", "appointments": [entry()]})
    house = House().do(events.ScheduleChanged(document=document))
    assert house.state.schedule_published is None
    assert len(house.state.appointments) == 1
    assert house.told(Refuse)[0].detail.endswith("at `$.published`")


def test_a_moved_end_reaches_the_running_session():
    """Time left follows the calendar; a push that changes nothing does not undo "more time"."""
    house = House(FIRST).in_session().do(intents.MoreTime())
    longer = house.session.ends
    house.do(events.ScheduleChanged(document=schedule_of(FIRST)))
    assert house.session.ends == longer
    later = msgspec.structs.replace(FIRST, end=FIRST.end + timedelta(minutes=30))
    house.do(events.ScheduleChanged(document=schedule_of(later)))
    assert house.session.ends == later.end


def test_partners_added_and_taken_off_while_the_session_runs():
    """New ones are expected; only those nobody has seen yet disappear."""
    house = House().in_session(waiting=("youth-1",))
    changed = msgspec.structs.replace(FIRST, desks=("words-1",), guests=())
    house.do(events.ScheduleChanged(document=schedule_of(changed)))
    assert house.standings() == {"youth-1": Standing.ADMITTED, "words-1": Standing.EXPECTED}


def test_a_cancelled_appointment_does_not_end_its_session():
    """The people are in the room, whatever the calendar says."""
    house = House().in_session(waiting=("youth-1",)).do(events.ScheduleChanged(document=schedule_of(SECOND)))
    assert house.partner("youth-1").standing is Standing.ADMITTED


@pytest.mark.parametrize("bookings", [(SECOND,), (msgspec.structs.replace(FIRST, desks=("debts-1",)), SECOND)])
def test_who_waits_for_what_no_longer_is_goes_home(bookings):
    """Cancelled, or taking place without that partner."""
    house = House().knock("youth-1").do(events.ScheduleChanged(document=schedule_of(*bookings)))
    assert house.state.waiting == ()


def test_the_end_without_appointment_follows_the_next_booking():
    """A booking that moves nearer is seen at once."""
    house = House().start().do(intents.StartWithoutAppointment()).do(intents.Choose(choice=Consent.ALL))
    sooner = msgspec.structs.replace(SECOND, start=START + timedelta(minutes=30))
    house.do(events.ScheduleChanged(document=schedule_of(sooner)))
    assert house.session.ends == sooner.start


def test_today_is_the_rooms_own_day():
    """Around midnight the time zone decides."""
    late = Appointment(number="L", start=datetime(2026, 3, 2, 23, 30, tzinfo=UTC), end=datetime(2026, 3, 3, tzinfo=UTC))
    berlin, utc = ZoneInfo("Europe/Berlin"), ZoneInfo("UTC")
    assert schedule.on_day((FIRST, late), START, berlin) == (FIRST,)
    assert schedule.on_day((FIRST, late), START, utc) == (FIRST, late)


@pytest.mark.parametrize(("minutes_past", "is_there"), [(-1, False), (0, False), (1, True)])
def test_what_ends_at_midnight_is_nothing_of_the_next_day(minutes_past, is_there):
    """Only who sits there still after midnight finds the appointment on the new day's list."""
    midnight = datetime(2026, 3, 3, 0, 0, tzinfo=UTC)
    late = Appointment(number="9", start=midnight - timedelta(hours=1), end=midnight + timedelta(minutes=minutes_past))
    assert schedule.on_day((late,), midnight + timedelta(hours=9), ZoneInfo("UTC")) == ((late,) if is_there else ())
    assert schedule.on_day((late,), midnight - timedelta(hours=9), ZoneInfo("UTC")) == (late,)


def test_an_appointment_that_is_over_before_its_time_keeps_nobody_out():
    """Begun and ended early: the room is free until the next one, and who comes unplanned has until then."""
    house = House()
    house.now = FIRST.start - timedelta(minutes=10)
    house.in_session().do(intents.EndSession(), 60.0)
    assert schedule.free_until(house.state) == SECOND.start
    house.do(intents.GoBack()).start().do(intents.StartWithoutAppointment())
    assert house.session.ends == SECOND.start


def test_free_and_in_use():
    """By the booking of this moment, unless it was ended; by the session, which may run longer."""
    house = House()
    assert schedule.in_use_until(house.state) == FIRST.end
    house.in_session().do(intents.MoreTime())
    assert schedule.in_use_until(house.state) == FIRST.end + timedelta(minutes=10)
    house.do(intents.EndSession())
    assert schedule.in_use_until(house.state) is None
    assert schedule.free_until(house.state) == SECOND.start


def test_who_has_an_invitation():
    """Partners of what is to come or runs; nobody for what is over."""
    house = House()
    assert invited(house.state) == ("debts-1", "guest-1", "youth-1")
    house.in_session().do(intents.EndSession())
    assert invited(house.state) == ("youth-1",)


def test_a_guest_of_one_appointment_is_no_guest_of_the_next():
    """A link is good for its session."""
    second = msgspec.structs.replace(SECOND, guests=(Guest(id="guest-2"),))
    house = House(FIRST, second)
    house.now = SECOND.start
    house.knock("guest-1", number="A-2")
    assert house.told(Refuse)
    assert house.knock("guest-2", number="A-2").state.waiting[0].call == call_of("guest-2")
