"""What works in pulses: buzzers, and door openers with their interlock."""

import asyncio
import time
from collections.abc import Callable
from typing import Any

from gpiozero import OutputDevice, PWMOutputDevice

from device.room.pins import our_errors
from device.room.rules import Setting
from kiosk.contract import wiring
from kiosk.contract.errors import RoomError
from kiosk.contract.room import Situation


class Pulser:
    """One line that is high for some moments. Use it from the loop's thread; raises RoomError."""

    def __init__(
        self, name: str, part: wiring.Buzzer | wiring.DoorOpener, on_error: Callable[[RoomError], None]
    ) -> None:
        """`on_error`: in the middle of a pulse."""
        self.name, self.part = name, part
        self._on_error = on_error
        self._loop = asyncio.get_running_loop()
        self._device: OutputDevice | None = None
        self._timer: asyncio.TimerHandle | None = None
        self.is_high = False

    @property
    def is_open(self) -> bool:
        return self._device is not None

    def open(self, factory: Any) -> None:
        part = self.part
        tone_hz = part.tone_hz if isinstance(part, wiring.Buzzer) else None
        with our_errors(self.name):
            if tone_hz is None:
                self._device = OutputDevice(
                    part.pin, active_high=part.is_active_high, initial_value=False, pin_factory=factory
                )
            else:
                self._device = PWMOutputDevice(
                    part.pin, active_high=part.is_active_high, frequency=tone_hz, pin_factory=factory
                )

    def make_safe(self) -> None:
        """Off, in the middle of a pulse as well."""
        if self._timer:
            self._timer.cancel()
        self._set(False)

    def close(self) -> None:
        """Off, and let go: a line keeps its level, and the door would stay open."""
        if self._timer:
            self._timer.cancel()
        device, self._device = self._device, None
        self.is_high = False
        if device is not None:
            try:
                with our_errors(self.name):
                    device.off()
            finally:
                with our_errors(self.name):
                    device.close()

    def _pulse(self, pulses: int, pulse_s: float) -> None:
        """High, low, and so on; one that is under way is begun anew."""
        if self._timer:
            self._timer.cancel()
        self._set(True)
        self._timer = self._loop.call_later(pulse_s, self._over, pulses - 1, pulse_s)

    def _over(self, left: int, pulse_s: float) -> None:
        try:
            self._set(False)
        except RoomError as error:
            self._on_error(error)
            return
        if left:
            self._timer = self._loop.call_later(pulse_s, self._again, left, pulse_s)

    def _again(self, left: int, pulse_s: float) -> None:
        try:
            self._pulse(left, pulse_s)
        except RoomError as error:
            self._on_error(error)

    def _set(self, is_high: bool) -> None:
        if self._device is not None:
            with our_errors(self.name):
                self._device.value = (0.5 if isinstance(self._device, PWMOutputDevice) else 1) if is_high else 0
                self.is_high = is_high


class Buzzer(Pulser):
    """Sounds once when the rules begin to say so."""

    def __init__(self, name: str, part: wiring.Buzzer, on_error: Callable[[RoomError], None]) -> None:
        super().__init__(name, part, on_error)
        self._buzzer = part
        self._is_sounding: bool | None = None

    def show(self, setting: Setting) -> None:
        """What was so before a restart has sounded before it."""
        is_sounding = setting.levels["pin"] > 0
        if is_sounding and self._is_sounding is False:
            self._pulse(self._buzzer.pulses, self._buzzer.pulse_s)
        self._is_sounding = is_sounding


class Opener(Pulser):
    """Opens the door for a moment, where the room's situation allows it."""

    def __init__(self, name: str, part: wiring.DoorOpener, on_error: Callable[[RoomError], None]) -> None:
        super().__init__(name, part, on_error)
        self._opener = part
        self._rested_s = 0.0

    def ask(self, situations: tuple[Situation, ...]) -> bool:
        """Whether the door opens now."""
        now = time.monotonic()
        is_locked = any(situation in self._opener.not_while for situation in situations)
        if self._device is None or is_locked or self.is_high or now < self._rested_s:
            return False
        self._rested_s = now + self._opener.pulse_s + self._opener.pause_s
        self._pulse(1, self._opener.pulse_s)
        return True
