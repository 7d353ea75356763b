"""What comes from the room: presses become events, positions become one `RoomReport`, on the loop's thread."""

import asyncio
from collections.abc import Callable
from typing import Any

from device.room.diary import Diary
from device.room.lines import Line
from kiosk.consultation import events
from kiosk.contract import wiring
from kiosk.contract.errors import Reason
from kiosk.contract.room import RoomReport, ShutterPosition

_DAY_S = 86_400.0


class Input:
    """One part with one line."""

    def __init__(
        self,
        name: str,
        part: wiring.Inputs,
        on_change: Callable[["Input"], None],
        on_fault: Callable[[str, Reason | None], None],
        diary: Diary,
    ) -> None:
        self.name, self.part = name, part
        self._diary = diary
        self._on_change, self._on_fault = on_change, on_fault
        self._loop = asyncio.get_running_loop()
        self._line = Line(
            name, part.pin, part.has_pull_up, part.bounce_time_s, self._changed, lambda why: on_fault(name, why)
        )
        self._timer: asyncio.TimerHandle | None = None
        self._is_silent = False
        self._is_held = False

    @property
    def is_open(self) -> bool:
        return self._line.is_open

    @property
    def is_active(self) -> bool | None:
        """Active, or taken to be for its hold time; None: it does not answer."""
        if not self._line.is_open or self._line.is_chattering:
            return None
        return self._line.is_active or self._is_held

    def open(self, factory: Any) -> None:
        """Raises RoomError. What is pressed while it opens is no press."""
        self._line.open(factory)
        self._diary.silence_s(self.name)
        if self._line.is_active:
            self._watch_press()

    def close(self) -> None:
        self._stop()
        self._is_held = False
        self._line.close()

    def mend(self) -> None:
        """Looks again, and notices a sensor that never changes."""
        self._line.look()
        days = self.part.silent_days if isinstance(self.part, wiring.Sensed) else 0
        if days and self.is_open and not self._is_silent and self._diary.silence_s(self.name) > days * _DAY_S:
            self._is_silent = True
            self._on_fault(self.name, Reason.SENSOR_SILENT)

    def _changed(self, is_active: bool) -> None:
        self._diary.note(self.name)
        if self._is_silent:
            self._is_silent = False
            self._on_fault(self.name, None)
        self._stop()
        hold_s = self.part.hold_s if isinstance(self.part, wiring.Presence) else 0.0
        if is_active:
            self._watch_press()
        elif isinstance(self.part, wiring.Pressed):
            self._on_fault(self.name, None)
        self._is_held = not is_active and hold_s > 0
        if self._is_held:
            self._timer = self._loop.call_later(hold_s, self._let_go)
        self._on_change(self)

    def _watch_press(self) -> None:
        if isinstance(self.part, wiring.Pressed):
            self._timer = self._loop.call_later(self.part.stuck_s, self._on_fault, self.name, Reason.BUTTON_STUCK)

    def _let_go(self) -> None:
        self._is_held = False
        self._on_change(self)

    def _stop(self) -> None:
        if self._timer:
            self._timer.cancel()


def press(name: str, part: wiring.Inputs) -> events.Event | None:
    """The event of a button that was pressed."""
    match part:
        case wiring.HelpButton():
            return events.HelpPressed(button=name, is_silent=part.is_silent)
        case wiring.StartButton():
            return events.StartPressed()
        case wiring.TactileKey():
            return events.KeyPressed(key=part.key)
        case _:
            return None


def report(inputs: list[Input], shutters: list[ShutterPosition]) -> RoomReport:
    """All of them as one; of several sensors of a kind one that says yes is enough."""

    def any_of(kind: type) -> bool | None:
        said = [one.is_active for one in inputs if isinstance(one.part, kind)]
        known = [is_active for is_active in said if is_active is not None]
        return any(known) if known else None

    switches = [_is_on(one) for one in inputs if isinstance(one.part, wiring.MuteSwitch)]
    doors = [_is_door_open(one) for one in inputs if isinstance(one.part, wiring.DoorContact)]
    return RoomReport(
        shutter=_worst(shutters),
        is_mute_switch_on=_any_known(switches),
        is_occupied=any_of(wiring.Presence),
        is_door_open=_any_known(doors),
        is_headset_in=any_of(wiring.HeadsetPlug),
    )


def _is_on(one: Input) -> bool | None:
    assert isinstance(one.part, wiring.MuteSwitch)
    return None if one.is_active is None else one.is_active is one.part.is_on_when_closed


def _is_door_open(one: Input) -> bool | None:
    assert isinstance(one.part, wiring.DoorContact)
    return None if one.is_active is None else one.is_active is not one.part.is_closed_with_door


def _any_known(said: list[bool | None]) -> bool | None:
    known = [is_so for is_so in said if is_so is not None]
    return any(known) if known else None


def _worst(positions: list[ShutterPosition]) -> ShutterPosition:
    """Of several shutters the one that is farthest from shut."""
    order = (ShutterPosition.FAULT, ShutterPosition.MOVING, ShutterPosition.OPEN, ShutterPosition.SHUT)
    return next((one for one in order if one in positions), ShutterPosition.NONE)
