"""Who will be there, the own picture on this screen only, and three equal choices."""

from kiosk.contract import intents
from kiosk.contract.errors import Reason
from kiosk.contract.privacy import Part
from kiosk.contract.state import Consent, Session
from kiosk.ui.present import people, screen
from kiosk.ui.present.notices import doubt, reason
from kiosk.ui.present.plate import camera_lamp
from kiosk.ui.present.scene import Scene
from kiosk.ui.present.views import PreparationView
from kiosk.ui.views import ButtonView, Lamp, NoticeView, StateView

SELF = "self"
"""Frame ring of the room's own picture."""


def preparation(scene: Scene, planned: Session) -> PreparationView:
    """Before the choice nothing is sent."""
    t = scene.language
    camera = camera_lamp(scene)
    is_broken = camera is Lamp.FAULT
    rows = (people.counsellor(scene), *people.people(scene, planned.partners))
    shown = rows[: scene.places.people]
    rest = len(rows) - len(shown)
    return screen.fill(
        scene,
        PreparationView,
        title=t.say("How would you like to take part?"),
        picture=SELF if camera in (Lamp.HERE, Lamp.ON) else "",
        caption=StateView() if is_broken else StateView(icon="lock-key", text=t.say("Your picture. Seen only here.")),
        fault=_fault(scene) if is_broken else NoticeView(),
        people_title=t.say("These people take part:"),
        people=shown,
        people_more=t.count_of("and {count} more person", "and {count} more people", rest) if rest else "",
        promise=StateView(icon="shield-check", text=t.say("Nobody sees or hears you yet. You decide.")),
        choices=_choices(scene, has_camera=not is_broken),
    )


def _fault(scene: Scene) -> NoticeView:
    """Why there is no picture."""
    return doubt(scene, Part.CAMERA) or reason(scene, scene.state.media.camera_reason or Reason.CAMERA_MISSING)


def _choices(scene: Scene, has_camera: bool) -> tuple[ButtonView, ...]:
    say = scene.language.say
    return (
        ButtonView(
            key="choose-all",
            text=say("With camera") if has_camera else say("Camera faulty"),
            icon="video-camera" if has_camera else "video-camera-slash",
            intent=intents.Choose(choice=Consent.ALL),
            is_possible=has_camera,
        ),
        ButtonView(
            key="choose-sound",
            text=say("Sound only"),
            icon="microphone",
            intent=intents.Choose(choice=Consent.SOUND),
        ),
        ButtonView(
            key="choose-none",
            text=say("Not now"),
            icon="hand-palm",
            intent=intents.Choose(choice=Consent.NONE),
        ),
    )
