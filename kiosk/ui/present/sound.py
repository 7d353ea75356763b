"""How loud the partners are, whether the loudspeaker can be heard, and what the microphone hears."""

from kiosk.contract import intents
from kiosk.contract.state import Session
from kiosk.ui.present import phrases, screen
from kiosk.ui.present.plate import microphone_lamp
from kiosk.ui.present.scene import Scene
from kiosk.ui.present.views import SoundView
from kiosk.ui.views import ButtonView, Kind, Lamp, Mood, StateView

STEP_PCT = 10
"""Of one touch."""


def sound(scene: Scene, session: Session) -> SoundView:
    """The bar beside the microphone is live and not of the state, see `kiosk.ui.loudness`."""
    say, volume = scene.language.say, session.volume_pct
    is_open = microphone_lamp(scene) in (Lamp.ON, Lamp.HERE)
    return screen.fill(
        scene,
        SoundView,
        title=say("How loud shall it be?"),
        volume=volume / 100,
        volume_text=say("Volume {count} %", count=volume),
        quieter=_step(say("– Quieter"), "quieter", volume - STEP_PCT, is_possible=volume > 0),
        louder=_step(say("+ Louder"), "louder", volume + STEP_PCT, is_possible=volume < 100),
        microphone=_microphone(scene, is_open),
        has_level=is_open,
        test=ButtonView(
            key="test-loudspeaker",
            text=say("Play a test sound"),
            icon="speaker-high",
            intent=intents.TestLoudspeaker(),
        ),
        back=ButtonView(
            key="close", text=say("Done"), icon="check-circle", kind=Kind.PRIMARY, intent=intents.CloseSheet()
        ),
    )


def _step(text: str, key: str, volume_pct: int, is_possible: bool) -> ButtonView:
    volume_pct = min(100, max(0, volume_pct))
    return ButtonView(key=key, text=text, intent=intents.SetVolume(volume_pct=volume_pct), is_possible=is_possible)


def _microphone(scene: Scene, is_open: bool) -> StateView:
    """What to do to see whether one is heard; what is broken comes first."""
    media, say = scene.state.media, scene.language.say
    for why in (media.loudspeaker_reason, media.microphone_reason):
        if why is not None:
            icon, text, _ = phrases.REASONS[why]
            return StateView(icon=icon, text=say(text), mood=Mood.BAD)
    if scene.state.room.is_mute_switch_on:
        return StateView(icon="microphone-slash", text=say("The switch on the table is on mute."))
    if not is_open:
        return StateView(icon="microphone-slash", text=say("The microphone is off."))
    return StateView(icon="microphone", text=say("Say something: the bar moves."))
