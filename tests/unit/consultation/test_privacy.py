"""Nothing of a conversation outlives it, and nothing that leaves the room in the open holds a name."""

from datetime import timedelta

from kiosk.consultation import commands, events
from kiosk.contract import codec, intents
from kiosk.contract.media import MediaReport, PeerReport
from kiosk.contract.partner import RingReply
from kiosk.contract.state import Consent
from tests.unit.consultation.house import START, House, call_of, name_of


def a_full_session() -> House:
    """Planned, declined, sent away, rung, at the door: everybody a consultation can know."""
    house = House().in_session(waiting=("youth-1",)).knock("debts-1")
    house.do(intents.Admit(call=call_of("debts-1"), consent=Consent.NONE)).admitted("guest-1")
    house.ringing("words-1", "words-2")
    assert house.session.ring
    house.do(events.RingAnswered(desk="words-1", ring=house.session.ring.id, reply=RingReply.ACCEPT))
    house.knock("words-1", ring=house.session.ring.id)
    house.do(events.MediaReported(report=MediaReport(peers=(PeerReport(call=call_of("youth-1")),))))
    return house.do(events.PartnerLeft(desk="youth-1", call=call_of("youth-1"))).shares("guest-1")


def test_after_the_end_the_state_holds_nothing_of_the_conversation():
    """No name, reason, call, key, ring or session id, anywhere in the structure, in the very same step."""
    house = a_full_session()
    before = codec.encode(house.state).decode()
    desks = ("youth-1", "debts-1", "guest-1", "words-1")
    assert house.session.ring
    secrets = [house.session.id, house.session.ring.id, house.state.key, "xyz"]
    secrets += [word for desk in desks for word in (name_of(desk), call_of(desk), f"key-of-{desk}")]
    assert [secret for secret in secrets if secret not in before] == []
    house.do(intents.EndSession())
    after = codec.encode(house.state).decode()
    assert [secret for secret in secrets if secret in after] == []


def test_a_late_report_or_message_brings_nothing_back():
    """What was under way when it ended is refused or left out."""
    house = a_full_session().do(intents.EndSession())
    before = house.state
    house.do(events.MediaReported(report=MediaReport(peers=(PeerReport(call=call_of("guest-1")),))))
    house.shares("guest-1").knock("guest-1", call="secondcall000000")
    house.do(events.PartnerLeft(desk="guest-1", call=call_of("guest-1")))
    assert house.state == before


def test_who_waits_for_the_next_appointment_is_not_wiped_with_this_one():
    """Another consultation's partner keeps its place."""
    house = House().in_session(waiting=("youth-1",))
    house.now = START + timedelta(minutes=80)
    house.knock("youth-1", call="secondcall000000", number="A-2", name="Frau Spaeter").do(intents.EndSession())
    assert [partner.name for partner in house.state.waiting] == ["Frau Spaeter"]
    assert name_of("youth-1") not in codec.encode(house.state).decode()


def test_no_command_of_a_whole_visit_names_a_person():
    """Events, messages in the open and refusals hold ids and numbers."""
    house = a_full_session().do(intents.EndSession()).knock("words-3", name="Frau Fremd")
    said = repr(house.all_said)
    assert "Frau" not in said
    assert "Why-" not in said


def test_the_agent_is_told_to_wipe_after_everybody_was_told():
    """Doors first, since they need nothing that is wiped; the deletion is the last thing the monitor hears."""
    house = a_full_session().do(intents.EndSession())
    kinds = [type(command) for command in house.said]
    last_door = max(index for index, kind in enumerate(kinds) if kind is commands.TellDesk)
    assert last_door < kinds.index(commands.Wipe) < len(kinds) - 1
    assert house.said[-1] == commands.EmitEvent(type="data-deleted")
