"""A terminal that is not in service yet: how far it is, its code, every fault, in the language of who stands there."""

from datetime import timedelta

import pytest
from msgspec.structs import replace

from kiosk.contract.enrolment import Fault, Status, Step
from kiosk.contract.state import Sheet, State
from kiosk.ui import texts
from kiosk.ui.icons import ICONS
from kiosk.ui.present import Form, present_first_start
from kiosk.ui.present.faults import FAULTS
from kiosk.ui.present.views import CornerView, FirstStartView, IdleView
from kiosk.ui.texts import LANGUAGES
from kiosk.ui.views import NoticeView
from tests.unit.ui.visits import SETTING, a_state, at, shown

NOW = at("10:12")
STATUS = Status(at=NOW, terminal="nord.r1", server="https://central.example.org:8444")
CODE = replace(STATUS, step=Step.WAITING_FOR_YES, code="K7QF-3MZP-T2WA", qr="rundtisch-enrol:K7QF-3MZP-T2WA")


def view(status: Status, language: str = "en", *, later: float = 0, form: Form = Form.LANDSCAPE) -> FirstStartView:
    state = State(now=NOW, language=language)
    made = present_first_start(status, state, replace(SETTING, form=form), NOW + timedelta(seconds=later))
    assert isinstance(made, FirstStartView)
    return made


@pytest.mark.parametrize("fault", Fault)
@pytest.mark.parametrize("tag", LANGUAGES)
def test_every_fault_has_its_words_in_every_language(fault: Fault, tag: str) -> None:
    """What happened and what to do; and nothing else stands there."""
    made = view(replace(STATUS, fault=fault, seen="HTTP 409"), tag)
    say = texts.of(tag).say
    assert (made.fault.text, made.fault.detail) == tuple(map(say, FAULTS[fault]))
    assert (tag == "en") == (made.fault.text == FAULTS[fault][0])
    assert "HTTP 409" in made.seen
    assert (made.steps, made.qr) == ((), "")
    assert made.fault.icon in ICONS


@pytest.mark.parametrize("step", [step for step in Step if step is not Step.WAITING_FOR_YES])
def test_steps_go_on(step: Step) -> None:
    """What is done is ticked, one is under way, the rest waits."""
    icons = [one.icon for one in view(replace(STATUS, step=step)).steps]
    done = {Step.BEGINNING: 0, Step.FINDING_SERVER: 0, Step.MAKING_KEY: 1, Step.DONE: 3}.get(step, 2)
    assert icons == ["check-circle"] * done + ["spinner-gap"] + ["hourglass-medium"] * (3 - done)


def test_a_code_is_shown_large_with_what_staff_type() -> None:
    """In three lines beside the QR code, in one where the panel is narrow; the command names the terminal."""
    made = view(CODE)
    assert (made.code, made.qr) == ("K7QF\n3MZP\nT2WA", "rundtisch-enrol:K7QF-3MZP-T2WA")
    assert made.command == "provision central enrolment approve K7QF-3MZP-T2WA\n--terminal nord.r1"
    assert view(CODE, form=Form.UPRIGHT).code == "K7QF-3MZP-T2WA"


def test_it_says_when_it_is_tried_again() -> None:
    """By seconds; of a clock that was set meanwhile nothing is believed."""
    waiting = replace(STATUS, fault=Fault.UNREACHABLE, retry_s=20)
    assert view(waiting, later=4.5).again.text == "Once more in 16 s."
    for later in (21, -3600, 1e9):
        assert view(waiting, later=later).again.text == "It is tried again by itself."
    assert view(replace(waiting, step=Step.DONE)).again.text == ""


def test_there_is_a_room_a_language_and_nothing_an_agent_would_know() -> None:
    """No lamps of camera and microphone, no clock that may be wrong, no help that nobody could call."""
    state = State(now=NOW, language="ar", sheet=Sheet.CORNER)
    for made in (view(CODE), present_first_start(CODE, state, SETTING, NOW)):
        bar = made.top
        assert (bar.plate.camera.text, bar.time.text, bar.help.text, made.toast) == ("", "", "", NoticeView())
        assert bar.corner.key == "corner"
    assert view(CODE).top.room == SETTING.room
    assert isinstance(made, CornerView)
    assert made.is_rtl


def test_a_terminal_that_gets_no_new_certificate_says_why_it_is_not_connected() -> None:
    """On idle, where it otherwise says since when there is no connection; connected, it is nobody's business."""
    used = replace(STATUS, fault=Fault.TOKEN_USED)
    for is_broker_here, status, wanted in (
        (False, used, FAULTS[Fault.TOKEN_USED][0]),
        (False, replace(used, step=Step.DONE), "No connection. The plan of 09:12 holds."),
        (True, used, ""),
    ):
        idle = shown(a_state("10:12", language="en", is_broker_here=is_broker_here), enrolment=status)
        assert isinstance(idle, IdleView)
        assert idle.hint.text == wanted
