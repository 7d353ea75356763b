"""When the screen is awake, dimmed or asleep; who comes wakes it, and a hand in the dark does nothing else.

Knows nothing of panels: what `device.display` says of them comes as `DisplayReported`.
"""

from datetime import timedelta

from msgspec.structs import replace

from kiosk.consultation import events
from kiosk.consultation.commands import Command, StrikeKey
from kiosk.contract import intents
from kiosk.contract.display import Display, Power, Wakefulness
from kiosk.contract.room import RoomReport
from kiosk.contract.schedule import Appointment
from kiosk.contract.state import Phase, Sheet, State

LIGHT_UP = timedelta(seconds=4)
"""No panel takes longer to show something; after that touches count, whatever it says of itself."""
_Step = tuple[State, tuple[Command, ...]]


def is_asleep(state: State) -> bool:
    return state.display.wakefulness is Wakefulness.ASLEEP


def is_sensed(room: RoomReport) -> bool:
    """Whether a sensor or the door would tell that somebody comes."""
    return room.is_occupied is not None or room.is_door_open is not None


def is_greeting(state: State) -> bool:
    """Whether somebody has just come to the idle screen."""
    came_at = state.display.came_at
    if came_at is None or state.phase is not Phase.IDLE or is_asleep(state):
        return False
    return timedelta() <= state.now - came_at < timedelta(seconds=state.display.habits.greeting_s)


def swallows(state: State, event: events.Event) -> bool:
    """Whether a hand means nothing by this, because there is nothing to be seen. Buttons on the wall always count."""
    if not isinstance(event, intents.Intent | events.KeyPressed):
        return False
    woke_at = state.display.woke_at
    is_dark = not state.display.report.is_lit and woke_at is not None and state.now - woke_at < LIGHT_UP
    return is_asleep(state) or is_dark


def choose_habits(state: State, event: events.HabitsChosen, fresh: events.Fresh) -> State:
    return replace(state, display=replace(state.display, habits=event.habits))


def take_report(state: State, event: events.DisplayReported, fresh: events.Fresh) -> State:
    return replace(state, display=replace(state.display, report=event.report))


def order(state: State, event: events.DisplayOrdered, fresh: events.Fresh) -> State:
    """Refused by the agent before where somebody needs the screen; here it would have no effect."""
    display = state.display
    if event.power is Power.AUTO and event.brightness_pct is None:
        return replace(state, display=replace(display, power=Power.AUTO, brightness_pct=None))
    power = display.power if event.power is None else event.power
    pct = display.brightness_pct if event.brightness_pct is None else event.brightness_pct
    return replace(state, display=replace(display, power=power, brightness_pct=pct))


def press_key(state: State, event: events.KeyPressed, fresh: events.Fresh) -> _Step:
    """The touch app moves its ring, and answers OK with the intent of what the ring stands around."""
    return state, (StrikeKey(key=event.key),)


def can_be_turned_off(state: State) -> bool:
    """Not while a visit, a call for help or somebody at the door needs the screen."""
    return not _is_needed(state)


def settle(before: State, state: State, event: events.Event) -> State:
    """Last of all rules: what the event says about who is here, and what follows from it."""
    display = state.display
    is_hand = _is_hand(event)
    has_come = is_hand or _has_come(before.room, state.room)
    if display.power is Power.OFF and (is_hand or _is_needed(state)):
        display = replace(display, power=Power.AUTO)
    if display.power is not Power.OFF and _has_reason(state, display):
        alone_since = None
    elif has_come or display.alone_since is None or display.alone_since > state.now:
        alone_since = state.now
    else:
        alone_since = display.alone_since
    display = replace(display, alone_since=alone_since)
    display = replace(display, wakefulness=_wakefulness(state, display))
    # Who touches a screen that is awake has begun already, and a door that opens for somebody inside is no arrival.
    is_arrival = before.display.wakefulness is not Wakefulness.AWAKE or not (is_hand or before.room.is_occupied)
    return replace(state, display=_woken(state, display, has_come and is_arrival))


def _woken(state: State, display: Display, is_arrival: bool) -> Display:
    """`state.display` is still the one before."""
    if display.wakefulness is Wakefulness.ASLEEP:
        return display if display.came_at is None else replace(display, came_at=None)
    if state.display.wakefulness is Wakefulness.ASLEEP:
        display = replace(display, woke_at=state.now)
    return replace(display, came_at=state.now) if is_arrival and state.phase is Phase.IDLE else display


def _wakefulness(state: State, display: Display) -> Wakefulness:
    if display.power is Power.OFF and not state.remote_hand:
        return Wakefulness.ASLEEP
    if display.alone_since is None or display.power is Power.OFF:
        return Wakefulness.AWAKE
    habits, alone_s = display.habits, (state.now - display.alone_since).total_seconds()
    if alone_s >= (habits.sleep_after_s if is_sensed(state.room) else habits.sleep_after_unseen_s):
        return Wakefulness.ASLEEP
    return Wakefulness.DIMMED if alone_s >= habits.dim_after_s else Wakefulness.AWAKE


def _is_hand(event: events.Event) -> bool:
    """Of a silent call for help nothing in the room may tell, so it wakes nothing."""
    if isinstance(event, events.HelpPressed):
        return not event.is_silent
    return isinstance(event, intents.Intent | events.KeyPressed | events.StartPressed)


def _has_come(before: RoomReport, room: RoomReport) -> bool:
    """A sensor, the door or the headset says that somebody did something."""
    return (
        (room.is_occupied is True and not before.is_occupied)
        or (None not in (before.is_door_open, room.is_door_open) and room.is_door_open != before.is_door_open)
        or (room.is_headset_in is True and before.is_headset_in is False)
    )


def _is_needed(state: State) -> bool:
    """Somebody is in the middle of something."""
    return state.phase is not Phase.IDLE or state.sheet is not Sheet.NONE or state.is_help_asked or bool(state.waiting)


def _has_reason(state: State, display: Display) -> bool:
    return (
        _is_needed(state)
        or display.power is Power.ON
        or bool(state.room.is_occupied)
        or bool(state.remote_hand)
        or any(_is_soon(state, booking) for booking in state.appointments)
    )


def _is_soon(state: State, booking: Appointment) -> bool:
    early = timedelta(seconds=state.display.habits.wake_before_s)
    return booking.number not in state.ended_numbers and booking.start - early <= state.now < booking.start
