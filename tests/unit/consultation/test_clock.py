"""What time alone does: notices, time-outs with a warning, and what it never does."""

from datetime import timedelta

import pytest

from kiosk.consultation import clock, events
from kiosk.consultation.commands import PlaySound, TellDesk
from kiosk.consultation.visit import TIME_OUT, WARNING
from kiosk.contract import intents
from kiosk.contract.links import Sound
from kiosk.contract.media import Lamp, MediaReport
from kiosk.contract.partner import Door
from kiosk.contract.privacy import Part
from kiosk.contract.state import Consent, Phase, Sheet, Standing, TextSize
from tests.unit.consultation.house import FIRST, SECOND, House, call_of


def test_ten_five_and_one_minute_are_told_once_each():
    """Every threshold shows one notice of six seconds; 5 and 1 min ring a bell."""
    house = House(FIRST).in_session()
    seen: list[tuple[str, timedelta, bool]] = []
    for _ in range(3700):
        house.do(events.Tick(), 1.0)
        if house.state.notice and (not seen or seen[-1][0] != house.state.notice.kind):
            seen.append((house.state.notice.kind, FIRST.end - house.now, PlaySound(sound=Sound.BELL) in house.said))
    minutes = [timedelta(minutes=minutes) for minutes in (10, 5, 1)]
    assert seen == [("time-10", minutes[0], False), ("time-5", minutes[1], True), ("time-1", minutes[2], True)]


def test_a_notice_is_gone_after_six_seconds():
    """It does not stay on the screen."""
    house = House().in_session()
    house.now = FIRST.end - timedelta(minutes=5)
    assert house.do(events.Tick()).state.notice is not None
    assert house.wait(6).state.notice is None


def test_a_threshold_is_noticed_by_whatever_happens_first():
    """A touch at the very second does not swallow the notice."""
    house = House().in_session()
    house.now = FIRST.end - timedelta(minutes=10)
    house.do(intents.SetMicrophone(is_on=False))
    assert house.state.notice
    assert house.state.notice.kind == "time-10"


def test_after_a_long_sleep_only_the_latest_notice_is_shown():
    """An agent that was away says how little time is left, not how much there was."""
    house = House().in_session()
    house.now = FIRST.end - timedelta(seconds=30)
    house.do(events.Tick())
    assert house.state.notice
    assert house.state.notice.kind == "time-1"


def test_a_session_is_never_ended_by_time():
    """Two hours over, and into the next booking: still in session."""
    house = House().in_session(waiting=("youth-1",))
    house.now = SECOND.end + timedelta(hours=2)
    house.do(events.Tick())
    assert house.state.phase is Phase.SESSION
    assert house.partner("youth-1").standing is Standing.ADMITTED


@pytest.mark.parametrize(("number", "phase"), [("", Phase.TODAY), ("A-1", Phase.PREPARATION)])
def test_a_screen_nobody_touches_gives_way_to_idle_after_a_warning(number, phase):
    """The bell rings at least 20 s before."""
    house = House().start()
    if number:
        house.do(intents.JoinAppointment(number=number))
    left_s = TIME_OUT[phase].total_seconds()
    house.wait(left_s - WARNING.total_seconds())
    assert house.state.phase is phase
    assert house.told(PlaySound) == [PlaySound(sound=Sound.BELL)]
    house.wait(20)
    assert house.state.phase is phase
    house.wait(WARNING.total_seconds() - 20)
    assert house.state.phase is Phase.IDLE


def test_a_sheet_left_open_on_idle_is_closed_after_a_warning():
    """Somebody may be choosing the size of the letters."""
    house = House().do(intents.OpenCorner())
    house.wait(TIME_OUT[Phase.IDLE].total_seconds() - WARNING.total_seconds())
    assert house.told(PlaySound) == [PlaySound(sound=Sound.BELL)]
    assert house.wait(20).state.sheet is Sheet.CORNER
    assert house.wait(5).state.sheet is Sheet.NONE


def test_more_time_puts_the_time_out_off():
    """One touch, and the whole time-out begins anew."""
    house = House().start().wait(110).do(intents.MoreTime())
    assert house.wait(100).state.phase is Phase.TODAY


def test_every_touch_that_does_something_puts_the_time_out_off():
    """Who changes the language is still there."""
    house = House().start().wait(110).do(intents.ChooseLanguage(language="en"))
    assert house.wait(100).state.phase is Phase.TODAY


