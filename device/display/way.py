"""One way to a panel's light, and how programs that know such ways are run. Everything here blocks: use a thread."""

import os
import subprocess
from collections.abc import Mapping
from typing import Protocol

from msgspec import Struct

from kiosk.contract.display import Rung
from kiosk.contract.errors import DisplayError

_TIMEOUT_S = 8.0
"""The slowest of the programs asks a monitor again for some seconds before it gives up."""


class Abilities(Struct, frozen=True, kw_only=True):
    """What a way can do here."""

    can_power: bool = False
    can_dim: bool = False


class Way(Protocol):
    """Raises DisplayError throughout."""

    rung: Rung
    is_quick: bool
    """A step takes milliseconds, so that the light may change smoothly."""
    lights_up_s: float
    """From being told until something can be seen."""

    def probe(self) -> Abilities:
        """Looks whether this way exists; changes nothing that can be seen."""

    def set_power(self, is_on: bool) -> None: ...

    def is_on(self) -> bool:
        """As far as the panel says."""

    def set_brightness(self, pct: int) -> None: ...

    def brightness_pct(self) -> int: ...


def run(*command: str, environment: Mapping[str, str] | None = None) -> str:
    """What a program prints. Raises DisplayError when it is missing, fails or hangs."""
    try:
        done = subprocess.run(
            command,
            env={**os.environ, "LC_ALL": "C", **(environment or {})},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_TIMEOUT_S,
            check=False,
        )
    except FileNotFoundError:
        raise DisplayError(f"{command[0]} is not installed") from None
    except subprocess.TimeoutExpired:
        raise DisplayError(f"{command[0]} did not end within {_TIMEOUT_S:.0f} s") from None
    except OSError as error:
        raise DisplayError(f"{command[0]}: {error.strerror}") from None
    if done.returncode:
        said = (done.stderr.strip() or done.stdout.strip()).splitlines()
        raise DisplayError(f"{command[0]}: {said[-1] if said else f'exit code {done.returncode}'}")
    return done.stdout
