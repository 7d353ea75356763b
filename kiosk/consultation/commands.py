"""What a transition asks the agent to do once. Whatever is a function of the state is in `projection` instead.

Carry them out in their order. None names a person.
"""

from msgspec import Struct, field

from kiosk.contract.errors import Reason
from kiosk.contract.health import Program
from kiosk.contract.links import Sound
from kiosk.contract.partner import Door, RingOver
from kiosk.contract.room import Key


class _Command(Struct, frozen=True, kw_only=True):
    pass


class EmitEvent(_Command, frozen=True, kw_only=True):
    """One numbered event for the monitor, to the spool; types and data are listed in `news`."""

    type: str
    data: dict[str, str | int | float | bool] = field(default_factory=dict)


class TellDesk(_Command, frozen=True, kw_only=True):
    """One message in the open to a desk or guest."""

    desk: str
    message: RingOver | Door


class SendRung(_Command, frozen=True, kw_only=True):
    """Ring this desk: `partner_view.rung` makes the message."""

    desk: str


class SendView(_Command, frozen=True, kw_only=True):
    """Send this partner the round, sealed: `partner_view.room_view` makes the message."""

    call: str


class PlaySound(_Command, frozen=True, kw_only=True):
    """Play this in the room; not asked for while an interpreter speaks."""

    sound: Sound


class StrikeKey(_Command, frozen=True, kw_only=True):
    """Hand this key on to the touch app: only the app knows where things are on the glass."""

    key: Key


class CheckPin(_Command, frozen=True, kw_only=True):
    """Is this the number of the staff? Answered with `PinChecked`; never logged."""

    typed: str


class Restart(_Command, frozen=True, kw_only=True):
    """Let a program of the terminal end; it is started again."""

    program: Program


class Refuse(_Command, frozen=True, kw_only=True):
    """Something from outside was refused: count it by source, log it once."""

    source: str
    """`schedule`, `directory`, `desk {id}`."""
    detail: str
    """What and where, without a name; for documents it ends in the JSON path."""
    reason: Reason = Reason.MALFORMED


class ReadScheduleAgain(_Command, frozen=True, kw_only=True):
    """The directory changed: feed the last schedule document as `ScheduleChanged` once more, if there is one."""


class Wipe(_Command, frozen=True, kw_only=True):
    """The conversation is gone from the state: forget seals and all else derived from it, save at once."""


Command = (
    EmitEvent
    | TellDesk
    | SendRung
    | SendView
    | PlaySound
    | StrikeKey
    | CheckPin
    | Restart
    | Refuse
    | ReadScheduleAgain
    | Wipe
)
