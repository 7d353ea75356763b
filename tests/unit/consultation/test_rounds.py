"""When a session goes by way of a media server, and who may sit where."""

import msgspec
import pytest

from kiosk.consultation import events, media_plan, room_view, rounds
from kiosk.contract import intents
from kiosk.contract.configuration import EngineChoice
from kiosk.contract.media import Plan
from kiosk.contract.partner import RoomView
from kiosk.contract.schedule import Guest
from kiosk.contract.state import Consent, Round, Standing
from tests.unit.consultation.house import FIRST, House, call_of

DESKS = ("youth-1", "debts-1", "words-1", "words-2")
ROUND = Round(url="ws://server", room="r" * 32, sound_room="s" * 32, secret="x" * 32)
OTHER = Round(url="ws://other", room="q" * 32, sound_room="p" * 32, secret="y" * 32)


def house(engine: EngineChoice = EngineChoice.AUTO) -> House:
    booking = msgspec.structs.replace(FIRST, desks=DESKS, guests=(Guest(id="guest-1", office="Gasag"),))
    return House(booking).do(events.EngineChosen(engine=engine))


def opened(house: House, round_: Round = ROUND) -> House:
    return house.do(events.RoundOpened(session=house.session.id, round=round_))


def seated(house: House) -> House:
    """As the agent does it: the media server knows every token of the tables."""
    own = house.session.round
    assert own is not None
    tokens = tuple(token for table in rounds.tables(house.state).values() for token in table)
    return house.do(events.RoundSeated(room=own.room, tokens=tokens))


def plan(house: House) -> Plan:
    return media_plan(house.state)


def view(house: House, desk: str) -> RoomView:
    seen = room_view(house.state, call_of(desk))
    assert seen is not None
    return seen


def five(engine: EngineChoice = EngineChoice.AUTO) -> House:
    """Four partners at the table, all of them seated."""
    one = house(engine).in_session()
    for desk in DESKS:
        one.admitted(desk)
    return seated(opened(one))


def test_up_to_four_parties_a_session_is_peer_to_peer():
    """Three partners and the room need no media server."""
    one = house().in_session()
    for desk in DESKS[:3]:
        one.admitted(desk)
    assert not rounds.is_wanted(one.state)
    assert rounds.engine(one.state) == "mesh"
    assert {peer.feed for peer in plan(one).peers} == {""}


def test_the_round_stands_ready_before_the_fifth_is_let_in():
    """It is made while the fourth partner waits, and used from the yes on."""
    one = house().in_session()
    for desk in DESKS[:3]:
        one.admitted(desk)
    one.knock(DESKS[3])
    assert rounds.is_wanted(one.state)
    opened(one)
    assert rounds.engine(one.state) == "mesh"
    assert all(not table for table in rounds.tables(one.state).values())
    one.do(intents.Admit(call=call_of(DESKS[3]), consent=Consent.ALL))
    assert rounds.engine(one.state) == "janus"
    assert one.events_of("session-engine") == [{"engine": "janus"}]


def test_a_round_that_is_not_needed_after_all_is_let_go():
    """The fourth partner went away again."""
    one = house().in_session()
    for desk in DESKS[:3]:
        one.admitted(desk)
    opened(one.knock(DESKS[3]))
    one.do(events.PartnerLeft(desk=DESKS[3], call=call_of(DESKS[3])))
    assert one.session.round is None


def test_once_on_a_media_server_a_session_stays_there():
    """Until its end, even with one partner; nobody is moved to and fro."""
    one = five()
    for desk in DESKS[1:]:
        one.do(events.PartnerLeft(desk=desk, call=call_of(desk)))
    assert rounds.engine(one.state) == "janus"
    one.do(intents.EndSession())
    assert not rounds.is_wanted(one.state)
    assert rounds.tables(one.state) == {}


@pytest.mark.parametrize(("engine", "is_wanted"), [(EngineChoice.JANUS, True), (EngineChoice.MESH, False)])
def test_the_configuration_may_decide_for_good(engine: EngineChoice, is_wanted: bool):
    """With one engine for all: from the preparation on, or never."""
    assert rounds.is_wanted(house(engine).prepare().state) is is_wanted
    assert rounds.is_wanted(five(EngineChoice.AUTO).do(events.EngineChosen(engine=engine)).state) is is_wanted


