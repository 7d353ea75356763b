"""Before a visit: the empty room, and the sessions of today."""

from collections.abc import Sequence

from kiosk.consultation import schedule, wakefulness
from kiosk.consultation.visit import expected
from kiosk.contract import intents
from kiosk.contract.schedule import Appointment
from kiosk.ui.present import people, readiness, screen, table
from kiosk.ui.present.notices import room_hint
from kiosk.ui.present.scene import Form, Scene
from kiosk.ui.present.views import IdleView, TodayView
from kiosk.ui.texts import LANGUAGES, tag_for
from kiosk.ui.views import ButtonView, Kind, Mood, SessionRowView, StateView


def idle(scene: Scene) -> IdleView:
    """Nobody is here."""
    t, now = scene.language, scene.state.now
    until = schedule.in_use_until(scene.state)
    state = (
        (readiness.state_line(scene) or _free(scene))
        if until is None
        else _in_use(t.say("In use until {time}", time=scene.clock(until)))
    )
    tested = readiness.hint(scene)
    hint = room_hint(scene) if tested is None else tested
    if wakefulness.is_greeting(scene.state):
        # Who comes in is greeted in the place of what they saw through the door.
        hint = hint if hint.text else state
        state = StateView(icon="smiley", text=t.say("Welcome."), mood=Mood.OK)
    return screen.fill(
        scene,
        IdleView,
        room=scene.setting.room,
        clock=scene.clock(now),
        date=t.date(now, scene.setting.zone),
        state=state,
        hint=hint,
        ask=t.say("Touch your language to begin"),
        languages=languages(scene, tag_for(scene.state.house_language)),
        seats=table.empty_table(),
        has_things=until is None,
    )


def _in_use(text: str) -> StateView:
    return StateView(icon="hourglass-medium", text=text, mood=Mood.BUSY)


def _free(scene: Scene) -> StateView:
    start = schedule.free_until(scene.state)
    if start is None or not scene.is_today(start):
        text = scene.language.say("Free today")
    else:
        text = scene.language.say("Free until {time}", time=scene.clock(start))
    return StateView(icon="check-circle", text=text, mood=Mood.OK)


def languages(scene: Scene, chosen: str, icon: str = "") -> tuple[ButtonView, ...]:
    """All languages by their own names, the house's own first; `chosen` is filled."""
    house = tag_for(scene.state.house_language)
    tags = sorted(LANGUAGES, key=lambda tag: tag != house)
    return tuple(
        ButtonView(
            key=f"language-{tag}",
            text=LANGUAGES[tag].own,
            icon=icon if tag == chosen else "",
            kind=Kind.PRIMARY if tag == chosen else Kind.SECONDARY,
            intent=intents.ChooseLanguage(language=tag),
        )
        for tag in tags
    )


def today(scene: Scene) -> TodayView:
    """The room's sessions of today."""
    say = scene.language.say
    found = schedule.on_day(scene.state.appointments, scene.state.now, scene.setting.zone)
    shown, more, page = screen.paged(scene, _relevant(scene, found), scene.places.appointments)
    first = next((booking.number for booking in found if _is_waited_for(scene, booking)), "")
    return screen.fill(
        scene,
        TodayView,
        title=say("Which appointment is yours?"),
        rows=tuple(_row(scene, booking, booking.number == first) for booking in shown),
        empty="" if shown else say("There are no appointments today."),
        hint=room_hint(scene),
        back=ButtonView(key="back", text=say("Back"), icon="arrow-left", intent=intents.GoBack()),
        start=ButtonView(
            key="start-unplanned",
            text=say("Begin without appointment"),
            icon="calendar-plus",
            intent=intents.StartWithoutAppointment(),
        ),
        more=more,
        page=page,
    )


def _relevant(scene: Scene, found: Sequence[Appointment]) -> Sequence[Appointment]:
    """Of what is over only the last one, and on a small panel none, as long as something is still to come."""
    coming = [booking for booking in found if not _is_past(scene, booking)]
    if not coming:
        return found[-scene.places.appointments :]
    past = [booking for booking in found if _is_past(scene, booking)]
    return coming if scene.form is Form.SMALL else [*past[-1:], *coming]


def _is_past(scene: Scene, booking: Appointment) -> bool:
    return booking.end <= scene.state.now


def _is_ended(scene: Scene, booking: Appointment) -> bool:
    return _is_past(scene, booking) or booking.number in scene.state.ended_numbers


def _is_waited_for(scene: Scene, booking: Appointment) -> bool:
    return schedule.is_open(booking, scene.state.now) and not _is_ended(scene, booking)


def _row(scene: Scene, booking: Appointment, is_first: bool) -> SessionRowView:
    """Its one filled button stands at the first that is not over; one ended by mistake can be joined again."""
    say = scene.language.say
    state, join = StateView(), ButtonView()
    if schedule.is_open(booking, scene.state.now):
        join = ButtonView(
            key=f"join-{booking.number}",
            text=say("Open again") if _is_ended(scene, booking) else say("Take part"),
            kind=Kind.PRIMARY if is_first else Kind.SECONDARY,
            intent=intents.JoinAppointment(number=booking.number),
            speech=say("Take part in appointment {number}", number=booking.number),
        )
    elif _is_ended(scene, booking):
        state = StateView(icon="check-circle", text=say("Over"), mood=Mood.IDLE)
    else:
        opens = scene.clock(booking.start - schedule.EARLY)
        state = StateView(icon="hourglass-medium", text=say("from {time}", time=opens), mood=Mood.BUSY)
    return SessionRowView(
        key=booking.number,
        time=scene.clock(booking.start),
        title=say("Appointment {number}", number=booking.number),
        detail=_offices(scene, booking),
        is_past=_is_ended(scene, booking) and not join.text,
        state=state,
        join=join,
    )


def _offices(scene: Scene, booking: Appointment) -> str:
    offices = dict.fromkeys(people.office(scene, partner) for partner in expected(booking))
    return " · ".join(name for name in offices if name) or scene.language.say("here in the room")
