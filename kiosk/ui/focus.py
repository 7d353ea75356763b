"""The focus ring of the three tactile keys: next, previous, OK. It stands around at most one control.

It begins on none, so that nothing is chosen by a press too many, and a new screen or sheet begins anew.
"""

from collections import deque
from typing import Any

from kivy.clock import Clock

from kiosk.contract.room import Key
from kiosk.ui.controls import box_of, controls, key_of
from kiosk.ui.reading import in_reading_order
from kiosk.ui.screens import Host
from kiosk.ui.theme import theme
from kiosk.ui.widgets.touch import Touchable

_LAYOUT_FRAMES = 3
"""So many frames after it was shown a screen stands where it will stay."""


class Focus:
    """Moves over what is on the host."""

    def __init__(self, host: Host) -> None:
        self._host = host
        self._key = ""
        self._kind: type | None = None
        self._ringed: Touchable | None = None
        self._struck: deque[Key] = deque()
        self._frames = 0
        self._next_frame = Clock.create_trigger(self._on_frame, 0)

    def follow(self) -> None:
        """Another view is shown: the ring follows, and keys wait, until everything has its place."""
        self._frames = _LAYOUT_FRAMES
        self._next_frame()

    def _on_frame(self, *_: object) -> None:
        self._frames -= 1
        if self._frames > 0:
            self._next_frame()
            return
        self._follow()
        while self._struck and not self._frames:
            self._do(self._struck.popleft())

    def strike(self, key: Key) -> None:
        """One press of a key."""
        self._struck.append(key)
        if self._frames == 0:
            self._do(self._struck.popleft())

    def _do(self, key: Key) -> None:
        if key is Key.OK:
            if self._ringed is not None:
                self._ringed.activate()
            return
        order = self._order()
        if order:
            self._put(order[self._next(order, 1 if key is Key.NEXT else -1)])

    def clear(self, *_: object) -> None:
        """A finger needs no ring."""
        self._put(None)

    def _next(self, order: list[Touchable], step: int) -> int:
        """Round and round. The first is that of the screen or sheet itself: the bar above it is the same everywhere."""
        if self._ringed in order:
            return (order.index(self._ringed) + step) % len(order)
        own = set(controls(self._host.screen)) if self._host.screen else set()
        places = [place for place, control in enumerate(order) if control in own] or [*range(len(order))]
        return places[0] if step > 0 else places[-1]

    def _order(self) -> list[Touchable]:
        """Everything that does something, as people of this language read."""
        found = [one for one in controls(self._host) if one.meaning is not None and not one.disabled]
        return [found[place] for place in in_reading_order([box_of(one) for one in found], is_rtl=theme.is_rtl)]

    def _follow(self, *_: object) -> None:
        """The same control may be another widget now; one that is gone takes the ring with it."""
        if not self._key:
            return
        is_same = type(self._host.view) is self._kind
        self._put(next((one for one in self._order() if key_of(one) == self._key), None) if is_same else None)

    def _put(self, control: Any) -> None:
        if self._ringed is not None and self._ringed is not control:
            self._ringed.has_focus = False
        self._ringed = control
        self._key = key_of(control) if control is not None else ""
        self._kind = type(self._host.view)
        if control is not None:
            control.has_focus = True
