"""Preparation, conversation and what lies over it, in the words of the target pictures."""

from datetime import timedelta

import pytest
from msgspec.structs import replace

from kiosk.contract import intents
from kiosk.contract.errors import Reason
from kiosk.contract.media import Lamp as Measured
from kiosk.contract.media import MediaReport
from kiosk.contract.state import Consent, Notice, Partner, Phase, Session, Sheet, Standing, TextSize
from kiosk.ui.present import Form, name_of
from kiosk.ui.present.views import DoorView, EndView, FaultView, PreparationView, SessionView
from kiosk.ui.views import Kind, Lamp, Picture, Seat
from tests.unit.ui.visits import (
    BRANDT,
    HADDAD,
    KAYA,
    OEZDEMIR,
    OPEN,
    a_session,
    a_state,
    at,
    seen,
    sheet,
    shown,
    with_peers,
)

HERE = MediaReport(camera=Measured.HERE)


def preparation(*partners: Partner, clock="10:24", **fields) -> PreparationView:
    session = Session(id="s", number="4711", ends=at("11:10"), partners=partners)
    state = a_state(clock, phase=Phase.PREPARATION, session=session, media=HERE)
    view = shown(replace(state, **fields))
    assert isinstance(view, PreparationView)
    return view


def session(*partners: Partner, form=Form.LANDSCAPE, **fields) -> SessionView:
    view = shown(a_session(*partners, **fields), form=form)
    assert isinstance(view, SessionView)
    return view


def expected(desk: str) -> Partner:
    return Partner(id=desk, number="4711")


def test_preparation_says_what_the_picture_says():
    """Own picture here only, three equal choices."""
    view = preparation(replace(BRANDT, standing=Standing.WAITING), expected("debts-1"))
    assert view.title == "Wie möchten Sie teilnehmen?"
    assert (view.picture, view.caption.text) == ("self", "Ihr Bild. Nur hier zu sehen.")
    assert view.promise.text == "Noch sieht und hört Sie niemand. Sie entscheiden."
    assert [button.text for button in view.choices] == ["Mit Kamera", "Nur Ton", "Jetzt nicht"]
    assert [button.key for button in view.choices] == ["choose-all", "choose-sound", "choose-none"]
    assert {button.kind for button in view.choices} == {Kind.SECONDARY}
    assert view.top.plate.camera.text == "Kamera NUR HIER"
    assert view.top.time.text == "10:24"


def test_preparation_says_who_is_there_and_when_the_others_come():
    """By name who waits already, by office who is expected."""
    view = preparation(replace(BRANDT, standing=Standing.WAITING), expected("debts-1"))
    assert [(row.name, row.detail) for row in view.people] == [
        ("Ihre Beratung", "hier im Raum"),
        ("Herr Brandt", "Familienkasse, wartet schon"),
        ("Schuldnerberatung", "kommt um 10:30"),
    ]
    assert view.people[1].icon == "baby-carriage"
    late = preparation(expected("debts-1"), clock="10:35")
    assert late.people[1].detail == "ist noch nicht da"


def test_more_people_than_rows_are_counted():
    """Nobody is left out silently."""
    view = preparation(expected("debts-1"), expected("family-1"), expected("youth-1"), expected("words-1"))
    assert (len(view.people), view.people_more) == (3, "und 2 weitere Personen")


def test_a_broken_camera_leaves_the_other_choices():
    """What is not possible says why, and is not merely pale."""
    broken = MediaReport(camera=Measured.FAULT, camera_reason=Reason.CAMERA_BUSY)
    view = preparation(expected("debts-1"), media=broken)
    assert (view.fault.text, view.picture, view.caption.text) == ("Die Kamera ist gerade belegt.", "", "")
    assert [button.is_possible for button in view.choices] == [False, True, True]
    assert view.choices[0].text == "Kamera gestört"
    assert view.top.plate.camera.text == "Kamera GESTÖRT"


def test_without_media_preparation_asks_for_a_moment():
    """With two ways on."""
    session = Session(id="s", number="4711")
    view = shown(a_state("10:24", phase=Phase.PREPARATION, session=session, is_media_here=False))
    assert isinstance(view, FaultView)
    assert view.fault.text == "Bild und Ton gehen gerade nicht."
    assert [way.button.key for way in view.ways] == ["choose-none", "get-help"]


