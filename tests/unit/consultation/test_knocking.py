"""The door: who may knock, where they wait, and what the customer's answer does."""

from datetime import timedelta

import pytest

from kiosk.consultation import events, media_plan, room_key
from kiosk.consultation.commands import PlaySound, Refuse, SendView, TellDesk
from kiosk.contract import intents
from kiosk.contract.errors import Reason
from kiosk.contract.links import Sound
from kiosk.contract.media import MediaReport, PeerReport
from kiosk.contract.partner import Door, Introduction, PartnerMedia
from kiosk.contract.state import Consent, Phase, Sheet, Standing
from tests.unit.consultation.house import FIRST, START, House, call_of, calls_on, name_of


def test_a_knock_shows_a_chip_and_sounds_softly():
    """The partner waits by name; no card opens by itself, nothing flows."""
    house = House().in_session().knock("youth-1")
    partner = house.partner("youth-1")
    assert (partner.standing, partner.name, partner.knocked_at) == (Standing.WAITING, name_of("youth-1"), START)
    assert house.state.sheet is Sheet.NONE
    assert house.told(PlaySound) == [PlaySound(sound=Sound.DOOR)]
    assert media_plan(house.state).peers == ()


def test_a_name_is_one_line_whatever_the_page_sends():
    """A name of thirty lines would cover the whole screen when its bearer leaves."""
    house = House().in_session().knock("youth-1", name=" Frau\r\nKaya\n" + "\n".join("oben"))
    assert house.partner("youth-1").name == "Frau Kaya o b e n"


def test_no_sound_falls_into_the_words_of_an_interpreter():
    """The chip is there all the same; when the interpreter is silent again, the door sounds."""
    house = House().in_session().ringing("words-1")
    assert house.session.ring is not None
    house.knock("words-1", ring=house.session.ring.id)
    house.do(intents.Admit(call=call_of("words-1"), consent=Consent.ALL))
    for is_speaking, desk, sounds in ((True, "youth-1", []), (False, "debts-1", [PlaySound(sound=Sound.DOOR)])):
        peer = PeerReport(call=call_of("words-1"), is_speaking=is_speaking)
        house.do(events.MediaReported(report=MediaReport(peers=(peer,)))).knock(desk)
        assert house.partner(desk).standing is Standing.WAITING
        assert house.told(PlaySound) == sounds


def test_the_page_is_told_where_it_stands():
    """Waiting, then admitted with the customer's consent."""
    house = House().in_session().knock("youth-1")
    call = call_of("youth-1")
    assert house.told(TellDesk) == [TellDesk(desk="youth-1", message=Door(call=call, standing=Standing.WAITING))]
    house.do(intents.Admit(call=call, consent=Consent.SOUND))
    said = Door(call=call, standing=Standing.ADMITTED, consent=Consent.SOUND)
    assert TellDesk(desk="youth-1", message=said) in house.said
    assert SendView(call=call) in house.said


@pytest.mark.parametrize("consent", [Consent.ALL, Consent.SOUND])
def test_the_yes_at_the_door_lets_media_flow(consent):
    """Pictures only with the whole yes."""
    house = House().in_session().admitted("youth-1", consent)
    (peer,) = media_plan(house.state).peers
    assert (peer.call, peer.has_picture) == (call_of("youth-1"), consent is Consent.ALL)


def test_not_today_is_kept_for_the_session():
    """The declined partner gets nothing and cannot knock again."""
    house = House().in_session().knock("youth-1").do(intents.Admit(call=call_of("youth-1"), consent=Consent.NONE))
    assert house.partner("youth-1").standing is Standing.DECLINED
    house.knock("youth-1", call="secondcall000000")
    assert house.partner("youth-1").standing is Standing.DECLINED
    assert house.told(Refuse)[0].reason is Reason.NOT_AUTHORISED
    declined = Door(call="secondcall000000", standing=Standing.DECLINED)
    assert TellDesk(desk="youth-1", message=declined) in house.said