def test_a_seat_is_given_out_when_the_server_knows_its_token():
    """Earlier the server would refuse it; until then a feed says that there is nothing peer to peer."""
    one = house(EngineChoice.JANUS).prepare()
    opened(one).do(intents.Choose(choice=Consent.ALL)).admitted("youth-1")
    assert plan(one).seat is None
    assert plan(one).peers[0].feed
    assert view(one, "youth-1").seat is None
    assert view(one, "youth-1").room_feed
    seated(one)
    mine, theirs = plan(one).seat, view(one, "youth-1").seat
    assert mine is not None
    assert theirs is not None
    assert (mine.url, mine.room) == (theirs.url, theirs.room) == (ROUND.url, ROUND.room)
    assert mine.feed == view(one, "youth-1").room_feed
    assert theirs.feed == plan(one).peers[0].feed
    assert len({mine.token, theirs.token, mine.feed, theirs.feed}) == 4


def test_where_everybody_sees_there_is_one_room():
    """The second one is for rounds in which somebody takes part by sound only."""
    one = five()
    assert plan(one).sound_seat is None
    assert view(one, "youth-1").sound_seat is None


def test_sound_only_has_no_token_where_pictures_cross():
    """The others sit in both rooms, and are heard by each in one of them."""
    one = five()
    one.do(events.PartnerLeft(desk="debts-1", call=call_of("debts-1")))
    one.admitted("debts-1", Consent.SOUND)
    seated(one)
    listener, seer = view(one, "debts-1"), view(one, "youth-1")
    assert listener.seat is None
    assert listener.sound_seat is not None
    assert listener.sound_seat.feed not in rounds.tables(one.state)[ROUND.room].values()
    assert all(not peer.has_picture for peer in listener.peers)
    assert seer.seat is not None
    assert seer.sound_seat is not None
    assert seer.seat.feed == seer.sound_seat.feed
    assert seer.seat.token != seer.sound_seat.token
    assert plan(one).seat is not None
    assert plan(one).sound_seat is not None


def test_where_nobody_sees_no_room_has_pictures():
    """Sound only, chosen at the beginning: nobody has a token for pictures, the terminal neither."""
    one = house(EngineChoice.JANUS).prepare()
    opened(one).knock("youth-1").do(intents.Choose(choice=Consent.SOUND))
    seated(one)
    assert plan(one).seat is None
    assert plan(one).sound_seat is not None
    assert rounds.tables(one.state)[ROUND.room] == {}


@pytest.mark.parametrize("how", ["left", "declined", "parked"])
def test_whoever_is_put_out_has_no_place_any_more(how: str):
    """From the same step on, in both rooms."""
    one = five()
    call = call_of("youth-1")
    feed = rounds.feed(one.state, call)
    if how == "left":
        one.do(events.PartnerLeft(desk="youth-1", call=call))
    else:
        one.do(intents.SendAway(call=call))
    assert all(feed not in table.values() for table in rounds.tables(one.state).values())
    assert room_view(one.state, call) is None or how == "parked"


def test_a_round_in_place_of_another_gives_everybody_a_new_seat():
    """The server died, or somebody could not be put out of the old one; old tokens open nothing."""
    one = five()
    before = view(one, "youth-1").seat
    opened(one, OTHER)
    assert view(one, "youth-1").seat is None
    seated(one)
    after = view(one, "youth-1").seat
    assert before is not None
    assert after is not None
    assert (after.url, after.room) == (OTHER.url, OTHER.room)
    assert {before.token, before.feed}.isdisjoint({after.token, after.feed})
    assert one.events_of("session-engine") == [{"engine": "janus"}]


def test_without_any_media_server_the_round_is_peer_to_peer_again():
    """And the monitor is told."""
    one = five().do(events.RoundGone(room=ROUND.room))
    assert rounds.engine(one.state) == "mesh"
    assert {peer.feed for peer in plan(one).peers} == {""}
    assert (plan(one).seat, view(one, "youth-1").seat, view(one, "youth-1").room_feed) == (None, None, "")
    assert one.events_of("session-engine") == [{"engine": "janus"}, {"engine": "mesh"}]
    assert rounds.is_wanted(one.state)


def test_late_news_of_an_old_round_changes_nothing():
    """What was said of a round or session that is gone is not believed of the next."""
    one = opened(five(), OTHER)
    before = one.session
    one.do(events.RoundGone(room=ROUND.room)).do(events.RoundSeated(room=ROUND.room, tokens=("a",)))
    one.do(events.RoundOpened(session="another", round=ROUND))
    assert one.session == before


def test_seats_are_never_shown_to_those_who_wait():
    """Knocking opens no room."""
    one = five().do(events.PartnerLeft(desk="debts-1", call=call_of("debts-1")))
    one.knock("debts-1")
    assert one.partner("debts-1").standing is Standing.WAITING
    assert room_view(one.state, call_of("debts-1")) is None
    assert rounds.feed(one.state, call_of("debts-1")) not in rounds.tables(one.state)[ROUND.room].values()
