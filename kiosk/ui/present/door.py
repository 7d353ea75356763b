"""The card of a partner at the door: who, why, what follows from a yes; three equal answers."""

from kiosk.consultation import roster
from kiosk.contract import intents
from kiosk.contract.state import Consent, Partner, Session
from kiosk.ui.present import people, phrases, screen, table
from kiosk.ui.present.scene import Scene
from kiosk.ui.present.views import DoorView
from kiosk.ui.views import ButtonView, PersonRowView


def door(scene: Scene, running: Session, partner: Partner) -> DoorView:
    """Nothing of it is heard or seen before the answer."""
    name = people.display_name(scene, partner)
    return screen.fill(
        scene,
        DoorView,
        title=phrases.about(scene.language, phrases.WOULD_JOIN, name),
        seats=table.seats(scene.state),
        facts=_facts(scene, running, partner),
        choices=_choices(scene, partner),
    )


def _facts(scene: Scene, running: Session, partner: Partner) -> tuple[PersonRowView, ...]:
    t, need = scene.language, roster.need_of(scene.state, partner)
    office = people.office(scene, partner)
    wanted = t.words(need.name) if need else ""
    facts = []
    if office or wanted:
        facts.append(PersonRowView(icon="briefcase", name=office or wanted, detail=wanted if office else ""))
    if partner.why.strip():
        facts.append(PersonRowView(icon="chat-circle-text", name=t.say("Why?"), detail=partner.why.strip()))
    with_camera = t.say("You, the round, the shown screen.")
    without_camera = t.say("Your voice, the round, the shown screen.")
    facts.append(
        PersonRowView(
            icon="eye",
            name=phrases.about(t, phrases.SEES_AND_HEARS, people.display_name(scene, partner)),
            detail=with_camera if running.camera_wanted else without_camera,
        )
    )
    facts.append(PersonRowView(icon="lock-key", name=t.say("Before:"), detail=t.say("no picture, no sound.")))
    return tuple(facts)


def _choices(scene: Scene, partner: Partner) -> tuple[ButtonView, ...]:
    say, call = scene.language.say, partner.call
    return (
        ButtonView(
            key="admit-all",
            text=say("Yes, please"),
            icon="check-circle",
            intent=intents.Admit(call=call, consent=Consent.ALL),
        ),
        ButtonView(
            key="admit-sound",
            text=say("Sound only"),
            icon="microphone",
            intent=intents.Admit(call=call, consent=Consent.SOUND),
        ),
        ButtonView(
            key="admit-none",
            text=say("Not today"),
            icon="hand-palm",
            intent=intents.Admit(call=call, consent=Consent.NONE),
        ),
    )
