"""What follows from the state for media, the room, the monitor and the partners."""

from datetime import timedelta

import pytest

from kiosk.consultation import (
    condition,
    door,
    events,
    invitations,
    may_signal,
    media_plan,
    room_plan,
    room_view,
    session_state,
)
from kiosk.consultation.commands import SendView
from kiosk.contract import codec, intents, rules
from kiosk.contract.media import IceServer, Lamp, MediaReport, PeerLink, PeerReport, Plan, Sending
from kiosk.contract.mqtt import Condition
from kiosk.contract.partner import RoomView
from kiosk.contract.room import Sign
from kiosk.contract.state import Consent, Phase, Standing
from tests.unit.consultation.house import FIRST, SECOND, House, call_of, name_of

YOUTH, DEBTS = call_of("youth-1"), call_of("debts-1")


def view(house: House, call: str) -> RoomView:
    seen = room_view(house.state, call, "Raum 1", (IceServer(urls=("turn:x",)),))
    assert seen is not None
    return seen


def test_camera_and_microphone_are_closed_outside_a_visit():
    """Idle, today, ended: the device itself is not open."""
    assert media_plan(House().state) == Plan()
    assert media_plan(House().start().state) == Plan()
    assert media_plan(House().in_session(waiting=("youth-1",)).do(intents.EndSession()).state) == Plan()


def test_in_preparation_the_picture_stays_here():
    """Own picture and the level of the own voice, nobody connected, whoever waits."""
    plan = media_plan(House().prepare().knock("youth-1").state)
    assert plan == Plan(camera=Sending.HERE, microphone=Sending.HERE)


def test_in_a_session_what_is_wanted_is_sent():
    """By the two switches."""
    house = House().in_session()
    assert (media_plan(house.state).camera, media_plan(house.state).microphone) == (Sending.ON, Sending.ON)
    house.do(intents.SetCamera(is_on=False)).do(intents.SetMicrophone(is_on=False))
    assert (media_plan(house.state).camera, media_plan(house.state).microphone) == (Sending.OFF, Sending.OFF)


def test_a_private_pause_closes_both_and_keeps_the_connections():
    """Silent and dark; partners stay connected and cannot lift it."""
    house = House().in_session(waiting=("youth-1",)).do(intents.SetPause(is_paused=True))
    plan = media_plan(house.state)
    assert (plan.camera, plan.microphone, plan.is_paused) == (Sending.OFF, Sending.OFF, True)
    assert [peer.call for peer in plan.peers] == [YOUTH]
    house.do(intents.SetPause(is_paused=False))
    assert media_plan(house.state).camera is Sending.ON


def sign(house: House) -> str:
    return rules.word({}, room_plan(house.state).situations, "door-sign")


def test_the_door_sign_says_free_in_use_free():
    """In use from preparation until the goodbye is over."""
    house = House()
    signs = [sign(house)]
    for intent in (
        intents.ChooseLanguage(language="de"),
        intents.JoinAppointment(number="A-1"),
        intents.Choose(choice=Consent.ALL),
        intents.EndSession(),
        intents.GoBack(),
    ):
        signs.append(sign(house.do(intent)))
    assert signs == [Sign.FREE, Sign.FREE, Sign.BUSY, Sign.BUSY, Sign.BUSY, Sign.FREE]


def test_the_door_sign_asks_the_next_people_to_wait():
    """While a session runs into their booking, and only then."""
    house = House().in_session()
    house.now = SECOND.start - timedelta(seconds=1)
    signs = [sign(house.do(events.Tick())), sign(house.wait(1))]
    signs.append(sign(house.do(intents.EndSession()).do(intents.GoBack())))
    assert signs == [Sign.BUSY, Sign.WAIT, Sign.FREE]


def test_a_session_does_not_make_those_wait_whose_booking_had_begun_before_it():
    """Who starts without appointment in booked time is most likely who booked it."""
    house = House().start().do(intents.StartWithoutAppointment()).do(intents.Choose(choice=Consent.ALL), 60)
    assert sign(house) is Sign.BUSY


def test_the_light_is_on_while_somebody_is_there():
    """From the first touch to idle."""
    lights = [rules.word({}, room_plan(house.state).situations, "light") for house in (House(), House().start())]
    assert lights == ["off", "welcome"]


def test_while_staff_work_at_the_terminal_the_room_is_not_ready():
    """From the right number until they close their page."""
    house = House()
    for event in (events.StaffChosen(has_page=True), intents.OpenStaff(), events.PinChecked(is_right=True)):
        house.do(event)
    at_work = sign(house)
    assert [at_work, sign(house.do(intents.CloseSheet()))] == [Sign.NOT_READY, Sign.FREE]


def test_the_terminal_is_busy_from_preparation_to_the_goodbye():
    """What must not disturb waits for ready."""
    house = House().start()
    seen = [condition(house.state), condition(house.prepare().state), condition(House().in_session().state)]
    assert seen == [Condition.READY, Condition.BUSY, Condition.BUSY]


def test_the_monitor_sees_desks_standing_link_and_lamps_but_no_name():
    """`state/session` in a call."""
    house = House().in_session().admitted("youth-1").knock("debts-1")
    report = MediaReport(camera=Lamp.ON, peers=(PeerReport(call=YOUTH, link=PeerLink.UP),))
    state = session_state(house.do(events.MediaReported(report=report)).state)
    assert (state.appointment, state.ends, state.camera, state.microphone) == ("A-1", FIRST.end, "on", "off")
    assert [(desk.desk, desk.standing, desk.link) for desk in state.desks] == [
        ("youth-1", Standing.ADMITTED, "up"),
        ("debts-1", Standing.WAITING, ""),
        ("guest-1", Standing.EXPECTED, ""),
    ]
    text = codec.encode(state).decode()
    assert "Name" not in text
    assert YOUTH not in text


