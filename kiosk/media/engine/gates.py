"""What may cross between the room and a peer. Pure."""

from typing import NamedTuple

from kiosk.contract.media import Plan, Sending, Showing
from kiosk.media.engine.waist import Line

PICTURES = frozenset({Line.CAMERA, Line.SCREEN})


class Gates(NamedTuple):
    """All closed, as they are before anything is known and after the end."""

    sends_sound: bool = False
    sends_camera: bool = False
    sends_screen: bool = False
    taken: frozenset[Line] = frozenset()
    """Of `PICTURES`: what is received and decoded. Sound always is."""


def gates_of(plan: Plan, *, has_picture: bool, shown: frozenset[Line]) -> Gates:
    """`has_picture`: pictures may cross at all; `shown`: which of the peer's are on the screen."""
    may_see = has_picture and not plan.is_paused
    return Gates(
        sends_sound=plan.microphone is Sending.ON and not plan.is_paused,
        sends_camera=plan.camera is Sending.ON and may_see,
        sends_screen=plan.screen is not Showing.NOTHING and may_see,
        taken=shown if has_picture else frozenset(),
    )
