"""State to views: what each screen shows, in the visitor's words. Plain functions, no Kivy; nothing is kept here.

`present(state, setting, now)` is called on every change of the state and once a second; the app shows what comes out.
"""

from datetime import datetime

from msgspec.structs import replace

from kiosk.consultation import roster, wakefulness
from kiosk.contract.enrolment import Status
from kiosk.contract.state import Phase, Session, Sheet, State
from kiosk.ui import texts
from kiosk.ui.present import door, end, idle, needs, preparation, readiness, ring, session, sheets, show, sound, staff
from kiosk.ui.present.first_start import first_start
from kiosk.ui.present.scene import Form, Scene, Setting
from kiosk.ui.present.views import ScreenView, SleepView, TurnPage, View, name_of

__all__ = [
    "Form",
    "ScreenView",
    "Setting",
    "TurnPage",
    "View",
    "name_of",
    "present",
    "present_first_start",
    "present_nothing",
]


def present(
    state: State,
    setting: Setting,
    now: datetime,
    *,
    page: int = 0,
    before: ScreenView | None = None,
    is_agent_here: bool = True,
    enrolment: Status | None = None,
) -> View:
    """What to show at `now`.

    Args:
        state: The last snapshot of the agent.
        setting: Where the screen stands.
        now: Aware; the countdowns go by it.
        page: The last `TurnPage` of this screen; 0 when the screen changed.
        before: What was shown until now, if anything.
        is_agent_here: Whether touches arrive; if not, the screen asks for a moment.
        enrolment: How the way to a certificate goes, where a terminal that has an agent is on it once more.
    """
    language = texts.of(state.language)
    if wakefulness.is_asleep(state) and is_agent_here:
        return SleepView(language=language.tag, is_rtl=language.is_rtl)
    scene = Scene(
        state=replace(state, now=max(now, state.now)),
        setting=setting,
        language=language,
        page=page,
        before=before,
        is_agent_here=is_agent_here,
        enrolment=enrolment,
    )
    view = _every_sheet(scene)
    if view is None and state.session is not None:
        view = _of_session(scene, state.session)
    return view or _without_session(scene)


def present_nothing(setting: Setting, language: str) -> View:
    """What to show before there is a state."""
    return sheets.nothing_yet(setting, texts.of(language))


def present_first_start(status: Status, state: State, setting: Setting, now: datetime) -> View:
    """What to show before there is an agent, on the way to the certificate.

    Args:
        status: How far that is.
        state: The app's own, for language and look.
        setting: Where the screen stands.
        now: Aware.
    """
    scene = Scene(state=replace(state, now=now), setting=setting, language=texts.of(state.language))
    return first_start(scene, status)


def _every_sheet(scene: Scene) -> View | None:
    if scene.state.sheet is Sheet.CORNER:
        return sheets.corner(scene)
    if scene.state.sheet is Sheet.PIN:
        return staff.pin(scene)
    if scene.state.sheet is Sheet.RESTART:
        return staff.restart(scene)
    if scene.state.sheet is Sheet.STAFF:
        return staff.staff(scene)
    if scene.state.sheet is Sheet.SOUND and scene.state.session is not None:
        return sound.sound(scene, scene.state.session)
    return sheets.help_sheet(scene) if scene.state.sheet is Sheet.HELP else None


def _of_session(scene: Scene, current: Session) -> View | None:
    if scene.state.phase is Phase.PREPARATION:
        return preparation.preparation(scene, current) if scene.state.is_media_here else sheets.no_media(scene)
    if scene.state.phase is not Phase.SESSION:
        return None
    return _session_sheet(scene, current) or session.session(scene, current)


def _session_sheet(scene: Scene, running: Session) -> View | None:
    """The sheet over the conversation, unless it has lost what it was about."""
    sheet = scene.state.sheet
    if sheet is Sheet.DOOR:
        partner = roster.by_call(scene.state, running.at_door)
        return door.door(scene, running, partner) if partner else None
    if sheet is Sheet.RINGING:
        return ring.ringing(scene, running.ring) if running.ring else None
    if sheet is Sheet.NEEDS:
        return needs.needs(scene)
    if sheet is Sheet.DESKS:
        return needs.desks(scene, running)
    if sheet is Sheet.SHOW:
        return show.show(scene, running)
    return end.end(scene) if sheet is Sheet.END else None


def _without_session(scene: Scene) -> View:
    if scene.state.phase is Phase.ENDED:
        return end.ended(scene)
    if scene.state.phase is Phase.TODAY:
        return readiness.not_ready(scene) or idle.today(scene)
    return idle.idle(scene)
