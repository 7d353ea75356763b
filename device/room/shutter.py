"""The shutter before the camera: driven to an end, believed only where its end switches say it is."""

import asyncio
import contextlib
from collections.abc import Callable
from typing import Any

from device.room.lines import Line
from device.room.motor import PATIENCE, Motor, drive_shut
from device.room.rules import Setting
from kiosk.contract.errors import Reason, RoomError
from kiosk.contract.room import ShutterPosition
from kiosk.contract.wiring import Shutter as Part

_SWITCH_BOUNCE_S = 0.005


class Shutter:
    """Use it from the loop's thread."""

    def __init__(
        self,
        name: str,
        part: Part,
        on_move: Callable[[], None],
        on_fault: Callable[[Reason | None], None],
    ) -> None:
        """`on_move`: `position` has changed."""
        self.name, self.part = name, part
        self._on_move, self._on_fault = on_move, on_fault
        self._loop = asyncio.get_running_loop()
        self._motor: Motor | None = None
        self._switches = {
            is_open: Line(f"{name}.{key}", pin, True, _SWITCH_BOUNCE_S, lambda _: self._look(), self._switch_fault)
            for is_open, key, pin in ((True, "is_open_pin", part.is_open_pin), (False, "is_shut_pin", part.is_shut_pin))
            if pin is not None
        }
        self._timer: asyncio.TimerHandle | None = None
        self._is_heading: bool | None = None
        self._is_wanted_open = False
        self._fault: Reason | None = None
        self._told = ShutterPosition.FAULT

    @property
    def is_open(self) -> bool:
        """Whether its lines answer."""
        return self._motor is not None

    @property
    def position(self) -> ShutterPosition:
        if self._motor is None or self._fault is not None:
            return ShutterPosition.FAULT
        at = {is_open for is_open, switch in self._switches.items() if switch.is_active}
        if len(at) != 1:
            return ShutterPosition.FAULT if at else ShutterPosition.MOVING
        return ShutterPosition.OPEN if at.pop() else ShutterPosition.SHUT

    @property
    def has_fault(self) -> bool:
        return self._fault is not None

    def open(self, factory: Any) -> None:
        """Raises RoomError. It then goes where it was wanted."""
        motor = Motor(self.name, self.part, factory)
        try:
            for switch in self._switches.values():
                switch.open(factory)
        except RoomError:
            self._close_switches()
            motor.close()
            raise
        self._motor, self._fault = motor, None
        self._go()

    def show(self, setting: Setting) -> None:
        """Open or shut. Raises RoomError."""
        is_wanted_open = setting.levels["open"] > 0
        if is_wanted_open != self._is_wanted_open:
            self._is_wanted_open = is_wanted_open
            if self._motor is not None:
                self._go()

    def mend(self) -> None:
        """One more try for one that is stuck."""
        for switch in self._switches.values():
            switch.look()
        if self._motor is not None and self._fault is not None:
            self._go()

    def make_safe(self) -> None:
        """Shut: this waits for the travel, since nobody is there to see to it afterwards."""
        if self._timer:
            self._timer.cancel()
        self._is_wanted_open = False
        if self._motor is not None:
            drive_shut(self._motor, self._is_shut, self.part.travel_s)

    def close(self) -> None:
        """Lets its lines go."""
        if self._timer:
            self._timer.cancel()
        motor, self._motor = self._motor, None
        self._close_switches()
        if motor is not None:
            motor.close()

    def _is_shut(self) -> bool:
        return self._switches[False].read()

    def _close_switches(self) -> None:
        for switch in self._switches.values():
            switch.close()

    def _go(self) -> None:
        """Towards the wanted end, unless it is there."""
        assert self._motor is not None
        if self._timer:
            self._timer.cancel()
        both, there = self._ends()
        if there and not both:
            self._is_heading = None
            self._motor.stop()
            self._set_fault(None)
        else:
            self._is_heading = self._is_wanted_open
            self._motor.drive(self._is_wanted_open)
            self._timer = self._loop.call_later(self.part.travel_s * PATIENCE, self._has_not_arrived)
            if both:
                self._set_fault(Reason.SWITCHES_DISAGREE)
        self._tell()

    def _ends(self) -> tuple[bool, bool]:
        """Whether both switches say yes, and whether the one at the wanted end does."""
        return all(s.is_active for s in self._switches.values()), self._switches[self._is_wanted_open].is_active

    def _look(self) -> None:
        """A switch has changed: it arrives, it leaves, or somebody's finger is in it."""
        if self._motor is None:
            return
        both, there = self._ends()
        try:
            if both:
                # On its way the switch that is left may hang for a moment; for longer it is a fault.
                if self._is_heading is None:
                    self._set_fault(Reason.SWITCHES_DISAGREE)
                    self._is_wanted_open = False
            elif there or self._is_heading is None:
                self._go()
        except RoomError as error:
            self._break(error.reason)
        self._tell()

    def _has_not_arrived(self) -> None:
        self._is_heading = None
        if self._motor is None:
            return
        try:
            self._motor.stop()
        except RoomError as error:
            self._break(error.reason)
            return
        both, there = self._ends()
        if both or not there:
            self._set_fault(Reason.SWITCHES_DISAGREE if both else Reason.SHUTTER_STUCK)
        self._tell()

    def _switch_fault(self, reason: Reason | None) -> None:
        if reason is not Reason.LINE_CHATTERS and reason is not None:
            self._break(reason)
        else:
            self._set_fault(reason)
        self._tell()

    def _break(self, reason: Reason) -> None:
        """Its lines do not answer; opened again by the next mending."""
        motor, self._motor = self._motor, None
        self._close_switches()
        if motor is not None:
            with contextlib.suppress(RoomError):
                motor.close()
        self._set_fault(reason)
        self._tell()

    def _set_fault(self, reason: Reason | None) -> None:
        if reason is not self._fault:
            self._fault = reason
            self._on_fault(reason)

    def _tell(self) -> None:
        if self.position is not self._told:
            self._told = self.position
            self._on_move()
