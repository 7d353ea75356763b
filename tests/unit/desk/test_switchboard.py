"""Pages and rooms are put through to each other, and to nobody else."""

from datetime import timedelta

import pytest

from kiosk.contract import codec, topics
from kiosk.contract.directory import Desk, Directory, Need, Office, Presence
from kiosk.contract.errors import InvitationError, Reason
from kiosk.contract.mqtt import RevokedLinks
from kiosk.contract.partner import (
    Door,
    HelpCall,
    HelpOver,
    HelpReply,
    Leave,
    Resume,
    RingAnswer,
    RingEnd,
    RingOver,
    RingReply,
    Sealed,
    SetPresence,
    Welcome,
)
from kiosk.contract.state import Standing
from kiosk.desk.switchboard import GRACE_S, MAX_PAGES, NEW
from tests.unit.desk.bench import (
    CALL,
    NOW,
    OTHER_CALL,
    OTHER_ROOM,
    RING,
    ROOM,
    Bench,
    desk_link,
    guest_link,
    knock,
)

SEALED = Sealed(call=CALL, box="AAAA")
HELP = HelpCall(help="5" * 16, room="Raum 2.14", asked=NOW, key="A" * 87)


@pytest.fixture
def bench() -> Bench:
    return Bench()


def test_knock_goes_out_under_the_desk_of_the_link(bench: Bench) -> None:
    """The name in the topic is never the page's to choose."""
    bench.invite("4711")
    page = bench.page()
    bench.says(page, knock())
    assert bench.to_rooms() == [f"youth-1 {ROOM} knock"]
    assert page.refusals() == []


def test_retained_invitation_reaches_a_page_that_comes_later(bench: Bench) -> None:
    """The last word of every room waits for the page; one that was taken back does not."""
    bench.invite("4711")
    bench.invite("4712", room=OTHER_ROOM)
    assert [item.items[0].number for item in bench.page().from_rooms()] == ["4711", "4712"]
    bench.room_says(b"", kind="invitations")
    assert [item.items[0].number for item in bench.page().from_rooms()] == ["4712"]


def test_invitation_taken_back_is_told_to_an_open_page(bench: Bench) -> None:
    """An open page sees that there is nothing left at that room."""
    bench.invite("4711")
    page = bench.page()
    bench.room_says(b"", kind="invitations")
    assert page.from_rooms()[-1].items == ()


def test_a_call_for_help_waits_for_the_page_until_it_is_taken_back(bench: Bench) -> None:
    """Also beside invitations of the same room, which stay; a guest never hears of it."""
    bench.invite("4711")
    bench.room_says(HELP)
    page, guest = bench.page(), bench.page(guest_link())
    assert page.from_rooms()[-1] == HELP
    bench.room_says(b"", kind="help-call")
    assert page.from_rooms()[-1] == HelpOver(help=HELP.help)
    assert not [said for said in guest.from_rooms() if isinstance(said, HelpCall | HelpOver)]
    assert len(bench.page().from_rooms()) == 1


def test_only_who_was_asked_answers_a_call_for_help(bench: Bench) -> None:
    """Not another desk, not at another room, not one that is over."""
    bench.room_says(HELP)
    page, stranger = bench.page(), bench.page(desk_link("debts-1", "1" * 16))
    answer = HelpReply(help=HELP.help, key="A" * 87, box="AAAA")
    bench.says(page, answer)
    assert bench.to_rooms() == [f"youth-1 {ROOM} help-reply"]
    bench.says(stranger, answer)
    bench.says(page, answer, room=OTHER_ROOM)
    bench.room_says(b"", kind="help-call")
    bench.says(page, answer)
    assert stranger.refusals() == [Reason.NOT_AUTHORISED]
    assert page.refusals() == [Reason.NOT_AUTHORISED] * 2
    assert len(bench.to_rooms()) == 1


def test_welcome_names_the_desk_and_follows_the_directory(bench: Bench) -> None:
    """A page is welcomed at once, and again when the directory changes."""
    page = bench.page()
    assert page.sent == [Welcome(id="youth-1", name={}, office={}, needs={}, now=bench.now)]
    directory = Directory(
        offices=(Office(id="youth", name={"de": "Jugendamt"}),),
        needs=(Need(id="childcare", name={"de": "Betreuung"}),),
        desks=(Desk(id="youth-1", office="youth", name={"de": "Platz 1"}),),
    )
    bench.switchboard.heard(topics.DIRECTORY, codec.encode(directory))
    welcome = page.sent[-1]
    assert (welcome.name, welcome.office, welcome.needs) == (
        {"de": "Platz 1"},
        {"de": "Jugendamt"},
        {"childcare": {"de": "Betreuung"}},
    )


