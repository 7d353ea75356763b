"""The plate: whether camera and microphone are open, as measured, said in one place on every screen."""

from kiosk.consultation import privacy
from kiosk.contract.state import Phase
from kiosk.ui.present.scene import Form, Scene
from kiosk.ui.texts import mark, mark_in
from kiosk.ui.views import Lamp, LampView, PlateView

_CAMERA = {
    Lamp.ON: mark("Camera ON"),
    Lamp.OFF: mark("Camera OFF"),
    Lamp.HERE: mark("Camera ONLY HERE"),
    Lamp.FAULT: mark("Camera FAULT"),
}
_CAMERA_SMALL = {
    Lamp.ON: mark_in("small", "Camera ON"),
    Lamp.OFF: mark_in("small", "Camera OFF"),
    Lamp.HERE: mark_in("small", "Camera ONLY HERE"),
    Lamp.FAULT: mark_in("small", "Camera FAULT"),
}
_MICROPHONE = {
    Lamp.ON: mark("Microphone ON"),
    Lamp.OFF: mark("Microphone OFF"),
    Lamp.HERE: mark("Microphone ONLY HERE"),
    Lamp.FAULT: mark("Microphone FAULT"),
}
_MICROPHONE_SMALL = {
    Lamp.ON: mark_in("small", "Microphone ON"),
    Lamp.OFF: mark_in("small", "Microphone OFF"),
    Lamp.HERE: mark_in("small", "Microphone ONLY HERE"),
    Lamp.FAULT: mark_in("small", "Microphone FAULT"),
}


def plate(scene: Scene) -> PlateView:
    """Two lamps; in a private pause one sentence instead."""
    session = scene.state.session
    is_paused = scene.state.phase is Phase.SESSION and session is not None and session.is_paused
    return PlateView(
        camera=_view(scene, camera_lamp(scene), _CAMERA, _CAMERA_SMALL),
        microphone=_view(scene, microphone_lamp(scene), _MICROPHONE, _MICROPHONE_SMALL, has_level=True),
        pause_text=scene.language.say("Break. Nobody sees\nor hears you.") if is_paused else "",
    )


def camera_lamp(scene: Scene) -> Lamp:
    """The one value that LED, door sign and monitor show, too."""
    return Lamp(privacy.camera(scene.state).lamp.value)


def microphone_lamp(scene: Scene) -> Lamp:
    return Lamp(privacy.microphone(scene.state).lamp.value)


def _view(
    scene: Scene, known: Lamp, words: dict[Lamp, str], small_words: dict[Lamp, str], has_level: bool = False
) -> LampView:
    """`has_level`: what is open has a bar that says how loud it is."""
    t = scene.language
    text = t.say_in("small", small_words[known]) if scene.form is Form.SMALL else t.say(words[known])
    return LampView(lamp=known, text=text, has_level=has_level and known in (Lamp.ON, Lamp.HERE))
