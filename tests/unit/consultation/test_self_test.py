"""When the room is tested, what that opens, who ends it, and who gets to the staff page."""

import pytest

from kiosk.consultation import commands, events, media_plan, room_plan, self_test
from kiosk.contract import intents
from kiosk.contract.health import Program
from kiosk.contract.media import Lamp, MediaReport, Sending
from kiosk.contract.room import RoomReport, ShutterPosition, Situation, WireLine
from kiosk.contract.self_test import Check, CheckResult, Trigger, Verdict
from kiosk.contract.state import Phase, Sheet
from tests.unit.consultation.house import House

SHUT = (Sending.OFF, Sending.OFF)


def at(house: House, check: Check | None) -> tuple[Sending, Sending]:
    """What the plan opens while this is looked at."""
    house.do(events.SelfTestStep(check=check))
    plan = media_plan(house.state)
    assert not plan.peers
    return plan.camera, plan.microphone


def after_test(house: House, trigger: Trigger = Trigger.MORNING, **failed: str) -> House:
    """A whole self-test; `failed` is check to reason."""
    house.do(events.SelfTestAsked(trigger=trigger))
    for check in Check:
        reason = failed.get(check.value.replace("-", "_"), "")
        verdict = Verdict.FAILED if reason else Verdict.PASSED
        if trigger is Trigger.REMOTE and check in (Check.CAMERA, Check.SHUTTER, Check.SOUND):
            verdict, reason = Verdict.SKIPPED, "not-from-afar"
        house.do(events.SelfTestStep(check=check))
        house.do(events.CheckDone(result=CheckResult(check=check, verdict=verdict, reason=reason)))
    return house.do(events.SelfTestDone())


def on_staff_page(house: House) -> House:
    house.do(events.StaffChosen(has_page=True)).do(intents.OpenStaff())
    for digit in "1234":
        house.do(intents.TypeDigit(digit=digit))
    assert house.do(intents.EnterPin()).told(commands.CheckPin) == [commands.CheckPin(typed="1234")]
    return house.do(events.PinChecked(is_right=True))


@pytest.mark.parametrize("trigger", [Trigger.MORNING, Trigger.BOOKING, Trigger.STAFF])
def test_camera_and_microphone_are_open_for_their_own_step_only(trigger: Trigger) -> None:
    """Here, never to anybody; shutter and LED follow the same plan."""
    house = House().do(events.MediaCame())
    house.do(events.SelfTestAsked(trigger=trigger))
    assert at(house, Check.BROKER) == SHUT
    assert at(house, Check.CAMERA) == (Sending.HERE, Sending.OFF)
    house.do(events.MediaReported(report=MediaReport(camera=Lamp.HERE)))
    assert (room_plan(house.state).is_shutter_open, room_plan(house.state).is_led_on) == (True, True)
    assert at(house, Check.SOUND) == (Sending.OFF, Sending.HERE)
    assert at(house, None) == SHUT
    after_test(house)
    assert media_plan(house.state) == media_plan(House().state)


def test_the_switch_on_the_table_and_a_doubt_hold_for_the_test_too() -> None:
    """Muted by hand, the microphone stays shut; a shutter that nobody can trust keeps the camera shut."""
    house = House().do(events.MediaCame())
    house.do(events.RoomReported(report=RoomReport(is_mute_switch_on=True)))
    house.do(events.SelfTestAsked(trigger=Trigger.MORNING))
    assert at(house, Check.SOUND) == SHUT
    house.do(events.RoomReported(report=RoomReport(shutter=ShutterPosition.FAULT))).wait(2)
    assert at(house, Check.CAMERA) == SHUT


def test_from_afar_nothing_is_opened() -> None:
    """Whatever step somebody says."""
    house = House()
    house.do(events.SelfTestAsked(trigger=Trigger.REMOTE))
    assert {at(house, check) for check in Check} == {SHUT}
    assert at(House(), Check.CAMERA) == SHUT


@pytest.mark.parametrize(
    "touch",
    [
        intents.ChooseLanguage(language="de"),
        intents.AskHelp(),
        intents.OpenCorner(),
        events.HelpPressed(),
        events.HelpPressed(is_silent=True),
        events.RoomReported(report=RoomReport(is_occupied=True)),
    ],
    ids=lambda touch: type(touch).__name__,
)
def test_whoever_comes_ends_it_at_once(touch: events.Event) -> None:
    """All is shut in the same step, and what was found so far is no result."""
    house = House()
    house.do(events.SelfTestAsked(trigger=Trigger.MORNING))
    assert at(house, Check.CAMERA) == (Sending.HERE, Sending.OFF)
    house.do(touch)
    assert house.state.self_test.trigger is None
    assert house.state.self_test.last is None
    plan = media_plan(house.state)
    assert (plan.camera, plan.microphone) == SHUT


def test_it_does_not_begin_where_somebody_is() -> None:
    """Not in a visit, not beside a call for help, not with somebody in the room unless they asked for it."""
    for house in (House().start(), House().prepare(), House().in_session(), House().do(events.HelpPressed())):
        for trigger in Trigger:
            assert house.do(events.SelfTestAsked(trigger=trigger)).state.self_test.trigger is None
    house = House().do(events.RoomReported(report=RoomReport(is_occupied=True)))
    assert house.do(events.SelfTestAsked(trigger=Trigger.BOOKING)).state.self_test.trigger is None
    assert house.do(intents.TestRoom()).state.self_test.trigger is None
    assert on_staff_page(house).do(intents.TestRoom()).state.self_test.trigger is Trigger.STAFF


