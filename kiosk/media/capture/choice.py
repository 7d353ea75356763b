"""From the names in the configuration to devices."""

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from kiosk.contract.configuration import Media
from kiosk.contract.errors import MediaError, Reason
from kiosk.media.capture.camera import PiCamera
from kiosk.media.capture.file import FileCamera, FileMicrophone
from kiosk.media.capture.grabber import FRAMES_PER_SECOND, HEIGHT_PX, WIDTH_PX, Laptop
from kiosk.media.capture.kernel import Linux
from kiosk.media.capture.microphone import PortAudioMicrophone, ToneMicrophone
from kiosk.media.capture.pattern import PatternCamera
from kiosk.media.capture.source import SoundSource, VideoSource
from kiosk.media.capture.v4l2 import StableName, V4l2Camera

_SOUND_FILES = {".flac", ".m4a", ".mka", ".mkv", ".mp3", ".mp4", ".oga", ".ogg", ".opus", ".wav", ".webm"}


class Choice(NamedTuple):
    """A configured camera or grabber."""

    make: Callable[[], VideoSource]
    """Again for each time it is used; not opened. Raises MediaError where none is configured."""
    is_there: Callable[[], bool]
    """Configured and plugged in, as far as can be told without opening it."""


def camera_of(media: Media) -> Choice:
    """The camera that `media.camera` names."""
    shape = (media.width_px, media.height_px, media.frames_per_second)
    if media.camera == "picamera2":
        return Choice(lambda: PiCamera(*shape), lambda: True)
    return _choice_of(media.camera, shape, keeps_shape=False)


def laptop_of(media: Media) -> Choice:
    """The grabber that `media.laptop` names."""
    found = _choice_of(media.laptop, (WIDTH_PX, HEIGHT_PX, FRAMES_PER_SECOND), keeps_shape=True)
    return Choice(lambda: Laptop(found.make()), found.is_there)


def _choice_of(name: str, shape: tuple[int, int, int], *, keeps_shape: bool) -> Choice:
    path = Path(name)
    if name == "none":
        return Choice(_nothing, lambda: False)
    if name == "pattern":
        return Choice(lambda: PatternCamera(*shape), lambda: True)
    if not name.startswith("/dev/"):
        return Choice(lambda: FileCamera(path, *shape, keeps_shape=keeps_shape), path.exists)
    where = StableName(path, Linux())
    return Choice(lambda: V4l2Camera(where, *shape), lambda: where.path().exists())


def _nothing() -> VideoSource:
    raise MediaError("none is configured", Reason.CAMERA_MISSING)


def microphone_of(media: Media) -> SoundSource:
    """The microphone that `media.microphone` names, not opened. Raises MediaError for `none`."""
    match media.microphone:
        case "none":
            raise MediaError("no microphone is configured", Reason.MICROPHONE_MISSING)
        case "tone":
            return ToneMicrophone()
        case path if Path(path).suffix.lower() in _SOUND_FILES:
            return FileMicrophone(Path(path))
        case wanted:
            return PortAudioMicrophone(wanted)