def test_door_and_boxes_reach_only_the_page_that_knocked(bench: Bench) -> None:
    """A second page of the same desk, and the same call named by another room, get nothing."""
    bench.invite("4711")
    page, other = bench.page(), bench.page()
    bench.says(page, knock())
    bench.room_says(Door(call=CALL, standing=Standing.WAITING))
    bench.room_says(SEALED)
    bench.room_says(SEALED, room=OTHER_ROOM)
    assert [type(message) for message in page.from_rooms()[1:]] == [Door, Sealed]
    assert len(other.from_rooms()) == 1


@pytest.mark.parametrize("message", [SEALED, Leave(call=CALL)])
def test_foreign_call_is_refused(bench: Bench, message: Sealed | Leave) -> None:
    """A page cannot speak in a call of another page, of another desk, or at another room than its own."""
    bench.invite("4711")
    bench.invite("4711", desk="debts-1")
    page, neighbour, stranger = bench.page(), bench.page(), bench.page(desk_link("debts-1", "1" * 16))
    bench.says(page, knock())
    before = bench.to_rooms()
    for intruder in (neighbour, stranger):
        bench.says(intruder, message)
        assert intruder.refusals() == [Reason.NOT_AUTHORISED]
    bench.says(page, message, room=OTHER_ROOM)
    assert page.refusals() == [Reason.NOT_AUTHORISED]
    assert bench.to_rooms() == before
    assert bench.refusals.total == 3


def test_knock_needs_an_invitation_or_a_ring(bench: Bench) -> None:
    """For what it was not asked to, a page cannot knock; neither for both at once nor for nothing."""
    bench.invite("4711")
    page = bench.page()
    bench.says(page, knock(number="4712"))
    bench.says(page, knock(number="", ring=RING))
    bench.says(page, knock(), room=OTHER_ROOM)
    bench.says(page, knock(ring=RING))
    bench.says(page, knock(number=""))
    assert page.refusals() == [*[Reason.NOT_AUTHORISED] * 3, *[Reason.MALFORMED] * 2]
    assert bench.to_rooms() == []


def test_call_of_another_page_cannot_be_knocked_with(bench: Bench) -> None:
    """Call ids are random; who names a taken one is refused."""
    bench.invite("4711")
    page, other = bench.page(), bench.page()
    bench.says(page, knock())
    bench.says(other, knock())
    assert other.refusals() == [Reason.NOT_AUTHORISED]
    bench.says(page, knock())
    assert bench.to_rooms() == [f"youth-1 {ROOM} knock"] * 2


def test_page_has_a_bound_number_of_calls(bench: Bench) -> None:
    """The fifth call at once is refused."""
    bench.invite("4711")
    page = bench.page()
    for number in range(5):
        bench.says(page, knock(call=f"{number}" * 16))
    assert page.refusals() == [Reason.NOT_AUTHORISED]


def test_ring_reaches_every_page_and_is_over_for_the_others_when_one_answers(bench: Bench) -> None:
    """The desk rings on all its pages; the answer goes out, and the rest fall silent."""
    bench.ring()
    page, other = bench.page(), bench.page()
    bench.says(page, RingAnswer(ring=RING, reply=RingReply.ACCEPT))
    bench.says(page, knock(number="", ring=RING))
    assert bench.to_rooms() == [f"youth-1 {ROOM} ring-answer", f"youth-1 {ROOM} knock"]
    assert other.from_rooms()[-1] == RingOver(ring=RING, why=RingEnd.ELSEWHERE)
    assert not any(isinstance(message, RingOver) for message in page.from_rooms())
    assert bench.page().from_rooms() == []


def test_ring_of_another_desk_cannot_be_answered(bench: Bench) -> None:
    """Only who was rung answers."""
    bench.ring("debts-1")
    page = bench.page()
    bench.says(page, RingAnswer(ring=RING, reply=RingReply.ACCEPT))
    assert page.refusals() == [Reason.NOT_AUTHORISED]
    assert bench.to_rooms() == []


def test_ring_is_not_told_after_its_end(bench: Bench) -> None:
    """A page that comes after the deadline, or after the room stopped, hears nothing of it."""
    bench.ring()
    bench.now += timedelta(seconds=46)
    assert bench.page().from_rooms() == []
    bench.ring()
    bench.room_says(RingOver(ring=RING, why=RingEnd.STOPPED))
    assert bench.page().from_rooms() == []


