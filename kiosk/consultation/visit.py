"""The way of a visit: idle, today, preparation, session, ended, idle; what ends by itself, and what is wiped."""

import re
from datetime import datetime, timedelta

from msgspec.structs import replace

from kiosk.consultation import schedule
from kiosk.consultation.commands import Command, EmitEvent
from kiosk.consultation.events import Fresh, StartPressed
from kiosk.contract import intents
from kiosk.contract.schedule import Appointment
from kiosk.contract.state import Consent, Partner, Phase, Session, Sheet, Standing, State, TextSize

WARNING = timedelta(seconds=25)
"""So long before `State.closes_at` the screen warns."""
TIME_OUT = {
    Phase.IDLE: timedelta(seconds=60),
    Phase.TODAY: timedelta(minutes=2),
    Phase.PREPARATION: timedelta(minutes=3),
    Phase.ENDED: timedelta(seconds=30),
}
STAFF_TIME_OUT = timedelta(minutes=10)
"""So that nobody finds the staff page open."""
_GRACE = timedelta(seconds=25)
"""The last screen stays at least so long after a touch."""
_MORE = timedelta(minutes=10)
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{1,8}){0,3}\Z")


def choose_language(state: State, intent: intents.ChooseLanguage, fresh: Fresh) -> State:
    if not _LANGUAGE.match(intent.language):
        return state
    state = replace(state, language=intent.language)
    return _to_today(state) if state.phase is Phase.IDLE else state


def press_start(state: State, event: StartPressed, fresh: Fresh) -> State:
    """The button in front of the screen does what the touch on the house's language does on idle."""
    if state.phase is not Phase.IDLE:
        return state
    return _to_today(replace(state, language=state.house_language))


def choose_look(state: State, intent: intents.ChooseLook, fresh: Fresh) -> State:
    size = state.text_size if intent.text_size is None else intent.text_size
    contrast = state.is_high_contrast if intent.is_high_contrast is None else intent.is_high_contrast
    return replace(state, text_size=size, is_high_contrast=contrast)


def go_back(state: State, intent: intents.GoBack, fresh: Fresh) -> State:
    """One screen back where nothing is lost by it; from the goodbye to idle."""
    if state.phase is Phase.PREPARATION:
        return _to_today(state)
    return to_idle(state) if state.phase in (Phase.TODAY, Phase.ENDED) else state


def join_appointment(state: State, intent: intents.JoinAppointment, fresh: Fresh) -> State:
    appointment = schedule.find(state, intent.number)
    if state.phase is not Phase.TODAY or appointment is None or not schedule.can_join(state, intent.number):
        return state
    session = Session(id=fresh.id, number=intent.number, ends=appointment.end, partners=_planned(state, appointment))
    waiting = tuple(partner for partner in state.waiting if partner.number != intent.number)
    return replace(state, phase=Phase.PREPARATION, sheet=Sheet.NONE, session=session, waiting=waiting)


def start_without_appointment(state: State, intent: intents.StartWithoutAppointment, fresh: Fresh) -> State:
    if state.phase is not Phase.TODAY:
        return state
    session = Session(id=fresh.id, ends=schedule.next_start(state))
    return replace(state, phase=Phase.PREPARATION, sheet=Sheet.NONE, session=session)


def choose(state: State, intent: intents.Choose, fresh: Fresh) -> State:
    """The customer's choice; it is the yes to the planned partners who already wait, and no yes to anybody later."""
    session = state.session
    if state.phase is not Phase.PREPARATION or session is None:
        return state
    if intent.choice is Consent.NONE:
        return _to_today(state)
    partners = tuple(
        replace(partner, standing=Standing.ADMITTED, consent=intent.choice, admitted_at=state.now)
        if partner.standing is Standing.WAITING
        else partner
        for partner in session.partners
    )
    session = replace(
        session,
        started=state.now,
        choice=intent.choice,
        microphone_wanted=True,
        camera_wanted=intent.choice is Consent.ALL,
        partners=partners,
    )
    return replace(state, phase=Phase.SESSION, sheet=Sheet.NONE, session=session, closes_at=None)


def end_session(state: State, intent: intents.EndSession, fresh: Fresh) -> State:
    """Ends and wipes in one step: from here on nothing of the conversation is in the state."""
    session = state.session
    if state.phase is not Phase.SESSION or session is None:
        return state
    ended = state.ended_numbers
    if session.number and session.number not in ended:
        ended = (*ended, session.number)
    return replace(
        state,
        phase=Phase.ENDED,
        sheet=Sheet.NONE,
        session=None,
        key=fresh.key,
        waiting=tuple(partner for partner in state.waiting if partner.number != session.number),
        ended_numbers=ended,
        media=replace(state.media, peers=()),
        notice=None,
        deleted_at=state.now,
        closes_at=state.now + TIME_OUT[Phase.ENDED],
        has_rated=False,
    )