def test_the_session_says_what_the_picture_says():
    """Shared screen, two tiles, who waits, five buttons."""
    speaks = seen(BRANDT.call, is_speaking=True)
    state = a_session(replace(BRANDT, is_sharing=True), HADDAD, KAYA)
    view = shown(with_peers(state, speaks, seen(HADDAD.call)))
    assert isinstance(view, SessionView)
    assert (view.stage.key, view.stage.text) == (f"{BRANDT.call}/screen", "Herr Brandt zeigt seinen Bildschirm")
    assert [(tile.name, tile.detail, tile.speaks_text) for tile in view.tiles] == [
        ("Herr Brandt", "Familienkasse", "spricht"),
        ("Frau Haddad", "dolmetscht Arabisch", ""),
    ]
    assert [tile.is_interpreter for tile in view.tiles] == [False, True]
    assert (view.chip.text, view.chip.detail) == ("Frau Kaya wartet", "Jugendamt")
    assert view.chip.intent == intents.OpenDoor(call=KAYA.call)
    assert [button.text for button in view.bar] == ["Mikrofon", "Kamera", "Zeigen", "Dazuholen", "Beenden"]
    assert [button.key for button in view.bar] == ["microphone", "camera", "show", "add", "end"]
    assert [button.tag for button in view.bar] == ["AN", "AN", "", "", ""]
    assert view.top.time.text == "noch\n24 min"
    assert abs(view.top.time.share - 0.4) < 0.01
    assert (view.top.pause.text, view.top.plate.camera.text, view.top.plate.microphone.text) == (
        "Pause",
        "Kamera AN",
        "Mikrofon AN",
    )


def test_a_switch_offers_the_other_state():
    """And says in words what it does."""
    off = session(BRANDT, session={"camera_wanted": False}, media=replace(OPEN, camera=Measured.OFF))
    camera = off.bar[1]
    assert (camera.tag, camera.is_tag_on, camera.icon) == ("AUS", False, "video-camera-slash")
    assert (camera.intent, camera.speech) == (intents.SetCamera(is_on=True), "Kamera einschalten")
    assert session(BRANDT).bar[0].intent == intents.SetMicrophone(is_on=False)


def test_in_a_pause_the_plate_says_one_thing():
    """Nothing is on, and only the pause can be ended."""
    view = session(BRANDT, session={"is_paused": True})
    assert view.top.plate.pause_text == "Pause. Niemand sieht\noder hört Sie."
    assert (view.top.pause.text, view.top.pause.intent) == ("Weiter", intents.SetPause(is_paused=False))
    assert [(button.tag, button.is_possible) for button in view.bar[:2]] == [("AUS", False), ("AUS", False)]


def test_without_media_a_session_says_fault_and_that_it_comes_back():
    """Nothing is claimed to be open."""
    view = session(BRANDT, is_media_here=False)
    assert view.top.plate.camera.lamp is Lamp.FAULT
    assert view.toast.text == "Bild und Ton sind weg."
    assert view.speaker.picture is Picture.CONNECTING


@pytest.mark.parametrize(
    ("clock", "text", "is_short"),
    [
        ("10:46", "noch\n24 min", False),
        ("11:04", "noch\n6 min", False),
        ("11:05", "noch 5 min\nVerlängern?", True),
        ("11:09", "noch 1 min. Das Gespräch\nbricht nicht ab.", True),
        ("11:12", "Zeit ist um. Das Gespräch\nbricht nicht ab.", True),
    ],
)
def test_the_time_left_is_said_and_never_threatens(clock, text, is_short):
    """Amber and touchable for the last five minutes."""
    time = session(BRANDT, clock=clock).top.time
    assert (time.text, time.is_short) == (text, is_short)
    assert (time.key == "more-time") is (time.intent == intents.MoreTime()) is is_short


def test_no_time_is_offered_that_others_have_booked():
    """The next ones come at once."""
    time = session(BRANDT, clock="11:10", session={"ends": at("11:15")}).top.time
    assert (time.text, time.intent, time.key) == ("noch 5 min\nDann kommen andere.", None, "")


def test_no_time_is_offered_while_the_next_ones_wait():
    """Their booking has begun; what is booked after it says nothing about now."""
    time = session(BRANDT, clock="11:16").top.time
    assert (time.text, time.intent, time.key) == ("Zeit ist um. Das Gespräch\nbricht nicht ab.", None, "")


def test_a_session_without_end_shows_the_clock():
    """Without appointment, nothing booked after."""
    assert session(BRANDT, session={"ends": None}).top.time.text == "10:46"


def test_alone_the_screen_says_who_is_expected():
    """Instead of an empty stage."""
    view = session(expected("family-1"), expected("debts-1"))
    assert view.empty == "Noch ist niemand dabei."
    assert [row.detail for row in view.people] == ["ist noch nicht da", "ist noch nicht da"]
    assert [seat.seat for seat in view.seats].count(Seat.TAKEN) == 1
    assert (view.stage.key, view.speaker.name, view.tiles) == ("", "", ())


def test_alone_without_anybody_expected_somebody_can_be_brought_in():
    """Or it says that all have gone."""
    assert session().empty == "Sie können jemanden dazuholen."
    gone = replace(BRANDT, standing=Standing.LEFT, consent=Consent.NONE)
    assert session(gone).empty == "Niemand ist mehr dabei."


def test_who_waits_longest_has_the_chip():
    """The others are counted; who was here before is back."""
    later = replace(OEZDEMIR, standing=Standing.WAITING, knocked_at=at("10:46"), consent=Consent.NONE)
    view = session(BRANDT, later, KAYA)
    assert (view.chip.text, view.chip.detail) == ("Frau Kaya wartet", "und 1 weitere Person")
    assert session(BRANDT, later).chip.text == "Frau Özdemir ist wieder da"


