"""The parts on the room's wires: groups of lamps, and the help button. Each opens and fails on its own."""

from collections.abc import Callable, Mapping
from typing import Any

from gpiozero import DigitalInputDevice, OutputDevice

from device.room.pins import our_errors
from kiosk.contract.configuration import Button, Output


class Lamps:
    """One or more outputs that belong together, such as the three of the door sign. Raises RoomError throughout."""

    def __init__(self, part: str, outputs: Mapping[str, Output | None]) -> None:
        """Outputs by what they say; those that are not wired are None."""
        self.part = part
        self._outputs = {name: output for name, output in outputs.items() if output is not None}
        self._devices: dict[str, OutputDevice] = {}
        self._lit: set[str] = set()

    @property
    def names(self) -> tuple[str, ...]:
        """What it can say; empty when nothing is wired."""
        return tuple(self._outputs)

    @property
    def is_open(self) -> bool:
        return bool(self._devices)

    def open(self, factory: Any) -> None:
        with our_errors(self.part):
            try:
                for name, output in self._outputs.items():
                    self._devices[name] = OutputDevice(
                        output.pin,
                        active_high=output.is_active_high,
                        initial_value=name in self._lit,
                        pin_factory=factory,
                    )
            except BaseException:
                self.close()
                raise

    def show(self, lit: set[str]) -> None:
        """Exactly these lamps are on; remembered for a part that is opened later."""
        self._lit = lit
        with our_errors(self.part):
            for name, device in self._devices.items():
                device.value = name in lit

    def close(self) -> None:
        """All off."""
        with our_errors(self.part):
            while self._devices:
                _, device = self._devices.popitem()
                device.close()


class HelpButton:
    """The button on the wall. Raises RoomError."""

    part = "help-button"

    def __init__(self, button: Button | None, on_press: Callable[[], None]) -> None:
        """`on_press` is called in a thread of gpiozero's."""
        self._button = button
        self._on_press = on_press
        self._device: DigitalInputDevice | None = None

    @property
    def names(self) -> tuple[str, ...]:
        return ("help",) if self._button else ()

    @property
    def is_open(self) -> bool:
        return self._device is not None

    def open(self, factory: Any) -> None:
        if self._button is None:
            return
        with our_errors(self.part):
            self._device = DigitalInputDevice(
                self._button.pin,
                pull_up=self._button.has_pull_up,
                bounce_time=self._button.bounce_time_s or None,
                pin_factory=factory,
            )
            self._device.when_activated = self._on_press

    def close(self) -> None:
        with our_errors(self.part):
            if self._device:
                self._device.close()
                self._device = None
