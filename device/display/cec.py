"""A television on HDMI, by its remote control bus, through `cec-ctl` of v4l-utils. It has no brightness there."""

import re
from pathlib import Path

from device.display.way import Abilities, run
from kiosk.contract.display import Rung
from kiosk.contract.errors import DisplayError

_TELEVISION = "0"
_ADDRESS = re.compile(r"Physical Address\s*:\s*([0-9a-f](?:\.[0-9a-f]){3})")
_POWER = re.compile(r"pwr-state:\s*([a-z-]+)")
_WAKING = ("on", "to-on")


class Cec:
    rung = Rung.CEC
    is_quick = False
    lights_up_s = 3.0

    def __init__(self, root: Path) -> None:
        self._root = root
        self._device = ""

    def probe(self) -> Abilities:
        """The first adapter whose television says how it is."""
        devices = sorted(self._root.glob("dev/cec*"))
        if not devices:
            raise DisplayError("there is no CEC adapter")
        errors = []
        for device in devices:
            self._device = str(device)
            try:
                self.is_on()
            except DisplayError as error:
                errors.append(error.detail)
            else:
                return Abilities(can_power=True)
        self._device = ""
        raise DisplayError("; ".join(errors))

    def set_power(self, is_on: bool) -> None:
        """With the light comes our input: a television wakes with the one it had last."""
        if not is_on:
            self._tell("--standby")
            return
        self._tell("--image-view-on")
        if match := _ADDRESS.search(run("cec-ctl", "-d", self._device, "--playback")):
            self._tell("--active-source", f"phys-addr={match[1]}")

    def is_on(self) -> bool:
        match = _POWER.search(self._tell("--give-device-power-status"))
        if match is None:
            raise DisplayError("cec-ctl: the television does not say whether it is on")
        return match[1] in _WAKING

    def set_brightness(self, pct: int) -> None:
        raise DisplayError("CEC knows no brightness")

    def brightness_pct(self) -> int:
        raise DisplayError("CEC knows no brightness")

    def _tell(self, *words: str) -> str:
        said = run("cec-ctl", "-d", self._device, "--skip-info", "--playback", "--to", _TELEVISION, *words)
        if "Not Acknowledged" in said:
            raise DisplayError("cec-ctl: the television does not answer")
        return said
