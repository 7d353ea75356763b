"""A ring under way, or over without anybody having come: who was rung and what comes next."""

from kiosk.consultation import roster
from kiosk.contract import intents
from kiosk.contract.directory import Desk
from kiosk.contract.state import Ring, RungDesk
from kiosk.ui.present import needs, screen, table
from kiosk.ui.present.scene import Scene
from kiosk.ui.present.views import RingingView
from kiosk.ui.texts import mark
from kiosk.ui.views import ButtonView, DeskRowView, Kind, Mood, StateView

_TITLES = {
    1: mark("We are calling one person."),
    2: mark("We are calling two people."),
    3: mark("We are calling three people."),
    4: mark("We are calling four people."),
}
_OUTCOMES = {
    RungDesk.RINGING: ("phone-call", mark("ringing"), Mood.BUSY),
    RungDesk.DECLINED: ("x-circle", mark("cannot"), Mood.IDLE),
    RungDesk.LATER: ("hourglass-medium", mark("in 10 minutes"), Mood.IDLE),
    RungDesk.ANSWERED: ("check-circle", mark("coming"), Mood.OK),
    RungDesk.TOLD: ("phone-x", mark("called off"), Mood.IDLE),
    RungDesk.SILENT: ("phone-x", mark("no answer"), Mood.IDLE),
}


def ringing(scene: Scene, ring: Ring) -> RingingView:
    """The first who is free comes; after the time-out the next are offered."""
    t, need = scene.language, roster.find_need(scene.state, ring.need)
    view = screen.fill(
        scene,
        RingingView,
        title=_title(scene, ring),
        need=t.words(need.name) if need else "",
        seats=table.seats(scene.state),
        rows=_rows(scene, ring),
        back=screen.close(scene),
    )
    return _over(scene, view) if ring.is_over else _under_way(scene, ring, view)


def _title(scene: Scene, ring: Ring) -> str:
    t = scene.language
    if RungDesk.ANSWERED in ring.desks.values():
        return t.say("Somebody is coming in a moment.")
    if ring.is_over:
        return t.say("Nobody can come just now.")
    count = sum(how is RungDesk.RINGING for how in ring.desks.values())
    if count in _TITLES:
        return t.say(_TITLES[count])
    return t.count_of("We are calling {count} person.", "We are calling {count} people.", count)


def _rows(scene: Scene, ring: Ring) -> tuple[DeskRowView, ...]:
    """Those who ring, then those who were rung, then the others, as many as fit."""
    found = [desk for desk in scene.state.directory.desks if desk.id in ring.desks]
    rung = sorted(found, key=lambda desk: _order(ring.desks[desk.id]))
    rows = [_rung(scene, ring, desk) for desk in rung]
    others = [desk for desk in needs.serving(scene, ring.need) if desk.id not in ring.desks]
    rows += [needs.desk_row(scene, desk, needs.desk_state(scene, desk)) for desk in others]
    return tuple(rows[: scene.places.rung])


def _order(how: RungDesk) -> int:
    return {RungDesk.ANSWERED: 0, RungDesk.RINGING: 1}.get(how, 2)


def _rung(scene: Scene, ring: Ring, desk: Desk) -> DeskRowView:
    how = ring.desks[desk.id]
    icon, word, mood = _OUTCOMES[how]
    state = StateView(icon=icon, text=scene.language.say(word), mood=mood)
    return needs.desk_row(scene, desk, state, is_ringing=how is RungDesk.RINGING)


def _under_way(scene: Scene, ring: Ring, view: RingingView) -> RingingView:
    t, seconds = scene.language, scene.seconds_to(ring.deadline)
    whole = (ring.deadline - ring.started).total_seconds()
    is_answered = RungDesk.ANSWERED in ring.desks.values()
    next_offer = t.count_of("In {count} second: another offer.", "In {count} seconds: another offer.", seconds)
    stop = ButtonView(
        key="stop-ringing",
        text=t.say("Stop calling"),
        icon="phone-x",
        kind=Kind.DANGER,
        intent=intents.StopRinging(),
    )
    return screen.changed(
        view,
        share=min(1.0, seconds / whole) if whole > 0 else 0.0,
        text=t.say("You decide who comes in.") if is_answered else t.say("Who is free first comes in."),
        detail="" if is_answered else next_offer,
        stop=stop,
    )


def _over(scene: Scene, view: RingingView) -> RingingView:
    t, again = scene.language, needs.ring_button(scene)
    if again.text:
        return screen.changed(view, text=t.say("These can be called as well."), again=again)
    other = ButtonView(
        key="add", text=t.say("Choose something else"), icon="signpost", kind=Kind.PRIMARY, intent=intents.OpenNeeds()
    )
    return screen.changed(view, text=t.say("Please try again later."), again=other)
