"""Who is big and who is small."""

import pytest
from msgspec.structs import replace

from kiosk.contract.media import PeerLink, PeerReport
from kiosk.contract.state import Consent
from kiosk.ui.present import Form
from kiosk.ui.present.stage import arrange
from kiosk.ui.present.views import SessionView
from kiosk.ui.views import Picture, TileView
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
    assert stage.sharer is not None
    assert stage.speaker is None
    assert names(stage.tiles) == ["Herr Brandt", "Frau Özdemir"]


def test_a_screen_without_the_yes_to_pictures_is_not_shown():
    """Sound only is sound only."""
    stage = order(replace(BRANDT, is_sharing=True, consent=Consent.SOUND))
    assert (stage.sharer, stage.speaker and stage.speaker.name) == (None, "Herr Brandt")


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
        ({}, {"link": PeerLink.LOST}, Picture.CONNECTING, "verbindet neu"),
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
