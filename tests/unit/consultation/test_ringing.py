"""Bringing in the right person on the spot."""

import pytest

from kiosk.consultation import events, rung
from kiosk.consultation.commands import Refuse, SendRung, TellDesk
from kiosk.consultation.ringing import free_desks, next_desks
from kiosk.contract import intents
from kiosk.contract.directory import Presence
from kiosk.contract.partner import RingEnd, RingOver, RingReply
from kiosk.contract.state import Consent, RungDesk, Sheet, Standing
from tests.unit.consultation.house import House, call_of


def answers(house: House, desk: str, reply: RingReply = RingReply.ACCEPT) -> House:
    assert house.session.ring
    return house.do(events.RingAnswered(desk=desk, ring=house.session.ring.id, reply=reply))


def desks_of(house: House) -> dict[str, RungDesk]:
    assert house.session.ring
    return house.session.ring.desks


def test_need_then_desks_then_ringing():
    """Three sheets lead from the wish to the ring."""
    house = House().in_session().presence("words-1")
    steps = (intents.OpenNeeds(), intents.ChooseNeed(need="arabic"), intents.RingDesks())
    assert [house.do(step).state.sheet for step in steps] == [Sheet.NEEDS, Sheet.DESKS, Sheet.RINGING]
    assert house.told(SendRung) == [SendRung(desk="words-1")]


def test_only_free_desks_that_serve_the_need_are_rung():
    """Busy, absent, unheard of and other desks are left in peace."""
    house = House().presence("words-2", Presence.BUSY).presence("words-3", Presence.AWAY).presence("debts-1")
    assert set(desks_of(house.ringing("words-1"))) == {"words-1"}


def test_one_desk_can_be_chosen():
    """The list offers each; the ring goes to the chosen one."""
    house = House().in_session().presence("words-1").presence("words-2")
    house.do(intents.OpenNeeds()).do(intents.ChooseNeed(need="arabic")).do(intents.RingDesks(desks=("words-2",)))
    assert desks_of(house) == {"words-2": RungDesk.RINGING}


def test_what_a_rung_desk_is_told():
    """Need, language and deadline; no name."""
    house = House().in_session().do(intents.ChooseLanguage(language="ar")).ringing("words-1")
    message = rung(house.state, "words-1", "Raum 1", "public")
    assert message
    assert (message.need, message.language, message.room, message.key) == ("arabic", "ar", "Raum 1", "public")
    assert (message.deadline - house.now).total_seconds() == 45
    assert rung(house.state, "words-2", "Raum 1", "public") is None


def test_the_first_that_answers_wins_and_the_others_are_told():
    """Exactly one winner; a second yes is too late, which that desk is told again."""
    house = answers(House().ringing("words-1", "words-2", "words-3"), "words-2")
    expected = {"words-1": RungDesk.TOLD, "words-2": RungDesk.ANSWERED, "words-3": RungDesk.TOLD}
    assert desks_of(house) == expected
    assert {command.desk for command in house.told(TellDesk)} == {"words-1", "words-3"}
    assert {getattr(command.message, "why", None) for command in house.told(TellDesk)} == {RingEnd.ELSEWHERE}
    answers(house, "words-1")
    assert desks_of(house) == expected
    assert house.told(TellDesk)[0].desk == "words-1"
    assert house.told(Refuse) == []
    assert answers(house, "words-2").said == []


def test_the_winner_knocks_and_its_card_opens_by_itself():
    """It needs the customer's yes as well."""
    house = answers(House().ringing("words-1", "words-2"), "words-1")
    assert house.session.ring
    house.knock("words-1", ring=house.session.ring.id)
    partner = house.partner("words-1")
    assert (partner.standing, partner.number, partner.need) == (Standing.WAITING, "", "arabic")
    assert (house.state.sheet, house.session.at_door) == (Sheet.DOOR, call_of("words-1"))
    assert house.session.ring.is_over
    house.do(intents.Admit(call=call_of("words-1"), consent=Consent.ALL))
    assert (house.partner("words-1").standing, house.state.sheet) == (Standing.ADMITTED, Sheet.NONE)


def test_a_knock_is_an_answer():
    """Messages on two topics may overtake each other: a knock from a desk that rings counts as its yes."""
    house = House().ringing("words-1", "words-2")
    assert house.session.ring
    house.knock("words-2", ring=house.session.ring.id)
    assert desks_of(house) == {"words-1": RungDesk.TOLD, "words-2": RungDesk.ANSWERED}