def more_time(state: State, intent: intents.MoreTime, fresh: Fresh) -> State:
    """Puts off the time-out; in a session ten minutes more, up to the next booking."""
    session = state.session
    if state.phase is not Phase.SESSION or session is None:
        return put_off(state) if state.closes_at else state
    if session.ends is None or schedule.is_next_waiting(state):
        return state
    ends = max(session.ends, state.now) + _MORE
    limit = schedule.next_start(state)
    ends = ends if limit is None else min(ends, limit)
    return replace(state, session=replace(session, ends=max(ends, session.ends)))


def rate(state: State, intent: intents.Rate, fresh: Fresh) -> tuple[State, tuple[Command, ...]]:
    if state.phase is not Phase.ENDED or state.has_rated or intent.value not in (-1, 0, 1):
        return state, ()
    return replace(state, has_rated=True), (EmitEvent(type="rated", data={"value": intent.value}),)


def to_idle(state: State) -> State:
    """The house's own language and look again; partners who wait for an appointment still do."""
    return replace(
        _without_preparation(state),
        phase=Phase.IDLE,
        sheet=Sheet.NONE,
        language=state.house_language,
        text_size=TextSize.NORMAL,
        is_high_contrast=False,
        notice=None,
        deleted_at=None,
        closes_at=None,
        has_rated=False,
    )


def _to_today(state: State) -> State:
    return replace(_without_preparation(state), phase=Phase.TODAY, sheet=Sheet.NONE)


def _without_preparation(state: State) -> State:
    """Nobody was admitted yet: who waits goes on waiting for the appointment."""
    session = state.session
    if session is None:
        return state
    back = tuple(partner for partner in session.partners if partner.standing is Standing.WAITING)
    return replace(state, session=None, waiting=(*state.waiting, *back))


def _planned(state: State, appointment: Appointment) -> tuple[Partner, ...]:
    here = {partner.id: partner for partner in state.waiting if partner.number == appointment.number}
    return tuple(here.get(partner.id, partner) for partner in expected(appointment))


def expected(appointment: Appointment) -> tuple[Partner, ...]:
    """The partners of an appointment before any of them has knocked."""
    number = appointment.number
    return (
        *(Partner(id=desk, number=number) for desk in appointment.desks),
        *(Partner(id=guest.id, number=number, is_guest=True, office=guest.office) for guest in appointment.guests),
    )


def follow_schedule(before: State, state: State) -> State:
    """The session after a change of schedule: a moved end, partners who were added or taken off."""
    session = state.session
    if session is None:
        return state
    if not session.number:
        moved = session.ends == schedule.next_start(before)
        return replace(state, session=replace(session, ends=schedule.next_start(state))) if moved else state
    old, new = schedule.find(before, session.number), schedule.find(state, session.number)
    if new is None:
        return state
    names = schedule.partner_ids(new)
    stay = [p for p in session.partners if p.id in names or p.standing is not Standing.EXPECTED]
    present = {partner.id for partner in stay}
    partners = (*stay, *(partner for partner in expected(new) if partner.id not in present))
    ends: datetime | None = new.end if old is None or old.end != new.end else session.ends
    return replace(state, session=replace(session, partners=partners, ends=ends))


def warns(state: State) -> bool:
    """Whether this screen, or the sheet on it, says that it will close: where somebody may be in the middle of it."""
    return state.phase in (Phase.TODAY, Phase.PREPARATION) or (
        state.phase is Phase.IDLE and state.sheet is not Sheet.NONE
    )


def put_off(state: State) -> State:
    """The whole time-out of this screen from now on."""
    time_out = STAFF_TIME_OUT if state.sheet in (Sheet.STAFF, Sheet.RESTART) else TIME_OUT[state.phase]
    return replace(state, closes_at=state.now + time_out)


def touched(before: State, state: State) -> State:
    """Sets `closes_at` after a touch that did something."""
    if state.phase is Phase.SESSION:
        return replace(state, closes_at=None)
    if state.phase is Phase.IDLE:
        is_untouched = state.sheet is Sheet.NONE and state.text_size is TextSize.NORMAL and not state.is_high_contrast
        return replace(state, closes_at=None) if is_untouched else put_off(state)
    if state.phase is Phase.ENDED and before.phase is Phase.ENDED and state.closes_at:
        return replace(state, closes_at=max(state.closes_at, state.now + _GRACE))
    return put_off(state)
