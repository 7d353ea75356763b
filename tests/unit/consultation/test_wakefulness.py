"""The screen wakes for whoever comes, rests where nobody is, and a hand in the dark does nothing but wake it."""

from datetime import timedelta

import pytest
from msgspec.structs import replace

from kiosk.consultation import condition, display_state, events, room_plan, wakefulness
from kiosk.consultation.commands import StrikeKey
from kiosk.contract import intents
from kiosk.contract.display import DisplayReport, Habits, Power, Rung, Wakefulness
from kiosk.contract.mqtt import Condition
from kiosk.contract.room import Key, RoomReport, Situation
from kiosk.contract.rules import word
from kiosk.contract.schedule import Appointment
from kiosk.contract.state import Phase, Sheet
from tests.unit.consultation.house import START, House

AWAKE, DIMMED, ASLEEP = Wakefulness
HABITS = Habits(dim_after_s=60, sleep_after_s=120, sleep_after_unseen_s=300, wake_before_s=120, greeting_s=30)
LATER = Appointment(number="A-9", start=START + timedelta(hours=2), end=START + timedelta(hours=3), desks=("youth-1",))
EMPTY, OCCUPIED = RoomReport(is_occupied=False), RoomReport(is_occupied=True)


def a_house() -> House:
    """A room with a presence sensor, in which nobody is and nothing is booked for two hours."""
    return House(LATER).do(events.HabitsChosen(habits=HABITS)).do(events.RoomReported(report=EMPTY))


def asleep() -> House:
    house = a_house().wait(121)
    assert seen(house) is ASLEEP
    return house


def seen(house: House) -> Wakefulness:
    return house.state.display.wakefulness


def test_where_nobody_is_the_screen_dims_and_then_sleeps():
    """By the times of the house; `status` says so."""
    house = a_house()
    assert [seen(house.wait(seconds)) for seconds in (59, 1, 59, 1)] == [AWAKE, DIMMED, DIMMED, ASLEEP]
    assert condition(house.state) is Condition.SLEEPING
    assert display_state(house.state).state is ASLEEP


def test_the_room_is_told_only_where_a_sensor_would_wake_the_screen():
    """A relay that cuts the panel's power may cut its touch controller's, too."""
    assert Situation.ASLEEP in room_plan(asleep().state).situations
    house = House(LATER).do(events.HabitsChosen(habits=HABITS)).wait(301)
    assert seen(house) is ASLEEP
    assert Situation.ASLEEP not in room_plan(house.state).situations
    assert word({}, room_plan(asleep().state).situations, "screen-relay") == "off"
    assert word({}, room_plan(a_house().state).situations, "screen-relay") == "on"


def test_without_a_sensor_it_sleeps_later():
    """Nothing could wake it but a touch on the dark glass."""
    house = House(LATER).do(events.HabitsChosen(habits=HABITS))
    assert [seen(house.wait(seconds)) for seconds in (299, 1)] == [DIMMED, ASLEEP]


@pytest.mark.parametrize(
    "event",
    [
        events.RoomReported(report=OCCUPIED),
        events.RoomReported(report=replace(EMPTY, is_door_open=True)),
        events.RoomReported(report=replace(EMPTY, is_headset_in=True)),
        events.KeyPressed(key=Key.NEXT),
        events.StartPressed(),
        events.HelpPressed(),
        intents.Touched(),
    ],
)
def test_whoever_comes_wakes_it(event: events.Event):
    """Sensor, door, headset, key, button, touch."""
    house = a_house().do(events.RoomReported(report=replace(EMPTY, is_door_open=False, is_headset_in=False))).wait(121)
    assert seen(house) is ASLEEP
    assert seen(house.do(event)) is AWAKE
    assert condition(house.state) is not Condition.SLEEPING


def test_a_silent_call_for_help_wakes_nothing():
    """Nothing in the room may tell that it was made."""
    state = asleep().state
    assert wakefulness.settle(state, state, events.HelpPressed(is_silent=True)) == state
    assert wakefulness.settle(state, state, events.HelpPressed()) != state


