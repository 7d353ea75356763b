"""Who is big and who is small."""

import pytest
from msgspec.structs import replace

from kiosk.contract import intents
from kiosk.contract.errors import Reason
from kiosk.contract.media import Lamp, MediaReport, PeerLink, PeerReport, Quality, Showing
from kiosk.contract.state import Consent
from kiosk.ui.present import Form
from kiosk.ui.present.stage import ShownScreen, arrange
from kiosk.ui.present.views import SessionView
from kiosk.ui.views import Kind, Picture, TileView
from tests.unit.ui.visits import BRANDT, HADDAD, OEZDEMIR, a_partner, a_session, at, seen, shown, with_peers

LANGE = a_partner("family-2", "Frau Lange", number="", admitted_at=at("10:40"))
PETERSEN = a_partner("crafts-1", "Herr Petersen", number="", admitted_at=at("10:41"))
ALL = (BRANDT, OEZDEMIR, HADDAD, LANGE, PETERSEN)


def order(*partners, speaking=(), places=2, before=""):
    state = with_peers(a_session(*partners), *(seen(partner.call, is_speaking=True) for partner in speaking))
    return arrange(state, partners, places, before)


def names(partners):
    return [partner.name for partner in partners]


def test_a_shown_screen_takes_the_stage():
    """And everybody has a tile, who speaks or not."""
    stage = order(replace(BRANDT, is_sharing=True), OEZDEMIR, speaking=(OEZDEMIR,))
    assert (stage.on_stage, stage.beside, stage.speaker) == (
        ShownScreen(partner=replace(BRANDT, is_sharing=True)),
        None,
        None,
    )
    assert names(stage.tiles) == ["Herr Brandt", "Frau Özdemir"]


def test_a_screen_without_the_yes_to_pictures_is_not_shown():
    """Sound only is sound only."""
    stage = order(replace(BRANDT, is_sharing=True, consent=Consent.SOUND))
    assert (stage.on_stage, stage.speaker and stage.speaker.name) == (None, "Herr Brandt")


def sharing(partner, clock):
    return replace(partner, is_sharing=True, sharing_since=at(clock))


def test_who_began_to_show_last_has_the_stage():
    """The other screen stays to be seen among the tiles; the room counts like everybody."""
    first, second = sharing(BRANDT, "10:40"), sharing(OEZDEMIR, "10:41")
    stage = order(first, second)
    assert (stage.on_stage, stage.beside) == (ShownScreen(partner=second), ShownScreen(partner=first))
    assert names(stage.tiles) == ["Herr Brandt"]
    for clock, on_stage, beside in (("10:39", first, None), ("10:42", None, first)):
        session = {"showing": Showing.DOCUMENT, "showing_since": at(clock)}
        stage = arrange(a_session(first, session=session), (first,), 2)
        assert (stage.on_stage, stage.beside) == (ShownScreen(partner=on_stage), ShownScreen(partner=beside))


def test_interpreters_come_before_a_second_screen():
    """Where there is no tile left for it."""
    stage = order(sharing(BRANDT, "10:40"), sharing(HADDAD, "10:41"), places=1)
    assert stage.beside is None
    assert names(stage.tiles) == ["Frau Haddad"]


def stage_of(**fields):
    view = shown(a_session(BRANDT, **fields))
    assert isinstance(view, SessionView)
    assert next(button for button in view.bar if button.key == "show").kind is Kind.SHARE
    return view.stage


def test_what_the_room_shows_is_seen_as_partners_see_it():
    """With its two ways on, and with the reason while there is nothing to be seen."""
    document = {"showing": Showing.DOCUMENT, "showing_since": at("10:40")}
    stage = stage_of(session=document, media=MediaReport(screen=Lamp.ON))
    assert (stage.key, stage.text, stage.wait_text) == ("self/screen", "Sie zeigen ein Blatt", "")
    assert [(button.key, button.intent) for button in stage.buttons] == [
        ("take-again", intents.ShowDocument()),
        ("stop-showing", intents.StopShowing()),
    ]
    assert stage_of(session=document, media=MediaReport()).wait_text == "Bild kommt"
    fault = MediaReport(screen=Lamp.FAULT, screen_reason=Reason.CAMERA_BUSY)
    assert stage_of(session=document, media=fault).wait_text == "Die Kamera ist gerade belegt."
    silent = MediaReport(screen=Lamp.FAULT, screen_reason=Reason.LAPTOP_SILENT)
    laptop = stage_of(session={"showing": Showing.LAPTOP}, media=silent)
    assert laptop.wait_text.startswith("Vom Laptop kommt kein Bild. ")
    assert [button.key for button in laptop.buttons] == ["stop-showing"]


def test_another_picture_that_cannot_be_taken_is_said_over_the_one_that_is_shown():
    """The old one stays; without one the stage itself says what is the matter."""
    document = {"showing": Showing.DOCUMENT}
    for screen, text in ((Lamp.ON, "Die Kamera ist gerade belegt."), (Lamp.FAULT, "")):
        media = MediaReport(screen=screen, screen_reason=Reason.CAMERA_BUSY)
        assert shown(a_session(BRANDT, session=document, media=media)).toast.text == text