def test_what_failed_is_said_until_it_works() -> None:
    """The sign says it, an event tells it; a look from afar does not mend a camera."""
    house = after_test(House(), camera="dark", media_server="no-answer")
    data = {"trigger": "morning", "failed": "camera,media-server", "duration_s": 0}
    assert house.events_of("self-test-done") == [data]
    assert self_test.missing(house.state) == (Check.CAMERA,)
    assert Situation.NOT_READY in room_plan(house.state).situations
    after_test(house, Trigger.REMOTE)
    assert self_test.missing(house.state) == (Check.CAMERA,)
    after_test(house)
    assert self_test.is_ready(house.state)
    assert Situation.NOT_READY not in room_plan(house.state).situations


def test_a_broker_that_is_back_is_no_fault_any_more() -> None:
    """The newest word counts."""
    house = after_test(House(), broker="network-lost")
    assert self_test.missing(house.state) == (Check.BROKER,)
    assert self_test.is_ready(house.do(events.BrokerCame()).state)


def test_a_visitor_who_knows_goes_on_and_the_next_is_told_anew() -> None:
    """The choice is forgotten with the visit."""
    house = after_test(House(), camera="dark")
    touches = (intents.GoOnAnyway(), intents.ChooseLanguage(language="de"), intents.GoOnAnyway(), intents.GoBack())
    assert [house.do(touch).state.self_test.is_accepted for touch in touches] == [False, False, True, False]


def test_the_staff_page_closes_by_itself() -> None:
    """Ten minutes after the last touch, or with it."""
    house = on_staff_page(House())
    assert (house.state.sheet, house.state.staff.typed) == (Sheet.STAFF, "")
    house.wait(500)
    house.do(intents.TestRoom())
    assert house.wait(500).state.sheet is Sheet.STAFF
    assert house.wait(200).state.sheet is Sheet.NONE
    assert on_staff_page(House()).do(intents.CloseSheet()).state.sheet is Sheet.NONE


def test_staff_begin_a_program_anew_and_never_beside_a_session() -> None:
    """From their page, which stays, so that they see it come back; a touch that comes too late does nothing."""
    house = on_staff_page(House())
    house.do(intents.RestartProgram(program=Program.MEDIA))
    assert house.told(commands.Restart) == []
    house.do(intents.OpenRestart()).do(intents.RestartProgram(program=Program.MEDIA))
    assert house.told(commands.Restart) == [commands.Restart(program=Program.MEDIA)]
    assert house.events_of("started-anew") == [{"process": "media", "reason": "staff"}]
    assert house.state.sheet is Sheet.STAFF
    assert house.do(intents.OpenRestart()).do(intents.CloseSheet()).state.sheet is Sheet.STAFF
    visited = House().start().do(intents.OpenRestart()).do(intents.RestartProgram(program=Program.DEVICE))
    assert (visited.state.sheet, visited.told(commands.Restart)) == (Sheet.NONE, [])


def test_the_lines_of_the_room_are_kept_for_as_long_as_somebody_looks() -> None:
    """Not before, and not after."""
    read = events.LinesRead(lines=(WireLine(name="door-sign.lamps.free", number=17, level=1.0),))
    assert House().do(read).state.staff.lines == ()
    house = on_staff_page(House()).do(read)
    assert house.state.staff.lines == read.lines
    assert house.do(intents.CloseSheet()).state.staff.lines == ()


def test_a_wrong_number_is_slowed_down() -> None:
    """Three times, then two minutes; digits do not stay."""
    house = House().do(events.StaffChosen(has_page=True)).do(intents.OpenStaff())
    for count in (1, 2, 3):
        house.do(intents.TypeDigit(digit="1")).do(intents.TypeDigit(digit="x")).do(intents.TypeDigit(digit="2"))
        assert house.state.staff.typed == "12"
        house.do(intents.TypeDigit(digit="")).do(intents.EnterPin())
        assert house.told(commands.CheckPin) == [commands.CheckPin(typed="1")]
        house.do(events.PinChecked(is_right=False))
        assert (house.state.staff.wrong, house.state.staff.is_wrong, house.state.sheet) == (count, True, Sheet.PIN)
    house.do(intents.TypeDigit(digit="1")).do(intents.EnterPin())
    assert (house.state.staff.typed, house.said) == ("", [])
    assert house.events_of("staff-page-refused") == [{"wrong": 1}, {"wrong": 2}, {"wrong": 3}]
    house.do(intents.CloseSheet()).do(intents.OpenStaff(), 121).do(intents.TypeDigit(digit="1"))
    assert house.state.staff.typed == "1"


def test_without_a_number_there_is_no_page() -> None:
    """Nor in a visit."""
    assert House().do(intents.OpenStaff()).state.sheet is Sheet.NONE
    assert House().do(events.PinChecked(is_right=True)).state.sheet is Sheet.NONE
    house = House().do(events.StaffChosen(has_page=True)).start().do(intents.OpenStaff())
    assert (house.state.phase, house.state.sheet) == (Phase.TODAY, Sheet.NONE)
