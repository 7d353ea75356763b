"""The terminal's certificate: how long it is good, and how its renewal went."""

from datetime import datetime
from pathlib import Path

from msgspec import Struct

from device.broker import identity
from kiosk.contract import codec
from kiosk.contract.configuration import Mqtt
from kiosk.contract.errors import MalformedError
from kiosk.contract.renewal import ENROLLED, OUTCOME, Outcome


class Certificate(Struct, frozen=True, kw_only=True):
    """Of the identity that the broker sees."""

    begin: datetime
    end: datetime
    is_enrolled: bool = False
    """It is renewed by itself."""
    fault: str = ""
    """Why the last renewal failed."""


class CertificateReader:
    """`read` is one look."""

    def __init__(self, mqtt: Mqtt, runtime_directory: Path) -> None:
        self._mqtt, self._runtime = mqtt, runtime_directory

    def read(self) -> Certificate | None:
        life = identity.life(self._mqtt, self._runtime)
        if life is None:
            return None
        is_enrolled = (self._mqtt.certificate_file.parent / ENROLLED).exists()
        outcome = outcome_of(self._runtime) if is_enrolled else None
        return Certificate(begin=life[0], end=life[1], is_enrolled=is_enrolled, fault=outcome.fault if outcome else "")


def outcome_of(runtime_directory: Path) -> Outcome | None:
    """How the last renewal went; None where none was tried since the machine started, or nobody can say."""
    try:
        outcome: Outcome = codec.decode((runtime_directory.parent / OUTCOME).read_bytes(), Outcome, "the renewal")
    except (OSError, MalformedError):
        return None
    return outcome
