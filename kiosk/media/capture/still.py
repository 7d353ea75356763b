"""One picture shown for a while: it is given again and again, so that whoever comes later gets it, too."""

import threading
import time

import av

from kiosk.contract.errors import MediaError, Reason

MAX_WIDTH_PX, MAX_HEIGHT_PX = 2592, 1944
"""Five megapixels: small print on a page that fills the picture. An encoder for more takes too much memory."""
FRESH_S = 4.0
"""So long a new picture is still sharpened by what follows."""
_FRESH_PAUSE_S = 0.4
_PAUSE_S = 0.8
"""A keyframe is due with the next picture; so who comes later sees it within a second."""


class Still:
    """A `Source` of pictures that stand still. `put` and `clear` from another thread than the others."""

    name = "still"

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._frame: av.VideoFrame | None = None
        self._is_new = False
        self._put_s = 0.0

    @property
    def has_picture(self) -> bool:
        return self._frame is not None

    def put(self, frame: av.VideoFrame) -> None:
        """Shown from now on."""
        self._set(frame)

    def clear(self) -> None:
        """Forget the picture; who waits in `read` goes on at once, with the old one. The capture is stopped before."""
        self._set(None)

    def _set(self, frame: av.VideoFrame | None) -> None:
        with self._changed:
            self._frame, self._is_new, self._put_s = frame, True, time.monotonic()
            self._changed.notify_all()

    def open(self) -> None:
        with self._changed:
            self._is_new = True

    def read(self) -> av.VideoFrame:
        """The picture: a new one at once, else after a pause. Raises MediaError when there is none any more."""
        with self._changed:
            old = self._frame
            is_fresh = time.monotonic() - self._put_s < FRESH_S
            self._changed.wait_for(lambda: self._is_new, _FRESH_PAUSE_S if is_fresh else _PAUSE_S)
            self._is_new = False
            frame = self._frame or old
        if frame is None:
            raise MediaError("no still", Reason.CAMERA_MISSING)
        return frame

    def close(self) -> None:
        pass
