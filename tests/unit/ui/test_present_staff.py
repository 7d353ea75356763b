"""The staff page, the way to it, and what a visitor reads of a room that is not ready."""

from datetime import timedelta

import pytest
from msgspec.structs import replace

from kiosk.contract import intents
from kiosk.contract.health import Program
from kiosk.contract.self_test import Check, CheckResult, SelfTest, Trigger, Verdict
from kiosk.contract.state import Phase, Sheet, Staff
from kiosk.ui import texts
from kiosk.ui.present.staff import WORDS
from kiosk.ui.present.views import CornerView, FaultView, IdleView, PinView, RestartView, StaffRowView, StaffView
from kiosk.ui.texts import LANGUAGES
from kiosk.ui.views import Mood
from tests.unit.ui.test_present_everywhere import SCREENS, TESTED
from tests.unit.ui.visits import a_state, shown


def found(*results: CheckResult) -> SelfTest:
    return SelfTest(last=replace(TESTED, results=results))


def failed(check: Check, reason: str = "dark") -> CheckResult:
    return CheckResult(check=check, verdict=Verdict.FAILED, reason=reason)


def test_what_needs_somebody_stands_first() -> None:
    """Then what should be looked at, then what is well, then what nobody looked at; with figures and the time."""
    view = shown(SCREENS["staff"])
    assert isinstance(view, StaffView)
    order = [row.state.mood for row in view.rows]
    assert order == sorted(order, key=[Mood.BAD, Mood.BUSY, Mood.OK, Mood.IDLE].index)
    more = shown(SCREENS["staff"], page=1)
    assert isinstance(more, StaffView)
    rows = {row.name: row for row in (*view.rows, *more.rows)}
    assert (rows["Kamera"].state.text, rows["Kamera"].measured, rows["Kamera"].time) == (
        "Bild ist dunkel",
        "25/s",
        "06:31",
    )
    assert rows["Vermittlung"].state.text == "lässt uns nicht ein"
    assert (rows["Rechner"].state.text, rows["Rechner"].measured) == ("zu heiß", "76 °C")
    certificate = rows["Zertifikat"]
    assert (certificate.state.text, certificate.measured) == ("nicht erneuert", "Tage übrig: 12")
    assert rows["Ton und Mikrofon"].measured == "\N{EN DASH}21 dB"
    assert (rows["Türschild und Licht"].measured, rows["Verschluss"].measured) == ("4/4", "0.4 s")
    assert (rows["Relais"].state.text, rows["Berührung"].state.text) == ("nicht da", "nicht geprüft")


def test_addresses_and_single_lines_stand_in_the_table() -> None:
    """By interface; by name, number and level, the one with the fault first of all."""
    rows: dict[str, StaffRowView] = {}
    for page in range(4):
        view = shown(SCREENS["staff, lines"], page=page)
        assert isinstance(view, StaffView)
        rows |= {row.name: row for row in view.rows if row.name not in rows}
    first = next(iter(rows.values()))
    assert (first.name, first.state.text, first.measured) == ("shutter.is_open_pin", "klemmt", "GPIO 13")
    light, presence = rows["ceiling-light"], rows["presence"]
    assert (light.state.mood, light.measured) == (Mood.OK, "GPIO 18 = 0.4")
    assert (presence.state.text, presence.measured) == ("nicht geprüft", "GPIO 16")
    assert rows["192.0.2.17"].measured == "eth0"
    parts = [row for name, row in rows.items() if name in ("2001:db8:1234:5678:", "9abc:def0:1234:5678")]
    assert [row.measured for row in parts] == ["wlan0", ""]


def test_each_program_can_be_begun_anew_but_not_while_the_room_is_tested() -> None:
    """One button a program."""
    view = shown(SCREENS["restart"])
    assert isinstance(view, RestartView)
    assert [button.intent for button in view.programs] == [
        intents.RestartProgram(program=program) for program in (Program.UI, Program.MEDIA, Program.DEVICE)
    ]
    page = shown(replace(SCREENS["staff"], self_test=SelfTest(trigger=Trigger.STAFF)))
    assert isinstance(page, StaffView)
    assert not page.restart.is_possible


def test_a_test_is_asked_for_once() -> None:
    """While it runs the headline says so."""
    view = shown(SCREENS["staff"])
    assert isinstance(view, StaffView)
    assert (view.test.intent, view.test.is_possible) == (intents.TestRoom(), True)
    view = shown(replace(SCREENS["staff"], self_test=SelfTest(trigger=Trigger.STAFF)))
    assert isinstance(view, StaffView)
    assert (view.title, view.test.is_possible) == ("Der Raum wird gerade geprüft.", False)


@pytest.mark.parametrize("tag", LANGUAGES)
def test_every_reason_has_words_in_every_language(tag: str) -> None:
    """Short enough for a column, and no reason is shown as it is."""
    for reason, words in WORDS.items():
        said = texts.of(tag).say(words)
        assert said != reason or tag == "en"
        assert len(said) <= 26


def test_the_way_in_is_only_where_nobody_visits() -> None:
    """In the corner of the idle screen, where there is a number."""
    staff = Staff(has_page=True)
    for phase, owned, has_button in (
        (Phase.IDLE, staff, True),
        (Phase.IDLE, Staff(), False),
        (Phase.TODAY, staff, False),
    ):
        view = shown(a_state("10:19", phase=phase, sheet=Sheet.CORNER, staff=owned))
        assert isinstance(view, CornerView)
        assert (view.sound.intent == intents.OpenStaff()) is has_button


def test_digits_are_dots_and_a_pause_is_said() -> None:
    """While it lasts no key can be touched."""
    view = shown(SCREENS["pin"])
    assert isinstance(view, PinView)
    assert (view.typed.split(), view.hint.text) == (["\N{BULLET}"] * 3, "Diese Nummer stimmt nicht.")
    state = SCREENS["pin"]
    paused = replace(state.staff, paused_until=state.now + timedelta(seconds=61))
    view = shown(replace(state, staff=paused))
    assert isinstance(view, PinView)
    assert view.hint.text == "Bitte 2 min warten."
    assert not any(key.is_possible for key in view.keys)


def test_a_room_that_is_not_ready_says_so_and_what_still_works() -> None:
    """On idle in the place of "free"; then two ways on, of which one stays here."""
    view = shown(SCREENS["idle, not ready"])
    assert isinstance(view, IdleView)
    assert (view.state.text, view.hint.text) == ("Der Raum ist nicht bereit.", "Video geht hier gerade nicht.")
    view = shown(SCREENS["fault, not ready"])
    assert isinstance(view, FaultView)
    assert view.fault.detail == "Die Kamera antwortet nicht. Die Technik weiß es seit 06:31."
    assert [way.button.text for way in view.ways] == ["Hier nur mit Ton", "Hilfe rufen"]
    state = SCREENS["fault, not ready"]
    view = shown(replace(state, self_test=found(failed(Check.SOUND), failed(Check.CAMERA))))
    assert isinstance(view, FaultView)
    assert next(way.button.text for way in view.ways) == "Hier weitermachen"


def test_who_has_read_it_goes_on_and_what_is_no_matter_to_visitors_is_not_said() -> None:
    """A relay, the plan, a lamp: for staff only."""
    state = SCREENS["fault, not ready"]
    accepted = replace(state, self_test=replace(state.self_test, is_accepted=True))
    assert not isinstance(shown(accepted), FaultView)
    others = found(failed(Check.RELAY), failed(Check.SCHEDULE), failed(Check.LAMPS))
    assert not isinstance(shown(replace(state, self_test=others)), FaultView)
