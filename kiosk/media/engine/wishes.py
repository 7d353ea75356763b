"""How tall a peer's pictures are shown, told to the peer: soon, but not at every movement of the layout."""

import asyncio
from collections.abc import Callable

from kiosk.contract.media import Wish
from kiosk.media.engine.layers import layer_of

PAUSE_S = 0.3
"""A layout that moves is waited for."""


class Wishes:
    """To one peer. Loop's thread only; `close` when the peer is no more."""

    def __init__(self, say: Callable[[Wish], None]) -> None:
        """`say` takes what is to be sent."""
        self._say = say
        self._wish: Wish | None = None
        self._said: Wish | None = None
        self._has_connection = False
        self._timer: asyncio.TimerHandle | None = None

    def change(self, wish: Wish) -> None:
        """From now on. Told when it makes a difference to what the peer sends, and at once when a picture appears."""
        appears = self._wish is not None and _appears(self._wish, wish)
        self._wish = wish
        if appears:
            self._stop()
            self._tell()
        else:
            self._timer = self._timer or asyncio.get_running_loop().call_later(PAUSE_S, self._tell)

    def begin(self) -> None:
        """A new connection: whatever the peer heard before, it hears anew."""
        self._has_connection, self._said = True, None
        self._stop()
        self._tell()

    def _tell(self) -> None:
        self._timer = None
        if not self._has_connection or self._wish is None:
            return
        if self._said is None or _differ(self._said, self._wish):
            self._said = self._wish
            self._say(self._wish)

    def _stop(self) -> None:
        if self._timer:
            self._timer.cancel()
        self._timer = None

    def close(self) -> None:
        """Nothing more is said."""
        self._has_connection = False
        self._stop()


def _appears(before: Wish, after: Wish) -> bool:
    is_camera_new = before.camera_px == 0 < after.camera_px
    return is_camera_new or before.screen_px == 0 < after.screen_px


def _differ(one: Wish, other: Wish) -> bool:
    is_screen_same = (one.screen_px > 0) is (other.screen_px > 0)
    return layer_of(one.camera_px) is not layer_of(other.camera_px) or not is_screen_same
