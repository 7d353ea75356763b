"""The way from idle to the goodbye, step by step."""

from datetime import timedelta

import pytest

from kiosk.consultation import events, is_used, transition
from kiosk.consultation.commands import EmitEvent, Wipe
from kiosk.contract import intents
from kiosk.contract.state import Consent, Phase, Sheet, Standing, TextSize
from tests.unit.consultation.house import FIRST, SECOND, START, House, call_of


def test_a_language_on_idle_is_the_start():
    """One touch on a language leads to today, in that language."""
    house = House().start("en")
    assert (house.state.phase, house.state.language) == (Phase.TODAY, "en")


def test_a_language_elsewhere_changes_the_words_only():
    """The language may be changed on every screen without leaving it."""
    house = House().prepare().do(intents.ChooseLanguage(language="ar"))
    assert (house.state.phase, house.state.language) == (Phase.PREPARATION, "ar")


@pytest.mark.parametrize("language", ["", "Deutsch!", "de\n", "x" * 40, "../de"])
def test_what_is_no_language_tag_starts_nothing(language):
    """A damaged touch app cannot put anything but a language tag into the state."""
    assert House().do(intents.ChooseLanguage(language=language)).state.phase is Phase.IDLE


def test_two_touches_lead_into_a_planned_session():
    """Join and choice are enough; the choice opens microphone and camera."""
    house = House().start()
    seen = [
        house.do(touch).state.phase
        for touch in (intents.JoinAppointment(number="A-1"), intents.Choose(choice=Consent.ALL))
    ]
    assert seen == [Phase.PREPARATION, Phase.SESSION]
    assert (house.session.microphone_wanted, house.session.camera_wanted) == (True, True)
    assert (house.session.started, house.session.ends) == (START, FIRST.end)


def test_sound_only_leaves_the_camera_off():
    """The second button opens the microphone alone."""
    house = House().in_session(Consent.SOUND)
    assert (house.session.microphone_wanted, house.session.camera_wanted) == (True, False)


def test_not_now_goes_back_to_today_and_leaves_nothing():
    """Refusing costs nothing: no session, the list again."""
    house = House().prepare().do(intents.Choose(choice=Consent.NONE))
    assert (house.state.phase, house.state.session) == (Phase.TODAY, None)


def test_everybody_planned_is_expected_before_the_first_knock():
    """Desks and guests of the appointment are on the roster, in its order."""
    house = House().prepare()
    assert house.standings() == dict.fromkeys(("youth-1", "debts-1", "guest-1"), Standing.EXPECTED)
    assert house.partner("guest-1").office == "Gasag"


def test_the_choice_admits_those_who_already_wait_and_nobody_else():
    """It is the yes to the partners the customer saw waiting; who comes later knocks."""
    house = House().in_session(Consent.SOUND, waiting=("youth-1",))
    assert house.partner("youth-1").standing is Standing.ADMITTED
    assert house.partner("youth-1").consent is Consent.SOUND
    assert house.partner("debts-1").standing is Standing.EXPECTED
    assert house.knock("debts-1").partner("debts-1").standing is Standing.WAITING


@pytest.mark.parametrize(("minutes", "is_offered"), [(-16, False), (-15, True), (59, True), (60, False)])
def test_an_appointment_is_joined_from_15_min_before_until_its_end(minutes, is_offered):
    """Outside that time the touch changes nothing."""
    house = House()
    house.now = START + timedelta(minutes=minutes)
    house.start().do(intents.JoinAppointment(number="A-1"))
    assert (house.state.phase is Phase.PREPARATION) is is_offered


def test_an_unknown_appointment_is_not_joined():
    """A number that is not on the list leads nowhere."""
    assert House().prepare("B-9").state.phase is Phase.TODAY


def test_a_session_without_appointment_lasts_until_the_next_booking():
    """Its number is empty, its end the next start."""
    house = House().start().do(intents.StartWithoutAppointment()).do(intents.Choose(choice=Consent.ALL))
    assert (house.session.number, house.session.ends) == ("", SECOND.start)
    assert house.session.partners == ()


def test_a_session_without_any_booking_ahead_has_no_end():
    """Nothing to wait for, no time shown."""
    house = House(FIRST).start().do(intents.StartWithoutAppointment())
    assert house.session.ends is None


