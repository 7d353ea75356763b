"""What time alone brings about: notices come and go, rings and words expire, screens give way."""

from datetime import datetime, timedelta
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from kiosk.consultation import help, ringing, roster, schedule, visit
from kiosk.consultation.sheets import running
from kiosk.contract.state import Phase, State

NOTICES_MIN = (1, 5, 10)
"""So many minutes before its end a session is told."""
_KEPT = timedelta(hours=24)
_NOT_OURS = {"appointments", "directory", "ends", "presence", "schedule_published"}
"""Moments of the calendar and of other people's clocks; all others are counted by this clock."""


def advance(state: State, now: datetime) -> State:
    """The state at `now`, before anything else happens. A session is never ended by it."""
    before = state
    if now < state.now:
        state = _earlier(state, state.now - now)
    state = replace(state, now=now)
    if state.notice is not None and now >= state.notice.until:
        state = replace(state, notice=None)
    state = _with_time_notice(before, state)
    state = help.advance(ringing.time_out(_without_old_words(state)))
    state = _with_somebody_here(state)
    if state.closes_at is not None and now >= state.closes_at and running(state) is None:
        state = visit.to_idle(state)
    return without_strangers(_without_the_past(state))


def _earlier(value: Any, by: timedelta) -> Any:
    """With the clock, everything that runs by it is set back; else it would stand still for years."""
    match value:
        case datetime():
            return value - by
        case dict():
            return {key: _earlier(one, by) for key, one in value.items()}
        case tuple():
            return tuple(_earlier(one, by) for one in value)
        case Struct():
            ours = [name for name in value.__struct_fields__ if name not in _NOT_OURS]
            return replace(value, **{name: _earlier(getattr(value, name), by) for name in ours})
        case _:
            return value


def _with_somebody_here(state: State) -> State:
    """While somebody is in the room no screen closes by itself, nor warns of it; but for the goodbye, which holds
    nothing that could be lost."""
    is_due = state.closes_at is not None and state.closes_at - state.now <= visit.WARNING
    return visit.put_off(state) if is_due and state.room.is_occupied and state.phase is not Phase.ENDED else state


def _with_time_notice(before: State, state: State) -> State:
    session = running(state)
    if session is None or session.ends is None:
        return state
    for minutes in NOTICES_MIN:
        if before.now < session.ends - timedelta(minutes=minutes) <= state.now:
            return roster.note(state, f"time-{minutes}")
    return state


def _without_old_words(state: State) -> State:
    old = {desk for desk, until in state.presence_until.items() if until <= state.now}
    if not old:
        return state
    return replace(
        state,
        presence={desk: word for desk, word in state.presence.items() if desk not in old},
        presence_until={desk: until for desk, until in state.presence_until.items() if desk not in old},
    )


def _without_the_past(state: State) -> State:
    appointments = tuple(booking for booking in state.appointments if state.now < booking.end + _KEPT)
    if len(appointments) == len(state.appointments):
        return state
    numbers = {booking.number for booking in appointments}
    ended = tuple(number for number in state.ended_numbers if number in numbers)
    return replace(state, appointments=appointments, ended_numbers=ended)


def without_strangers(state: State) -> State:
    """Without waiting partners whose appointment is over, was cancelled, or takes place without them."""
    waiting = []
    for partner in state.waiting:
        appointment = schedule.find(state, partner.number)
        if appointment and state.now < appointment.end and partner.id in schedule.partner_ids(appointment):
            waiting.append(partner)
    return state if len(waiting) == len(state.waiting) else replace(state, waiting=tuple(waiting))
