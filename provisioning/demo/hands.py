"""The visitor's hands and eyes: touches the app's screen where its controls are, and looks at what it shows."""

import asyncio
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from provisioning.demo.lines import GoneError, Lines
from provisioning.demo.waiting import PatienceError

PATIENCE_S = 15.0
_LOOK_AGAIN_S = 0.05
_BACK_S = 5.0


@dataclass(frozen=True, kw_only=True)
class Sight:
    """What the app says about its screen."""

    phase: str
    sheet: str
    tiles: dict[str, int]
    """Tile → sequence number of its last picture."""
    fps: float
    is_connected: bool = True
    """Whether the app has its agent."""


class Hands:
    """Two hands on one screen. Finds the app again when it was killed."""

    def __init__(self, path: Path) -> None:
        self._lines = Lines(path)

    async def _ask(self, **request: Any) -> dict[str, Any]:
        """A killed app is there again soon; while it dies it may still take a connection or two."""
        deadline = time.monotonic() + _BACK_S
        while True:
            try:
                return await self._lines.ask(**request)
            except GoneError:
                if time.monotonic() > deadline:
                    raise

    async def look(self) -> Sight:
        said = await self._ask(do="state")
        return Sight(
            phase=said["phase"],
            sheet=said.get("sheet", ""),
            tiles=said.get("tiles", {}),
            fps=said.get("fps", 0.0),
            is_connected=said.get("is_connected", True),
        )

    async def controls(self) -> dict[str, dict[str, Any]]:
        """What can be touched, by id."""
        return {one["id"]: one for one in (await self._ask(do="controls"))["controls"]}

    async def find(self, control: str, timeout_s: float = PATIENCE_S) -> dict[str, Any]:
        """The control, once it is enabled and rests.

        Raises:
            PatienceError: it is not, within `timeout_s`; what is there instead is named.
        """
        deadline = time.monotonic() + timeout_s
        before: dict[str, Any] | None = None
        while True:
            known = await self.controls()
            found = known.get(control)
            if found is not None and found == before and found["is_enabled"]:
                return found
            if time.monotonic() > deadline:
                raise PatienceError(
                    f"no control {control!r} to touch within {timeout_s:g} s; there are {sorted(known)}"
                )
            before = found
            await asyncio.sleep(_LOOK_AGAIN_S)

    async def touch(self, control: str, timeout_s: float = PATIENCE_S) -> float:
        """Touches the middle of a control; returns the monotonic time of the touch. Raises PatienceError."""
        found = await self.find(control, timeout_s)
        moment = time.monotonic()
        await self._ask(do="touch", x=found["x"] + found["width"] / 2, y=found["y"] + found["height"] / 2)
        return moment

    async def until(self, *, phase: str = "", sheet: str | None = None, timeout_s: float = PATIENCE_S) -> Sight:
        """What the screen shows once it shows this phase and sheet.

        Raises:
            PatienceError: it does not within `timeout_s`.
        """
        deadline = time.monotonic() + timeout_s
        while True:
            sight = await self.look()
            if phase in ("", sight.phase) and sheet in (None, sight.sheet):
                return sight
            if time.monotonic() > deadline:
                wanted = "/".join(one for one in (phase, sheet) if one)
                raise PatienceError(f"screen {sight.phase}/{sight.sheet} instead of {wanted} after {timeout_s:g} s")
            await asyncio.sleep(_LOOK_AGAIN_S)

    async def screenshot(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        await self._ask(do="screenshot", path=str(path))

    def close(self) -> None:
        self._lines.close()
