"""How GPIO is reached: the factory that the configuration names, and gpiozero's errors as ours."""

import contextlib
import errno
import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from gpiozero.exc import GPIOPinInUse, GPIOZeroError

from device.room.mock import BenchFactory
from kiosk.contract.errors import Reason, RoomError
from kiosk.contract.wiring import PinFactory, Room

_HEADER_LABEL = "pinctrl-"
"""The header's chip is `pinctrl-bcm2711` or `pinctrl-rp1`; on another one our lines would be somebody else's."""
_BUS_ERRORS = (errno.ETIMEDOUT, errno.EREMOTEIO, errno.EIO)


@contextlib.contextmanager
def our_errors(part: str) -> Iterator[None]:
    """What gpiozero, lgpio or the kernel raise inside becomes RoomError with its reason."""
    try:
        yield
    except Exception as error:
        if isinstance(error, (GPIOZeroError, ImportError, OSError, *_lgpio_error())):
            raise RoomError(f"{part}: {error or type(error).__name__}", _reason(error)) from None
        raise


def _lgpio_error() -> tuple[type[Exception], ...]:
    """Asked for only after the fact: the first use of the pins is what imports lgpio."""
    lgpio = sys.modules.get("lgpio")
    return () if lgpio is None else (lgpio.error,)


def _reason(error: Exception) -> Reason:
    if isinstance(error, GPIOPinInUse) or "GPIO busy" in str(error):
        return Reason.LINE_BUSY
    if isinstance(error, ImportError | FileNotFoundError):
        return Reason.PINS_MISSING
    if isinstance(error, PermissionError):
        return Reason.PINS_FORBIDDEN
    if isinstance(error, TimeoutError) or (isinstance(error, OSError) and error.errno in _BUS_ERRORS):
        return Reason.BUS_SILENT
    return Reason.HARDWARE_MISSING


def make_factory(room: Room, chip: int | None = None) -> Any:
    """gpiozero's pin factory for a chip of the room, its main one where none is named.

    Raises:
        RoomError: there are no such pins on this machine, or we may not use them.
    """
    chip = room.chip if chip is None else chip
    with our_errors("pins"):
        if room.pin_factory is PinFactory.MOCK:
            return BenchFactory(room, chip)
        lgpio_factory = _import_lgpio()
        path = Path(f"/dev/gpiochip{chip}")
        if not path.exists():
            raise FileNotFoundError(errno.ENOENT, "there is no such chip", str(path))
        if not os.access(path, os.R_OK | os.W_OK):
            raise PermissionError(errno.EACCES, "we may not use the chip", str(path))
        factory = lgpio_factory(chip)
        if chip == room.chip and not (label := _label(factory)).startswith(_HEADER_LABEL):
            factory.close()
            raise FileNotFoundError(errno.ENOENT, f"this is {label}, not the header; see $.room.chip", str(path))
        # gpiozero keeps the pins of all chips in one place, by number alone.
        factory.pins, factory.pin_class = {}, _steady_pin()
        return factory


def _label(factory: Any) -> str:
    import lgpio

    label = lgpio.gpio_get_chip_info(factory._handle)[3]
    return label.decode(errors="replace") if isinstance(label, bytes) else str(label)


def _import_lgpio() -> Any:
    """The class LGPIOFactory. Its import needs a library that only a Pi has, and a folder to write to.

    lgpio puts a pipe into the working directory (which a service has not got), or goes to live in the folder that
    `LG_WD` names. Both of its ends are open when the import is done, so the folder may go again.
    """
    home = Path.cwd()
    with tempfile.TemporaryDirectory(prefix="lgpio-") as folder:
        os.environ["LG_WD"] = folder
        try:
            from gpiozero.pins.lgpio import LGPIOFactory
        finally:
            os.chdir(home)
            del os.environ["LG_WD"]
    return LGPIOFactory


def _steady_pin() -> Any:
    """A pin that becomes an output at its level; gpiozero's is low for a moment, which a relay hears."""
    import lgpio
    from gpiozero.pins.lgpio import LGPIOPin

    class SteadyPin(LGPIOPin):
        def output_with_state(self, state: float) -> None:
            lgpio.gpio_claim_output(self.factory._handle, self._number, int(bool(state)))

        def close(self) -> None:
            """Lets the line go as it is; gpiozero would make an input of it, and every lamp would go out."""
            self.when_changed = None
            self.frequency = None
            if self.factory._handle is not None:
                with contextlib.suppress(lgpio.error):  # was let go before
                    lgpio.gpio_free(self.factory._handle, self._number)

    return SteadyPin