def test_the_card_does_not_push_another_sheet_aside():
    """Who is just about to end, or asks for help, finds a chip."""
    house = answers(House().ringing("words-1"), "words-1").do(intents.OpenEnd())
    assert house.session.ring
    house.knock("words-1", ring=house.session.ring.id)
    assert (house.state.sheet, house.session.at_door) == (Sheet.END, "")


@pytest.mark.parametrize("desk", ["words-2", "debts-1"])
def test_a_ring_it_was_not_rung_for_is_refused(desk):
    """Neither answer nor knock of another desk counts."""
    house = House().ringing("words-1")
    before = house.state
    assert answers(house, desk).told(Refuse)
    assert house.session.ring
    assert house.knock(desk, ring=house.session.ring.id).told(Refuse)
    assert house.knock(desk, ring="ring000000000000").told(Refuse)
    assert house.state == before


def test_a_desk_that_lost_cannot_come_in_by_the_ring():
    """Too late is too late."""
    house = answers(House().ringing("words-1", "words-2"), "words-1")
    assert house.session.ring
    house.knock("words-2", ring=house.session.ring.id)
    assert "words-2" not in house.standings()
    assert house.told(Refuse)


def test_a_page_loaded_anew_keeps_its_ring():
    """The rung partner waits at the door again, even when something else was rung meanwhile."""
    house = answers(House().ringing("words-1"), "words-1")
    assert house.session.ring
    ring = house.session.ring.id
    house.knock("words-1", ring=ring).do(intents.Admit(call=call_of("words-1"), consent=Consent.ALL))
    house.ringing("debts-1", need="debts")
    house.knock("words-1", call="secondcall000000", ring=ring)
    assert (house.partner("words-1").standing, house.partner("words-1").call) == (Standing.WAITING, "secondcall000000")


def test_declined_by_all_is_over_at_once():
    """Nobody waits out 45 s for a no."""
    house = answers(House().ringing("words-1", "words-2"), "words-1", RingReply.DECLINE)
    assert house.session.ring
    first = house.session.ring.is_over
    answers(house, "words-2", RingReply.LATER)
    assert (first, house.session.ring.is_over) == (False, True)
    assert desks_of(house) == {"words-1": RungDesk.DECLINED, "words-2": RungDesk.LATER}
    assert house.events_of("ring-unanswered") == [{"need": "arabic"}]


def test_a_no_names_the_office_for_six_seconds():
    """The room hears who cannot come."""
    house = answers(House().ringing("words-1", "words-2"), "words-1", RingReply.DECLINE)
    assert house.state.notice
    assert (house.state.notice.kind, house.state.notice.office) == ("ring-declined", "Sprachmittlung")


def test_a_winner_may_change_its_mind_before_it_knocks():
    """The ring is over, the next can be rung."""
    house = answers(answers(House().ringing("words-1"), "words-1"), "words-1", RingReply.DECLINE)
    assert desks_of(house) == {"words-1": RungDesk.DECLINED}
    assert house.session.ring
    assert house.session.ring.is_over


def test_after_45_s_the_next_is_offered():
    """Free desks of that need that were not tried; the silent one is told."""
    house = House().ringing("words-1").presence("words-2").wait(44)
    assert desks_of(house) == {"words-1": RungDesk.RINGING}
    house.wait(1)
    assert desks_of(house) == {"words-1": RungDesk.SILENT}
    assert house.state.sheet is Sheet.RINGING
    assert next_desks(house.state) == ("words-2",)
    assert house.session.ring
    over = RingOver(ring=house.session.ring.id, why=RingEnd.TIMEOUT)
    assert house.told(TellDesk) == [TellDesk(desk="words-1", message=over)]
    house.do(intents.RingDesks())
    assert desks_of(house) == {"words-2": RungDesk.RINGING}
    assert house.session.ring.tried == ("words-1",)


def test_nobody_now_is_said_honestly():
    """With every desk tried, or none free, the ring is over as soon as it begins."""
    house = House().ringing("words-1").wait(45)
    assert next_desks(house.state) == ()
    house.do(intents.RingDesks())
    assert house.session.ring
    assert (house.session.ring.desks, house.session.ring.is_over) == ({}, True)
    assert house.state.sheet is Sheet.RINGING


def test_the_offer_appears_even_when_the_sheet_was_closed():
    """Who went on talking while it rang is told that nobody came."""
    house = House().ringing("words-1").do(intents.CloseSheet())
    assert house.wait(44).state.sheet is Sheet.NONE
    assert house.wait(1).state.sheet is Sheet.RINGING


def test_choosing_a_need_anew_forgets_who_was_tried():
    """Ten minutes later the same desk may well be there."""
    house = House().ringing("words-1").wait(45).do(intents.OpenNeeds()).do(intents.ChooseNeed(need="arabic"))
    house.presence("words-1")
    assert next_desks(house.state) == ("words-1",)


