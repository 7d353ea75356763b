"""The one place that decides: what happened, to what state, and what is to be done once."""

from datetime import datetime

from kiosk.consultation.commands import Command
from kiosk.consultation.events import Fresh, Occurrence
from kiosk.contract.state import State

Step = tuple[State, tuple[Command, ...]]


def first_state(now: datetime, house_language: str, fresh: Fresh) -> State:
    """The state of a terminal that remembers nothing; `now` is aware, UTC."""
    return State(now=now, language=house_language, house_language=house_language, key=fresh.key)


def is_used(state: State, fresh: Fresh) -> bool:
    """Whether the state holds something of `fresh`, so that the next occurrence needs a new one."""
    session = state.session
    ids = (session.id, session.ring.id if session.ring else "") if session else ()
    return fresh.key == state.key or fresh.id in ids


def transition(state: State, occurrence: Occurrence) -> Step:
    """Time passes until `occurrence.at`, then its event happens. Never raises: what is not offered changes nothing."""
    return state, ()
