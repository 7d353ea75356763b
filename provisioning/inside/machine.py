"""The machine that is looked at: its files below a root, and what its systemd says."""

import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

_TIMEOUT_S = 20.0
_MOST_BYTES = 256 * 1024


def nobody(_: Sequence[str]) -> str:
    """In the place of `ask`, where the system does not run."""
    return ""


def ask(command: Sequence[str]) -> str:
    """What a program says; empty where there is none, or it fails."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_TIMEOUT_S, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout


@dataclass(frozen=True)
class Machine:
    """This one, or in a test another system's root."""

    root: Path = Path("/")
    ask: Callable[[Sequence[str]], str] = ask
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    uptime_s: Callable[[], float] = lambda: time.clock_gettime(time.CLOCK_BOOTTIME)

    def path(self, path: str) -> Path:
        return self.root / path.lstrip("/")

    def text(self, path: str) -> str:
        """A small file's text; empty where there is none, or it may not be read."""
        try:
            with self.path(path).open("rb") as file:
                return file.read(_MOST_BYTES).decode("utf-8", errors="replace").strip("\0 \n\t")
        except OSError:
            return ""

    def show(self, unit: str, *properties: str) -> dict[str, str]:
        """What systemd says of a unit, or of itself with an empty name."""
        said = self.ask(("systemctl", "show", *([unit] if unit else []), f"--property={','.join(properties)}"))
        return dict(line.split("=", 1) for line in said.splitlines() if "=" in line)
