"""The kernel's backlight (Documentation/ABI/stable/sysfs-class-backlight): panels on DSI, laptops."""

import os
from pathlib import Path

from device.display.way import Abilities
from kiosk.contract.display import Rung
from kiosk.contract.errors import DisplayError

_ON, _OFF = 0, 4
"""FB_BLANK_UNBLANK and FB_BLANK_POWERDOWN."""
_BEST_FIRST = ("firmware", "platform", "raw")
"""By the kernel's own advice on which of several to use."""


class Backlight:
    rung = Rung.BACKLIGHT
    is_quick = True
    lights_up_s = 0.1

    def __init__(self, root: Path) -> None:
        self._class = root / "sys/class/backlight"

    def probe(self) -> Abilities:
        folder = self._folder()
        if self._number(folder / "max_brightness") < 1:
            raise DisplayError(f"{folder.name}: max_brightness is no number above 0")
        abilities = Abilities(
            can_power=os.access(folder / "bl_power", os.W_OK), can_dim=os.access(folder / "brightness", os.W_OK)
        )
        if abilities == Abilities():
            raise DisplayError(f"{folder.name}: may not be written to")
        return abilities

    def set_power(self, is_on: bool) -> None:
        self._write(self._folder() / "bl_power", _ON if is_on else _OFF)

    def is_on(self) -> bool:
        return self._number(self._folder() / "bl_power") == _ON

    def set_brightness(self, pct: int) -> None:
        """Never all dark: that is what power is for."""
        folder = self._folder()
        most = self._number(folder / "max_brightness")
        self._write(folder / "brightness", max(1, round(most * pct / 100)))

    def brightness_pct(self) -> int:
        folder = self._folder()
        return round(self._number(folder / "brightness") * 100 / max(1, self._number(folder / "max_brightness")))

    def _folder(self) -> Path:
        """Looked for anew each time: with the panel's cable it may have come back under another name."""
        folders = sorted(self._class.glob("*"), key=lambda folder: (_rank(folder), folder.name))
        if not folders:
            raise DisplayError("there is no backlight")
        return folders[0]

    def _number(self, file: Path) -> int:
        try:
            return int(file.read_text())
        except (OSError, ValueError) as error:
            raise DisplayError(f"{file.name}: {getattr(error, 'strerror', None) or 'is no number'}") from None

    def _write(self, file: Path, value: int) -> None:
        """A driver may take a value and keep another one, so it is read back."""
        try:
            file.write_text(str(value))
        except OSError as error:
            raise DisplayError(f"{file.name}: {error.strerror}") from None
        if (kept := self._number(file)) != value:
            raise DisplayError(f"{file.name}: was set to {value} and says {kept}")


def _rank(folder: Path) -> int:
    try:
        return _BEST_FIRST.index((folder / "type").read_text().strip())
    except (OSError, ValueError):
        return len(_BEST_FIRST)