def test_back_from_preparation_and_from_today():
    """One screen at a time, down to idle."""
    house = House().prepare().do(intents.GoBack())
    assert house.state.phase is Phase.TODAY
    assert house.do(intents.GoBack()).state.phase is Phase.IDLE


def test_a_partner_who_waits_is_not_lost_by_going_back():
    """From preparation back to today and in again: the partner still waits, under the same call."""
    house = House().prepare().knock("youth-1").do(intents.GoBack())
    assert [partner.call for partner in house.state.waiting] == [call_of("youth-1")]
    house.do(intents.JoinAppointment(number="A-1"))
    assert house.partner("youth-1").standing is Standing.WAITING
    assert house.state.waiting == ()


def test_a_session_cannot_be_left_by_going_back():
    """Only the End button ends it."""
    house = House().in_session()
    assert house.do(intents.GoBack()).state.phase is Phase.SESSION


def test_the_end_is_asked_for_and_then_wiped():
    """Ending forgets the session, makes a new key and says when."""
    house = House().in_session(waiting=("youth-1",)).do(intents.OpenEnd())
    key = house.state.key
    assert house.state.sheet is Sheet.END
    house.do(intents.EndSession(), 5.0)
    assert (house.state.phase, house.state.session, house.state.sheet) == (Phase.ENDED, None, Sheet.NONE)
    assert house.state.deleted_at == START + timedelta(seconds=5)
    assert house.state.key != key
    assert house.state.ended_numbers == ("A-1",)
    assert Wipe() in house.said


def test_the_monitor_hears_the_end_before_the_deletion():
    """Duration and number first, the deletion last, after the agent was told to wipe."""
    house = House().in_session().do(intents.EndSession(), 90.0)
    assert house.said[0] == EmitEvent(type="session-ended", data={"appointment": "A-1", "duration_s": 90})
    assert house.said[-2:] == [Wipe(), EmitEvent(type="data-deleted")]


def test_language_and_look_are_the_houses_again_at_the_following_idle():
    """The goodbye is still in the visitor's words and size; idle is not."""
    house = House().start("tr").do(intents.ChooseLook(text_size=TextSize.LARGE, is_high_contrast=True))
    house.do(intents.JoinAppointment(number="A-1")).do(intents.Choose(choice=Consent.ALL)).do(intents.EndSession())
    assert (house.state.language, house.state.text_size) == ("tr", TextSize.LARGE)
    house.wait(31)
    assert (house.state.phase, house.state.language) == (Phase.IDLE, "de")
    assert (house.state.text_size, house.state.is_high_contrast) == (TextSize.NORMAL, False)
    assert house.state.deleted_at is None


def test_the_goodbye_can_be_closed_by_hand():
    """Nobody has to wait for the time-out."""
    assert House().in_session().do(intents.EndSession()).do(intents.GoBack()).state.phase is Phase.IDLE


def test_an_appointment_ended_by_mistake_can_be_joined_again():
    """Until its end it is offered again, with nobody admitted."""
    house = House().in_session(waiting=("youth-1",)).do(intents.EndSession()).do(intents.GoBack()).prepare()
    assert house.state.phase is Phase.PREPARATION
    assert set(house.standings().values()) == {Standing.EXPECTED}


def test_one_rating_is_taken():
    """The first touch counts, a second changes nothing."""
    house = House().in_session().do(intents.EndSession()).do(intents.Rate(value=1)).do(intents.Rate(value=-1))
    assert house.events_of("rated") == [{"value": 1}]
    assert house.state.has_rated


def test_a_rating_that_is_none_is_not_taken():
    """Only the three buttons' values count, and only on the last screen."""
    house = House().in_session().do(intents.Rate(value=1)).do(intents.EndSession()).do(intents.Rate(value=7))
    assert not house.state.has_rated


def test_more_time_reaches_to_the_next_booking_and_no_further():
    """Ten minutes a touch; the next people are not made to wait by it."""
    house = House().in_session()
    house.do(intents.MoreTime())
    assert house.session.ends == FIRST.end + timedelta(minutes=10)
    for _ in range(5):
        house.do(intents.MoreTime())
    assert house.session.ends == SECOND.start


def test_more_time_after_the_end_counts_from_now():
    """A session that ran over gets ten minutes from the touch."""
    house = House(FIRST).in_session()
    house.now = FIRST.end + timedelta(minutes=5)
    assert house.do(intents.MoreTime()).session.ends == FIRST.end + timedelta(minutes=15)


