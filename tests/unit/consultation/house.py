"""A terminal to try the rules on: a directory, a schedule and a clock that stands until it is moved."""

from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import msgspec

from kiosk.consultation import commands, events, first_state, transition
from kiosk.contract import intents
from kiosk.contract.directory import Desk, DeskPresence, Directory, Need, Office, Presence
from kiosk.contract.media import Lamp, MediaReport
from kiosk.contract.partner import Introduction, PartnerMedia
from kiosk.contract.schedule import Appointment, Guest, Schedule
from kiosk.contract.state import Consent, Partner, Session, Standing, State

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
_Command = TypeVar("_Command", bound=commands.Command)

DIRECTORY = Directory(
    version=3,
    offices=(
        Office(id="youth", name={"de": "Jugendamt", "en": "Youth Office"}),
        Office(id="debts", name={"de": "Schuldnerberatung", "en": "Debt Advice"}),
        Office(id="words", name={"de": "Sprachmittlung"}),
    ),
    needs=(
        Need(id="childcare", name={"de": "Kita"}),
        Need(id="debts", name={"de": "Schulden"}),
        Need(id="arabic", name={"de": "Arabisch"}, interprets="ar"),
        Need(id="degrees", name={"de": "Abschlüsse"}, by_appointment_only=True),
    ),
    desks=(
        Desk(id="youth-1", office="youth", name={"de": "Platz 1"}, needs=("childcare",)),
        Desk(id="debts-1", office="debts", name={"de": "Platz 1"}, needs=("debts", "degrees")),
        Desk(id="words-1", office="words", name={"de": "Platz 1"}, needs=("arabic",)),
        Desk(id="words-2", office="words", name={"de": "Platz 2"}, needs=("arabic",)),
        Desk(id="words-3", office="words", name={"de": "Platz 3"}, needs=("arabic", "childcare")),
    ),
)
FIRST = Appointment(
    number="A-1",
    start=START,
    end=START + timedelta(minutes=60),
    desks=("youth-1", "debts-1"),
    guests=(Guest(id="guest-1", office="Gasag"),),
    needs=("childcare",),
)
SECOND = Appointment(
    number="A-2", start=START + timedelta(minutes=90), end=START + timedelta(minutes=120), desks=("youth-1",)
)


def schedule_of(*appointments: Appointment, published: datetime | None = START) -> bytes:
    return msgspec.json.encode(Schedule(version=1, published=published, appointments=appointments))


HERE = MediaReport(camera=Lamp.HERE, microphone=Lamp.HERE)
"""What media says in preparation, with everything open and nothing sent."""


class House:
    """Moves the state on, and remembers what was to be done."""

    def __init__(self, *appointments: Appointment, has_schedule: bool = True) -> None:
        self.now = START
        self._made = 0
        self.said: list[commands.Command] = []
        self.all_said: list[commands.Command] = []
        self.state = first_state(self.now, "de", self.fresh())
        if has_schedule:
            self.do(events.DirectoryChanged(document=msgspec.json.encode(DIRECTORY)))
            self.do(events.ScheduleChanged(document=schedule_of(*(appointments or (FIRST, SECOND)))))

    def fresh(self) -> events.Fresh:
        self._made += 1
        return events.Fresh(id=f"fresh{self._made:011d}", key=f"secret-{self._made:06d}")

    def do(self, event: events.Event, later_s: float = 0.0) -> "House":
        """One event, after some time."""
        self.now += timedelta(seconds=later_s)
        occurrence = events.Occurrence(event=event, at=self.now, fresh=self.fresh())
        self.state, said = transition(self.state, occurrence)
        self.said = list(said)
        self.all_said += said
        return self

    def wait(self, seconds: float) -> "House":
        """Time passes in steps of a second, as in the agent."""
        said: list[commands.Command] = []
        for _ in range(int(seconds)):
            said += self.do(events.Tick(), 1.0).said
        self.said = said
        return self

    def told(self, kind: type[_Command]) -> list[_Command]:
        """Commands of one kind of the last step."""
        return [command for command in self.said if isinstance(command, kind)]

    def events_of(self, kind: str) -> list[dict[str, Any]]:
        """Data of the numbered events of this type so far."""
        emitted = (command for command in self.all_said if isinstance(command, commands.EmitEvent))
        return [event.data for event in emitted if event.type == kind]

    @property
    def session(self) -> Session:
        assert self.state.session is not None
        return self.state.session

    def partner(self, desk: str) -> Partner:
        return next(partner for partner in self.session.partners if partner.id == desk)

    def start(self, language: str = "de") -> "House":
        """A visitor stands at today's list."""
        return self.do(intents.ChooseLanguage(language=language))

    def prepare(self, number: str = "A-1") -> "House":
        return self.start().do(intents.JoinAppointment(number=number))

    def in_session(self, choice: Consent = Consent.ALL, *, waiting: tuple[str, ...] = ()) -> "House":
        """A session of A-1; the partners in `waiting` were at the door before the choice."""
        self.prepare().do(events.MediaCame()).do(events.MediaReported(report=HERE))
        for desk in waiting:
            self.knock(desk)
        return self.do(intents.Choose(choice=choice))

    def knock(self, desk: str, call: str = "", number: str = "A-1", ring: str = "", name: str = "") -> "House":
        return self.do(
            events.Knocked(
                desk=desk,
                call=call or call_of(desk),
                key=f"key-of-{call or desk}",
                introduction=Introduction(name=name or name_of(desk), why=f"Why-{desk}-xyz"),
                number="" if ring else number,
                ring=ring,
            )
        )

    def admitted(self, desk: str, consent: Consent = Consent.ALL) -> "House":
        """A partner who knocks and is let in a second later."""
        return self.knock(desk).do(intents.Admit(call=call_of(desk), consent=consent), 1.0)

    def presence(self, desk: str, state: Presence = Presence.FREE) -> "House":
        return self.do(events.PresenceChanged(desk=desk, presence=DeskPresence(state=state, since=self.now)))

    def ringing(self, *free: str, need: str = "arabic") -> "House":
        """A session in which the free desks are rung for the need."""
        for desk in free:
            self.presence(desk)
        if self.state.session is None:
            self.in_session()
        return self.do(intents.OpenNeeds()).do(intents.ChooseNeed(need=need)).do(intents.RingDesks())

    def shares(self, desk: str, call: str = "") -> "House":
        media = PartnerMedia(is_sharing=True)
        return self.do(events.PartnerMediaChanged(desk=desk, call=call or call_of(desk), media=media))

    def standings(self) -> dict[str, Standing]:
        return {partner.id: partner.standing for partner in self.session.partners}


def call_of(desk: str) -> str:
    return f"call{desk.replace('-', ''):0<16}"


def name_of(desk: str) -> str:
    return f"Frau Name-{desk}"


def calls_on(state: State) -> list[str]:
    partners = (*(state.session.partners if state.session else ()), *state.waiting)
    return [partner.call for partner in partners if partner.call]
