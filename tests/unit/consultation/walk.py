"""A random walk through a consultation: for every kind of event one who makes it, and how often each comes."""

import random
from collections.abc import Callable
from datetime import timedelta

import msgspec

from kiosk.consultation import events, rounds
from kiosk.contract import intents
from kiosk.contract.configuration import EngineChoice
from kiosk.contract.directory import DeskPresence, Presence
from kiosk.contract.display import DisplayReport, Habits, Power
from kiosk.contract.health import Finding, Grade, HealthReport, Part, Program
from kiosk.contract.media import Lamp, MediaReport, PeerReport
from kiosk.contract.partner import Introduction, PartnerMedia, RingReply
from kiosk.contract.room import Key, RoomReport, ShutterPosition, WireLine
from kiosk.contract.self_test import Check, CheckResult, Trigger, Verdict
from kiosk.contract.state import Consent, Phase, Round, Sheet, State, TextSize
from tests.unit.consultation.house import DIRECTORY, FIRST, SECOND, House, calls_on, schedule_of

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
