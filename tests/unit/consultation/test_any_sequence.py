"""Thousands of events in any order: nothing raises, and what must always hold always holds.

One file, long as it is: every kind of event has its maker here, and each walk draws from all of them.
"""

import random
from collections.abc import Callable
from datetime import timedelta

import msgspec
import pytest

from kiosk.consultation import commands, events, may_signal, media_plan, room_plan, room_view, rounds, session_state
from kiosk.consultation.commands import EmitEvent, Wipe
from kiosk.consultation.plan import is_cut
from kiosk.consultation.visit import TIME_OUT
from kiosk.contract import codec, intents
from kiosk.contract.configuration import EngineChoice
from kiosk.contract.directory import DeskPresence, Presence
from kiosk.contract.display import DisplayReport, Habits, Power
from kiosk.contract.health import Finding, Grade, HealthReport, Part, Program
from kiosk.contract.media import Lamp, MediaReport, PeerReport, Sending, Showing
from kiosk.contract.partner import Introduction, PartnerMedia, RingReply
from kiosk.contract.room import Key, RoomReport, ShutterPosition, Situation, WireLine
from kiosk.contract.self_test import Check, CheckResult, Trigger, Verdict
from kiosk.contract.state import Consent, Partner, Phase, Round, RungDesk, Sheet, Standing, State, TextSize
from tests.unit.consultation.house import DIRECTORY, FIRST, SECOND, START, House, calls_on, schedule_of

DESKS = ("youth-1", "debts-1", "words-1", "words-2", "words-3", "guest-1", "stranger-1")
NUMBERS = ("A-1", "A-1", "A-2", "A-3", "")
Event = events.Event
Maker = Callable[[random.Random, State], Event]


def a_call(dice: random.Random, state: State) -> str:
    """Mostly one that is known."""
    return dice.choice([*calls_on(state), *calls_on(state), f"call{dice.randrange(40):012d}", "", "room"])


def an_own_call(dice: random.Random, state: State) -> dict[str, str]:
    """Mostly a desk with its own call."""
    partners = [*(state.session.partners if state.session else ()), *state.waiting]
    if partners and dice.random() < 0.8:
        partner = dice.choice(partners)
        return {"desk": partner.id, "call": partner.call}
    return {"desk": dice.choice(DESKS), "call": a_call(dice, state)}


def a_ring(dice: random.Random, state: State) -> str:
    ring = state.session.ring if state.session else None
    return ring.id if ring and dice.random() < 0.9 else "ring000000000000"


def a_rung_desk(dice: random.Random, state: State) -> str:
    """Mostly one that is rung, while any is."""
    ring = state.session.ring if state.session else None
    return dice.choice([*ring.desks] * 3 + [*DESKS] if ring else [*DESKS])


def a_knock(dice: random.Random, state: State) -> Event:
    by_ring = dice.random() < 0.35
    desk = a_rung_desk(dice, state) if by_ring else dice.choice(DESKS)
    return events.Knocked(
        desk=desk,
        call=dice.choice([f"call{dice.randrange(40):012d}"] * 8 + [a_call(dice, state)]),
        key=f"key{dice.randrange(3)}",
        introduction=Introduction(name=f"Name-{dice.randrange(99)}", why="Because-Name"),
        number="" if by_ring else dice.choice(NUMBERS),
        ring=a_ring(dice, state) if by_ring or dice.random() < 0.05 else "",
    )


def a_presence(dice: random.Random, state: State) -> Event:
    word = DeskPresence(state=dice.choice([Presence.FREE] * 4 + [*Presence]), since=state.now)
    return events.PresenceChanged(
        desk=dice.choice(DESKS), presence=word if dice.random() < 0.9 else None, valid_s=dice.choice((90, 90, 5, 0, -1))
    )


def a_schedule(dice: random.Random, state: State) -> Event:
    moved = msgspec.structs.replace(FIRST, end=FIRST.end + timedelta(minutes=dice.randrange(60)))
    third = msgspec.structs.replace(SECOND, number="A-3", start=SECOND.end, end=SECOND.end + timedelta(hours=1))
    bookings = dice.sample([moved, SECOND, third], dice.randrange(4))
    return events.ScheduleChanged(document=dice.choice([schedule_of(*bookings), b"{", b"[1]"]))


def a_directory(dice: random.Random, state: State) -> Event:
    some = tuple(desk for desk in DIRECTORY.desks if dice.random() < 0.8)
    return events.DirectoryChanged(document=msgspec.json.encode(msgspec.structs.replace(DIRECTORY, desks=some)))


def a_report(dice: random.Random, state: State) -> Event:
    peers = tuple(PeerReport(call=a_call(dice, state)) for _ in range(dice.randrange(3)))
    return events.MediaReported(
        report=MediaReport(camera=dice.choice(list(Lamp)), has_laptop=dice.random() < 0.7, peers=peers)
    )


