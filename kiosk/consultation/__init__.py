"""The consultation as pure functions: no input or output, no clock, no asyncio.

`transition(state, Occurrence(event, at, fresh)) -> (state, commands)`; what follows from the state is a projection.
"""

from kiosk.consultation import commands, events
from kiosk.consultation.partner_view import door, invitations, invited, may_signal, room_key, room_view, rung
from kiosk.consultation.projection import RoomPlan, Sign, call_state, condition, media_plan, room_plan, session_state
from kiosk.consultation.transition import first_state, is_used, transition

__all__ = [
    "RoomPlan",
    "Sign",
    "call_state",
    "commands",
    "condition",
    "door",
    "events",
    "first_state",
    "invitations",
    "invited",
    "is_used",
    "may_signal",
    "media_plan",
    "room_key",
    "room_plan",
    "room_view",
    "rung",
    "session_state",
    "transition",
]