def test_who_comes_is_greeted_in_the_language_of_the_house_and_no_camera_opens():
    """For as long as the house says; whoever goes on is greeted no more."""
    house = asleep().do(events.RoomReported(report=OCCUPIED))
    assert wakefulness.is_greeting(house.state)
    assert (house.state.phase, house.state.language, house.state.session) == (Phase.IDLE, "de", None)
    assert not wakefulness.is_greeting(house.wait(30).state)
    assert not wakefulness.is_greeting(asleep().do(intents.Touched()).start().state)


def test_who_goes_is_not_greeted():
    """The door that opens for somebody inside."""
    inside = replace(OCCUPIED, is_door_open=False)
    house = a_house().do(events.RoomReported(report=inside)).wait(40)
    house.do(events.RoomReported(report=replace(inside, is_door_open=True)))
    assert not wakefulness.is_greeting(house.state)


@pytest.mark.parametrize(
    "hand",
    [
        intents.ChooseLanguage(language="tr"),
        intents.AskHelp(),
        intents.OpenCorner(),
        events.KeyPressed(key=Key.OK),
    ],
)
def test_a_hand_in_the_dark_only_wakes(hand: events.Event):
    """Nothing else has changed, and nothing is said."""
    house = asleep()
    before = house.state
    house.do(hand)
    assert house.said == []
    assert replace(house.state, display=before.display, now=before.now) == before
    assert seen(house) is AWAKE
    house.do(intents.ChooseLanguage(language="tr"), 1)
    assert house.state.phase is Phase.TODAY


def test_hands_wait_until_something_can_be_seen():
    """A panel that says it is still dark; after four seconds it is no longer believed."""
    dark, lit = DisplayReport(is_lit=False, power=Rung.DDC), DisplayReport(power=Rung.DDC)
    touch = intents.ChooseLanguage(language="tr")
    house = asleep().do(events.DisplayReported(report=dark)).do(intents.Touched())
    assert house.do(touch, 1).state.phase is Phase.IDLE
    assert house.do(events.DisplayReported(report=lit)).do(touch).state.phase is Phase.TODAY
    house = asleep().do(events.DisplayReported(report=dark)).do(intents.Touched())
    assert house.do(touch, 5).state.phase is Phase.TODAY


def test_a_touch_on_the_dimmed_screen_counts():
    """It can be read, so who touches knows what."""
    house = a_house().wait(61)
    assert seen(house) is DIMMED
    assert house.do(intents.ChooseLanguage(language="tr")).state.phase is Phase.TODAY
    assert seen(house) is AWAKE


def test_the_start_button_starts_in_the_language_of_the_house():
    """From idle, asleep or not; elsewhere it does nothing, and time passes as after a touch."""
    house = asleep().do(events.StartPressed())
    assert (house.state.phase, house.state.language) == (Phase.TODAY, "de")
    assert house.state.closes_at is not None
    assert seen(house) is AWAKE
    house.prepare("A-9").do(events.StartPressed())
    before = house.state
    assert house.do(events.StartPressed()).state == before


def test_a_key_goes_on_to_the_app_and_shows_that_somebody_is_here():
    """The screen is not closed under somebody who looks for the right control."""
    house = a_house().start()
    closes_at = house.state.closes_at
    house.do(events.KeyPressed(key=Key.NEXT), 60)
    assert house.said == [StrikeKey(key=Key.NEXT)]
    assert house.state.closes_at is not None
    assert closes_at is not None
    assert house.state.closes_at > closes_at


@pytest.mark.parametrize("report", [EMPTY, RoomReport()])
def test_a_visit_is_never_dimmed(report: RoomReport):
    """Session, help, somebody at the door: however long, and whatever a sensor says."""
    house = House().do(events.HabitsChosen(habits=HABITS)).do(events.RoomReported(report=report)).in_session()
    assert seen(house.wait(400)) is AWAKE
    house = a_house().do(events.HelpPressed())
    assert seen(house.wait(400)) is AWAKE
    house = House().do(events.HabitsChosen(habits=HABITS)).do(events.RoomReported(report=report)).knock("youth-1")
    assert house.state.waiting
    assert seen(house.wait(400)) is AWAKE


