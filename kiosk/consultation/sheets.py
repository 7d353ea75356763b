"""The one sheet over the screen, and the switches of a running session."""

from msgspec.structs import replace

from kiosk.consultation import roster
from kiosk.consultation.events import Fresh
from kiosk.contract import intents
from kiosk.contract.state import Consent, Partner, Phase, Session, Sheet, Standing, State

_EVERYWHERE = (Sheet.NONE, Sheet.CORNER, Sheet.HELP)


def running(state: State) -> Session | None:
    """The session, while it runs."""
    return state.session if state.phase is Phase.SESSION else None


def open_corner(state: State, intent: intents.OpenCorner, fresh: Fresh) -> State:
    return replace(state, sheet=Sheet.CORNER)


def close_sheet(state: State, intent: intents.CloseSheet, fresh: Fresh) -> State:
    """A ring goes on below. From the choice of programs it is back to the staff page."""
    return replace(state, sheet=Sheet.STAFF if state.sheet is Sheet.RESTART else Sheet.NONE)


def open_sound(state: State, intent: intents.OpenSound, fresh: Fresh) -> State:
    return replace(state, sheet=Sheet.SOUND) if state.session else state


def open_show(state: State, intent: intents.OpenShow, fresh: Fresh) -> State:
    return replace(state, sheet=Sheet.SHOW) if running(state) else state


def open_end(state: State, intent: intents.OpenEnd, fresh: Fresh) -> State:
    return replace(state, sheet=Sheet.END) if running(state) else state


def open_door(state: State, intent: intents.OpenDoor, fresh: Fresh) -> State:
    session, partner = running(state), roster.by_call(state, intent.call)
    if session is None or partner not in session.partners or partner.standing is not Standing.WAITING:
        return state
    return replace(state, sheet=Sheet.DOOR, session=replace(session, at_door=intent.call))


def set_microphone(state: State, intent: intents.SetMicrophone, fresh: Fresh) -> State:
    """The switch on the table cannot be overruled: who tries is told so."""
    session = running(state)
    if session is None:
        return state
    if intent.is_on and state.room.is_mute_switch_on:
        return roster.note(state, "mute-switch")
    return replace(state, session=replace(session, microphone_wanted=intent.is_on))


def set_camera(state: State, intent: intents.SetCamera, fresh: Fresh) -> State:
    """Camera on after the choice "sound only" takes that choice back for all who came in by it, and for nobody else."""
    session = running(state)
    if session is None:
        return state
    session = replace(session, camera_wanted=intent.is_on)
    if intent.is_on and session.choice is Consent.SOUND:
        partners = tuple(
            replace(partner, consent=Consent.ALL) if _came_by_choice(session, partner) else partner
            for partner in session.partners
        )
        session = replace(session, choice=Consent.ALL, partners=partners)
    return replace(state, session=session)


def _came_by_choice(session: Session, partner: Partner) -> bool:
    return partner.standing is Standing.ADMITTED and partner.admitted_at == session.started


def set_pause(state: State, intent: intents.SetPause, fresh: Fresh) -> State:
    session = running(state)
    return replace(state, session=replace(session, is_paused=intent.is_paused)) if session else state


def settle(state: State) -> State:
    """Takes away a sheet that has lost what it was about; the door card's partner is named only while it is open."""
    session = running(state)
    if session is None:
        is_staff = state.sheet in (Sheet.PIN, Sheet.STAFF, Sheet.RESTART) and state.phase is Phase.IDLE
        is_right = state.sheet in _EVERYWHERE or (state.sheet is Sheet.SOUND and state.session is not None) or is_staff
        return state if is_right else replace(state, sheet=Sheet.NONE)
    at_door = session.at_door if state.sheet is Sheet.DOOR else ""
    partner = roster.by_call(state, at_door)
    if partner is None or partner not in session.partners or partner.standing is not Standing.WAITING:
        at_door = ""
    is_empty = (
        (state.sheet is Sheet.DOOR and not at_door)
        or (state.sheet is Sheet.DESKS and not session.chosen_need)
        or (state.sheet is Sheet.RINGING and session.ring is None)
    )
    if is_empty:
        state = replace(state, sheet=Sheet.NONE)
    return state if at_door == session.at_door else replace(state, session=replace(session, at_door=at_door))
