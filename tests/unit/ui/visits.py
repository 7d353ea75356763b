"""States of a visit to draw: Room 2.14 on a Tuesday in November, half past ten, as in the target pictures."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from msgspec.structs import replace

from kiosk.contract.directory import Desk, DeskPresence, Directory, Need, Office, Presence
from kiosk.contract.media import Lamp, MediaReport, PeerLink, PeerReport
from kiosk.contract.schedule import Appointment, Guest
from kiosk.contract.state import Consent, Partner, Phase, Session, Sheet, Standing, State
from kiosk.ui.present import Form, Setting, present
from kiosk.ui.present.views import View

ZONE = ZoneInfo("Europe/Berlin")
SETTING = Setting(zone=ZONE, room="Raum 2.14 · Beratung")


def at(clock: str) -> datetime:
    """A time of that day, as the clock on the wall says it."""
    hour, minute = clock.split(":")
    return datetime(2026, 11, 24, int(hour), int(minute), tzinfo=ZONE).astimezone(UTC)


DIRECTORY = Directory(
    offices=(
        Office(id="family", name={"de": "Familienkasse", "ar": "صندوق الأسرة"}),
        Office(id="debts", name={"de": "Schuldnerberatung"}),
        Office(id="youth", name={"de": "Jugendamt", "en": "Youth Office"}),
        Office(id="words", name={"de": "Dolmetscherdienst"}),
    ),
    needs=(
        Need(id="benefit", name={"de": "Kindergeld"}, icon="baby-carriage"),
        Need(id="childcare", name={"de": "Betreuung für Kinder", "en": "Childcare"}, icon="users"),
        Need(id="debts", name={"de": "Schulden"}, icon="scales"),
        Need(id="arabic", name={"de": "Dolmetschen: Arabisch"}, icon="translate", interprets="ar"),
        Need(id="health", name={"de": "Gesundheit"}, icon="no-such-icon", by_appointment_only=True),
    ),
    desks=(
        Desk(id="family-1", office="family", name={"de": "Familienkasse, Platz 1"}, needs=("benefit",)),
        Desk(id="debts-1", office="debts", name={"de": "Schuldnerberatung, Platz 1"}, needs=("debts",)),
        Desk(id="youth-1", office="youth", name={"de": "Jugendamt, Platz 1"}, needs=("childcare",)),
        Desk(id="words-1", office="words", name={"de": "Platz 1"}, needs=("arabic",)),
        Desk(id="words-2", office="words", name={"de": "Platz 2"}, needs=("arabic",)),
        Desk(id="words-3", office="words", name={"de": "Platz 3"}, needs=("arabic",)),
    ),
)
APPOINTMENTS = (
    Appointment(number="4698", start=at("09:30"), end=at("10:10"), desks=("youth-1",)),
    Appointment(number="4711", start=at("10:30"), end=at("11:10"), desks=("family-1", "debts-1"), needs=("benefit",)),
    Appointment(number="4725", start=at("11:15"), end=at("12:00"), guests=(Guest(id="g-1", office="Handwerkskammer"),)),
    Appointment(number="4730", start=at("13:00"), end=at("14:00"), desks=("words-1",)),
)


def a_state(clock: str, **fields: Any) -> State:
    """The terminal with directory and schedule, everything next door running."""
    state = State(
        now=at(clock),
        appointments=APPOINTMENTS,
        schedule_published=at("09:12"),
        directory=DIRECTORY,
        is_media_here=True,
        is_broker_here=True,
    )
    return replace(state, **fields)


def a_partner(desk: str, name: str, **fields: Any) -> Partner:
    """Somebody who was let in with picture."""
    partner = Partner(
        id=desk,
        number="4711",
        call=f"call-{desk}",
        name=name,
        standing=Standing.ADMITTED,
        consent=Consent.ALL,
        admitted_at=at("10:31"),
    )
    return replace(partner, **fields)


BRANDT = a_partner("family-1", "Herr Brandt")
HADDAD = a_partner("words-1", "Frau Haddad", number="", need="arabic", admitted_at=at("10:33"))
OEZDEMIR = a_partner("debts-1", "Frau Özdemir", admitted_at=at("10:32"))
KAYA = a_partner(
    "youth-1",
    "Frau Kaya",
    number="",
    need="childcare",
    why="Sie sucht mit Ihnen einen Platz.",
    standing=Standing.WAITING,
    consent=Consent.NONE,
    admitted_at=None,
    knocked_at=at("10:45"),
)
OPEN = MediaReport(camera=Lamp.ON, microphone=Lamp.ON)


def a_session(*partners: Partner, clock: str = "10:46", session: Any = None, **fields: Any) -> State:
    """A session under way since 10:30, to end at 11:10, everything open."""
    running = Session(
        id="s",
        number="4711",
        started=at("10:30"),
        ends=at("11:10"),
        choice=Consent.ALL,
        microphone_wanted=True,
        camera_wanted=True,
        partners=partners,
    )
    running = replace(running, **(session or {}))
    report = replace(OPEN, peers=tuple(seen(partner.call) for partner in partners if partner.consent is Consent.ALL))
    return replace(a_state(clock, phase=Phase.SESSION, media=report, session=running), **fields)


def seen(call: str, **fields: Any) -> PeerReport:
    """A peer whose picture arrives."""
    return replace(PeerReport(call=call, link=PeerLink.UP, has_camera_picture=True), **fields)


def with_peers(state: State, *peers: PeerReport) -> State:
    """The state with another report about the peers."""
    return replace(state, media=replace(state.media, peers=peers))


def free(*desks: str) -> dict[str, DeskPresence]:
    """These desks are reachable."""
    return {desk: DeskPresence(state=Presence.FREE, since=at("09:00")) for desk in desks}


def busy(until: str = "") -> DeskPresence:
    """A desk in a conversation, until then."""
    return DeskPresence(state=Presence.BUSY, since=at("09:00"), until=at(until) if until else None)


def sheet(state: State, which: Sheet, **session: Any) -> State:
    """The state with a sheet over it, and fields of its session changed."""
    assert state.session is not None
    return replace(state, sheet=which, session=replace(state.session, **session))


def shown(state: State, *, later: timedelta = timedelta(), form: Form = Form.LANDSCAPE, **options: Any) -> View:
    """What the terminal shows of it."""
    return present(state, replace(SETTING, form=form), state.now + later, **options)