def test_the_door_says_what_the_picture_says():
    """Who, why, what follows; three equal answers."""
    view = shown(sheet(a_session(BRANDT, HADDAD, KAYA), Sheet.DOOR, at_door=KAYA.call))
    assert isinstance(view, DoorView)
    assert view.title == "Frau Kaya möchte dazukommen."
    assert [(fact.name, fact.detail) for fact in view.facts] == [
        ("Jugendamt", "Betreuung für Kinder"),
        ("Warum?", "Sie sucht mit Ihnen einen Platz."),
        ("Nach Ihrem Ja sieht und hört sie:", "Sie, die Runde, den gezeigten Bildschirm."),
        ("Vorher:", "kein Bild, kein Ton."),
    ]
    assert [button.text for button in view.choices] == ["Ja, gern", "Nur Ton", "Heute nicht"]
    assert [button.key for button in view.choices] == ["admit-all", "admit-sound", "admit-none"]
    assert [button.intent for button in view.choices] == [
        intents.Admit(call=KAYA.call, consent=consent) for consent in (Consent.ALL, Consent.SOUND, Consent.NONE)
    ]


def test_the_table_at_the_door_shows_the_round():
    """Customer nearest, counsellor beside, partners on round, the door last."""
    view = shown(sheet(a_session(BRANDT, HADDAD, KAYA), Sheet.DOOR, at_door=KAYA.call))
    assert isinstance(view, DoorView)
    assert [(seat.angle_deg, seat.seat) for seat in view.seats] == [
        (180, Seat.CUSTOMER),
        (240, Seat.TAKEN),
        (300, Seat.TAKEN),
        (0, Seat.TAKEN),
        (60, Seat.WAITING),
        (120, Seat.EMPTY),
    ]


def test_a_door_card_without_its_partner_is_not_shown():
    """The conversation is seen instead."""
    assert name_of(shown(sheet(a_session(BRANDT), Sheet.DOOR, at_door="gone"))) == "session"


def test_somebody_of_whom_little_is_known_is_named_without_gender():
    """The office stands in for a name, and nothing is guessed."""
    nobody = replace(KAYA, name="", why=" ")
    view = shown(sheet(a_session(nobody), Sheet.DOOR, at_door=KAYA.call))
    assert isinstance(view, DoorView)
    assert view.title == "Jugendamt möchte dazukommen."
    assert [fact.name for fact in view.facts][1:] == ["Nach Ihrem Ja sieht und hört diese Person:", "Vorher:"]


def test_the_end_is_asked_for_once_more():
    """And one partner alone can be seen off."""
    view = shown(sheet(a_session(BRANDT, HADDAD), Sheet.END))
    assert isinstance(view, EndView)
    assert [(button.key, button.kind) for button in view.choices] == [
        ("close", Kind.SECONDARY),
        ("confirm-end", Kind.END),
    ]
    assert [row.button.intent for row in view.rows] == [
        intents.SendAway(call=call) for call in (BRANDT.call, HADDAD.call)
    ]
    assert view.rows[0].button.key == f"send-away-{BRANDT.call}"


@pytest.mark.parametrize(
    ("kind", "name", "text"),
    [
        ("partner-left", "Frau Haddad", "Frau Haddad ist gegangen."),
        ("partner-left", "", "Jugendamt ist gegangen."),
        ("partner-declined", "Herr Brandt", "Herr Brandt kommt heute nicht dazu."),
        ("ring-declined", "", "Gerade keine Zeit: Jugendamt."),
        ("time-5", "", "Noch 5 Minuten."),
        ("remote-hand", "", "Die Technik arbeitet hier aus der Ferne."),
        ("network-lost", "", "Die Leitung ist weg."),
        ("something-new", "", ""),
    ],
)
def test_a_notice_is_said_for_six_seconds(kind, name, text):
    """One nobody knows is not said at all."""
    notice = Notice(kind=kind, until=at("10:46") + timedelta(seconds=6), name=name, office="Jugendamt")
    state = a_session(BRANDT, notice=notice)
    assert shown(state).toast.text == text
    assert shown(state, later=timedelta(seconds=7)).toast.text == ""


def test_a_remote_hand_is_seen_as_long_as_it_is_there():
    """On every screen."""
    assert shown(a_session(BRANDT, remote_hand="screenshot")).toast.icon == "eye"


def test_large_letters_take_the_narrower_form():
    """Whose words are shorter, too."""
    interpreter = session(BRANDT, HADDAD, text_size=TextSize.LARGE)
    assert interpreter.is_large
    assert interpreter.tiles[0].detail == "dolmetscht"
    assert session(BRANDT, HADDAD).tiles[0].detail == "dolmetscht Arabisch"


def test_arabic_is_mirrored_and_has_its_own_words():
    """As in the Arabic picture."""
    view = session(replace(BRANDT, is_sharing=True), language="ar")
    assert view.is_rtl
    assert view.top.time.text == "بقي\n24 دقيقة"
    assert view.top.plate.camera.text == "الكاميرا تعمل"
    assert view.tiles[0].detail == "صندوق الأسرة"
