"""Thousands of events in any order: nothing raises, and what must always hold always holds."""

import random

import msgspec
import pytest

from kiosk.consultation import commands, events, may_signal, media_plan, room_plan, room_view, rounds, session_state
from kiosk.consultation.commands import EmitEvent, Wipe
from kiosk.consultation.plan import is_cut
from kiosk.consultation.visit import TIME_OUT
from kiosk.contract import codec, intents
from kiosk.contract.media import Sending, Showing
from kiosk.contract.room import Situation
from kiosk.contract.self_test import Check, Trigger
from kiosk.contract.state import Consent, Partner, Phase, RungDesk, Sheet, Standing, State
from tests.unit.consultation.house import START, House, calls_on
from tests.unit.consultation.walk import MAKERS, WEIGHTS, a_house


def names_in(state: State) -> str:
    """Whatever the state holds that a conversation may have brought."""
    return codec.encode(msgspec.structs.replace(state, waiting=())).decode()


def check_seats(state: State, partners: dict[str, Partner]) -> None:
    """On a media server only the admitted have a place, and where pictures cross only those with a yes to pictures."""
    own = rounds.in_use(state)
    tables = rounds.tables(state)
    assert own is not None or not any(tables.values())
    for call, partner in partners.items():
        feed = rounds.feed(state, call)
        is_admitted = partner.standing is Standing.ADMITTED
        assert is_admitted or feed not in {one for table in tables.values() for one in table.values()}
        sees = is_admitted and partner.consent is Consent.ALL
        assert own is None or (feed in tables[own.room].values()) is sees
        seen = room_view(state, call)
        assert seen is None or seen.seat is None or sees


def check_consent(state: State) -> None:
    """Media flows to those the customer said yes to, in a session, and to nobody else."""
    plan = media_plan(state)
    session = state.session
    partners = {partner.call: partner for partner in (session.partners if session else ())}
    for peer in plan.peers:
        assert state.phase is Phase.SESSION
        assert partners[peer.call].standing is Standing.ADMITTED
        assert partners[peer.call].consent is not Consent.NONE
        assert peer.has_picture is (partners[peer.call].consent is Consent.ALL)
        assert may_signal(state, peer.call, "room")
        assert room_view(state, peer.call) is not None
    planned = {peer.call for peer in plan.peers}
    for partner in (*partners.values(), *state.waiting):
        if partner.call and partner.call not in planned and not is_cut(state):
            assert not may_signal(state, partner.call, "room")
            assert not may_signal(state, "room", partner.call)
            assert room_view(state, partner.call) is None
        assert (partner.standing is Standing.ADMITTED) is (partner.consent is not Consent.NONE)
    check_seats(state, partners)
    if state.phase is not Phase.SESSION:
        here = Sending.HERE if state.phase is Phase.PREPARATION else Sending.OFF
        test = state.self_test
        tested = None if test.trigger in (None, Trigger.REMOTE) or state.phase is not Phase.IDLE else test.step
        assert plan.camera is (
            Sending.OFF if "camera" in state.watch.closed else Sending.HERE if tested is Check.CAMERA else here
        )
        is_shut = "microphone" in state.watch.closed or state.room.is_mute_switch_on
        assert plan.microphone is (Sending.OFF if is_shut else Sending.HERE if tested is Check.SOUND else here)
        assert plan.screen is Showing.NOTHING
    elif session and session.is_paused:
        assert (plan.camera, plan.microphone, plan.screen) == (Sending.OFF, Sending.OFF, Showing.NOTHING)
    elif session and session.choice is not Consent.ALL and not any(peer.has_picture for peer in plan.peers):
        assert plan.screen is Showing.NOTHING


def check_order(state: State) -> None:
    """Phase, session, sheet and time-out fit together; no call and no seat is there twice."""
    assert (state.session is not None) is (state.phase in (Phase.PREPARATION, Phase.SESSION))
    assert (state.deleted_at is not None) is (state.phase is Phase.ENDED)
    calls = calls_on(state)
    assert len(set(calls)) == len(calls)
    assert "room" not in calls
    places = [partner.id for partner in (state.session.partners if state.session else ())]
    assert len(set(places)) == len(places)
    assert "stranger-1" not in (*places, *(partner.id for partner in state.waiting))
    assert {partner.standing for partner in state.waiting} <= {Standing.WAITING}
    if state.phase is not Phase.SESSION:
        more = (
            (Sheet.SOUND,)
            if state.session
            else (Sheet.PIN, Sheet.STAFF, Sheet.RESTART)
            if state.phase is Phase.IDLE
            else ()
        )
        assert state.sheet in (Sheet.NONE, Sheet.CORNER, Sheet.HELP, *more)
    elif state.session:
        at_door = {partner.call: partner.standing for partner in state.session.partners}.get(state.session.at_door)
        assert bool(state.session.at_door) is (state.sheet is Sheet.DOOR)
        assert state.sheet is not Sheet.DOOR or at_door is Standing.WAITING
        assert state.sheet is not Sheet.RINGING or state.session.ring is not None
        assert state.closes_at is None
    if state.phase in TIME_OUT and state.phase is not Phase.IDLE:
        assert state.closes_at is not None


