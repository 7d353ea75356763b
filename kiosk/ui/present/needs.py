"""Add a partner: which need, then which desk."""

from msgspec.structs import replace

from kiosk.consultation import ringing, roster
from kiosk.contract import intents
from kiosk.contract.directory import Desk, Need, Presence
from kiosk.contract.state import RungDesk, Session, Standing
from kiosk.ui.present import people, screen
from kiosk.ui.present.scene import Scene
from kiosk.ui.present.views import DesksView, NeedsView
from kiosk.ui.views import ButtonView, DeskRowView, Kind, Mood, NeedView, StateView


def needs(scene: Scene) -> NeedsView:
    """Every need of the directory, with who is there for it."""
    say, directory = scene.language.say, scene.state.directory
    shown, more, page = screen.paged(scene, directory.needs, scene.places.needs)
    return screen.fill(
        scene,
        NeedsView,
        title=say("What do you need help with?"),
        needs=tuple(_need(scene, need) for need in shown),
        empty="" if shown else say("No offices are known here yet."),
        back=screen.close(scene),
        more=more,
        page=page,
    )


def _need(scene: Scene, need: Need) -> NeedView:
    state, is_possible = _need_state(scene, need)
    return NeedView(
        key=f"need-{need.id}",
        icon=people.need_icon(need),
        text=scene.language.words(need.name),
        is_possible=is_possible,
        state=state,
        intent=intents.ChooseNeed(need=need.id) if is_possible else None,
    )


def _need_state(scene: Scene, need: Need) -> tuple[StateView, bool]:
    """How many are free, else when somebody will be; what is not possible says why."""
    t = scene.language
    if need.by_appointment_only:
        return StateView(icon="calendar-check", text=t.say("appointment only"), mood=Mood.IDLE), False
    if not scene.state.is_broker_here:
        return StateView(icon="wifi-slash", text=t.say("no connection"), mood=Mood.IDLE), False
    free = len(ringing.free_desks(scene.state, need.id))
    if free:
        text = t.count_of("{count} available", "{count} available", free)
        return StateView(icon="check-circle", text=text, mood=Mood.OK), True
    desks = serving(scene, need.id)
    if any(_is_here(scene, desk) for desk in desks):
        return StateView(icon="check-circle", text=t.say("already with you"), mood=Mood.OK), False
    states = [desk_state(scene, desk) for desk in desks]
    busy = next((state for state in states if state.mood is Mood.BUSY), None)
    if busy is not None:
        return _free_from(scene, desks), True
    return StateView(icon="x-circle", text=t.say("nobody there"), mood=Mood.IDLE), False


def _free_from(scene: Scene, desks: tuple[Desk, ...]) -> StateView:
    found = (scene.state.presence.get(desk.id) for desk in desks)
    ends = [presence.until for presence in found if presence is not None and presence.until is not None]
    later = [end for end in ends if end > scene.state.now]
    say = scene.language.say
    text = say("free from {time}", time=scene.clock(min(later))) if later else say("busy just now")
    return StateView(icon="hourglass-medium", text=text, mood=Mood.BUSY)


def serving(scene: Scene, need: str) -> tuple[Desk, ...]:
    """The desks that serve a need, in the directory's order."""
    return tuple(desk for desk in scene.state.directory.desks if need in desk.needs)


def _is_here(scene: Scene, desk: Desk) -> bool:
    session = scene.state.session
    present = (Standing.ADMITTED, Standing.WAITING)
    return session is not None and any(
        partner.id == desk.id and partner.standing in present for partner in session.partners
    )


def desk_state(scene: Scene, desk: Desk) -> StateView:
    """Whether a desk can be rung, or when."""
    say, presence = scene.language.say, scene.state.presence.get(desk.id)
    if _is_here(scene, desk):
        return StateView(icon="check-circle", text=say("already with you"), mood=Mood.OK)
    if presence is None or presence.state is Presence.GONE or not scene.state.is_broker_here:
        return StateView(icon="x-circle", text=say("not there"), mood=Mood.IDLE)
    if presence.state is Presence.FREE:
        return StateView(icon="check-circle", text=say("available"), mood=Mood.OK)
    if presence.until is not None and presence.until > scene.state.now:
        text = say("from {time}", time=scene.clock(presence.until))
        return StateView(icon="hourglass-medium", text=text, mood=Mood.BUSY)
    text = say("in a conversation") if presence.state is Presence.BUSY else say("back soon")
    return StateView(icon="hourglass-medium", text=text, mood=Mood.BUSY)


def desk_row(scene: Scene, desk: Desk, state: StateView, *, is_ringing: bool = False) -> DeskRowView:
    """A desk without anything to touch."""
    office = next((found for found in scene.state.directory.offices if found.id == desk.office), None)
    return DeskRowView(
        key=f"ring-{desk.id}",
        name=scene.language.words(desk.name),
        detail=scene.language.words(office.name) if office else "",
        is_ringing=is_ringing,
        state=state,
    )


def desks(scene: Scene, running: Session) -> DesksView:
    """Who serves the chosen need; one desk may be rung, or all that are free and were not tried yet."""
    t, need = scene.language, roster.find_need(scene.state, running.chosen_need)
    found = sorted(serving(scene, running.chosen_need), key=lambda desk: not _can_ring(scene, desk))
    shown, more, page = screen.paged(scene, found, scene.places.desks)
    return screen.fill(
        scene,
        DesksView,
        title=t.say("Whom shall we call?"),
        need=t.words(need.name) if need else "",
        rows=tuple(_offered(scene, running, desk) for desk in shown),
        hint="" if any(_can_ring(scene, desk) for desk in found) else t.say("Nobody can come just now."),
        ring=ring_button(scene),
        back=ButtonView(key="back", text=t.say("Back"), icon="arrow-left", intent=intents.OpenNeeds()),
        more=more,
        page=page,
    )


def _can_ring(scene: Scene, desk: Desk) -> bool:
    return desk_state(scene, desk).mood is Mood.OK and not _is_here(scene, desk)


def _offered(scene: Scene, running: Session, desk: Desk) -> DeskRowView:
    row = desk_row(scene, desk, desk_state(scene, desk))
    if not _can_ring(scene, desk):
        return row
    ring = running.ring
    was_silent = ring is not None and ring.desks.get(desk.id) is RungDesk.SILENT
    state = StateView(icon="phone-x", text=scene.language.say("no answer"), mood=Mood.IDLE) if was_silent else row.state
    return replace(row, state=state, intent=intents.RingDesks(desks=(desk.id,)))


def ring_button(scene: Scene) -> ButtonView:
    """The next offer: everybody who is free and was not tried; empty when there is nobody."""
    t, free = scene.language, len(ringing.next_desks(scene.state))
    if not free or not scene.state.is_broker_here:
        return ButtonView()
    return ButtonView(
        key="ring-all",
        text=t.say("Call") if free == 1 else t.count_of("Call all {count}", "Call all {count}", free),
        icon="phone-call",
        kind=Kind.PRIMARY,
        intent=intents.RingDesks(),
        speech=t.say("Who is free first comes in."),
    )