def test_clean_goodbye_leaves_and_is_gone_at_once(bench: Bench) -> None:
    """The page closed: every call of it ends, the desk is gone."""
    bench.invite("4711")
    page = bench.page()
    bench.switchboard.page_said(page, SetPresence(state=Presence.FREE))
    bench.says(page, knock())
    bench.switchboard.page_went(page, was_clean=True)
    assert bench.to_rooms()[-1] == f"youth-1 {ROOM} leave"
    assert bench.words() == ["free", "gone"]


def test_lost_page_is_missed_only_after_a_moment(bench: Bench) -> None:
    """Without a goodbye, the room hears nothing for two seconds."""
    bench.invite("4711")
    page = bench.page()
    bench.switchboard.page_said(page, SetPresence(state=Presence.FREE))
    bench.says(page, knock())
    bench.switchboard.page_went(page, was_clean=False)
    assert bench.to_rooms() == [f"youth-1 {ROOM} knock"]
    assert [seconds for seconds, _ in bench.alarms] == [GRACE_S] == [2.0]
    bench.time_passes()
    assert bench.to_rooms()[-1] == f"youth-1 {ROOM} leave"
    assert bench.words() == ["free", "gone"]


def test_page_that_comes_back_in_time_was_never_away(bench: Bench) -> None:
    """Resumed calls go on under the new socket; nobody was told anything."""
    bench.invite("4711")
    page = bench.page()
    bench.switchboard.page_said(page, SetPresence(state=Presence.FREE))
    bench.says(page, knock())
    bench.switchboard.page_went(page, was_clean=False)
    again = bench.page()
    bench.switchboard.page_said(again, SetPresence(state=Presence.FREE))
    bench.switchboard.page_said(again, Resume(calls={CALL: ROOM}))
    bench.time_passes()
    assert bench.words() == ["free"]
    assert bench.to_rooms() == [f"youth-1 {ROOM} knock"]
    bench.says(again, SEALED)
    bench.room_says(Door(call=CALL, standing=Standing.ADMITTED))
    assert bench.to_rooms()[-1] == f"youth-1 {ROOM} sealed"
    assert again.from_rooms()[-1] == Door(call=CALL, standing=Standing.ADMITTED)


def test_page_that_comes_back_too_late_is_told_so(bench: Bench) -> None:
    """After the room was told, the call cannot be resumed; a new knock can be made."""
    bench.invite("4711")
    page = bench.page()
    bench.says(page, knock())
    bench.switchboard.page_went(page, was_clean=False)
    bench.time_passes()
    again = bench.page()
    bench.switchboard.page_said(again, Resume(calls={CALL: ROOM}))
    assert again.from_rooms()[-1] == Door(call=CALL, standing=Standing.LEFT)
    bench.says(again, knock(call=OTHER_CALL))
    assert again.refusals() == []


def test_another_link_cannot_take_a_call_over(bench: Bench) -> None:
    """Who knows a call's id but has another link is refused."""
    bench.invite("4711")
    bench.invite("4711", desk="debts-1")
    bench.says(bench.page(), knock())
    thief = bench.page(desk_link("debts-1", "1" * 16))
    bench.switchboard.page_said(thief, Resume(calls={CALL: ROOM}))
    assert thief.refusals() == [Reason.NOT_AUTHORISED]


def test_server_started_anew_takes_calls_back(bench: Bench) -> None:
    """It has heard of no call, of no ring before its time, and of invitations only in a moment."""
    page = bench.page()
    bench.switchboard.page_said(page, Resume(calls={CALL: ROOM}))
    bench.says(page, SEALED)
    assert page.refusals() == []
    assert bench.to_rooms() == [f"youth-1 {ROOM} sealed"]
    bench.switchboard.page_said(page, Resume(calls={OTHER_CALL: "no/room"}))
    assert page.refusals() == [Reason.NOT_AUTHORISED]


def test_server_that_runs_takes_calls_of_invited_desks_back(bench: Bench) -> None:
    """A page that comes from another server: by now the room has to know the desk."""
    bench.now += NEW
    bench.invite("4711")
    page = bench.page()
    bench.switchboard.page_said(page, Resume(calls={CALL: ROOM, OTHER_CALL: OTHER_ROOM}))
    assert page.refusals() == [Reason.NOT_AUTHORISED]
    bench.says(page, SEALED)
    assert bench.to_rooms() == [f"youth-1 {ROOM} sealed"]