def check_ring(before: State, after: State) -> None:
    """At most one desk has won, a winner is never changed, and a ring that is over rings nowhere."""
    was = before.session.ring if before.session else None
    now = after.session.ring if after.session else None
    if now is None:
        return
    winners = [desk for desk, how in now.desks.items() if how is RungDesk.ANSWERED]
    assert len(winners) <= 1
    assert not (winners and RungDesk.RINGING in now.desks.values())
    assert not (now.is_over and RungDesk.RINGING in now.desks.values())
    if was and was.id == now.id:
        won_before = [desk for desk, how in was.desks.items() if how is RungDesk.ANSWERED]
        assert not (won_before and winners and won_before != winners)


def check_said(said: list[commands.Command]) -> None:
    """Nothing that leaves the house in the open holds a name, and events hold desks, numbers and counts only."""
    assert "Name" not in repr(said)
    for command in said:
        if isinstance(command, EmitEvent):
            assert all(isinstance(value, str | int | float | bool) for value in command.data.values())


def check_help(state: State) -> None:
    """What was asked for openly is on the lamp, what was asked for unseen is nowhere to be seen."""
    shown, help = {one for one in room_plan(state).situations if "help" in one}, state.help
    assert help is None or help.is_open or help.is_silent
    assert bool(shown & {Situation.HELP, Situation.HELP_COMING}) is (help is not None and help.is_open)
    assert bool(shown & {Situation.HELP, Situation.SILENT_HELP}) is (help is not None and help.answered is None)


def check_wiped(before: State, after: State, said: list[commands.Command]) -> None:
    """A session ends by the touch alone, and then nothing of it is left."""
    has_ended = before.phase is Phase.SESSION and after.phase is not Phase.SESSION
    assert has_ended is (Wipe() in said)
    if has_ended:
        assert after.phase is Phase.ENDED
        assert after.key != before.key
        assert after.media.peers == ()
        assert before.session
        assert all(partner.number != before.session.number for partner in after.waiting)
        text = names_in(after)
        for secret in ("Name", "Because", before.session.id, before.key, *calls_on(before)):
            if secret not in {partner.call for partner in after.waiting}:
                assert secret not in text


@pytest.mark.parametrize("seed", range(40))
def test_any_event_in_any_state_is_safe(seed):
    """25 visits of 120 random events a seed, with time passing in between; every rule is checked after each."""
    dice = random.Random(seed)
    reached: set[tuple[Phase, Sheet]] = set()
    for _ in range(25):
        house = a_house(dice)
        for _ in range(120):
            before = house.state
            maker = dice.choices(MAKERS, WEIGHTS)[0][1]
            event = maker(dice, before)
            house.do(event, dice.choice((0, 0, 0.5, 1, 3, 20, 50) if dice.random() < 0.995 else (1800,)))
            check_consent(house.state)
            check_order(house.state)
            check_ring(before, house.state)
            check_said(house.said)
            check_wiped(before, house.state, house.said)
            assert "Name" not in codec.encode(session_state(house.state)).decode()
            check_help(house.state)
            if isinstance(event, intents.EndSession) or before.phase is Phase.ENDED:
                assert house.state.phase is not Phase.SESSION
            reached.add((house.state.phase, house.state.sheet))
        assert codec.decode(codec.encode(house.state), State, "state") == house.state
    assert {phase for phase, _ in reached} == set(Phase)


def test_the_random_walk_gets_everywhere():
    """The test above is worth something: it reaches every sheet, standing and end of a ring."""
    dice = random.Random(1)
    sheets: set[Sheet] = set()
    standings: set[Standing] = set()
    rung: set[RungDesk] = set()
    everywhere = (set(Sheet), set(Standing), set(RungDesk))
    for _ in range(600):
        if (sheets, standings, rung) == everywhere:
            break
        house = a_house(dice)
        for _ in range(120):
            maker = dice.choices(MAKERS, WEIGHTS)[0][1]
            house.do(maker(dice, house.state), dice.choice((0, 0.5, 1, 3, 20)))
            sheets.add(house.state.sheet)
            if house.state.session:
                standings |= set(house.standings().values())
                rung |= set(house.session.ring.desks.values()) if house.session.ring else set()
    assert (sheets, standings, rung) == everywhere


def test_a_touch_that_is_not_offered_is_the_same_as_no_touch():
    """Compared with a tick at the same moment, over many states: unchanged means unchanged, to the last field."""
    dice = random.Random(2)
    strange: tuple[intents.Intent, ...] = (
        intents.JoinAppointment(number="B-9"),
        intents.OpenDoor(call="nobody0000000000"),
        intents.Admit(call="nobody0000000000", consent=Consent.ALL),
        intents.SendAway(call="nobody0000000000"),
        intents.ChooseNeed(need="nothing"),
        intents.Rate(value=5),
        intents.ChooseLanguage(language="???"),
    )
    for _ in range(60):
        house = a_house(dice)
        for _ in range(60):
            house.do(dice.choices(MAKERS, WEIGHTS)[0][1](dice, house.state), dice.choice((0, 1, 5)))
            state, now = house.state, house.now
            ticked = house.do(events.Tick(), 0.5).state
            for touch in strange:
                house.state, house.now = state, now
                touched = house.do(touch, 0.5).state
                # But for the screen, which any touch wakes.
                assert msgspec.structs.replace(touched, display=ticked.display) == ticked


def test_events_are_the_whole_of_what_the_agent_may_send():
    """The walk makes every kind of event there is."""
    dice = random.Random(3)
    house = House().in_session()
    made = {type(maker(dice, house.state)) for _, maker in MAKERS for _ in range(30)}
    assert made == set(events.Event.__args__)
    assert house.now >= START
