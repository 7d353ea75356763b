"""The room's appointments: which may be joined, who is expected, when the room is free."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from kiosk.contract.schedule import Appointment
from kiosk.contract.state import Phase, State

EARLY = timedelta(minutes=15)
"""So long before its start an appointment may be joined, and its partners may knock."""


def find(state: State, number: str) -> Appointment | None:
    """The appointment of this number."""
    return next((booking for booking in state.appointments if number and booking.number == number), None)


def partner_ids(appointment: Appointment) -> tuple[str, ...]:
    """Desks and guests that take part."""
    return (*appointment.desks, *(guest.id for guest in appointment.guests))


def is_open(appointment: Appointment, now: datetime) -> bool:
    """Whether it may be joined by the clock: from 15 min before its start until its end."""
    return appointment.start - EARLY <= now < appointment.end


def can_join(state: State, number: str) -> bool:
    """Whether today's list offers to join it; one that was ended by mistake may be joined again until its end."""
    appointment = find(state, number)
    return appointment is not None and is_open(appointment, state.now)


def on_day(appointments: Iterable[Appointment], now: datetime, time_zone: ZoneInfo) -> tuple[Appointment, ...]:
    """Those that touch the calendar day of `now` in the room's time zone; what ends at midnight is over by then."""
    day = now.astimezone(time_zone).date()
    return tuple(
        booking
        for booking in appointments
        if booking.start.astimezone(time_zone).date()
        <= day
        <= (booking.end - timedelta.resolution).astimezone(time_zone).date()
    )


def next_start(state: State) -> datetime | None:
    """When the next booking begins, without the running session's own and those that took place; None: none known."""
    over = (*state.ended_numbers, state.session.number if state.session else "")
    starts = [
        booking.start for booking in state.appointments if booking.number not in over and booking.start > state.now
    ]
    return min(starts, default=None)


def in_use_until(state: State) -> datetime | None:
    """Until when the room is taken: by the session, else by the booking of this moment; None when it is free."""
    if state.phase in (Phase.PREPARATION, Phase.SESSION) and state.session and state.session.ends:
        return state.session.ends
    ends = [
        booking.end
        for booking in state.appointments
        if booking.start <= state.now < booking.end and booking.number not in state.ended_numbers
    ]
    return max(ends, default=None)


def free_until(state: State) -> datetime | None:
    """When a free room is taken again; None when no booking is known."""
    return next_start(state)


def is_next_waiting(state: State) -> bool:
    """Whether the running session stands in the way of a later booking, whose people wait outside."""
    session = state.session
    if session is None or session.started is None:
        return False
    return any(
        session.started < booking.start <= state.now < booking.end
        for booking in state.appointments
        if booking.number != session.number and booking.number not in state.ended_numbers
    )