def test_desk_is_gone_with_its_last_page(bench: Bench) -> None:
    """Two pages of one desk: the busier word counts, and one may close."""
    one, two = bench.page(), bench.page()
    bench.switchboard.page_said(one, SetPresence(state=Presence.AWAY))
    bench.switchboard.page_said(two, SetPresence(state=Presence.FREE))
    bench.switchboard.page_said(one, SetPresence(state=Presence.BUSY))
    bench.switchboard.page_went(one, was_clean=True)
    bench.switchboard.page_went(two, was_clean=True)
    assert bench.words() == ["away", "free", "busy", "free", "gone"]


def test_presence_is_repeated_and_taken_back_at_the_end(bench: Bench) -> None:
    """What is retained expires, so it is said again; a server that stops takes it back."""
    page = bench.page()
    bench.switchboard.page_said(page, SetPresence(state=Presence.FREE))
    bench.switchboard.presence.repeat()
    bench.switchboard.presence.clear()
    bench.switchboard.presence.repeat()
    assert bench.words() == ["free", "free", "gone"]


def test_page_cannot_say_gone_and_a_guest_says_nothing(bench: Bench) -> None:
    """Gone is who has no page; guests are on no list."""
    page, guest = bench.page(), bench.page(guest_link())
    bench.switchboard.page_said(page, SetPresence(state=Presence.GONE))
    bench.switchboard.page_said(guest, SetPresence(state=Presence.FREE))
    assert page.refusals() == guest.refusals() == [Reason.NOT_AUTHORISED]
    assert bench.published == []


def test_guest_sees_and_reaches_one_appointment_only(bench: Bench) -> None:
    """Other appointments, other rooms and rings are kept from a guest."""
    bench.invite("4711", "4712", desk="guest-1")
    bench.invite("4711", desk="guest-1", room=OTHER_ROOM)
    bench.ring("guest-1")
    guest = bench.page(guest_link())
    assert [[item.number for item in message.items] for message in guest.from_rooms()] == [["4711"]]
    bench.says(guest, knock(number="4712"))
    bench.says(guest, knock(), room=OTHER_ROOM)
    bench.says(guest, knock(number="", ring=RING))
    bench.says(guest, RingAnswer(ring=RING, reply=RingReply.ACCEPT))
    assert guest.refusals() == [Reason.NOT_AUTHORISED] * 4
    bench.says(guest, knock())
    assert bench.to_rooms() == [f"guest-1 {ROOM} knock"]


def test_withdrawn_link_closes_its_pages(bench: Bench) -> None:
    """At once, call or no call; others stay."""
    bench.invite("4711")
    page, other = bench.page(), bench.page(desk_link(id="1" * 16))
    bench.says(page, knock())
    bench.switchboard.heard(topics.REVOKED, codec.encode(RevokedLinks(links=(page.link.id,))))
    assert (page.closed, other.closed) == (Reason.LINK_REVOKED, None)


def test_link_that_runs_out_lets_its_call_end(bench: Bench) -> None:
    """A conversation is not cut off by the clock, but after it the page closes."""
    bench.invite("4711", desk="guest-1")
    guest = bench.page(guest_link())
    bench.says(guest, knock())
    bench.now = NOW + timedelta(hours=2)
    bench.switchboard.sweep()
    assert guest.closed is None
    bench.room_says(Door(call=CALL, standing=Standing.LEFT), desk="guest-1")
    bench.switchboard.sweep()
    assert guest.closed is Reason.LINK_EXPIRED


def test_link_has_a_bound_number_of_pages(bench: Bench) -> None:
    """One link cannot fill the server."""
    for _ in range(MAX_PAGES):
        bench.page()
    with pytest.raises(InvitationError):
        bench.page()


@pytest.mark.parametrize(
    ("topic", "payload"),
    [
        (topics.DIRECTORY, b"{"),
        (topics.REVOKED, b'{"links": [1]}'),
        (topics.room_to_partner(ROOM, "youth-1", "door"), b"\xff"),
        (topics.room_to_partner(ROOM, "youth-1", "door"), b'{"type": "leave", "call": "cccccccccccccccc"}'),
        (topics.room_to_partner(ROOM, "youth-1", "rung"), b'{"type": "door", "call": "cccccccccccccccc"}'),
        (topics.room_to_partner("nord", "youth-1", "door"), b"{}"),
        ("elsewhere", b"{}"),
    ],
)
def test_malformed_news_change_nothing(bench: Bench, topic: str, payload: bytes) -> None:
    """They are counted by topic, and the switchboard goes on."""
    page = bench.page()
    bench.switchboard.heard(topic, payload)
    bench.switchboard.heard(topic, payload)
    assert bench.refusals.counts == {topic: 2}
    assert len(page.sent) == 1