def test_a_touch_that_does_nothing_does_not():
    """A stuck finger on a button that is not offered does not keep the screen."""
    house = House().start().wait(110).do(intents.SetPause(is_paused=True))
    assert house.wait(10).state.phase is Phase.IDLE


def test_partners_go_on_waiting_when_the_preparation_times_out():
    """They came for the appointment, not for the touch."""
    house = House().prepare().knock("youth-1").wait(TIME_OUT[Phase.PREPARATION].total_seconds())
    assert (house.state.phase, house.state.session) == (Phase.IDLE, None)
    assert [partner.call for partner in house.state.waiting] == [call_of("youth-1")]


def test_no_time_out_in_a_session():
    """Hours without a touch: the call goes on."""
    house = House().in_session()
    assert house.state.closes_at is None
    assert house.wait(600).state.phase is Phase.SESSION


def test_the_goodbye_closes_after_30_s():
    """And stays a little when it was touched at the last moment."""
    house = House().in_session().do(intents.EndSession())
    assert house.wait(29).state.phase is Phase.ENDED
    house.do(intents.Rate(value=1))
    assert house.wait(24).state.phase is Phase.ENDED
    assert house.wait(1).state.phase is Phase.IDLE


def test_a_look_left_behind_on_idle_is_put_back():
    """The next visitor finds the house's own size, contrast and no open sheet."""
    house = House().do(intents.OpenCorner()).do(intents.ChooseLook(text_size=TextSize.LARGE))
    house.wait(TIME_OUT[Phase.IDLE].total_seconds())
    assert (house.state.text_size, house.state.sheet) == (TextSize.NORMAL, Sheet.NONE)
    assert house.state.closes_at is None


def test_who_waits_in_vain_is_sent_home_when_the_appointment_is_over():
    """Nobody joined: at its end the partner is told and the name is gone."""
    house = House().knock("youth-1")
    house.now = FIRST.end
    house.do(events.Tick())
    assert house.state.waiting == ()
    left = Door(call=call_of("youth-1"), standing=Standing.LEFT)
    assert house.told(TellDesk) == [TellDesk(desk="youth-1", message=left)]


def test_yesterday_is_forgotten():
    """Appointments and the list of those that took place do not grow for ever."""
    house = House().in_session().do(intents.EndSession())
    house.now = FIRST.end + timedelta(hours=24)
    house.do(events.Tick())
    assert [booking.number for booking in house.state.appointments] == ["A-2"]
    assert house.state.ended_numbers == ()


def test_time_may_jump_back():
    """A terminal without a clock of its own gets the time from the network, forwards or backwards."""
    house = House().in_session(Consent.ALL, waiting=("youth-1",))
    state = clock.advance(house.state, house.now - timedelta(days=300))
    assert state.phase is Phase.SESSION


def set_back(house: House) -> House:
    """The time server says that it is a year earlier."""
    house.now -= timedelta(days=365)
    return house.do(events.Tick())


def test_a_clock_that_is_set_back_closes_screens_in_their_time():
    """And not a year later; nor do notices stay."""
    house = set_back(House().start())
    assert house.wait(121).state.phase is Phase.IDLE
    house = set_back(House().in_session().do(events.RemoteHand(command="identify")))
    assert house.wait(7).state.notice is None


def test_a_clock_that_is_set_back_ends_rings_and_old_words():
    """A desk that is silent is not rung for a year."""
    house = House().in_session().presence("words-1")
    house.do(intents.OpenNeeds()).do(intents.ChooseNeed(need="arabic")).do(intents.RingDesks())
    set_back(house)
    assert [ring.is_over for ring in (house.session.ring, house.wait(46).session.ring) if ring] == [False, True]
    assert house.wait(50).state.presence == {}


def test_a_clock_that_is_set_back_keeps_no_lens_open():
    """What was in doubt is closed when its grace is over, and what leaks is seen."""
    house = House().in_session(Consent.SOUND)
    house.do(events.MediaCame()).do(events.MediaReported(report=MediaReport(camera=Lamp.ON, microphone=Lamp.ON)))
    assert set_back(house).state.watch.closed == {}
    assert Part.CAMERA in house.wait(2).state.watch.closed


def test_the_calendar_is_not_set_back_with_the_clock():
    """Appointments, and the end of one that has begun, are where they were."""
    house = set_back(House().in_session())
    assert house.session.ends == FIRST.end
    assert [booking.start for booking in house.state.appointments] == [FIRST.start, SECOND.start]
