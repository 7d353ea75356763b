"""Before a visit and after it: the empty room, the sessions of today, the goodbye."""

from datetime import timedelta

import pytest
from msgspec.structs import replace

from kiosk.contract import intents
from kiosk.contract.errors import Reason
from kiosk.contract.media import MediaReport
from kiosk.contract.state import Phase, Sheet
from kiosk.ui.present import Form, TurnPage, name_of, present_nothing
from kiosk.ui.present.views import EndedView, FaultView, IdleView, TodayView
from kiosk.ui.views import Kind, Lamp, Mood, Seat
from tests.unit.ui.visits import APPOINTMENTS, SETTING, a_state, at, shown


def idle(clock="10:12", **fields) -> IdleView:
    view = shown(a_state(clock, **fields))
    assert isinstance(view, IdleView)
    return view


def today(clock="10:19", form=Form.LANDSCAPE, page=0, **fields) -> TodayView:
    view = shown(a_state(clock, phase=Phase.TODAY, **fields), form=form, page=page)
    assert isinstance(view, TodayView)
    return view


def ended(later_s=0, **fields) -> EndedView:
    state = a_state("10:42", phase=Phase.ENDED, deleted_at=at("10:42"), closes_at=at("10:42") + timedelta(seconds=30))
    view = shown(replace(state, **fields), later=timedelta(seconds=later_s))
    assert isinstance(view, EndedView)
    return view


def test_idle_says_what_the_picture_says():
    """Room, clock, date, until when it is free."""
    view = idle()
    assert (view.room, view.clock, view.date) == ("Raum 2.14 · Beratung", "10:12", "Dienstag, 24. November")
    assert (view.state.text, view.state.mood) == ("Frei bis 10:30", Mood.OK)
    assert view.ask == "Zum Beginnen Ihre Sprache berühren"
    assert view.has_things
    assert view.top.time.text == ""


def test_idle_offers_every_language_and_fills_the_house_own():
    """Touching one is the start."""
    first, *others = idle().languages
    assert (first.key, first.text, first.kind) == ("language-de", "Deutsch", Kind.PRIMARY)
    assert [button.text for button in others] == [
        "Leichte Sprache",
        "English",
        "Türkçe",
        "العربية",
        "Українська",
        "Русский",
    ]
    assert {button.kind for button in others} == {Kind.SECONDARY}
    assert others[1].intent == intents.ChooseLanguage(language="en")


def test_the_house_own_language_comes_first():
    """In a house that speaks Turkish."""
    assert idle(language="tr", house_language="tr").languages[0].key == "language-tr"


@pytest.mark.parametrize(
    ("house", "first"), [("tr-TR", "language-tr"), ("de-AT", "language-de"), ("fr", "language-de")]
)
def test_the_language_that_is_spoken_stands_first_however_it_is_configured(house, first):
    """A kind of one of ours is that one, and for a language we have not it is German: as the words around it."""
    button = idle(house_language=house, language=house).languages[0]
    assert (button.key, button.kind) == (first, Kind.PRIMARY)


def test_an_empty_table_has_the_customers_chair_nearest():
    """Six chairs, one of them offered."""
    seats = idle().seats
    assert [seat.seat for seat in seats].count(Seat.EMPTY) == 5
    assert [seat.angle_deg for seat in seats if seat.seat is Seat.MINE] == [180]


def test_a_booked_room_says_until_when():
    """And takes cup and paper off the table."""
    view = idle("10:40")
    assert (view.state.text, view.state.mood, view.has_things) == ("Belegt bis 11:10", Mood.BUSY, False)


def test_a_room_without_bookings_is_free_today():
    """Tomorrow's booking is no limit."""
    tomorrow = replace(APPOINTMENTS[0], start=at("10:00") + timedelta(days=1), end=at("11:00") + timedelta(days=1))
    assert idle(appointments=()).state.text == "Heute frei"
    assert idle(appointments=(tomorrow,)).state.text == "Heute frei"


def test_without_a_broker_the_age_of_the_plan_is_said():
    """Its time, its day, or that there is none."""
    assert idle(is_broker_here=False).hint.text == "Keine Verbindung. Der Plan von 09:12 gilt."
    old = at("09:12") - timedelta(days=1)
    assert idle(is_broker_here=False, schedule_published=old).hint.text == (
        "Keine Verbindung. Der Plan vom 23. November gilt."
    )
    assert idle(is_broker_here=False, schedule_published=None).hint.text == "Keine Verbindung. Es gibt keinen Plan."


def test_a_broken_part_is_named_on_idle():
    """A wire of the room, or the camera; nothing when all is well."""
    camera = MediaReport(camera_reason=Reason.CAMERA_MISSING)
    assert idle(hardware_faults=("door-sign",)).hint.text == "Das Türschild antwortet nicht."
    assert idle(media=camera).hint.text == "Die Kamera antwortet nicht."
    assert idle(hardware_faults=("something-new",)).hint.text == ""
    assert idle().hint.text == ""