def a_member_of_staff(dice: random.Random, state: State) -> Event:
    """On the way to the staff page."""
    if not state.staff.has_page:
        return events.StaffChosen(has_page=True)
    if state.phase is not Phase.IDLE:
        return events.Tick()
    if state.sheet is Sheet.STAFF:
        return intents.OpenRestart()
    return events.PinChecked(is_right=True) if state.sheet is Sheet.PIN else intents.OpenStaff()


def _result(dice: random.Random) -> CheckResult:
    return CheckResult(check=dice.choice(tuple(Check)), verdict=dice.choice(tuple(Verdict)), reason="dark")


def _health(dice: random.Random) -> HealthReport:
    part, grade = dice.choice(tuple(Part)), dice.choice(tuple(Grade))
    return HealthReport(findings=(Finding(part=part, grade=grade, reason="hot", figures={"use_pct": 5}),))


def a_room_report(dice: random.Random, state: State) -> Event:
    known = (None, False, True)
    return events.RoomReported(
        report=RoomReport(
            shutter=dice.choice([*ShutterPosition]),
            is_mute_switch_on=dice.choice(known),
            is_occupied=dice.choice(known),
            is_door_open=dice.choice(known),
        )
    )


def some_desks(dice: random.Random, state: State) -> Event:
    return intents.RingDesks(desks=tuple(dice.sample(DESKS, dice.choice((0, 0, 1, 3)))))


def a_likely_touch(dice: random.Random, state: State) -> Event:
    """What somebody would touch on this screen, so that the walk goes as deep as people do."""
    by_phase: dict[Phase, intents.Intent] = {
        Phase.IDLE: intents.ChooseLanguage(language="tr"),
        Phase.TODAY: intents.JoinAppointment(number="A-1"),
        Phase.PREPARATION: intents.Choose(choice=dice.choice((Consent.ALL, Consent.SOUND))),
        Phase.ENDED: intents.GoBack(),
    }
    by_sheet: dict[Sheet, intents.Intent] = {
        Sheet.NONE: intents.OpenNeeds(),
        Sheet.NEEDS: intents.ChooseNeed(need="arabic"),
        Sheet.DESKS: intents.RingDesks(),
        Sheet.RINGING: intents.RingDesks(),
        Sheet.DOOR: intents.Admit(call=state.session.at_door if state.session else "", consent=Consent.ALL),
    }
    return by_phase.get(state.phase) or by_sheet.get(state.sheet) or intents.CloseSheet()


def a_house(dice: random.Random) -> House:
    """Half of the walks begin in a session with desks to ring, which blind touches seldom reach."""
    house = House()
    if dice.random() < 0.5:
        house.in_session()
        for desk in DIRECTORY.desks:
            house.presence(desk.id)
    return house


def a_round(dice: random.Random, state: State) -> Event:
    """What the agent says of media servers, mostly about the round there is."""
    session = state.session
    room = session.round.room if session and session.round and dice.random() < 0.9 else "another"
    number = dice.randrange(3)
    made = Round(url=f"ws://{number}", room=f"r{number}", sound_room=f"s{number}", secret=f"x{number}")
    tokens = tuple(token for table in rounds.tables(state).values() for token in table)
    return dice.choice(
        (
            events.RoundOpened(session=session.id if session and dice.random() < 0.9 else "another", round=made),
            events.RoundSeated(room=room, tokens=tokens),
            events.RoundSeated(room=room, tokens=tokens[1:]),
            events.RoundGone(room=room),
        )
    )