def test_the_card_opens_by_touch_and_goes_with_the_answer():
    """Chip, card, yes: back in the session."""
    house = House().in_session().knock("youth-1").do(intents.OpenDoor(call=call_of("youth-1")))
    seen = [(house.state.sheet, house.session.at_door)]
    house.do(intents.Admit(call=call_of("youth-1"), consent=Consent.ALL))
    seen.append((house.state.sheet, house.session.at_door))
    assert seen == [(Sheet.DOOR, call_of("youth-1")), (Sheet.NONE, "")]


def test_the_card_goes_when_its_partner_does():
    """Nobody is asked about somebody who has left."""
    house = House().in_session().knock("youth-1").do(intents.OpenDoor(call=call_of("youth-1")))
    house.do(events.PartnerLeft(desk="youth-1", call=call_of("youth-1")))
    assert (house.state.sheet, house.session.at_door) == (Sheet.NONE, "")


def test_an_answer_for_one_leaves_the_card_of_another_open():
    """Two at the door are two questions."""
    house = House().in_session().knock("youth-1").knock("debts-1").do(intents.OpenDoor(call=call_of("youth-1")))
    house.do(intents.Admit(call=call_of("debts-1"), consent=Consent.ALL))
    assert (house.state.sheet, house.session.at_door) == (Sheet.DOOR, call_of("youth-1"))


@pytest.mark.parametrize(
    ("desk", "number", "reason"),
    [
        ("words-1", "A-1", Reason.NOT_AUTHORISED),
        ("youth-1", "A-9", Reason.NOT_AUTHORISED),
        ("youth-1", "", Reason.MALFORMED),
        ("youth-1", "A-2", Reason.LINK_EXPIRED),
    ],
)
@pytest.mark.parametrize("is_running", [False, True])
def test_a_knock_of_a_stranger_gets_nothing_through(desk, number, reason, is_running):
    """Not on the roster, unknown, for nothing, too early: refused by source, nothing changes, the page is told."""
    house = House()
    if is_running:
        house.in_session()
    before = house.state
    house.knock(desk, number=number)
    assert house.state == before
    (refusal,) = house.told(Refuse)
    assert (refusal.source, refusal.reason) == (f"desk {desk}", reason)
    assert house.told(TellDesk)[0].message == Door(call=call_of(desk), standing=Standing.LEFT)


def test_no_refusal_quotes_a_name():
    """What goes to log and counter is desk and reason."""
    house = House().in_session().knock("words-1", name="Frau Geheim")
    assert "Geheim" not in repr(house.said)


def test_nobody_knocks_for_an_appointment_that_was_ended():
    """After the goodbye the roster is gone; a late partner is sent home."""
    house = House().in_session().do(intents.EndSession()).knock("youth-1")
    assert house.state.waiting == ()
    assert house.told(Refuse)[0].reason is Reason.LINK_EXPIRED


def test_a_guest_comes_by_the_same_door():
    """A guest of the appointment knocks like a desk."""
    house = House().in_session().admitted("guest-1")
    assert house.partner("guest-1").standing is Standing.ADMITTED


def test_who_comes_early_waits_for_the_session():
    """Before anybody has joined, the partner is already listed in preparation."""
    house = House().knock("youth-1")
    assert house.state.phase is Phase.IDLE
    assert house.told(PlaySound) == []
    assert house.prepare().partner("youth-1").standing is Standing.WAITING


def test_a_partner_may_wait_for_the_next_appointment_while_this_one_runs():
    """It waits apart, and does not disturb."""
    house = House().in_session()
    house.now = START + timedelta(minutes=80)
    house.knock("youth-1", number="A-2")
    assert [partner.number for partner in house.state.waiting] == ["A-2"]
    assert house.partner("youth-1").standing is Standing.EXPECTED


