"""What kinds of machines a bundle can be for, as pip's tags; a terminal asks for the one that it is."""

import platform as machine
import sys
from typing import NamedTuple

from kiosk.contract.errors import ConfigurationError

_GLIBC = {311: range(17, 37), 312: range(17, 40), 313: range(17, 42)}
"""By Python: minor versions of the GNU C library whose wheels run; Debian 12 has 2.36, Ubuntu 24.04 2.39, Debian 13
2.41."""
_MACHINES = ("aarch64", "x86_64")


class Platform(NamedTuple):
    """Processor and Python."""

    machine: str
    python: int
    """311 for 3.11."""

    @property
    def name(self) -> str:
        """`aarch64-cp311`."""
        return f"{self.machine}-cp{self.python}"

    @property
    def pip_options(self) -> tuple[str, ...]:
        """So that pip fetches for that machine; markers in a lock file are read for ours all the same."""
        tags = [f"manylinux_2_{minor}_{self.machine}" for minor in reversed(_GLIBC[self.python])]
        tags += [f"manylinux2014_{self.machine}", f"linux_{self.machine}", "any"]
        options = [option for tag in tags for option in ("--platform", tag)]
        return (*options, "--python-version", str(self.python), "--implementation", "cp")


def own() -> Platform:
    """This machine's."""
    return Platform(machine.machine(), sys.version_info.major * 100 + sys.version_info.minor)


def named(name: str) -> Platform:
    """Raises ConfigurationError for a name that is none."""
    for one in _MACHINES:
        for python in _GLIBC:
            if Platform(one, python).name == name:
                return Platform(one, python)
    known = ", ".join(Platform(one, python).name for one in _MACHINES for python in _GLIBC)
    raise ConfigurationError(f"there is no platform {name!r}; known are: {known}")
