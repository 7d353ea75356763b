"""What is simply set: the lamps of a sign, lights, LEDs, relays. Each part opens and fails on its own."""

from typing import Any

from gpiozero import OutputDevice, PWMOutputDevice

from device.room.pins import our_errors
from device.room.rules import Setting
from kiosk.contract import wiring
from kiosk.contract.wiring import Safe


class Lamps:
    """One or more outputs that belong together, such as the three of a door sign. Raises RoomError throughout."""

    def __init__(self, name: str, part: wiring.Outputs) -> None:
        self.name = name
        self.part = part
        self._devices: dict[str, OutputDevice] = {}
        self._levels: dict[str, float] = dict.fromkeys(wiring.lines(part), 0.0)

    @property
    def is_open(self) -> bool:
        return bool(self._devices)

    @property
    def levels(self) -> dict[str, float]:
        """As last set."""
        return dict(self._levels)

    def open(self, factory: Any) -> None:
        """At the levels that were last shown, so that nothing flickers after a restart."""
        with our_errors(self.name):
            try:
                for line, pin in wiring.lines(self.part).items():
                    self._devices[line] = self._device(pin, self._levels[line], factory)
            except BaseException:
                self.close()
                raise

    def _device(self, pin: int, level: float, factory: Any) -> OutputDevice:
        part = self.part
        if isinstance(part, wiring.Light) and part.is_dimmed:
            return PWMOutputDevice(
                pin,
                active_high=part.is_active_high,
                initial_value=level,
                frequency=part.frequency_hz,
                pin_factory=factory,
            )
        return OutputDevice(pin, active_high=part.is_active_high, initial_value=level > 0, pin_factory=factory)

    def show(self, setting: Setting, is_dark: bool = False) -> None:
        """Makes it so; remembered for a part that is opened later. `is_dark`: the dark half of blinking."""
        self._levels = dict.fromkeys(self._levels, 0.0) if is_dark else {**self._levels, **setting.levels}
        self._write()

    def fill(self, is_lit: bool) -> None:
        """All lamps on, or off, whatever was shown."""
        self._levels = dict.fromkeys(self._levels, float(is_lit))
        self._write()

    def _write(self) -> None:
        with our_errors(self.name):
            for line, device in self._devices.items():
                if device.value != self._levels[line]:
                    device.value = self._levels[line]

    def make_safe(self) -> None:
        """Off, unless it is to stay as it is."""
        if getattr(self.part, "safe", Safe.OFF) is Safe.OFF:
            self.fill(False)

    def close(self) -> None:
        """Lets its lines go."""
        with our_errors(self.name):
            while self._devices:
                _, device = self._devices.popitem()
                device.close()
