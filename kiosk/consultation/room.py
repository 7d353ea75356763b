"""What the room's wires are to show: which situations hold, and what camera and microphone mean for shutter and LED."""

from collections.abc import Iterator

from msgspec import Struct

from kiosk.consultation import privacy, schedule, self_test, wakefulness
from kiosk.consultation.plan import media_plan
from kiosk.contract.media import Lamp, Sending, Showing
from kiosk.contract.privacy import Part
from kiosk.contract.room import Situation
from kiosk.contract.state import Help, Phase, Sheet, State

_PHASES = {
    Phase.IDLE: Situation.IDLE,
    Phase.TODAY: Situation.TODAY,
    Phase.PREPARATION: Situation.PREPARATION,
    Phase.SESSION: Situation.SESSION,
    Phase.ENDED: Situation.ENDED,
}


class RoomPlan(Struct, frozen=True, kw_only=True):
    """For `device.room`, whose rules turn situations into lamps."""

    situations: tuple[Situation, ...] = (Situation.IDLE,)
    """All that hold now; which is the stronger, their order in `Situation` says."""
    is_shutter_open: bool = False
    """Before the camera; where a rule says that it follows."""
    is_led_on: bool = False
    """Something is captured, and before anything of it leaves the room."""


def room_plan(state: State) -> RoomPlan:
    """The whole wish of the consultation to the wires."""
    return RoomPlan(
        situations=tuple(_situations(state)),
        is_shutter_open=_is_shutter_open(state),
        is_led_on=privacy.is_captured(state),
    )


def _situations(state: State) -> Iterator[Situation]:
    yield _PHASES[state.phase]
    if wakefulness.is_asleep(state) and wakefulness.is_sensed(state.room):
        yield Situation.ASLEEP
    if state.phase is Phase.IDLE and state.room.is_occupied:
        yield Situation.OCCUPIED
    if state.sheet in (Sheet.STAFF, Sheet.RESTART):
        yield Situation.MAINTENANCE
    if state.phase is Phase.SESSION:
        if state.session is not None and state.session.is_paused:
            yield Situation.PAUSED
        if schedule.is_next_waiting(state):
            yield Situation.OVERTIME
    if Lamp.ON in (privacy.camera(state).lamp, privacy.microphone(state).lamp):
        yield Situation.SENDING
    if state.watch.closed:
        yield Situation.DOUBT
    if state.phase in (Phase.IDLE, Phase.TODAY) and (state.watch.closed or not self_test.is_ready(state)):
        yield Situation.NOT_READY
    yield from _help(state.help)


def _help(help: Help | None) -> Iterator[Situation]:
    """What was asked for unseen calls the house and shows nothing here; once it is answered, no wire knows of it."""
    if help is None:
        return
    if help.is_open:
        yield Situation.HELP if help.answered is None else Situation.HELP_COMING
    if help.is_silent and help.answered is None:
        yield Situation.SILENT_HELP


def _is_shutter_open(state: State) -> bool:
    """While the camera is wanted by a process that is there, and for a still while it is taken."""
    plan = media_plan(state)
    is_photographed = plan.screen is Showing.DOCUMENT and state.media.camera in (Lamp.HERE, Lamp.ON)
    return (
        state.is_media_here
        and Part.CAMERA not in state.watch.closed
        and (plan.camera is not Sending.OFF or is_photographed)
    )