def test_with_somebody_in_the_room_nothing_is_dimmed_and_no_screen_closes():
    """Nor warns that it will; when they have gone, it does both."""
    house = a_house().do(events.RoomReported(report=OCCUPIED)).start("tr")
    for _ in range(40):
        house.wait(10)
        assert house.state.closes_at is not None
        assert house.state.closes_at - house.state.now > timedelta(seconds=20)
    assert (house.state.phase, seen(house)) == (Phase.TODAY, AWAKE)
    house.do(events.RoomReported(report=EMPTY)).wait(121)
    assert house.state.phase is Phase.IDLE
    assert seen(house.wait(121)) is ASLEEP


def test_the_goodbye_goes_even_so():
    """It holds nothing that could be lost, and the next visitor waits."""
    house = House().do(events.RoomReported(report=OCCUPIED)).in_session().do(intents.EndSession())
    assert house.wait(31).state.phase is Phase.IDLE


def test_an_appointment_wakes_it_before_it_begins():
    """Awake when people come; if nobody does, it rests again."""
    house = a_house()
    house.wait(2 * 3600 - 121)
    assert seen(house) is ASLEEP
    assert seen(house.wait(2)) is AWAKE
    assert seen(house.wait(119)) is AWAKE
    assert seen(house.wait(125)) is ASLEEP


def test_central_may_keep_it_on_or_turn_it_off():
    """Off lasts until a hand needs it; a sensor is not enough. On lasts until central says otherwise."""
    house = a_house().do(events.DisplayOrdered(power=Power.OFF))
    assert seen(house) is ASLEEP
    assert seen(house.do(events.RoomReported(report=OCCUPIED)).wait(5)) is ASLEEP
    assert seen(house.do(intents.Touched())) is AWAKE
    assert house.state.display.power is Power.AUTO
    house.do(events.DisplayOrdered(power=Power.ON)).do(events.RoomReported(report=EMPTY))
    assert seen(house.wait(400)) is AWAKE
    house.do(events.DisplayOrdered(power=Power.AUTO))
    assert seen(house.wait(121)) is ASLEEP


def test_who_acts_from_afar_is_seen_even_on_a_screen_that_was_turned_off():
    """As long as they do; then it is off again."""
    house = a_house().do(events.DisplayOrdered(power=Power.OFF)).do(events.RemoteHand(command="identify"))
    assert seen(house) is AWAKE
    assert seen(house.do(events.RemoteHand(command=""))) is ASLEEP


def test_an_ordered_brightness_stays_until_the_rule_of_the_house_is_ordered():
    """Power alone does not touch it."""
    house = a_house().do(events.DisplayOrdered(brightness_pct=40)).do(events.DisplayOrdered(power=Power.ON))
    assert house.state.display.brightness_pct == 40
    assert house.do(events.DisplayOrdered(power=Power.AUTO)).state.display.brightness_pct is None


def test_nobody_turns_it_off_under_somebody():
    """What the agent asks before it obeys."""
    assert wakefulness.can_be_turned_off(a_house().state)
    assert not wakefulness.can_be_turned_off(a_house().start().state)
    assert not wakefulness.can_be_turned_off(a_house().do(events.HelpPressed()).state)
    assert not wakefulness.can_be_turned_off(a_house().do(intents.OpenCorner()).state)


def test_a_clock_that_is_set_back_does_not_keep_it_awake():
    """A Pi without a battery learns the time late."""
    house = a_house()
    house.now -= timedelta(days=1)
    assert seen(house.do(events.Tick()).wait(121)) is ASLEEP


def test_a_sheet_left_open_on_idle_is_closed_first():
    """Then the screen rests."""
    house = a_house().do(intents.OpenCorner())
    house.wait(61)
    assert house.state.sheet is Sheet.NONE
    assert seen(house.wait(121)) is ASLEEP
