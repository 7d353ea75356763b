"""What the room shows the partners, and how loud they are in the room. Knows neither grabber nor camera."""

from msgspec.structs import replace

from kiosk.consultation import roster
from kiosk.consultation.commands import Command, PlaySound
from kiosk.consultation.events import Fresh
from kiosk.contract import intents
from kiosk.contract.links import Sound
from kiosk.contract.media import Showing
from kiosk.contract.state import Consent, Phase, Session, Sheet, State


def can_show(state: State) -> bool:
    """In a session that runs, no break, and not where the customer has said "sound only" to everybody."""
    session = state.session
    if session is None or state.phase is not Phase.SESSION or session.is_paused:
        return False
    return session.choice is Consent.ALL or any(
        partner.consent is Consent.ALL for partner in roster.all_admitted(state)
    )


def show_laptop(state: State, intent: intents.ShowLaptop, fresh: Fresh) -> State:
    """Nothing is offered that is not plugged in."""
    if state.session is None or not can_show(state) or not state.media.has_laptop:
        return state
    return _shows(state, state.session, Showing.LAPTOP)


def show_document(state: State, intent: intents.ShowDocument, fresh: Fresh) -> State:
    """One still more: media opens the camera for it where it is closed, and its lamp says so."""
    if state.session is None or not can_show(state):
        return state
    return _shows(state, replace(state.session, stills=state.session.stills + 1), Showing.DOCUMENT)


def _shows(state: State, session: Session, what: Showing) -> State:
    """What is shown is on the stage, so the sheet has done its duty."""
    if session.showing is not what:
        session = replace(session, showing=what, showing_since=state.now)
    sheet = Sheet.NONE if state.sheet is Sheet.SHOW else state.sheet
    return replace(state, sheet=sheet, session=session)


def stop_showing(state: State, intent: intents.StopShowing, fresh: Fresh) -> State:
    if state.session is None or state.session.showing is Showing.NOTHING:
        return state
    return replace(state, session=without_showing(state.session))


def without_showing(session: Session) -> Session:
    """Nothing is shown; to show it again takes a touch."""
    return replace(session, showing=Showing.NOTHING, showing_since=None)


def settle(state: State) -> State:
    """Ends what may not go on: there is a break, or nobody is left in the round who may see it."""
    session = state.session
    if session is None or session.showing is Showing.NOTHING or can_show(state):
        return state
    return replace(state, session=without_showing(session))


def set_volume(state: State, intent: intents.SetVolume, fresh: Fresh) -> State:
    """For this visit only."""
    if state.session is None:
        return state
    return replace(state, session=replace(state.session, volume_pct=min(100, max(0, intent.volume_pct))))


def test_loudspeaker(state: State, intent: intents.TestLoudspeaker, fresh: Fresh) -> tuple[State, tuple[Command, ...]]:
    """While somebody is here to hear it, and not into an interpreter's words."""
    is_heard = state.session is not None and not roster.is_interpreted_now(state)
    return state, ((PlaySound(sound=Sound.TEST),) if is_heard else ())