def test_there_is_no_more_time_once_the_next_people_wait():
    """Their booking has begun: it is theirs, whatever is booked after it."""
    house = House().in_session()
    house.now = SECOND.start + timedelta(minutes=1)
    assert house.do(intents.MoreTime()).session.ends == FIRST.end


def test_pause_microphone_and_camera_follow_the_touch():
    """Each switch changes its own wish and nothing else."""
    house = House().in_session()
    house.do(intents.SetMicrophone(is_on=False)).do(intents.SetCamera(is_on=False)).do(intents.SetPause(is_paused=True))
    session = house.session
    assert (session.microphone_wanted, session.camera_wanted, session.is_paused) == (False, False, True)


def test_camera_on_takes_sound_only_back_for_those_who_came_in_by_it():
    """Who was let in by the choice sees now; who got "sound only" at the door does not."""
    house = House().in_session(Consent.SOUND, waiting=("youth-1",)).admitted("debts-1", Consent.SOUND)
    house.do(intents.SetCamera(is_on=True))
    assert house.session.camera_wanted
    assert house.partner("youth-1").consent is Consent.ALL
    assert house.partner("debts-1").consent is Consent.SOUND


@pytest.mark.parametrize(
    "intent",
    [
        intents.SetMicrophone(is_on=True),
        intents.SetCamera(is_on=True),
        intents.SetPause(is_paused=True),
        intents.OpenShow(),
        intents.OpenEnd(),
        intents.OpenNeeds(),
        intents.ChooseNeed(need="debts"),
        intents.RingDesks(),
        intents.StopRinging(),
        intents.EndSession(),
        intents.Admit(call="x", consent=Consent.ALL),
        intents.SendAway(call="x"),
        intents.OpenDoor(call="x"),
        intents.Rate(value=1),
    ],
)
@pytest.mark.parametrize("steps", [0, 1, 2])
def test_what_belongs_to_a_session_is_not_offered_before_it(intent, steps):
    """On idle, today and preparation such a touch leaves everything as it was."""
    house = House()
    for intent_before in (intents.ChooseLanguage(language="de"), intents.JoinAppointment(number="A-1"))[:steps]:
        house.do(intent_before)
    before = house.state
    assert house.do(intent).state == before
    assert house.said == []


def test_events_without_names_tell_the_monitor_the_way():
    """Prepared, started, ended, deleted: by number and choice only."""
    house = House().in_session(Consent.SOUND).do(intents.EndSession())
    types = [command.type for command in house.all_said if isinstance(command, EmitEvent)]
    assert types == ["session-prepared", "session-started", "session-ended", "data-deleted"]
    assert house.events_of("session-started") == [{"appointment": "A-1", "choice": "sound"}]


def test_more_time_where_nothing_runs_out_changes_nothing():
    """On idle, and in a session without an end."""
    house = House(FIRST)
    assert house.do(intents.MoreTime()).state.closes_at is None
    house.start().do(intents.StartWithoutAppointment()).do(intents.Choose(choice=Consent.ALL))
    assert house.do(intents.MoreTime()).session.ends is None


def test_a_choice_of_need_or_start_belongs_to_its_screen():
    """A late second touch on another screen's button changes nothing."""
    house = House().in_session()
    before = house.state
    for intent in (intents.StartWithoutAppointment(), intents.Choose(choice=Consent.NONE)):
        assert house.do(intent).state == before


def test_fresh_material_is_used_for_sessions_rings_and_keys_only():
    """The agent makes new material when, and only when, the old was used."""
    used = []
    house = House().start()
    for event in (
        events.Tick(),
        intents.JoinAppointment(number="A-1"),
        intents.Choose(choice=Consent.ALL),
        intents.EndSession(),
    ):
        fresh = house.fresh()
        house.state, _ = transition(house.state, events.Occurrence(event=event, at=house.now, fresh=fresh))
        used.append(is_used(house.state, fresh))
    assert used == [False, True, False, True]


def test_a_tick_alone_changes_nothing_but_the_time():
    """Nothing is touched, nothing is due: only the clock moves on."""
    house = House()
    before = house.state
    house.do(events.Tick(), 1.0)
    assert house.state.now > before.now
    assert house.said == []
