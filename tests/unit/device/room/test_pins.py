"""What gpiozero, lgpio and the kernel say becomes an error of ours with the reason that IT staff can act on."""

import errno

import pytest
from gpiozero.exc import GPIOPinInUse, PinInvalidPin

from device.room.pins import our_errors
from kiosk.contract.errors import Reason, RoomError


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (ImportError("No module named 'lgpio'"), Reason.PINS_MISSING),
        (FileNotFoundError(errno.ENOENT, "there is no such chip", "/dev/gpiochip4"), Reason.PINS_MISSING),
        (PermissionError(errno.EACCES, "Permission denied"), Reason.PINS_FORBIDDEN),
        (GPIOPinInUse("pin GPIO17 is already in use"), Reason.LINE_BUSY),
        (OSError(errno.EBUSY, "GPIO busy"), Reason.LINE_BUSY),
        (TimeoutError(errno.ETIMEDOUT, "Connection timed out"), Reason.BUS_SILENT),
        (OSError(errno.EREMOTEIO, "Remote I/O error"), Reason.BUS_SILENT),
        (OSError(errno.EIO, "Input/output error"), Reason.BUS_SILENT),
        (PinInvalidPin("60 is not a valid pin name"), Reason.HARDWARE_MISSING),
    ],
)
def test_every_error_has_its_reason(error: Exception, reason: Reason) -> None:
    """And names the part."""
    with pytest.raises(RoomError, match=r"^door-sign: ") as caught, our_errors("door-sign"):
        raise error
    assert caught.value.reason is reason


def test_a_fault_of_ours_stays_one() -> None:
    """It ends the process instead of being taken for a wire."""
    with pytest.raises(ZeroDivisionError), our_errors("door-sign"):
        raise ZeroDivisionError
