"""What drives a shutter: a servo or a motor. Without a loop, for `device.room.safe` has none and no time to load it."""

import contextlib
import time
from collections.abc import Callable, Iterator
from typing import Any

from gpiozero import InputDevice, OutputDevice, PWMOutputDevice

from device.room.pins import our_errors
from kiosk.contract.wiring import Drive
from kiosk.contract.wiring import Shutter as Part

PATIENCE = 1.25
"""So many times its time, and it has not arrived."""
_SERVO_HZ = 50
_POLL_S = 0.002


class Motor:
    """Servo or motor. Raises RoomError."""

    def __init__(self, name: str, part: Part, factory: Any) -> None:
        self._name, self._part = name, part
        self._devices: dict[bool, OutputDevice] = {}
        with our_errors(name):
            try:
                if part.drive is Drive.SERVO:
                    servo = PWMOutputDevice(
                        part.pin, active_high=part.is_active_high, frequency=_SERVO_HZ, pin_factory=factory
                    )
                    self._devices = {True: servo, False: servo}
                else:
                    for is_opening, pin in ((True, part.open_pin), (False, part.shut_pin)):
                        self._devices[is_opening] = OutputDevice(
                            pin, active_high=part.is_active_high, initial_value=False, pin_factory=factory
                        )
            except BaseException:
                self.close()
                raise

    def drive(self, is_opening: bool) -> None:
        """The other way is switched off first."""
        with our_errors(self._name):
            if self._part.drive is Drive.SERVO:
                pulse_ms = self._part.open_ms if is_opening else self._part.shut_ms
                self._devices[True].value = pulse_ms * _SERVO_HZ / 1000
            else:
                self._devices[not is_opening].off()
                self._devices[is_opening].on()

    def stop(self) -> None:
        """A servo without pulses stays where it is, and is quiet."""
        with our_errors(self._name):
            for device in self._devices.values():
                device.off()

    def close(self) -> None:
        """Stopped, and let go: a line keeps its level, and the motor would run on."""
        devices, self._devices = set(self._devices.values()), {}
        for device in devices:
            try:
                with our_errors(self._name):
                    device.off()
            finally:
                with our_errors(self._name):
                    device.close()


def shut(name: str, part: Part, factory: Any) -> None:
    """Shuts it without a loop, and waits until it is. Raises RoomError; one that is stuck is left where it is."""
    motor = Motor(name, part, factory)
    try:
        with _reading(name, part.is_shut_pin, factory) as switch:
            drive_shut(motor, lambda: bool(switch.value), part.travel_s)
    finally:
        motor.close()


@contextlib.contextmanager
def _reading(name: str, pin: int | None, factory: Any) -> Iterator[InputDevice]:
    with our_errors(name):
        switch = InputDevice(pin, pull_up=True, pin_factory=factory)
        try:
            yield switch
        finally:
            switch.close()


def drive_shut(motor: Motor, is_shut: Callable[[], bool], travel_s: float) -> None:
    """Waits until it is, or for as long as it may take. Raises RoomError."""
    if is_shut():
        motor.stop()
        return
    motor.drive(False)
    until = time.monotonic() + travel_s * PATIENCE
    while not is_shut() and time.monotonic() < until:
        time.sleep(_POLL_S)
    motor.stop()
