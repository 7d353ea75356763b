"""The way out: really end, and the goodbye after everything was deleted."""

from kiosk.consultation import roster
from kiosk.consultation.visit import TIME_OUT
from kiosk.contract import intents
from kiosk.contract.state import Partner, Phase
from kiosk.ui.present import people, screen, table
from kiosk.ui.present.scene import Scene
from kiosk.ui.present.views import EndedView, EndView, PartnerRowView
from kiosk.ui.texts import mark
from kiosk.ui.views import ButtonView, Kind, Mood, StateView

_GONE = (
    mark("Your name and the partners' names"),
    mark("Picture and sound, never recorded"),
    mark("Shown pages and next steps"),
)
_RATINGS = ((1, "smiley", mark("Yes")), (0, "smiley-meh", mark("In part")), (-1, "smiley-sad", mark("No")))


def end(scene: Scene) -> EndView:
    """One touch more before the end; one partner alone can be seen off instead."""
    say = scene.language.say
    admitted = roster.all_admitted(scene.state)
    several = admitted if len(admitted) > 1 else ()
    shown, more, page = screen.paged(scene, several, scene.places.partners)
    rows = tuple(_seen_off(scene, partner) for partner in shown)
    return screen.fill(
        scene,
        EndView,
        title=say("End the conversation?"),
        text=say("Everything is deleted then."),
        rows_title=say("Or say goodbye to one person only:") if rows else "",
        rows=rows,
        more=more,
        page=page,
        choices=(
            screen.close(scene),
            ButtonView(
                key="confirm-end", text=say("Yes, end"), icon="phone-x", kind=Kind.END, intent=intents.EndSession()
            ),
        ),
    )


def _seen_off(scene: Scene, partner: Partner) -> PartnerRowView:
    say, name = scene.language.say, people.display_name(scene, partner)
    button = ButtonView(
        key=f"send-away-{partner.call}",
        text=say("Say goodbye"),
        icon="sign-out",
        intent=intents.SendAway(call=partner.call),
        speech=say("Say goodbye to {name}", name=name),
    )
    return PartnerRowView(person=people.partner_row(scene, partner), button=button)


def ended(scene: Scene) -> EndedView:
    """Everything is gone; one question, and the way back to idle."""
    t, state = scene.language, scene.state
    view = screen.fill(
        scene,
        EndedView,
        title=_deleted(scene),
        gone=tuple(StateView(icon="check-circle", text=t.say(what), mood=Mood.OK) for what in _GONE),
        seats=table.empty_table(),
        ask=t.say("Thank you.") if state.has_rated else t.say("Did the conversation help you?"),
        choices=(_done(scene),) if state.has_rated else _ratings(scene),
        goodbye=t.say("Goodbye!"),
        more_time=ButtonView(key="more-time", text=t.say("More time"), icon="timer", intent=intents.MoreTime()),
    )
    if state.closes_at is None:
        return view
    seconds = scene.seconds_to(state.closes_at)
    closes = t.count_of("This page closes in {count} second.", "This page closes in {count} seconds.", seconds)
    return screen.changed(view, closes=closes, share=min(1.0, seconds / TIME_OUT[Phase.ENDED].total_seconds()))


def _deleted(scene: Scene) -> str:
    deleted_at = scene.state.deleted_at
    if deleted_at is None:
        return scene.language.say("Everything is being deleted.")
    return scene.language.say("Everything deleted at {time}.", time=scene.clock(deleted_at))


def _done(scene: Scene) -> ButtonView:
    return ButtonView(key="done", text=scene.language.say("Done"), icon="check-circle", intent=intents.GoBack())


def _ratings(scene: Scene) -> tuple[ButtonView, ...]:
    return tuple(
        ButtonView(key=f"rate-{value}", text=scene.language.say(word), icon=icon, intent=intents.Rate(value=value))
        for value, icon, word in _RATINGS
    )
