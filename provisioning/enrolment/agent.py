"""How the agent that runs gets a new identity at once: a file on tmpfs and a signal. Its next start loads it anyway."""

import contextlib
import logging
import os
import secrets
import subprocess
from collections.abc import Sequence

from provisioning.enrolment.places import CREDENTIAL, Places

_logger = logging.getLogger(__name__)

UNIT = "kiosk-device.service"
SIGNAL = ("systemctl", "kill", "--kill-whom=main", "--signal=HUP", UNIT)
RESTART = ("systemctl", "try-restart", UNIT)
"""Where the agent runs and cannot be given a file: its unit loads the credential when it starts."""
READ_UNITS = ("systemctl", "daemon-reload")
_TIMEOUT_S = 30.0


def hand_over(places: Places, pem: bytes, signal: Sequence[str] = SIGNAL) -> bool:
    """Gives `pem` to the agent and tells it; returns whether there is one.

    The folder is the agent's own: nothing in it is followed or overwritten, a name is only put in its place.
    """
    try:
        folder = os.open(places.handed_over.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    except OSError:
        return False
    new = f".{CREDENTIAL}.{secrets.token_hex(4)}"
    try:
        owner = os.fstat(folder)
        file = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600, dir_fd=folder)
        with os.fdopen(file, "wb") as writer:
            if os.geteuid() == 0:
                os.fchown(file, owner.st_uid, owner.st_gid)
            writer.write(pem)
        os.rename(new, CREDENTIAL, src_dir_fd=folder, dst_dir_fd=folder)
    except OSError as error:
        with contextlib.suppress(OSError):
            os.unlink(new, dir_fd=folder)
        _logger.warning("%s: %s; the agent takes the new certificate at its next start", folder, error.strerror)
        return False
    finally:
        os.close(folder)
    return run(signal)


def run(command: Sequence[str]) -> bool:
    """Whether it went well; an empty command does nothing, badly."""
    if not command:
        return False
    try:
        return subprocess.run(command, capture_output=True, timeout=_TIMEOUT_S, check=False).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False
