"""What the room can show its partners, and who of them shows something."""

from kiosk.consultation import roster
from kiosk.consultation.showing import can_show
from kiosk.contract import intents
from kiosk.contract.media import Showing
from kiosk.contract.state import Partner, Session
from kiosk.ui.present import people, phrases, screen
from kiosk.ui.present.plate import camera_lamp
from kiosk.ui.present.scene import Scene
from kiosk.ui.present.stage import own_text, own_ways, screens
from kiosk.ui.present.views import PartnerRowView, ShowView
from kiosk.ui.views import ButtonView, Lamp, Mood, StateView


def show(scene: Scene, running: Session) -> ShowView:
    """Beside the choices, who shows what; one row less than elsewhere, because of them."""
    say = scene.language.say
    admitted = roster.all_admitted(scene.state)
    places = max(1, scene.places.partners - 1)
    shown, more, page = screen.paged(scene, admitted, places)
    return screen.fill(
        scene,
        ShowView,
        title=_title(scene, running, admitted),
        choices=_choices(scene, running),
        hint=_hint(scene, running),
        rows=tuple(_shows(scene, partner) for partner in shown),
        places=places,
        more=more,
        page=page,
        empty="" if admitted else say("Nobody has joined yet."),
        back=screen.close(scene),
    )


def _title(scene: Scene, running: Session, admitted: tuple[Partner, ...]) -> str:
    """The screen that is big at the moment."""
    on_stage = next(iter(screens(scene.state, admitted)), None)
    if on_stage is None:
        return scene.language.say("Nobody is showing anything now.")
    if on_stage.partner is None:
        return own_text(scene, running) + "."
    return phrases.about(scene.language, phrases.SHOWS, people.display_name(scene, on_stage.partner)) + "."


def _choices(scene: Scene, running: Session) -> tuple[ButtonView, ...]:
    """What is shown already has its own ways on; a laptop is offered only where one is plugged in."""
    say, is_possible = scene.language.say, can_show(scene.state)
    ways = list(own_ways(scene, running))
    if running.showing is not Showing.DOCUMENT:
        text = say("Show a sheet of paper")
        ways.append(
            ButtonView(
                key="show-document", text=text, icon="camera", intent=intents.ShowDocument(), is_possible=is_possible
            )
        )
    if running.showing is not Showing.LAPTOP and scene.state.media.has_laptop:
        text = say("Show the laptop")
        ways.append(
            ButtonView(
                key="show-laptop", text=text, icon="desktop", intent=intents.ShowLaptop(), is_possible=is_possible
            )
        )
    return tuple(ways)


def _hint(scene: Scene, running: Session) -> StateView:
    say = scene.language.say
    if running.is_paused:
        return StateView(icon="pause-circle", text=say("Nothing is shown during the break."))
    if not can_show(scene.state):
        return StateView(icon="video-camera-slash", text=say("Pictures are off: you chose sound only."))
    is_open = camera_lamp(scene) is Lamp.ON
    text = say("Hold it in front of the camera.") if is_open else say("The camera opens for one picture only.")
    return StateView(icon="camera", text=text)


def _shows(scene: Scene, partner: Partner) -> PartnerRowView:
    say = scene.language.say
    if any(shown.partner is partner for shown in screens(scene.state, (partner,))):
        state = StateView(icon="screencast", text=say("shows the screen"), mood=Mood.OK)
    else:
        state = StateView(text=say("shows nothing"), mood=Mood.IDLE)
    return PartnerRowView(person=people.partner_row(scene, partner), state=state)
