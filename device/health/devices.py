"""What is plugged in, as the kernel lists it: cameras, sound cards, touch panels. Opens none of them."""

from pathlib import Path

from msgspec import Struct

from device.health.tree import Tree, whole
from kiosk.contract.configuration import Media

_VIDEO, _INPUT, _CARDS = "sys/class/video4linux", "sys/class/input", "proc/asound/cards"
_POSITION_X = 53
"""`ABS_MT_POSITION_X`: a panel that knows fingers, see input-event-codes.h."""
_LONG_BITS = 64
_NO_CARDS = "no soundcards"
_SENSORS = ("unicam", "rp1-cfe", "bcm2835-isp", "pispbe")
"""What the drivers of the Pi's camera connector call themselves."""
_BUILT_IN = ("pattern", "tone", "none")


class Devices(Struct, frozen=True, kw_only=True):
    """One look; None: it cannot be told by looking."""

    has_camera: bool | None = None
    has_sound: bool | None = None
    has_touch: bool | None = None


class DevicesReader:
    def __init__(self, tree: Tree, media: Media) -> None:
        self._tree, self._media = tree, media

    def read(self) -> Devices:
        return Devices(has_camera=self._has_camera(), has_sound=self._has_sound(), has_touch=self._has_touch())

    def _has_camera(self) -> bool | None:
        name = self._media.camera
        if name in _BUILT_IN:
            return None
        if name == "picamera2":
            found = [self._tree.text(f"{_VIDEO}/{video}/name") or "" for video in self._tree.names(_VIDEO)]
            return any(word.startswith(_SENSORS) for word in found)
        return (self._tree.root / Path(name).relative_to("/")).exists() if name.startswith("/") else None

    def _has_sound(self) -> bool | None:
        """Whether there is a card at all; which one is used, the sound server knows."""
        text = self._tree.text(_CARDS)
        if text is None or {self._media.microphone, self._media.loudspeaker} <= set(_BUILT_IN):
            return None
        return _NO_CARDS not in text

    def _has_touch(self) -> bool | None:
        if not self._tree.names(_INPUT):
            return None
        return any(
            self._knows_fingers(f"{_INPUT}/{name}/capabilities/abs")
            for name in self._tree.names(_INPUT)
            if name.startswith("input")
        )

    def _knows_fingers(self, path: str) -> bool:
        """The file has one word for 64 bits, the lowest last."""
        text = self._tree.text(path)
        if text is None:
            return False
        words = [whole(word, 16) for word in reversed(text.split())]
        word = words[_POSITION_X // _LONG_BITS]
        if word is None:
            self._tree.doubt(path)
            return False
        return bool(word >> _POSITION_X % _LONG_BITS & 1)