MAKERS: tuple[tuple[float, Maker], ...] = (
    (0.5, lambda dice, state: events.EngineChosen(engine=dice.choice(list(EngineChoice)))),
    (8, a_round),
    (8, lambda dice, state: events.Tick()),
    (20, a_likely_touch),
    (3, lambda dice, state: intents.ChooseLanguage(language=dice.choice(("de", "en", "ar", "??")))),
    (1, lambda dice, state: intents.ChooseLook(text_size=dice.choice((None, *TextSize)), is_high_contrast=True)),
    (1, lambda dice, state: intents.OpenCorner()),
    (2, lambda dice, state: intents.CloseSheet()),
    (1, lambda dice, state: intents.AskHelp()),
    (1, lambda dice, state: intents.CancelHelp()),
    (1, lambda dice, state: events.HelpPressed(is_silent=dice.random() < 0.3)),
    (1, lambda dice, state: events.StartPressed()),
    (1, lambda dice, state: events.KeyPressed(key=dice.choice(list(Key)))),
    (1, lambda dice, state: events.HelpAnswered(who=dice.choice(("", "Frau Weber")))),
    (0.5, lambda dice, state: events.HelpEnded()),
    (1, lambda dice, state: intents.GoBack()),
    (4, lambda dice, state: intents.JoinAppointment(number=dice.choice(NUMBERS))),
    (1, lambda dice, state: intents.StartWithoutAppointment()),
    (4, lambda dice, state: intents.Choose(choice=dice.choice(list(Consent)))),
    (1, lambda dice, state: intents.SetMicrophone(is_on=dice.random() < 0.5)),
    (2, lambda dice, state: intents.SetCamera(is_on=dice.random() < 0.5)),
    (1, lambda dice, state: intents.SetPause(is_paused=dice.random() < 0.5)),
    (4, lambda dice, state: intents.OpenDoor(call=a_call(dice, state))),
    (6, lambda dice, state: intents.Admit(call=a_call(dice, state), consent=dice.choice(list(Consent)))),
    (2, lambda dice, state: intents.SendAway(call=a_call(dice, state))),
    (3, lambda dice, state: intents.OpenNeeds()),
    (4, lambda dice, state: intents.ChooseNeed(need=dice.choice(("arabic", "arabic", "debts", "degrees", "x")))),
    (4, some_desks),
    (1, lambda dice, state: intents.StopRinging()),
    (1, lambda dice, state: dice.choice((intents.OpenShow(), intents.OpenSound()))),
    (2, lambda dice, state: dice.choice((intents.ShowLaptop(), intents.ShowDocument(), intents.StopShowing()))),
    (1, lambda dice, state: intents.SetVolume(volume_pct=dice.randrange(-50, 200))),
    (1, lambda dice, state: intents.TestLoudspeaker()),
    (1, lambda dice, state: intents.OpenEnd()),
    (0.5, lambda dice, state: intents.EndSession()),
    (2, lambda dice, state: intents.MoreTime()),
    (1, lambda dice, state: intents.Rate(value=dice.randrange(-2, 3))),
    (12, a_knock),
    (10, a_presence),
    (1, a_schedule),
    (1, a_directory),
    (2, a_report),
    (
        4,
        lambda dice, state: events.RingAnswered(
            desk=a_rung_desk(dice, state),
            ring=a_ring(dice, state),
            reply=dice.choice([RingReply.ACCEPT, *RingReply]),
        ),
    ),
    (3, lambda dice, state: events.PartnerLeft(**an_own_call(dice, state))),
    (
        2,
        lambda dice, state: events.PartnerMediaChanged(
            media=PartnerMedia(is_sharing=dice.random() < 0.5), **an_own_call(dice, state)
        ),
    ),
    (1, lambda dice, state: events.LookedAgain(**an_own_call(dice, state))),
    (1, lambda dice, state: dice.choice((events.MediaCame(), events.MediaWent()))),
    (1, lambda dice, state: dice.choice((events.BrokerCame(), events.BrokerWent()))),
    (1, a_room_report),
    (1, lambda dice, state: events.HardwareFault(part="door-sign", is_faulty=dice.random() < 0.5)),
    (0.5, lambda dice, state: events.HabitsChosen(habits=Habits(dim_after_s=20, sleep_after_s=60))),
    (1, lambda dice, state: events.DisplayReported(report=DisplayReport(is_lit=dice.random() < 0.5))),
    (0.5, lambda dice, state: events.DisplayOrdered(power=dice.choice((None, *Power)), brightness_pct=50)),
    (1, lambda dice, state: intents.Touched()),
    (10, a_member_of_staff),
    (1, lambda dice, state: intents.OpenStaff()),
    (1, lambda dice, state: intents.TypeDigit(digit=dice.choice("12"))),
    (1, lambda dice, state: intents.EnterPin()),
    (1, lambda dice, state: events.PinChecked(is_right=dice.random() < 0.8)),
    (1, lambda dice, state: intents.TestRoom()),
    (1, lambda dice, state: intents.OpenRestart()),
    (1, lambda dice, state: intents.RestartProgram(program=dice.choice(tuple(Program)))),
    (1, lambda dice, state: events.LinesRead(lines=(WireLine(name="sign", number=17, level=1.0),))),
    (1, lambda dice, state: intents.GoOnAnyway()),
    (1, lambda dice, state: events.SelfTestAsked(trigger=dice.choice(tuple(Trigger)))),
    (2, lambda dice, state: events.SelfTestStep(check=dice.choice((None, *Check)))),
    (1, lambda dice, state: events.CheckDone(result=_result(dice))),
    (1, lambda dice, state: events.SelfTestDone()),
    (1, lambda dice, state: events.HealthMeasured(report=_health(dice))),
    (1, lambda dice, state: events.RemoteHand(command=dice.choice(("", "identify")))),
)
WEIGHTS = [weight for weight, _ in MAKERS]


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
