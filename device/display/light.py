"""The light sensor: an IIO device of the kernel (Documentation/ABI/testing/sysfs-bus-iio). Blocks."""

import math
from pathlib import Path

from kiosk.contract.errors import DisplayError

AUTO, NONE = "auto", "none"
_CHANNELS = ("in_illuminance", "in_illuminance0")


class LightSensor:
    """The one named, or the first that has a light channel. Raises DisplayError."""

    def __init__(self, root: Path, name: str) -> None:
        self._devices = root / "sys/bus/iio/devices"
        self._name = name

    @property
    def is_wanted(self) -> bool:
        """Whether the configuration names one, so that its absence is a fault."""
        return self._name not in (AUTO, NONE)

    def lux(self) -> float | None:
        """The light in the room; None where no sensor is wanted or, on `auto`, none is there."""
        if self._name == NONE:
            return None
        for device in sorted(self._devices.glob("iio:device*")):
            if self._name not in (AUTO, _text(device / "name")):
                continue
            for channel in _CHANNELS:
                if (lux := _read(device, channel)) is not None:
                    return lux
        if self.is_wanted:
            raise DisplayError(f"light sensor {self._name}: there is none")
        return None


def _read(device: Path, channel: str) -> float | None:
    """In lux: ready-made, or raw value, offset and scale."""
    if ready := _text(device / f"{channel}_input"):
        return _number(ready, device)
    raw = _text(device / f"{channel}_raw")
    if not raw:
        return None
    offset, scale = (_text(device / f"{channel}_{what}") for what in ("offset", "scale"))
    return (_number(raw, device) + _number(offset or "0", device)) * _number(scale or "1", device)


def _number(text: str, device: Path) -> float:
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not (math.isfinite(number) and -1e9 < number < 1e9):
        raise DisplayError(f"light sensor {device.name}: says what is no light")
    return number


def _text(file: Path) -> str:
    """Empty for what is not there: sysfs comes and goes."""
    try:
        return file.read_text(errors="replace").strip()
    except OSError:
        return ""
