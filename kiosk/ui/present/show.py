"""Who shows what in the round, and how paper is shown from the table: before the camera."""

from kiosk.consultation import roster
from kiosk.contract.state import Partner
from kiosk.ui.present import people, phrases, screen
from kiosk.ui.present.plate import lamp
from kiosk.ui.present.scene import Scene
from kiosk.ui.present.stage import has_picture
from kiosk.ui.present.views import PartnerRowView, ShowView
from kiosk.ui.views import Lamp, Mood, PersonRowView, StateView


def show(scene: Scene) -> ShowView:
    """Who shows a screen, and how paper is shown: before the camera."""
    say = scene.language.say
    admitted = roster.all_admitted(scene.state)
    shown, more, page = screen.paged(scene, admitted, scene.places.partners)
    sharer = next((partner for partner in admitted if partner.is_sharing and has_picture(partner)), None)
    title = say("Nobody is showing anything now.")
    if sharer is not None:
        title = phrases.about(scene.language, phrases.SHOWS, people.display_name(scene, sharer)) + "."
    is_open = lamp(scene, scene.state.media.camera) is Lamp.ON
    hint = say("Hold it in front of the camera.") if is_open else say("The camera has to be on for that.")
    return screen.fill(
        scene,
        ShowView,
        title=title,
        hint=PersonRowView(icon="camera", name=say("Show a sheet of paper"), detail=hint),
        rows=tuple(_shows(scene, partner) for partner in shown),
        more=more,
        page=page,
        empty="" if admitted else say("Nobody has joined yet."),
        back=screen.close(scene),
    )


def _shows(scene: Scene, partner: Partner) -> PartnerRowView:
    say = scene.language.say
    if partner.is_sharing and has_picture(partner):
        state = StateView(icon="screencast", text=say("shows the screen"), mood=Mood.OK)
    else:
        state = StateView(text=say("shows nothing"), mood=Mood.IDLE)
    return PartnerRowView(person=people.partner_row(scene, partner), state=state)
