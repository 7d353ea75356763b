"""What does not work in this room, by the last self-test, and the two ways on."""

from kiosk.consultation import self_test
from kiosk.contract import intents
from kiosk.contract.self_test import Check
from kiosk.contract.state import TextSize
from kiosk.ui.present import screen
from kiosk.ui.present.scene import Form, Scene
from kiosk.ui.present.views import FaultView, WayView
from kiosk.ui.texts import mark
from kiosk.ui.views import ButtonView, Kind, Mood, NoticeView, StateView

_SENTENCES = {
    Check.CAMERA: (mark("Video does not work here just now."), mark("The camera does not answer.")),
    Check.SHUTTER: (mark("Video does not work here just now."), mark("The camera does not answer.")),
    Check.SOUND: (mark("Sound does not work here just now."), mark("The microphone does not answer.")),
    Check.BROKER: (mark("There is no connection just now."), mark("Nobody can join from outside.")),
}


def _is_tight(scene: Scene) -> bool:
    """Large letters on an upright panel have room for one sentence."""
    return scene.form is Form.UPRIGHT and scene.state.text_size is TextSize.LARGE


def state_line(scene: Scene) -> StateView | None:
    """Instead of "free" on the idle screen; None where all works."""
    if self_test.is_ready(scene.state):
        return None
    say = scene.language.say
    text = say("Not ready.") if _is_tight(scene) else say("The room is not ready.")
    return StateView(icon="warning-octagon", text=text, mood=Mood.BAD)


def hint(scene: Scene) -> StateView | None:
    """That it is being tested, else what does not work."""
    say = scene.language.say
    if scene.state.self_test.trigger is not None:
        return StateView(icon="wrench", text=say("The room is being tested."), mood=Mood.BUSY)
    missing = self_test.missing(scene.state)
    if missing and _is_tight(scene):
        return StateView()  # the next screen says it
    return StateView(icon="warning-octagon", text=say(_SENTENCES[missing[0]][0]), mood=Mood.BAD) if missing else None


def not_ready(scene: Scene) -> FaultView | None:
    """Before the appointments, until the visitor says to go on; None where there is nothing to say."""
    missing = self_test.missing(scene.state)
    if not missing or scene.state.self_test.is_accepted:
        return None
    say = scene.language.say
    title, detail = _SENTENCES[missing[0]]
    last = scene.state.self_test.last
    words = [say(detail)]
    if last is not None and scene.state.is_broker_here and not _is_tight(scene):
        words.append(say("Staff know since {time}.", time=scene.clock(last.ended)))
    return screen.fill(
        scene,
        FaultView,
        title=say(title),
        fault=NoticeView(icon="warning-octagon", text=say(title), detail=" ".join(words)),
        ways=(_go_on(scene, missing), _help(scene)),
        room=scene.setting.room,
    )


def _go_on(scene: Scene, missing: tuple[Check, ...]) -> WayView:
    """With sound where only the picture is missing."""
    say = scene.language.say
    has_sound = Check.SOUND not in missing and Check.BROKER not in missing
    text = say("With sound only") if has_sound else say("Go on here")
    return WayView(
        icon="speaker-high" if has_sound else "users",
        title=say("Talk here with sound.") if has_sound else say("Talk here all the same."),
        text=say("Microphone and loudspeaker work.") if has_sound else say("At the table everything works."),
        button=ButtonView(key="go-on", text=text, icon="arrow-right", intent=intents.GoOnAnyway()),
    )


def _help(scene: Scene) -> WayView:
    say = scene.language.say
    call = ButtonView(
        key="get-help", text=say("Call for help"), icon="lifebuoy", kind=Kind.PRIMARY, intent=intents.AskHelp()
    )
    return WayView(icon="lifebuoy", title=say("Or get help."), text=say("Somebody will come to you."), button=call)