def test_a_page_loaded_anew_replaces_its_former_call_and_waits_again():
    """Once admitted is not for ever: the new call is let in by a new yes, and the chip can say "is back"."""
    house = House().in_session().admitted("youth-1").knock("youth-1", call="secondcall000000")
    partner = house.partner("youth-1")
    assert (partner.call, partner.standing, partner.consent) == ("secondcall000000", Standing.WAITING, Consent.NONE)
    assert partner.admitted_at is not None
    assert media_plan(house.state).peers == ()
    gone = Door(call=call_of("youth-1"), standing=Standing.LEFT)
    assert TellDesk(desk="youth-1", message=gone) in house.said


def test_an_open_card_follows_a_page_loaded_anew():
    """The customer's question stays; a yes to the old call is no yes."""
    house = House().in_session().knock("youth-1").do(intents.OpenDoor(call=call_of("youth-1")))
    house.knock("youth-1", call="secondcall000000")
    assert (house.state.sheet, house.session.at_door) == (Sheet.DOOR, "secondcall000000")
    house.do(intents.Admit(call=call_of("youth-1"), consent=Consent.ALL))
    assert house.partner("youth-1").standing is Standing.WAITING


def test_the_same_knock_twice_is_one():
    """A message the broker delivers again neither rings twice nor throws anybody out."""
    house = House().in_session().admitted("youth-1")
    before = house.state
    house.knock("youth-1")
    assert house.state.session == before.session
    door = Door(call=call_of("youth-1"), standing=Standing.ADMITTED, consent=Consent.ALL)
    assert house.said == [TellDesk(desk="youth-1", message=door)]


def test_the_same_call_with_another_key_is_at_the_door_again():
    """Nobody slips into an admitted call with a key of their own."""
    house = House().in_session().admitted("youth-1")
    knocked = events.Knocked(
        desk="youth-1",
        call=call_of("youth-1"),
        key="other",
        number="A-1",
        introduction=Introduction(name="X"),
    )
    assert house.do(knocked).partner("youth-1").standing is Standing.WAITING


def test_a_call_of_somebody_else_is_refused():
    """Two partners never have the same call, and none is called like the room."""
    house = House().in_session().admitted("youth-1").knock("debts-1", call=call_of("youth-1"))
    assert house.partner("debts-1").standing is Standing.EXPECTED
    assert house.told(Refuse)
    assert house.knock("debts-1", call="room").told(Refuse)
    assert calls_on(house.state) == [call_of("youth-1")]


def test_a_partner_who_leaves_is_missed_by_name():
    """The notice says who; media to it ends; it may come back to the door."""
    house = House().in_session().admitted("youth-1")
    house.do(events.PartnerLeft(desk="youth-1", call=call_of("youth-1")))
    assert house.partner("youth-1").standing is Standing.LEFT
    assert house.state.notice
    assert (house.state.notice.kind, house.state.notice.name) == ("partner-left", name_of("youth-1"))
    assert house.state.notice.office == "Jugendamt"
    assert media_plan(house.state).peers == ()
    assert house.knock("youth-1", call="secondcall000000").partner("youth-1").standing is Standing.WAITING


def test_leaving_twice_is_leaving_once():
    """The page says goodbye and its server does, too."""
    house = House().in_session().admitted("youth-1")
    left = events.PartnerLeft(desk="youth-1", call=call_of("youth-1"))
    before = house.do(left).state
    assert house.do(left).state == before
    assert house.said == []


def test_who_leaves_from_the_list_of_an_appointment_to_come_is_taken_off_it():
    """Nothing of an early partner stays when it goes."""
    house = House().knock("youth-1").do(events.PartnerLeft(desk="youth-1", call=call_of("youth-1")))
    assert house.state.waiting == ()


def test_sending_away_ends_a_part():
    """One touch, no notice: the customer did it."""
    house = House().in_session().admitted("youth-1").do(intents.SendAway(call=call_of("youth-1")))
    assert house.partner("youth-1").standing is Standing.LEFT
    assert house.state.notice is None
    assert house.events_of("partner-left") == [{"desk": "youth-1"}]