def test_the_monitor_sees_the_phase_when_nobody_is_there():
    """`state/session` on idle: no appointment, no desks."""
    state = session_state(House().state)
    assert (state.phase, state.appointment, state.desks, state.camera) == (Phase.IDLE, "", (), "off")


def test_only_admitted_partners_and_the_room_may_signal():
    """Who waits, was declined, left or is unknown may not, in either direction."""
    house = House().in_session().admitted("youth-1").admitted("debts-1").knock("guest-1")
    state, guest = house.state, call_of("guest-1")
    assert may_signal(state, YOUTH, "room")
    assert may_signal(state, "room", YOUTH)
    assert may_signal(state, YOUTH, DEBTS)
    for source, target in ((guest, "room"), ("room", guest), (YOUTH, guest), ("", "room"), (YOUTH, YOUTH)):
        assert not may_signal(state, source, target)
    house.do(intents.SendAway(call=DEBTS))
    assert not may_signal(house.state, DEBTS, YOUTH)
    assert not may_signal(house.do(intents.EndSession()).state, YOUTH, "room")


def test_of_two_partners_the_one_admitted_later_offers():
    """Exactly one of the two."""
    house = House().in_session().admitted("debts-1").admitted("youth-1")
    assert [peer.offers for peer in view(house, YOUTH).peers] == [True]
    assert [peer.offers for peer in view(house, DEBTS).peers] == [False]


def test_of_two_admitted_by_one_touch_one_offers():
    """The same instant is no tie."""
    house = House().in_session(waiting=("youth-1", "debts-1"))
    offers = [peer.offers for call in (YOUTH, DEBTS) for peer in view(house, call).peers]
    assert sorted(offers) == [False, True]


def test_a_partner_sees_the_round_by_name_and_office():
    """Others who are admitted, in the house's language; not itself, not who waits."""
    house = House().in_session().admitted("youth-1").admitted("debts-1").knock("guest-1")
    seen = view(house, YOUTH)
    assert [(peer.name, peer.office) for peer in seen.peers] == [(name_of("debts-1"), "Schuldnerberatung")]
    assert (seen.room, seen.ends, seen.ice_servers[0].urls) == ("Raum 1", FIRST.end, ("turn:x",))


def test_sound_only_means_no_picture_either_way():
    """Neither from the room nor between partners."""
    house = House().in_session().admitted("youth-1", Consent.SOUND).admitted("debts-1")
    assert (view(house, YOUTH).has_camera, view(house, DEBTS).has_camera) == (False, True)
    assert [peer.has_picture for call in (YOUTH, DEBTS) for peer in view(house, call).peers] == [False, False]
    plan = {peer.call: peer.has_picture for peer in media_plan(house.state).peers}
    assert plan == {YOUTH: False, DEBTS: True}


def test_a_partner_is_told_of_pause_and_switches():
    """What it hears and sees of the room is said as it is."""
    house = House().in_session().admitted("youth-1").do(intents.SetPause(is_paused=True))
    seen = view(house, YOUTH)
    assert (seen.is_paused, seen.has_camera, seen.has_microphone) == (True, False, False)
    assert SendView(call=YOUTH) in house.said


@pytest.mark.parametrize("desk", ["debts-1", "words-1"])
def test_nobody_else_sees_the_round(desk):
    """Who waits or is unknown has no view."""
    house = House().in_session().admitted("youth-1").knock("debts-1")
    assert room_view(house.state, call_of(desk)) is None


def test_views_are_sent_when_they_change_and_only_then():
    """A partner more is news to the others; a volume, a sheet or a second is not."""
    house = House().in_session().admitted("youth-1").admitted("debts-1")
    assert set(house.told(SendView)) == {SendView(call=YOUTH), SendView(call=DEBTS)}
    house.do(intents.OpenShow())
    assert house.told(SendView) == []
    assert house.wait(60).told(SendView) == []


def test_the_door_of_an_unknown_call_says_it_has_left():
    """A page can always be told something true."""
    assert door(House().state, "whoever000000000").standing is Standing.LEFT


def test_invitations_hold_numbers_and_times():
    """For a desk both of today's, for the guest its own, for others nothing."""
    house = House()
    seen = {desk: invitations(house.state, desk, "Raum 1", "public") for desk in ("youth-1", "guest-1", "words-1")}
    assert {desk: [item.number for item in letter.items] for desk, letter in seen.items()} == {
        "youth-1": ["A-1", "A-2"],
        "guest-1": ["A-1"],
        "words-1": [],
    }
    assert (seen["youth-1"].room, seen["youth-1"].key) == ("Raum 1", "public")


def test_the_invitation_stays_while_its_session_runs_over():
    """A page loaded anew in minute 65 still finds its door."""
    house = House().in_session()
    house.now = FIRST.end + timedelta(minutes=5)
    house.do(events.Tick())
    assert [item.number for item in invitations(house.state, "guest-1", "Raum 1", "public").items] == ["A-1"]
    assert house.knock("guest-1").partner("guest-1").standing is Standing.WAITING