def test_a_winner_who_never_comes_does_not_block():
    """Answered and gone: after 15 s the next is offered."""
    house = answers(House().ringing("words-1"), "words-1").wait(15)
    assert desks_of(house) == {"words-1": RungDesk.SILENT}
    assert house.session.ring
    assert house.session.ring.is_over


def test_a_desk_whose_page_closes_rings_no_longer():
    """Gone is gone before the 45 s are over."""
    house = House().ringing("words-1").presence("words-1", Presence.GONE)
    assert desks_of(house) == {"words-1": RungDesk.SILENT}


def test_stopping_tells_the_desks_and_goes_back_to_the_list():
    """The room may think better of it."""
    house = House().ringing("words-1", "words-2").do(intents.StopRinging())
    assert {getattr(command.message, "why", None) for command in house.told(TellDesk)} == {RingEnd.STOPPED}
    assert set(desks_of(house).values()) == {RungDesk.TOLD}
    assert house.state.sheet is Sheet.DESKS


def test_ending_the_session_stops_the_ringing():
    """No desk rings for a room that is empty."""
    house = House().ringing("words-1").do(intents.EndSession())
    (told,) = house.told(TellDesk)
    assert isinstance(told.message, RingOver)
    assert told.message.why is RingEnd.STOPPED


def test_one_ring_at_a_time():
    """While it rings, "add a partner" shows the ring and starts no other."""
    house = House().ringing("words-1").do(intents.CloseSheet()).do(intents.OpenNeeds())
    before = house.state
    assert before.sheet is Sheet.RINGING
    assert next_desks(House().state) == ()
    assert house.do(intents.RingDesks(desks=("words-2",))).state == before
    assert house.do(intents.ChooseNeed(need="debts")).state == before


def test_needs_by_appointment_only_and_unknown_ones_are_not_chosen():
    """What cannot be rung is not offered."""
    house = House().in_session().do(intents.OpenNeeds())
    for need in ("degrees", "nothing"):
        assert house.do(intents.ChooseNeed(need=need)).state.sheet is Sheet.NEEDS


def test_who_is_here_is_not_offered_again():
    """A desk at the table or at the door is not rung; one that was let go can be."""
    house = House().presence("youth-1").presence("words-3").in_session().admitted("youth-1")
    assert free_desks(house.state, "childcare") == ("words-3",)
    house.do(intents.SendAway(call=call_of("youth-1")))
    assert free_desks(house.state, "childcare") == ("youth-1", "words-3")


def test_an_expected_partner_who_is_rung_keeps_its_place():
    """The planned partner comes earlier than it thought; it is one seat, not two."""
    house = House().ringing("youth-1", need="childcare")
    assert house.session.ring
    house.knock("youth-1", ring=house.session.ring.id)
    assert [partner.id for partner in house.session.partners] == ["youth-1", "debts-1", "guest-1"]
    assert house.partner("youth-1").number == "A-1"


def test_a_rung_partner_who_comes_for_the_appointment_has_come():
    """It knocks by its invitation instead of the ring: one seat, nobody else is needed, the ring is over."""
    house = House().ringing("youth-1", "words-3", need="childcare").knock("youth-1")
    assert house.session.ring
    assert (house.session.ring.is_over, house.session.ring.desks["words-3"]) == (True, RungDesk.TOLD)
    house.knock("youth-1", call="secondcall000000", ring=house.session.ring.id)
    assert house.told(Refuse)
    assert house.partner("youth-1").call == call_of("youth-1")


def test_a_ring_of_yesterday_opens_no_door():
    """Outside a session nobody rings, so nobody is answered."""
    house = House().knock("words-1", ring="ring000000000000")
    assert (house.told(Refuse)[0].source, house.state.waiting) == ("desk words-1", ())


def test_a_declined_partner_can_be_asked_for_again():
    """The customer who said "not today" may ring after all."""
    house = House().in_session().knock("youth-1").do(intents.Admit(call=call_of("youth-1"), consent=Consent.NONE))
    house.ringing("youth-1", need="childcare")
    assert house.session.ring
    house.knock("youth-1", call="secondcall000000", ring=house.session.ring.id)
    assert house.partner("youth-1").standing is Standing.WAITING


def test_the_monitor_hears_need_and_desk():
    """Started, answered: counts and ids."""
    house = answers(House().ringing("words-1", "words-2"), "words-2")
    assert house.events_of("ring-started") == [{"need": "arabic", "desks": 2}]
    assert house.events_of("ring-answered") == [{"need": "arabic", "desk": "words-2"}]
