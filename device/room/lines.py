"""One input line: contact bounce taken out, chatter kept away from the loop, the level read again now and then.

gpiozero's thread does one thing here, `_edge`: it counts, and wakes the loop at most once until the loop has looked.
"""

import asyncio
import contextlib
import time
from collections.abc import Callable
from typing import Any

from gpiozero import InputDevice

from device.room.pins import our_errors
from kiosk.contract.errors import Reason, RoomError

CHATTER_EDGES = 80
"""More edges than that within a second make no hand, no relay and no reed; hum of the mains makes 100."""
_SECOND = 1.0
FLUTTER_CHANGES = 60
"""More changes than that in `_FLUTTER_S`, bounce taken out, are as good as chatter: each is told to everybody."""
_FLUTTER_S = 10.0
_DEAF_S = 2.0
"""A line that chatters is not listened to for so long; its edges then cost nothing."""
_PROBE_S = 0.25
_CALM_EDGES = 4
"""No more than that in a probe."""


class Line:
    """Use it from the loop's thread. `on_change` and `on_fault` are called there."""

    def __init__(
        self,
        name: str,
        pin: int,
        has_pull_up: bool,
        bounce_s: float,
        on_change: Callable[[bool], None],
        on_fault: Callable[[Reason | None], None],
    ) -> None:
        """Active is low with the pull-up, high without. The fault None: over."""
        self.name = name
        self._pin, self._has_pull_up, self._bounce_s = pin, has_pull_up, bounce_s
        self._on_change, self._on_fault = on_change, on_fault
        self._loop = asyncio.get_running_loop()
        self._device: InputDevice | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._quiet_until = 0.0
        self.is_active = False
        self.is_chattering = False
        self._changes, self._changing_since = 0, 0.0
        # Shared with gpiozero's thread; each is one assignment or addition under the interpreter's lock.
        self._edges = 0
        self._since = 0.0
        self._is_waking = False
        self._is_deaf = False

    @property
    def is_open(self) -> bool:
        return self._device is not None

    def open(self, factory: Any) -> None:
        """Raises RoomError. The first level is no change."""
        with our_errors(self.name):
            self._device = InputDevice(self._pin, pull_up=self._has_pull_up, pin_factory=factory)
        try:
            self.is_active = self.read()
            self._listen()
        except RoomError:
            self.close()
            raise

    def close(self) -> None:
        if self._timer:
            self._timer.cancel()
        device, self._device = self._device, None
        self.is_chattering = False
        if device is not None:
            with contextlib.suppress(RoomError), our_errors(self.name):
                device.pin.when_changed = None
                device.close()

    def look(self) -> None:
        """Whatever was missed is found now; a line that does not answer is closed and its fault told."""
        if self._device is None or self.is_chattering:
            return
        self._is_waking = False
        now = time.monotonic()
        if now < self._quiet_until:
            self._later(self._quiet_until - now, self.look)
            return
        try:
            is_active = self.read()
        except RoomError as error:
            self.close()
            self._on_fault(error.reason)
            return
        if is_active != self.is_active:
            if self._is_fluttering(now):
                self._chatter()
                return
            self.is_active = is_active
            self._quiet_until = now + self._bounce_s
            self._later(self._bounce_s, self.look)
            self._on_change(is_active)

    def _is_fluttering(self, now: float) -> bool:
        if now - self._changing_since > _FLUTTER_S:
            self._changes, self._changing_since = 0, now
        self._changes += 1
        return self._changes > FLUTTER_CHANGES

    def read(self) -> bool:
        """Active at this moment, bounce or not. Raises RoomError."""
        assert self._device is not None
        with our_errors(self.name):
            return bool(self._device.value)

    def _listen(self) -> None:
        assert self._device is not None
        self._edges, self._since, self._is_deaf, self._is_waking = 0, time.monotonic(), False, False
        with our_errors(self.name):
            self._device.pin.bounce = None  # a filter in the library would hide chatter, and delay what is real
            self._device.pin.edges = "both"
            self._device.pin.when_changed = self._edge

    def _edge(self, *_: object) -> None:
        """In gpiozero's thread, for every edge."""
        if self._is_deaf:
            return
        now = time.monotonic()
        if now - self._since > _SECOND:
            self._edges, self._since = 0, now
        self._edges += 1
        if self._edges > (_CALM_EDGES if self.is_chattering else CHATTER_EDGES):
            self._is_deaf = True
            self._wake(self._judge if self.is_chattering else self._chatter)
        elif not self._is_waking:
            self._is_waking = True
            self._wake(self.look)

    def _wake(self, callback: Callable[[], None]) -> None:
        with contextlib.suppress(RuntimeError):  # the loop is closed: the process ends
            self._loop.call_soon_threadsafe(callback)

    def _chatter(self) -> None:
        """Edges are no longer asked for, so that the kernel does not even wake us."""
        if self._device is None:
            return
        self._deafen()
        if not self.is_chattering:
            self.is_chattering = True
            self._on_fault(Reason.LINE_CHATTERS)

    def _deafen(self) -> None:
        assert self._device is not None
        with contextlib.suppress(RoomError), our_errors(self.name):
            self._device.pin.when_changed = None
        self._later(_DEAF_S, self._probe)

    def _probe(self) -> None:
        """Listens for a moment, or until it is clear that nothing is calm, and only counts."""
        if self._device is None:
            return
        try:
            self._listen()
        except RoomError as error:
            self.close()
            self._on_fault(error.reason)
            return
        self._later(_PROBE_S, self._judge)

    def _judge(self) -> None:
        if self._device is None:
            return
        if self._edges > _CALM_EDGES:
            self._deafen()
            return
        self.is_chattering = False
        self._changes = 0
        self._on_fault(None)
        self.look()

    def _later(self, delay_s: float, callback: Callable[[], None]) -> None:
        if self._timer:
            self._timer.cancel()
        self._timer = self._loop.call_later(delay_s, callback)
