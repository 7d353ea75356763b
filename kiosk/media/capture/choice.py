"""From the names in the configuration to devices."""

from pathlib import Path

from kiosk.contract.configuration import Media
from kiosk.contract.errors import MediaError, Reason
from kiosk.media.capture.camera import PiCamera
from kiosk.media.capture.file import FileCamera, FileMicrophone
from kiosk.media.capture.microphone import PortAudioMicrophone, ToneMicrophone
from kiosk.media.capture.pattern import PatternCamera
from kiosk.media.capture.source import SoundSource, VideoSource
from kiosk.media.capture.v4l2 import V4l2Camera

_SOUND_FILES = {".flac", ".m4a", ".mka", ".mkv", ".mp3", ".mp4", ".oga", ".ogg", ".opus", ".wav", ".webm"}


def camera_of(media: Media) -> VideoSource:
    """The camera that `media.camera` names, not opened. Raises MediaError for `none`."""
    shape = (media.width_px, media.height_px, media.frames_per_second)
    match media.camera:
        case "none":
            raise MediaError("no camera is configured", Reason.CAMERA_MISSING)
        case "picamera2":
            return PiCamera(*shape)
        case "pattern":
            return PatternCamera(*shape)
        case path if path.startswith("/dev/"):
            return V4l2Camera(Path(path), *shape)
        case path:
            return FileCamera(Path(path), *shape)


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
