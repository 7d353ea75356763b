"""The way to the staff page: a number, typed on the glass, checked by the agent; wrong ones are slowed down."""

from datetime import timedelta

from msgspec.structs import replace

from kiosk.consultation import events, visit
from kiosk.consultation.commands import CheckPin, Command, EmitEvent, Restart
from kiosk.contract import intents
from kiosk.contract.state import Phase, Sheet, Staff, State

_Step = tuple[State, tuple[Command, ...]]

MOST_DIGITS = 8
_TRIES = 3
_PAUSE = timedelta(minutes=2)
"""After so many wrong numbers; as long again after each further one."""
_DIGITS = frozenset("0123456789")


def choose(state: State, event: events.StaffChosen, fresh: events.Fresh) -> State:
    """Whether this terminal has a staff page at all."""
    return replace(state, staff=replace(state.staff, has_page=event.has_page))


def open_door(state: State, intent: intents.OpenStaff, fresh: events.Fresh) -> State:
    """Asks for the number; only on the idle screen."""
    if not state.staff.has_page or state.phase is not Phase.IDLE:
        return state
    return replace(state, sheet=Sheet.PIN, staff=replace(state.staff, typed="", is_wrong=False))


def type_digit(state: State, intent: intents.TypeDigit, fresh: events.Fresh) -> State:
    """One more; an empty one takes the last back."""
    if state.sheet is not Sheet.PIN or is_paused(state):
        return state
    typed = state.staff.typed[:-1]
    if intent.digit:
        typed = (state.staff.typed + intent.digit)[:MOST_DIGITS]
        if intent.digit not in _DIGITS:
            return state
    return replace(state, staff=replace(state.staff, typed=typed, is_wrong=False))


def enter(state: State, intent: intents.EnterPin, fresh: events.Fresh) -> _Step:
    typed = state.staff.typed
    if state.sheet is not Sheet.PIN or not typed or is_paused(state):
        return state, ()
    return replace(state, staff=replace(state.staff, typed="")), (CheckPin(typed=typed),)


def take_word(state: State, event: events.PinChecked, fresh: events.Fresh) -> _Step:
    """Right: the page, for a while. Wrong: again, and after some a pause."""
    if state.sheet is not Sheet.PIN:
        return state, ()
    if event.is_right:
        opened = visit.put_off(replace(state, sheet=Sheet.STAFF, staff=Staff(has_page=True)))
        return opened, (EmitEvent(type="staff-page-opened"),)
    wrong = state.staff.wrong + 1
    pause = state.now + _PAUSE if wrong >= _TRIES else None
    staff = replace(state.staff, wrong=wrong, is_wrong=True, paused_until=pause)
    return replace(state, staff=staff), (EmitEvent(type="staff-page-refused", data={"wrong": wrong}),)


def note_lines(state: State, event: events.LinesRead, fresh: events.Fresh) -> State:
    """What the wires say, for as long as somebody looks."""
    if state.sheet is not Sheet.STAFF:
        return state
    return replace(state, staff=replace(state.staff, lines=event.lines))


def open_restart(state: State, intent: intents.OpenRestart, fresh: events.Fresh) -> State:
    """From the staff page only."""
    return replace(state, sheet=Sheet.RESTART) if state.sheet is Sheet.STAFF else state


def restart(state: State, intent: intents.RestartProgram, fresh: events.Fresh) -> _Step:
    """Never beside a session: the sheet is there on idle only. Back to the page, which shows how it comes back."""
    if state.sheet is not Sheet.RESTART or state.session is not None:
        return state, ()
    data: dict[str, str | int | float | bool] = {"process": intent.program.value, "reason": "staff"}
    told = (EmitEvent(type="started-anew", data=data), Restart(program=intent.program))
    return replace(state, sheet=Sheet.STAFF), told


def is_paused(state: State) -> bool:
    """Too many wrong numbers."""
    until = state.staff.paused_until
    return until is not None and state.now < until


def settle(state: State) -> State:
    """What was typed goes with the sheet, and what the wires said."""
    if state.staff.lines and state.sheet is not Sheet.STAFF:
        state = replace(state, staff=replace(state.staff, lines=()))
    staff = state.staff
    if state.sheet is Sheet.PIN or not (staff.typed or staff.is_wrong):
        return state
    return replace(state, staff=replace(staff, typed="", is_wrong=False))
