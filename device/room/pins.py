"""How GPIO is reached: the factory that the configuration names, and gpiozero's errors as ours."""

import contextlib
import sys
from collections.abc import Callable, Iterator
from typing import Any

from gpiozero.exc import GPIOZeroError
from gpiozero.pins.mock import MockFactory, MockPin

from kiosk.contract.configuration import PinFactory
from kiosk.contract.errors import RoomError


@contextlib.contextmanager
def our_errors(part: str) -> Iterator[None]:
    """What gpiozero, lgpio or the kernel raise inside becomes RoomError."""
    lgpio = sys.modules.get("lgpio")
    kinds: tuple[type[Exception], ...] = (GPIOZeroError, ImportError, OSError)
    if lgpio is not None:
        kinds = (*kinds, lgpio.error)
    try:
        yield
    except kinds as error:
        raise RoomError(f"{part}: {error or type(error).__name__}") from None


def make_factory(kind: PinFactory) -> Any:
    """gpiozero's pin factory of this kind; the mock one tells who listens of every change, see `BenchFactory`.

    Raises:
        RoomError: there are no such pins on this machine.
    """
    if kind is PinFactory.MOCK:
        return BenchFactory()
    with our_errors("pins"):
        # The import opens files and needs a library that only a Pi has.
        from gpiozero.pins.lgpio import LGPIOFactory

        return LGPIOFactory()


class _BenchPin(MockPin):
    def _change_state(self, value: bool) -> bool:
        has_changed = bool(super()._change_state(value))
        if has_changed:
            for listener in tuple(self.factory.listeners):
                listener(self.info.name, bool(value))
        return has_changed


class BenchFactory(MockFactory):
    """Pins without wires, moved and read by a test."""

    def __init__(self) -> None:
        super().__init__(pin_class=_BenchPin)
        self.listeners: list[Callable[[str, bool], None]] = []
        """Called with the pin's name (`GPIO17`) and its new level."""
