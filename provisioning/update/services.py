"""The units of a terminal, as an update needs them: put into place and started anew. Knows systemd, not versions."""

import logging
import subprocess
from pathlib import Path
from typing import Protocol

_logger = logging.getLogger(__name__)

PROBATION = "kiosk-probation.service"
_NOT_OURS = ("kiosk-update.", "kiosk-probation.", "kiosk-rollback.", "kiosk-out-of-service.", "kiosk-firstboot.")
_ROLLBACK = "kiosk-rollback.service"
_TIMEOUT_S = 90.0


class Services(Protocol):
    """What probation and updater need of what runs."""

    def place(self) -> None:
        """Takes over what the version that is current now brings beside its programs."""

    def restart(self) -> None:
        """All that the version runs; returns when that was asked for."""

    def watch(self) -> None:
        """Starts the watch over a new version, as a program of its own."""


class Systemd:
    """The real one."""

    def __init__(self, software: Path) -> None:
        """`software`: where `current` leads to the version that runs."""
        self._script = software / "current" / "systemd" / "install.sh"

    def place(self) -> None:
        if self._script.is_file():  # by a unit of its own: this one may not make users, nor write to /etc
            _run(("systemd-run", "--quiet", "--wait", "--collect", "/bin/sh", str(self._script), "terminal"))
        self._ask("daemon-reload")

    def restart(self) -> None:
        listed = self._ask("list-units", "--all", "--plain", "--no-legend", "kiosk-*.service").splitlines()
        found = [line.split() for line in listed]
        names = [
            words[0]
            for words in found
            if len(words) > 3 and words[2] != "inactive" and not words[0].startswith(_NOT_OURS)
        ]
        if names:
            self._ask("reset-failed", *names)
            self._ask("--no-block", "restart", *names)
        self._ask("--no-block", "start", "kiosk.target")  # also what the version has anew

    def watch(self) -> None:
        self._ask("--no-block", "restart", PROBATION)

    def has_given_up(self) -> bool:
        """Whether a unit whose failure concerns the version has failed, and is not about to be started again.

        The last version's process that had to be killed as it was stopped fails as well, and says nothing of the next.
        """
        asked = self._ask("show", "kiosk-*.service", "--property=Id,ActiveState,Job,OnFailure")
        units = [dict(line.split("=", 1) for line in block.splitlines()) for block in asked.split("\n\n")]
        failed = [unit for unit in units if _ROLLBACK in unit.get("OnFailure", "") and not unit.get("Job")]
        return not asked or any(unit.get("ActiveState") == "failed" for unit in failed)

    def _ask(self, *words: str) -> str:
        return _run(("systemctl", *words))


def _run(command: tuple[str, ...]) -> str:
    """What it said; a failure is logged and no more: a version is judged by whether it runs."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=_TIMEOUT_S)
    except (OSError, subprocess.TimeoutExpired) as error:
        _logger.error("%s: %s", command[0], error)
        return ""
    if done.returncode:
        _logger.warning("%s: %s", " ".join(command[:4]), done.stderr.strip())
    return done.stdout
