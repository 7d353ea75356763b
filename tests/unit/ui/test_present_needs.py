"""Bringing somebody in: needs, desks, ringing."""

from datetime import timedelta

from msgspec.structs import replace

from kiosk.contract import intents
from kiosk.contract.directory import DeskPresence, Need, Presence
from kiosk.contract.state import Ring, RungDesk, Sheet, State
from kiosk.ui.present import Form, TurnPage
from kiosk.ui.present.views import DesksView, NeedsView, RingingView, SessionView
from kiosk.ui.views import Kind, Mood, Seat
from tests.unit.ui.visits import BRANDT, DIRECTORY, HADDAD, a_session, at, busy, free, sheet, shown

RING = Ring(
    id="r",
    need="arabic",
    desks={"words-1": RungDesk.RINGING, "words-2": RungDesk.RINGING},
    started=at("10:46"),
    deadline=at("10:46") + timedelta(seconds=45),
)


def needs(state: State, **options) -> NeedsView:
    view = shown(sheet(state, Sheet.NEEDS), **options)
    assert isinstance(view, NeedsView)
    return view


def desks(state: State) -> DesksView:
    view = shown(sheet(state, Sheet.DESKS, chosen_need="arabic"))
    assert isinstance(view, DesksView)
    return view


def ringing(ring: Ring, later_s=9, **fields) -> RingingView:
    state = sheet(a_session(BRANDT, **fields), Sheet.RINGING, ring=ring, chosen_need="arabic")
    view = shown(state, later=timedelta(seconds=later_s))
    assert isinstance(view, RingingView)
    return view


def words(state: State) -> dict[str, tuple[str, bool]]:
    return {need.key: (need.state.text, need.is_possible) for need in needs(state).needs}


def test_every_need_says_who_is_there_for_it():
    """How many, from when, or why not."""
    presence = {**free("words-1", "words-2", "debts-1"), "youth-1": busy("10:50"), "family-1": busy()}
    assert words(a_session(presence=presence)) == {
        "need-benefit": ("besetzt", True),
        "need-childcare": ("frei ab 10:50", True),
        "need-debts": ("1 erreichbar", True),
        "need-arabic": ("2 erreichbar", True),
        "need-health": ("nur Termin", False),
    }


def test_a_need_nobody_is_there_for_cannot_be_chosen():
    """Nor one whose only desk is in the round already, nor any without a connection."""
    assert words(a_session(BRANDT))["need-debts"] == ("niemand da", False)
    assert words(a_session(BRANDT))["need-benefit"] == ("schon dabei", False)
    away = a_session(presence=free("words-1"), is_broker_here=False)
    assert words(away)["need-arabic"] == ("kein Netz", False)


def test_a_need_is_chosen_by_a_touch():
    """In its own words, with a sign the font has."""
    first, *_, last = needs(a_session(presence=free("family-1"))).needs
    assert (first.text, first.icon, first.intent) == ("Kindergeld", "baby-carriage", intents.ChooseNeed(need="benefit"))
    assert (last.icon, last.intent) == ("signpost", None)


def test_more_needs_than_places_are_paged():
    """Six on a small panel."""
    many = replace(DIRECTORY, needs=tuple(Need(id=f"n-{i}", name={"de": f"N {i}"}) for i in range(7)))
    view = needs(a_session(directory=many), form=Form.SMALL)
    assert (len(view.needs), view.more.text, view.more.intent) == (6, "Weitere", TurnPage(page=1))
    assert [need.text for need in needs(a_session(directory=many), form=Form.SMALL, page=1).needs] == ["N 6"]


def test_desks_say_who_is_free_and_the_free_come_first():
    """One can be rung, or all that are free."""
    away = DeskPresence(state=Presence.AWAY, since=at("10:00"))
    view = desks(a_session(presence={**free("words-3"), "words-1": busy("10:50"), "words-2": away}))
    assert [(row.key, row.state.text, row.intent) for row in view.rows] == [
        ("ring-words-3", "erreichbar", intents.RingDesks(desks=("words-3",))),
        ("ring-words-1", "ab 10:50", None),
        ("ring-words-2", "gleich zurück", None),
    ]
    assert (view.ring.key, view.ring.text, view.ring.intent) == ("ring-all", "Anrufen", intents.RingDesks())
    assert (view.need, view.rows[0].detail) == ("Dolmetschen: Arabisch", "Dolmetscherdienst")


def test_several_free_desks_are_rung_at_once():
    """The first wins."""
    view = desks(a_session(presence=free("words-1", "words-2", "words-3")))
    assert (view.ring.text, view.ring.kind) == ("Alle 3 anrufen", Kind.PRIMARY)


def test_nobody_free_is_said():
    """There is nothing to touch."""
    view = desks(a_session(HADDAD, presence=free("words-1")))
    assert (view.hint, view.ring.text) == ("Gerade kann niemand kommen.", "")
    assert view.rows[0].state.text == "schon dabei"


def test_ringing_says_what_the_picture_says():
    """Who rings, how long, and who may come later."""
    view = ringing(RING, presence={"words-3": busy("10:50")})
    assert view.title == "Wir rufen zwei Personen an."
    assert view.need == "Dolmetschen: Arabisch"
    assert [(row.state.text, row.is_ringing) for row in view.rows] == [
        ("klingelt", True),
        ("klingelt", True),
        ("ab 10:50", False),
    ]
    assert (view.text, view.detail) == ("Wer zuerst frei ist, kommt dazu.", "In 36 Sekunden: anderer Vorschlag.")
    assert abs(view.share - 0.8) < 0.01
    assert (view.stop.text, view.stop.key, view.stop.kind) == ("Nicht mehr rufen", "stop-ringing", Kind.DANGER)
    assert (view.back.text, view.again.text) == ("Zurück zum Gespräch", "")
    assert [seat.seat for seat in view.seats].count(Seat.RINGING) == 2


def test_a_desk_that_answered_is_coming():
    """And the customer is asked."""
    view = ringing(replace(RING, desks={"words-1": RungDesk.TOLD, "words-2": RungDesk.ANSWERED}))
    assert view.title == "Gleich kommt jemand dazu."
    assert [(row.key, row.state.text, row.state.mood) for row in view.rows[:2]] == [
        ("ring-words-2", "kommt", Mood.OK),
        ("ring-words-1", "abgesagt", Mood.IDLE),
    ]
    assert view.detail == ""


def test_a_ring_without_an_answer_offers_the_next():
    """Who was not tried yet; nobody is honest, too."""
    over = replace(RING, desks={"words-1": RungDesk.SILENT, "words-2": RungDesk.DECLINED}, is_over=True)
    view = ringing(over, presence=free("words-1", "words-3"))
    assert view.title == "Gerade kann niemand kommen."
    assert [row.state.text for row in view.rows] == ["keine Antwort", "kann nicht", "erreichbar"]
    assert (view.again.key, view.again.intent, view.stop.text) == ("ring-all", intents.RingDesks(), "")
    assert view.share < 0
    nobody = ringing(over, presence=free("words-1"))
    assert (nobody.again.key, nobody.again.intent) == ("add", intents.OpenNeeds())


def test_a_ring_that_goes_on_below_is_seen_in_the_session():
    """A touch leads back to it."""
    view = shown(sheet(a_session(BRANDT), Sheet.NONE, ring=RING))
    assert isinstance(view, SessionView)
    assert (view.chip.text, view.chip.detail) == ("Wir rufen an", "Dolmetschen: Arabisch")
    assert view.chip.intent == intents.OpenNeeds()