def test_today_says_what_the_picture_says():
    """One is over, one can be joined, two are to come."""
    rows = today().rows
    assert [row.time for row in rows] == ["09:30", "10:30", "11:15", "13:00"]
    assert [row.title for row in rows][:2] == ["Termin 4698", "Termin 4711"]
    assert [row.detail for row in rows[:3]] == ["Jugendamt", "Familienkasse · Schuldnerberatung", "Handwerkskammer"]
    assert [row.state.text for row in rows] == ["Beendet", "", "ab 11:00", "ab 12:45"]
    assert [row.is_past for row in rows] == [True, False, False, False]
    assert rows[1].join.text == "Teilnehmen"
    assert rows[1].join.key == "join-4711"
    assert rows[1].join.intent == intents.JoinAppointment(number="4711")


def test_only_one_row_of_today_is_filled():
    """Where two can be joined, the earlier one is the next step."""
    kinds = {row.key: row.join.kind for row in today("11:05").rows if row.join.text}
    assert kinds == {"4711": Kind.PRIMARY, "4725": Kind.SECONDARY}


def test_one_ended_by_mistake_can_be_opened_again():
    """Until its end, but it is not the next step."""
    row = next(row for row in today("10:50", ended_numbers=("4711",)).rows if row.key == "4711")
    assert (row.join.text, row.join.kind, row.is_past) == ("Wieder öffnen", Kind.SECONDARY, False)


def test_a_small_panel_hides_what_is_over_and_pages_the_rest():
    """Three rows a page; the last page leads to the first."""
    first = today("08:00", form=Form.SMALL)
    assert [row.key for row in first.rows] == ["4698", "4711", "4725"]
    assert first.more.intent == TurnPage(page=1)
    second = today("08:00", form=Form.SMALL, page=1)
    assert ([row.key for row in second.rows], second.more.intent) == (["4730"], TurnPage(page=0))
    assert [row.key for row in today(form=Form.SMALL).rows] == ["4711", "4725", "4730"]
    assert today(form=Form.SMALL).more.text == ""


def test_an_empty_day_says_so_and_can_begin_without_appointment():
    """Nobody is sent away."""
    view = today(appointments=())
    assert (view.rows, view.empty) == ((), "Heute gibt es keine Termine.")
    assert (view.start.key, view.start.intent) == ("start-unplanned", intents.StartWithoutAppointment())


def test_a_screen_about_to_close_says_so_and_can_be_kept():
    """From 25 s before, in the place of the clock."""
    closes = at("10:19") + timedelta(seconds=24)
    view = today(closes_at=closes)
    assert view.top.time.text == "Schließt in 24 s\nMehr Zeit?"
    assert (view.top.time.key, view.top.time.intent, view.top.time.is_short) == ("more-time", intents.MoreTime(), True)
    assert today(closes_at=closes + timedelta(seconds=60)).top.time.text == "10:19"


def test_the_goodbye_says_what_the_picture_says():
    """When everything was deleted, what, and one question."""
    view = ended(later_s=10)
    assert view.title == "Alles gelöscht um 10:42."
    assert [line.text for line in view.gone] == [
        "Ihr Name und die Namen der Partner",
        "Bild und Ton, nie aufgezeichnet",
        "Gezeigte Seiten und nächste Schritte",
    ]
    assert [button.text for button in view.choices] == ["Ja", "Zum Teil", "Nein"]
    assert [button.key for button in view.choices] == ["rate-1", "rate-0", "rate--1"]
    assert (view.closes, view.goodbye) == ("Diese Seite schließt in 20 Sekunden.", "Auf Wiedersehen!")
    assert abs(view.share - 2 / 3) < 0.01


def test_after_the_rating_there_is_only_thanks_and_the_way_out():
    """One touch is enough."""
    view = ended(has_rated=True)
    assert (view.ask, [button.text for button in view.choices]) == ("Vielen Dank.", ["Fertig"])


def test_help_and_corner_lie_over_every_screen():
    """Whatever the phase."""
    names = {name_of(shown(a_state("10:12", phase=phase, sheet=Sheet.CORNER))) for phase in (Phase.IDLE, Phase.ENDED)}
    assert names == {"corner"}
    assert name_of(shown(a_state("10:12", phase=Phase.TODAY, sheet=Sheet.HELP))) == "help"


def test_before_there_is_a_state_a_moment_is_asked_for():
    """Not a fault, and in the house's language."""
    view = present_nothing(SETTING, "de")
    assert isinstance(view, FaultView)
    assert (view.fault.text, view.is_wait) == ("Einen Moment bitte.", True)


def test_without_a_session_nothing_is_open():
    """The plate says so even when media is away."""
    plate = idle(is_media_here=False).top.plate
    assert (plate.camera.lamp, plate.camera.text) == (Lamp.OFF, "Kamera AUS")
    assert plate.microphone.text == "Mikrofon AUS"
