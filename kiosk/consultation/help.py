"""Help: asked for openly or unseen, answered by somebody of the house, over when they or the room say so."""

from datetime import timedelta

from msgspec.structs import replace

from kiosk.consultation import events, roster
from kiosk.consultation.commands import Command, EmitEvent, PlaySound
from kiosk.contract import intents
from kiosk.contract.links import Sound
from kiosk.contract.state import Help, HelpOrigin, Phase, Sheet, State

PATIENCE = timedelta(seconds=60)
"""So long nobody need wonder why nobody has answered."""
_LONGEST_NAME = 60
_Step = tuple[State, tuple[Command, ...]]


def ask(state: State, intent: intents.AskHelp, fresh: events.Fresh) -> _Step:
    return _ask(replace(state, sheet=Sheet.HELP), HelpOrigin.SCREEN, fresh)


def press(state: State, event: events.HelpPressed, fresh: events.Fresh) -> _Step:
    """The button on the wall: the screen says so too, unless it is busy with something else. Unseen: says nothing."""
    if event.is_silent:
        return _ask(state, HelpOrigin.SILENT, fresh)
    sheet = Sheet.HELP if state.sheet is Sheet.NONE else state.sheet
    return _ask(replace(state, sheet=sheet), HelpOrigin.WALL, fresh)


def _ask(state: State, origin: HelpOrigin, fresh: events.Fresh) -> _Step:
    """Each way of asking is news once; asked anew in the other way, the answer is to be given anew."""
    is_silent = origin is HelpOrigin.SILENT
    help = state.help or Help(id=fresh.id, asked=state.now, origin=origin, is_open=False)
    if help.is_silent if is_silent else help.is_open:
        return state, ()
    asked = replace(help, answered=None, who="", is_overdue=False)
    asked = replace(asked, is_silent=True) if is_silent else replace(asked, is_open=True)
    told: tuple[Command, ...] = (EmitEvent(type="help-asked", data={"origin": origin.value}),)
    return replace(state, help=asked), told if is_silent else (*told, *_sound(state, Sound.HELP))


def cancel(state: State, intent: intents.CancelHelp, fresh: events.Fresh) -> _Step:
    """By a hand in the room, which may be anybody's: what was asked for unseen goes on."""
    if state.help is None or not state.help.is_open:
        return state, ()
    rest = replace(state.help, is_open=False) if state.help.is_silent else None
    return replace(_without_sheet(state), help=rest), (EmitEvent(type="help-cancelled"),)


def answer(state: State, event: events.HelpAnswered, fresh: events.Fresh) -> _Step:
    """Somebody is on the way; who said so last is who comes."""
    help = state.help
    if help is None:
        return state, ()
    who = roster.one_line(event.who)[:_LONGEST_NAME]
    state = replace(state, help=replace(help, answered=help.answered or state.now, who=who, is_overdue=False))
    if help.answered is not None:
        return state, ()
    told: tuple[Command, ...] = (EmitEvent(type="help-answered", data=_figures(help, state)),)
    if help.is_open:
        is_free = state.sheet is Sheet.NONE and state.phase is not Phase.SESSION
        state = roster.note(replace(state, sheet=Sheet.HELP if is_free else state.sheet), "help-answered")
        told = (*told, *_sound(state, Sound.JOINED))
    return state, told


def end(state: State, event: events.HelpEnded, fresh: events.Fresh) -> _Step:
    """Who came says that it is done: also of what was asked for unseen."""
    help = state.help
    if help is None:
        return state, ()
    return replace(_without_sheet(state), help=None), (EmitEvent(type="help-over", data=_figures(help, state)),)


def advance(state: State) -> State:
    """Nobody has answered for a minute: the room is told what else it can do."""
    help = state.help
    if help is None or help.answered or help.is_overdue or state.now - help.asked < PATIENCE:
        return state
    return replace(state, help=replace(help, is_overdue=True))


def _sound(state: State, sound: Sound) -> tuple[Command, ...]:
    return () if roster.is_interpreted_now(state) else (PlaySound(sound=sound),)


def _without_sheet(state: State) -> State:
    return replace(state, sheet=Sheet.NONE) if state.sheet is Sheet.HELP else state


def _figures(help: Help, state: State) -> dict[str, str | int | float | bool]:
    return {"origin": help.origin.value, "after_s": max(0, round((state.now - help.asked).total_seconds()))}