@pytest.mark.parametrize("desk", ["debts-1", "words-1"])
def test_a_message_with_a_call_of_another_desk_is_refused(desk):
    """Nobody leaves, shares or looks in another's name."""
    house = House().in_session().admitted("youth-1")
    before = house.state
    call = call_of("youth-1")
    for event in (
        events.PartnerLeft(desk=desk, call=call),
        events.PartnerMediaChanged(desk=desk, call=call, media=PartnerMedia(is_sharing=True)),
        events.LookedAgain(desk=desk, call=call),
    ):
        house.do(event)
        assert house.told(Refuse)[0].source == f"desk {desk}"
    assert house.state == before


def test_what_a_partner_sends_is_shown():
    """Sharing, muted, without camera: as its page says."""
    media = PartnerMedia(is_sharing=True, is_muted=True, has_camera_off=True)
    house = House().in_session().admitted("youth-1")
    house.do(events.PartnerMediaChanged(desk="youth-1", call=call_of("youth-1"), media=media))
    partner = house.partner("youth-1")
    assert (partner.is_sharing, partner.is_muted, partner.has_camera_off) == (True, True, True)


def test_a_partner_who_left_shares_nothing():
    """Late words of a call that is over are refused."""
    house = House().in_session().admitted("youth-1").do(intents.SendAway(call=call_of("youth-1"))).shares("youth-1")
    assert not house.partner("youth-1").is_sharing
    assert house.told(Refuse)


def test_looking_again_is_answered_with_door_and_view():
    """A page that was away for a moment gets both; one that waits gets the door alone."""
    house = House().in_session().admitted("youth-1").knock("debts-1")
    house.do(events.LookedAgain(desk="youth-1", call=call_of("youth-1")))
    assert [type(command) for command in house.said] == [TellDesk, SendView]
    house.do(events.LookedAgain(desk="debts-1", call=call_of("debts-1")))
    assert [type(command) for command in house.said] == [TellDesk]


def test_a_page_that_slept_through_the_end_learns_it():
    """Its call is unknown by now: it has left."""
    house = House().in_session().admitted("youth-1").do(intents.EndSession())
    house.do(events.LookedAgain(desk="youth-1", call=call_of("youth-1")))
    assert house.told(TellDesk)[0].message == Door(call=call_of("youth-1"), standing=Standing.LEFT)


def test_everybody_is_told_at_the_end():
    """Admitted and waiting pages hear that it is over."""
    house = House().in_session().admitted("youth-1").knock("debts-1").do(intents.EndSession())
    told = {command.desk: command.message for command in house.told(TellDesk)}
    assert {desk: getattr(door, "standing", None) for desk, door in told.items()} == {
        "youth-1": Standing.LEFT,
        "debts-1": Standing.LEFT,
    }
    assert house.events_of("partner-left") == []


def test_the_monitor_hears_desks_and_no_names():
    """Waiting, admitted, left: desk ids only."""
    house = House().in_session().admitted("youth-1")
    house.do(events.PartnerLeft(desk="youth-1", call=call_of("youth-1")))
    assert house.events_of("partner-waiting") == [{"desk": "youth-1"}]
    assert house.events_of("partner-admitted") == [{"desk": "youth-1", "consent": "all"}]
    assert house.events_of("partner-left") == [{"desk": "youth-1"}]
    assert FIRST.number not in repr(house.events_of("partner-left"))


def test_a_key_stays_the_same_for_a_visit():
    """Who waits for the next appointment can be talked to after this one was wiped and the room's key is new."""
    house = House().in_session()
    old = house.state.key
    house.now = START + timedelta(minutes=80)
    house.knock("youth-1", number="A-2").do(intents.EndSession())
    assert house.state.key != old
    assert room_key(house.state, call_of("youth-1")) == old
    assert room_key(house.state, "unknown") == house.state.key
