"""A monitor's own controls by DDC/CI, through `ddcutil`, which knows the moods of many monitors.

Codes are those of the VESA MCCS standard.
"""

from pathlib import Path

from device.display.panel import Panel
from device.display.way import Abilities, run
from kiosk.contract.display import Rung
from kiosk.contract.errors import DisplayError

_POWER, _BRIGHTNESS = "D6", "10"
_ON, _OFF = 1, 4
"""4 (DPMS off), not 5: from that, monitors wake by the button at their back only."""


class Ddc:
    rung = Rung.DDC
    is_quick = False
    lights_up_s = 2.0

    def __init__(self, root: Path, panel: Panel) -> None:
        self._root = root
        self._bus = panel.bus

    def probe(self) -> Abilities:
        if self._bus is None:
            raise DisplayError("the connector has no I²C bus")
        if not (self._root / f"dev/i2c-{self._bus}").exists():
            raise DisplayError(f"/dev/i2c-{self._bus} is not there: load i2c-dev")
        abilities = Abilities(can_power=self._has(_POWER), can_dim=self._has(_BRIGHTNESS))
        if abilities == Abilities():
            raise DisplayError("the monitor answers to neither power nor brightness")
        return abilities

    def set_power(self, is_on: bool) -> None:
        """Not read back: monitors that sleep do not talk."""
        self._run("setvcp", _POWER, str(_ON if is_on else _OFF), "--noverify")

    def is_on(self) -> bool:
        return self._get(_POWER)[-1] == f"x{_ON:02x}"

    def set_brightness(self, pct: int) -> None:
        most = int(self._get(_BRIGHTNESS)[-1])
        self._run("setvcp", _BRIGHTNESS, str(round(most * pct / 100)))

    def brightness_pct(self) -> int:
        now, most = map(int, self._get(_BRIGHTNESS)[-2:])
        return round(now * 100 / most)

    def _has(self, code: str) -> bool:
        """A program that is not there is no answer of the monitor's."""
        try:
            self._get(code)
        except DisplayError as error:
            if "not installed" in error.detail:
                raise
            return False
        return True

    def _get(self, code: str) -> list[str]:
        """The fields of `VCP D6 SNC x01` or `VCP 10 C 50 100`."""
        fields = self._run("getvcp", code, "--brief").split()
        is_number = fields[2:3] == ["C"] and len(fields) == 5 and fields[3].isdigit() and fields[4].isdigit()
        if fields[:2] != ["VCP", code] or fields[2:3] == ["ERR"] or not (is_number or fields[2:3] == ["SNC"]):
            raise DisplayError(f"ddcutil: the monitor does not answer about {code}")
        if is_number and int(fields[4]) < 1:
            raise DisplayError(f"ddcutil: the monitor says 0 is the most of {code}")
        return fields

    def _run(self, *words: str) -> str:
        return run("ddcutil", "--bus", str(self._bus), *words)
