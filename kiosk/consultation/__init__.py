"""The consultation as pure functions: no input or output, no clock, no asyncio.

`transition(state, Occurrence(event, at, fresh)) -> (state, commands)`; what follows from the state is a projection.
"""

from kiosk.consultation import commands, events
from kiosk.consultation.partner_view import (
    door,
    help_call,
    invitations,
    invited,
    may_signal,
    room_key,
    room_view,
    rung,
)
from kiosk.consultation.plan import media_plan
from kiosk.consultation.projection import call_state, condition, display_state, privacy_state, session_state
from kiosk.consultation.room import RoomPlan, room_plan
from kiosk.consultation.transition import first_state, is_used, transition

__all__ = [
    "RoomPlan",
    "call_state",
    "commands",
    "condition",
    "display_state",
    "door",
    "events",
    "first_state",
    "help_call",
    "invitations",
    "invited",
    "is_used",
    "may_signal",
    "media_plan",
    "privacy_state",
    "room_key",
    "room_plan",
    "room_view",
    "rung",
    "session_state",
    "transition",
]