def test_what_the_room_shows_is_seen_before_anybody_has_come():
    """So that one may lay the sheet straight in peace."""
    view = shown(a_session(session={"showing": Showing.DOCUMENT}))
    assert isinstance(view, SessionView)
    assert (view.stage.key, view.empty) == ("self/screen", "")


def test_a_weak_connection_is_said_in_a_word_and_with_a_sign():
    """On a live picture; what is gone says that instead."""
    assert tile(BRANDT, seen(BRANDT.call, quality=Quality.WEAK)).weak_text == "Verbindung schwach"
    assert tile(BRANDT, seen(BRANDT.call)).weak_text == ""
    assert tile(BRANDT, seen(BRANDT.call, quality=Quality.WEAK, link=PeerLink.LOST)).weak_text == ""


def test_who_speaks_takes_the_stage():
    """And has no second place in the column."""
    stage = order(BRANDT, OEZDEMIR, speaking=(OEZDEMIR,))
    assert stage.speaker is OEZDEMIR
    assert names(stage.tiles) == ["Herr Brandt"]


def test_while_nobody_speaks_the_stage_stays():
    """The first has it at the beginning, then the last who spoke."""
    assert order(BRANDT, OEZDEMIR).speaker is BRANDT
    assert order(BRANDT, OEZDEMIR, before=OEZDEMIR.call).speaker is OEZDEMIR
    assert order(BRANDT, OEZDEMIR, before="gone").speaker is BRANDT


def test_two_who_speak_at_once_do_not_take_it_from_each_other():
    """Who has it keeps it."""
    assert order(BRANDT, OEZDEMIR, speaking=(BRANDT, OEZDEMIR), before=OEZDEMIR.call).speaker is OEZDEMIR


def test_an_interpreter_speaks_from_the_tile():
    """But has the stage when nobody else is there."""
    stage = order(BRANDT, HADDAD, speaking=(HADDAD,))
    assert (stage.speaker, names(stage.tiles)) == (BRANDT, ["Frau Haddad"])
    assert order(HADDAD, speaking=(HADDAD,)).speaker is HADDAD


def test_the_interpreter_and_who_speaks_are_never_hidden():
    """The tiles keep the order in which people came."""
    sharing = (replace(BRANDT, is_sharing=True), *ALL[1:])
    stage = order(*sharing, speaking=(PETERSEN,))
    assert names(stage.tiles) == ["Frau Haddad", "Herr Petersen"]
    assert names(stage.hidden) == ["Herr Brandt", "Frau Özdemir", "Frau Lange"]


@pytest.mark.parametrize(("form", "tiles", "more"), [(Form.LANDSCAPE, 2, "+2"), (Form.WIDE, 3, "+1")])
def test_a_wide_panel_has_a_third_tile(form, tiles, more):
    """The rest is one touch away."""
    view = shown(a_session(*ALL), form=form)
    assert isinstance(view, SessionView)
    assert (len(view.tiles), view.more.text) == (tiles, more)


def test_the_stage_of_before_is_read_from_the_view_of_before():
    """The app keeps nothing but what it shows."""
    quiet = a_session(BRANDT, OEZDEMIR)
    speaking = with_peers(quiet, seen(BRANDT.call), seen(OEZDEMIR.call, is_speaking=True))
    first = shown(speaking)
    second = shown(quiet, before=first)
    assert isinstance(second, SessionView)
    assert second.speaker.name == "Frau Özdemir"


def tile(partner, *peers: PeerReport) -> TileView:
    view = shown(with_peers(a_session(partner), *peers))
    assert isinstance(view, SessionView)
    return view.speaker


@pytest.mark.parametrize(
    ("fields", "report", "picture", "text"),
    [
        ({}, None, Picture.CONNECTING, "verbindet"),
        ({}, {"link": PeerLink.CONNECTING}, Picture.CONNECTING, "verbindet"),
        ({}, {"link": PeerLink.LOST}, Picture.CONNECTING, "Unterbrochen. Wird wieder verbunden."),
        ({}, {"quality": Quality.INTERRUPTED}, Picture.CONNECTING, "Unterbrochen. Wird wieder verbunden."),
        ({}, {"quality": Quality.WEAK}, Picture.LIVE, ""),
        ({}, {"has_camera_picture": False}, Picture.CONNECTING, "Bild kommt"),
        ({}, {}, Picture.LIVE, ""),
        ({"has_camera_off": True}, {}, Picture.SOUND_ONLY, "nur Ton"),
        ({"consent": Consent.SOUND}, {}, Picture.SOUND_ONLY, "nur Ton"),
    ],
)
def test_a_tile_says_why_it_has_no_picture(fields, report, picture, text):
    """In a word, never with an old picture."""
    peers = () if report is None else (seen(BRANDT.call, **report),)
    view = tile(replace(BRANDT, **fields), *peers)
    assert (view.picture, view.picture_text, view.key) == (picture, text, f"{BRANDT.call}/camera")


def test_a_muted_partner_does_not_speak():
    """Whatever was measured last."""
    view = tile(replace(BRANDT, is_muted=True), seen(BRANDT.call, is_speaking=True))
    assert (view.muted_text, view.speaks_text) == ("stumm", "")
