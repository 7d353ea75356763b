"""What holds on every screen, in every language and form."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from kiosk.contract import intents
from kiosk.contract.errors import Reason
from kiosk.contract.health import Address, Finding, Grade, HealthReport, Part
from kiosk.contract.media import Lamp, Quality, Showing
from kiosk.contract.room import WireLine
from kiosk.contract.self_test import Check, CheckResult, SelfTest, SelfTestReport, Trigger, Verdict
from kiosk.contract.state import Help, HelpOrigin, Notice, Partner, Phase, Session, Sheet, Staff, State, TextSize
from kiosk.ui import texts
from kiosk.ui.icons import ICONS
from kiosk.ui.present import Form, TurnPage, name_of, phrases
from kiosk.ui.present.views import CornerView, HelpView
from kiosk.ui.texts import LANGUAGES
from tests.unit.ui.test_present_needs import RING
from tests.unit.ui.visits import (
    BRANDT,
    HADDAD,
    KAYA,
    OEZDEMIR,
    OPEN,
    a_session,
    a_state,
    at,
    free,
    seen,
    sheet,
    shown,
    with_peers,
)

ROUND = a_session(replace(BRANDT, is_sharing=True), OEZDEMIR, HADDAD, KAYA, presence=free("words-2", "words-3"))
PREPARED = Session(id="s", number="4711", ends=at("11:10"), partners=(BRANDT, Partner(id="debts-1", number="4711")))
OVER = replace(RING, is_over=True)
SHOWING = a_session(
    replace(BRANDT, is_sharing=True, sharing_since=at("10:39")),
    HADDAD,
    session={"showing": Showing.DOCUMENT, "showing_since": at("10:40"), "stills": 1},
    media=replace(OPEN, screen=Lamp.ON, has_laptop=True, peers=(seen(BRANDT.call, has_screen_picture=True),)),
)
HEALTH = HealthReport(
    findings=(
        Finding(part=Part.TEMPERATURE, grade=Grade.WARNING, reason="hot", figures={"temperature_c": 76}),
        Finding(part=Part.POWER, grade=Grade.GOOD),
        Finding(part=Part.MEMORY, grade=Grade.GOOD, figures={"free_pct": 38}),
        Finding(part=Part.NETWORK, grade=Grade.GOOD),
        Finding(part=Part.BROKER, grade=Grade.CRITICAL, reason="broker-refuses"),
        Finding(part=Part.TOUCH, grade=Grade.UNKNOWN),
        Finding(part=Part.PROCESSES, grade=Grade.GOOD),
        Finding(part=Part.CERTIFICATE, grade=Grade.WARNING, reason="not-renewed", figures={"days_left": 12}),
    )
)
TESTED = SelfTestReport(
    trigger=Trigger.MORNING,
    began=at("06:30"),
    ended=at("06:31"),
    results=(
        CheckResult(check=Check.CAMERA, verdict=Verdict.FAILED, reason="dark", figures={"pictures_s": 25}),
        CheckResult(check=Check.SHUTTER, verdict=Verdict.PASSED, figures={"open_ms": 420}),
        CheckResult(check=Check.SOUND, verdict=Verdict.PASSED, figures={"level_db": -21}),
        CheckResult(check=Check.LAMPS, verdict=Verdict.PASSED, figures={"lamps": 4, "silent": 0}),
        CheckResult(check=Check.RELAY, verdict=Verdict.SKIPPED, reason="none-configured"),
        CheckResult(check=Check.SCHEDULE, verdict=Verdict.FAILED, reason="schedule-missing"),
    ),
)
ADDRESSES = (
    Address(interface="eth0", address="192.0.2.17"),
    Address(interface="wlan0", address="2001:db8:1234:5678:9abc:def0:1234:5678"),
)
LINES = Staff(
    has_page=True,
    lines=(
        WireLine(name="door-sign.lamps.not-ready", number=17, level=1.0),
        WireLine(name="ceiling-light", number=18, level=0.4),
        WireLine(name="shutter.is_open_pin", number=13, fault="shutter-stuck"),
        WireLine(name="presence", number=16, level=None),
    ),
)
SCREENS: dict[str, State] = {
    "idle": a_state("10:12"),
    "idle, offline": a_state("10:12", is_broker_here=False, is_media_here=False),
    "today": a_state("10:19", phase=Phase.TODAY),
    "today, closing": a_state("10:19", phase=Phase.TODAY, closes_at=at("10:19") + timedelta(seconds=9)),
    "preparation": a_state("10:24", phase=Phase.PREPARATION, session=PREPARED),
    "fault": a_state("10:24", phase=Phase.PREPARATION, session=PREPARED, is_media_here=False),
    "session": ROUND,
    "session, alone": a_session(clock="11:08"),
    "session, paused": a_session(BRANDT, session={"is_paused": True}),
    "door": sheet(ROUND, Sheet.DOOR, at_door=KAYA.call),
    "needs": sheet(ROUND, Sheet.NEEDS),
    "desks": sheet(ROUND, Sheet.DESKS, chosen_need="arabic"),
    "ringing": sheet(ROUND, Sheet.RINGING, ring=RING, chosen_need="arabic"),
    "ringing, over": sheet(ROUND, Sheet.RINGING, ring=OVER, chosen_need="arabic"),
    "session, showing": SHOWING,
    "session, weak": with_peers(
        a_session(BRANDT, HADDAD),
        seen(BRANDT.call, quality=Quality.WEAK, is_speaking=True),
        seen(HADDAD.call, quality=Quality.INTERRUPTED),
    ),
    "show": sheet(ROUND, Sheet.SHOW),
    "show, showing": sheet(SHOWING, Sheet.SHOW),
    "sound": sheet(ROUND, Sheet.SOUND, volume_pct=100),
    "end": sheet(ROUND, Sheet.END),
    "corner": a_state("10:19", phase=Phase.TODAY, sheet=Sheet.CORNER),
    "help": a_state("10:19", sheet=Sheet.HELP, help=Help(asked=at("10:19"), origin=HelpOrigin.SCREEN)),
    "pin": a_state("10:19", sheet=Sheet.PIN, staff=Staff(has_page=True, typed="123", is_wrong=True)),
    "staff": a_state("10:19", sheet=Sheet.STAFF, health=HEALTH, self_test=SelfTest(last=TESTED)),
    "staff, lines": a_state("10:19", sheet=Sheet.STAFF, health=HealthReport(addresses=ADDRESSES), staff=LINES),
    "restart": a_state("10:19", sheet=Sheet.RESTART),
    "idle, tested": a_state("10:19", self_test=SelfTest(trigger=Trigger.MORNING, step=Check.CAMERA)),
    "idle, not ready": a_state("10:19", self_test=SelfTest(last=TESTED)),
    "fault, not ready": a_state("10:19", phase=Phase.TODAY, self_test=SelfTest(last=TESTED)),
    "ended": a_state("10:42", phase=Phase.ENDED, deleted_at=at("10:42"), closes_at=at("10:43")),
}
every_screen = pytest.mark.parametrize("name", SCREENS)
every_language = pytest.mark.parametrize("tag", LANGUAGES)


def parts(view: Any) -> Iterator[Any]:
    """The view and everything in it."""
    yield view
    for name in view.__struct_fields__:
        value = getattr(view, name)
        for part in value if isinstance(value, tuple) else (value,):
            if isinstance(part, msgspec.Struct) and not isinstance(part, intents.Intent | TurnPage):
                yield from parts(part)


@every_screen
@every_language
@pytest.mark.parametrize("form", Form)
def test_every_screen_can_be_shown_in_every_language_and_form(name, tag, form):
    """What it is called is the same everywhere."""
    view = shown(replace(SCREENS[name], language=tag), form=form)
    assert name_of(view) == name.split(",")[0]
    assert view.language == tag


@every_screen
@pytest.mark.parametrize("form", Form)
def test_what_can_be_touched_has_a_key_an_intent_and_a_word(name, form):
    """The keys are unlike each other, the same in every language, and plain letters."""
    found: dict[str, list[str]] = {}
    for tag in ("de", "ar"):
        view = shown(replace(SCREENS[name], language=tag), form=form)
        touched = [part for part in parts(view) if getattr(part, "intent", None) is not None]
        for part in touched:
            assert getattr(part, "text", "") or getattr(part, "name", ""), part
        found[tag] = [part.key for part in touched]
    assert found["de"] == found["ar"]
    assert len(set(found["de"])) == len(found["de"])
    assert all(key and key.isascii() for key in found["de"])


@every_screen
def test_every_icon_is_in_the_font(name):
    """Nothing is drawn as an empty box."""
    view = shown(replace(SCREENS[name], hardware_faults=("door-sign",)))
    icons = [getattr(part, field) for part in parts(view) for field in ("icon", "second_icon") if hasattr(part, field)]
    assert {icon for icon in icons if icon} <= set(ICONS)


@every_screen
def test_corner_help_and_plate_are_on_every_screen(name):
    """In the same place, with the same meaning."""
    top = shown(SCREENS[name]).top
    assert (top.corner.intent, top.help.intent) == (intents.OpenCorner(), intents.AskHelp())
    assert top.plate.camera.text.startswith("Kamera")


@every_screen
def test_at_most_one_filled_button_is_on_a_screen(name):
    """The one next step; in the corner it is what was chosen."""
    filled = [part for part in parts(shown(SCREENS[name])) if getattr(part, "kind", "") == "primary"]
    assert len(filled) <= (2 if name == "corner" else 1)


@every_language
@pytest.mark.parametrize("why", Reason)
def test_every_reason_has_a_sentence_in_every_language(why, tag):
    """What happened and what one can do, never a code."""
    notice = Notice(kind=why.value, until=at("10:47"))
    toast = shown(a_session(BRANDT, language=tag, notice=notice)).toast
    assert set(phrases.REASONS) == set(Reason)
    assert toast.text
    assert toast.detail
    assert toast.icon in ICONS
    if tag != "en":
        assert toast.text != texts.of("en").say(phrases.REASONS[why][1])


@every_screen
def test_while_no_touch_arrives_a_moment_is_asked_for(name):
    """The last picture stays, and says that it is old."""
    view = shown(SCREENS[name], is_agent_here=False)
    assert name_of(view) == name.split(",")[0]
    assert view.toast.text == "Einen Moment bitte."


def test_the_corner_changes_language_and_look():
    """What is chosen is filled or said to be on."""
    state = a_state("10:19", phase=Phase.TODAY, sheet=Sheet.CORNER, language="tr", is_high_contrast=True)
    view = shown(state)
    assert isinstance(view, CornerView)
    assert [button.key for button in view.languages if button.icon == "check-circle"] == ["language-tr"]
    assert [(button.key, button.is_tag_on, button.intent) for button in view.looks] == [
        ("text-size", False, intents.ChooseLook(text_size=TextSize.LARGE)),
        ("contrast", True, intents.ChooseLook(is_high_contrast=False)),
    ]
    assert view.back.intent == intents.CloseSheet()
    assert view.is_contrast


def test_help_that_cannot_be_called_is_fetched_on_foot():
    """Nothing is promised without a connection."""
    called = shown(SCREENS["help"])
    alone = shown(replace(SCREENS["help"], is_broker_here=False))
    assert isinstance(called, HelpView)
    assert isinstance(alone, HelpView)
    assert (called.title, called.lines[1]) == ("Hilfe ist gerufen.", "Jemand kommt zu Ihnen.")
    assert (alone.title, alone.lines[1]) == ("Der Ruf kommt nicht an.", "Bitte gehen Sie zum Empfang.")
    assert (called.cancel.key, called.back.key) == ("cancel-help", "close")
