"""What the updater remembers and tells, in its folder: progress and notes for the agent, versions it is done with."""

import contextlib
from pathlib import Path

import msgspec
from msgspec import Struct

from kiosk.contract.update import NOTES, PROGRESS, Cause, Note, Phase, Progress
from provisioning.update import disk

_KEPT = 50
"""Notes; the agent has taken them up long before."""
_PATIENT = {Cause.NO_BROKER: 3, Cause.POWER_CUT: 3, Cause.INSTALL_FAILED: 3}
"""So often a version may fail for a reason that need not be its own; for any other, once is enough."""
_REFUSED = "refused.json"


class Refusal(Struct, frozen=True, kw_only=True):
    """A version that was taken back."""

    cause: Cause
    times: int = 1

    @property
    def is_final(self) -> bool:
        return self.times >= _PATIENT.get(self.cause, 1)


class Notebook:
    """Every word in it is on the disk when a method returns."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self._notes = directory / NOTES
        self._notes.mkdir(parents=True, exist_ok=True)

    def progress(self, progress: Progress) -> None:
        """Where the update stands; what is no news is not written."""
        data = msgspec.json.encode(progress)
        path = self.directory / PROGRESS
        with contextlib.suppress(OSError):
            if path.read_bytes() == data:
                return
        disk.write(path, data)

    def last(self) -> Progress:
        """As it was written last."""
        try:
            return msgspec.json.decode((self.directory / PROGRESS).read_bytes(), type=Progress)
        except (OSError, msgspec.DecodeError):
            return Progress(phase=Phase.IDLE)

    def note(self, kind: str, **data: str | int) -> None:
        """An event for central; the agent takes it up within a second, or when it runs again."""
        numbers = [int(path.stem) for path in self._notes.glob("*.json") if path.stem.isdecimal()]
        number = max(numbers, default=0) + 1
        disk.write(
            self._notes / f"{number:08}.json", msgspec.json.encode(Note(number=number, type=kind, data=dict(data)))
        )
        for old in sorted(numbers)[:-_KEPT]:
            (self._notes / f"{old:08}.json").unlink()

    def refusals(self) -> dict[int, Refusal]:
        """Versions that were taken back, by serial."""
        try:
            return msgspec.json.decode((self.directory / _REFUSED).read_bytes(), type=dict[int, Refusal])
        except (OSError, msgspec.DecodeError):
            return {}

    def refuse(self, serial: int, cause: Cause) -> None:
        """It was taken back; whether it is tried again is said by `Refusal.is_final`."""
        refusals = self.refusals()
        before = refusals.get(serial)
        refusals[serial] = Refusal(cause=cause, times=before.times + 1 if before else 1)
        disk.write(self.directory / _REFUSED, msgspec.json.encode(refusals))

    def forgive(self, serial: int) -> None:
        """It may be tried again."""
        refusals = self.refusals()
        if refusals.pop(serial, None):
            disk.write(self.directory / _REFUSED, msgspec.json.encode(refusals))
