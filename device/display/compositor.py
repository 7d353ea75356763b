"""The compositor turns its output off, through `wlr-randr`: cage has wlr-output-management and no output power.

A touch may not reach the app while there is no output, so this is for rooms in which a sensor wakes the screen.
"""

from pathlib import Path

from device.display.way import Abilities, run
from kiosk.contract.display import Rung
from kiosk.contract.errors import DisplayError


class Compositor:
    rung = Rung.COMPOSITOR
    is_quick = False
    lights_up_s = 0.5

    def __init__(self, directory: Path, connector: str) -> None:
        """`directory` is the compositor's XDG_RUNTIME_DIR."""
        self._directory = directory
        self._connector = connector

    def probe(self) -> Abilities:
        self._outputs()
        return Abilities(can_power=True)

    def set_power(self, is_on: bool) -> None:
        """Read back: wlr-randr says nothing when the compositor does not do it."""
        self._run("--output", self._output(), "--on" if is_on else "--off")
        if self.is_on() is not is_on:
            raise DisplayError("wlr-randr: the compositor did not do it")

    def is_on(self) -> bool:
        return self._outputs()[self._output()]

    def set_brightness(self, pct: int) -> None:
        raise DisplayError("the compositor knows no brightness")

    def brightness_pct(self) -> int:
        raise DisplayError("the compositor knows no brightness")

    def _output(self) -> str:
        outputs = self._outputs()
        return self._connector if self._connector in outputs else next(iter(outputs))

    def _outputs(self) -> dict[str, bool]:
        """Name and whether it is enabled, as wlr-randr lists them: names at the margin, facts below."""
        found: dict[str, bool] = {}
        name = ""
        for line in self._run().splitlines():
            if line and not line[0].isspace():
                name = line.split()[0]
            elif name and line.strip().startswith("Enabled:"):
                found[name] = line.split()[-1] == "yes"
        if not found:
            raise DisplayError("wlr-randr: the compositor has no output")
        return found

    def _run(self, *words: str) -> str:
        sockets = sorted(path.name for path in self._directory.glob("wayland-*") if not path.name.endswith(".lock"))
        if not sockets:
            raise DisplayError(f"no compositor listens in {self._directory}")
        environment = {"XDG_RUNTIME_DIR": str(self._directory), "WAYLAND_DISPLAY": sockets[0]}
        return run("wlr-randr", *words, environment=environment)
