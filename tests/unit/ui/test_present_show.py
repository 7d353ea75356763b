"""The sheets about showing and about sound."""

from typing import Any

from msgspec.structs import replace

from kiosk.contract import intents
from kiosk.contract.errors import Reason
from kiosk.contract.media import Lamp, MediaReport, Showing
from kiosk.contract.state import Consent, Sheet
from kiosk.ui.present.views import ShowView, SoundView
from kiosk.ui.views import Mood
from tests.unit.ui.visits import BRANDT, HADDAD, OPEN, a_session, sheet, shown


def test_show_says_who_shows_and_how_paper_is_shown():
    """With the camera on."""
    view = shown(sheet(a_session(replace(BRANDT, is_sharing=True), HADDAD), Sheet.SHOW))
    assert isinstance(view, ShowView)
    assert view.title == "Herr Brandt zeigt seinen Bildschirm."
    assert view.hint.text == "Halten Sie es vor die Kamera."
    assert [(button.key, button.intent) for button in view.choices] == [("show-document", intents.ShowDocument())]
    assert [row.state.text for row in view.rows] == ["zeigt den Bildschirm", "zeigt nichts"]


def choices(**fields: Any) -> list[tuple[str, bool]]:
    view = shown(sheet(a_session(BRANDT, **fields), Sheet.SHOW))
    assert isinstance(view, ShowView)
    return [(button.key, button.is_possible) for button in view.choices]


def test_a_laptop_is_offered_where_one_is_plugged_in():
    """And what is shown already has its ways on instead."""
    plugged = MediaReport(camera=Lamp.ON, has_laptop=True)
    assert choices(media=plugged) == [("show-document", True), ("show-laptop", True)]
    showing = {"showing": Showing.DOCUMENT}
    assert choices(media=plugged, session=showing) == [
        ("take-again", True),
        ("stop-showing", True),
        ("show-laptop", True),
    ]
    showing = {"showing": Showing.LAPTOP}
    assert choices(media=plugged, session=showing) == [("stop-showing", True), ("show-document", True)]


def test_what_cannot_be_shown_says_why():
    """In a break, and where "sound only" was chosen for everybody."""
    for fields, text in (
        ({"is_paused": True}, "In der Pause wird nichts gezeigt."),
        ({"choice": Consent.SOUND, "partners": (replace(BRANDT, consent=Consent.SOUND),)}, "Kein Bild: "),
    ):
        assert choices(session=fields) == [("show-document", False)]
        view = shown(sheet(a_session(BRANDT, session=fields), Sheet.SHOW))
        assert isinstance(view, ShowView)
        assert view.hint.text.startswith(text)


def test_without_a_camera_in_the_call_it_opens_for_one_picture():
    """And the sheet says so before."""
    view = shown(sheet(a_session(BRANDT, media=MediaReport()), Sheet.SHOW))
    assert isinstance(view, ShowView)
    assert view.hint.text == "Die Kamera macht nur ein einziges Bild."


def test_the_volume_goes_in_steps_and_stops_at_its_ends():
    """What is as loud as can be has no way up; a bar stands beside an open microphone only."""
    view = shown(sheet(a_session(BRANDT), Sheet.SOUND, volume_pct=95))
    assert isinstance(view, SoundView)
    assert (view.volume, view.volume_text, view.has_level) == (0.95, "Lautstärke 95 %", True)
    assert (view.quieter.intent, view.louder.intent) == (
        intents.SetVolume(volume_pct=85),
        intents.SetVolume(volume_pct=100),
    )
    assert view.test.intent == intents.TestLoudspeaker()
    loud = shown(sheet(a_session(BRANDT, media=MediaReport()), Sheet.SOUND, volume_pct=100))
    assert isinstance(loud, SoundView)
    assert (loud.louder.is_possible, loud.quieter.is_possible, loud.has_level) == (False, True, False)
    assert loud.microphone.text == "Das Mikrofon ist aus."


def test_what_is_broken_comes_before_the_bar():
    """Nobody need talk to a loudspeaker that is not there."""
    broken = replace(OPEN, loudspeaker_reason=Reason.LOUDSPEAKER_MISSING)
    view = shown(sheet(a_session(BRANDT, media=broken), Sheet.SOUND))
    assert isinstance(view, SoundView)
    assert (view.microphone.text, view.microphone.mood) == ("Der Ton fehlt.", Mood.BAD)
