"""The time of a camera's pictures as an encoder's rate control is told it. Pure.

An encoder gives a picture the bits of all the time since the one before. After half a second without one, because the
machine was held up, libvpx so makes one of 300 kB; those behind it have to be left out until that is paid for, and the
next one gets the bits of all that time again: a picture a second for ever.
"""

_FOLLOW = 0.1
_MOST = 2.0
"""Times the interval so far that one interval counts for; a camera that slows down in the dark is followed within
seconds."""


class PictureTime:
    """Of one encoder. Times in any unit."""

    def __init__(self, interval: float) -> None:
        """`interval`: between two pictures, as long as it is not known better."""
        self._interval = interval
        self._came: int | None = None
        self._now = 0.0

    def came(self, at: int) -> None:
        """The camera gave a picture, which may be encoded or left out."""
        if self._came is not None:
            passed = min(at - self._came, _MOST * self._interval)
            self._interval += _FOLLOW * (passed - self._interval)
        self._came = at

    def next(self) -> int:
        """When the picture that is to be encoded comes: an interval after the last one that was."""
        self._now += self._interval
        return round(self._now)
