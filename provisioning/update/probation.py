"""A new version on probation: watched by the one before it, and taken back when it does not do well.

Every step is one renamed link or file, in an order in which a power cut after any of them leaves something that runs.
"""

import contextlib
import os
import secrets
import time
from collections.abc import Callable
from pathlib import Path

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from kiosk.contract.configuration import Update
from kiosk.contract.update import LOCK, REPORT, Cause, Phase, Progress, Report
from kiosk.runtime.lock import Lock
from provisioning import durable
from provisioning.update import disk
from provisioning.update.notebook import Notebook
from provisioning.update.services import Services
from provisioning.update.versions import Versions

PROBATION = "probation.json"
_LOOK_S = 0.5
_FRESH_S = 6.0
"""The agent reports once a second; older than this it does not run."""
_STARTS = 4
"""An agent that had to be started so often is not well, however well it looks in between."""
_BOOTS = 3
"""The machine may be started anew so often, whoever pulls its plug."""
_LIFE = "life"
"""In the run-time folder, on tmpfs: another name after every start of the machine. Not the kernel's boot_id: in a
sandbox on a container that is its host's."""


class Watched(Struct, frozen=True, kw_only=True):
    """What has to be known beyond a power cut."""

    serial: int
    expected: tuple[Cause, ...] = ()
    """What was well before the change, by the cause that its loss would be."""
    boot: str = ""
    boots: int = 0
    """Starts of the machine since."""


def faults(report: Report | None, now_s: float) -> set[Cause]:
    """All that is not well at this moment."""
    if report is None or now_s - report.at_s > _FRESH_S or not report.is_ready:
        return {Cause.NOT_READY}
    found = {
        Cause.NO_FRAMES: report.has_frames,
        Cause.NO_BROKER: report.has_broker,
        Cause.NO_CAMERA: report.has_camera,
    }
    return {cause for cause, is_well in found.items() if not is_well}


class Judge:
    """Pure: reports in, verdict out."""

    def __init__(self, expected: tuple[Cause, ...], update: Update, begin_s: float) -> None:
        self._expected = {Cause.NOT_READY, *expected}
        self._update, self._begin_s = update, begin_s
        self._since: dict[Cause, float] = {}
        self._pids: list[int] = []

    def take(self, report: Report | None, now_s: float) -> Cause | bool:
        """True: it has proved itself. False: not yet. A cause: it is taken back."""
        wrong = faults(report, now_s) & self._expected
        self._since = {cause: self._since.get(cause, now_s) for cause in sorted(wrong)}
        if report and (not self._pids or self._pids[-1] != report.pid) and Cause.NOT_READY not in wrong:
            self._pids.append(report.pid)
        if len(self._pids) > _STARTS:
            return Cause.NOT_READY
        for cause, since_s in self._since.items():
            if now_s - since_s >= self._update.patience_s:
                return cause
        return not wrong and now_s - self._begin_s >= self._update.probation_s


class Probation:
    """Of whatever version is current and not proven."""

    def __init__(
        self,
        update: Update,
        versions: Versions,
        notebook: Notebook,
        services: Services,
        clock: Callable[[], float] = lambda: time.clock_gettime(time.CLOCK_BOOTTIME),
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self._update, self._versions, self._notebook, self._services = update, versions, notebook, services
        self._clock, self._pause = clock, pause
        self._file = notebook.directory / PROBATION
        self._room = Lock(update.runtime_directory / LOCK)

    def begin(self, serial: int) -> None:
        """Switches to the version. What is well now is expected of it, too."""
        before = self._versions.current
        wrong = faults(self._report(), self._clock())
        usual = (Cause.NO_FRAMES, Cause.NO_BROKER, Cause.NO_CAMERA)
        expected = () if Cause.NOT_READY in wrong else tuple(cause for cause in usual if cause not in wrong)
        self._write(Watched(serial=serial, expected=expected, boot=self._life()))
        self._versions.switch(serial)
        self._notebook.note("update-switched", serial=serial, before=before)
        self._notebook.progress(Progress(phase=Phase.PROBATION, serial=serial, offered=serial))
        self._services.place()
        self._services.restart()

    def resume(self) -> bool:
        """At the start of the watch, also after a power cut; whether there is anything to watch."""
        if not self._versions.is_on_probation:
            self._end()
            return False
        serial, proven = self._versions.current, self._versions.proven
        if serial < proven:  # a way back by hand, and the power went in the middle
            self._versions.prove()
            self._end()
            return False
        refusal = self._notebook.refusals().get(serial)
        if refusal and refusal.is_final:
            self.take_back(refusal.cause, "begun before the power went", is_counted=False)
            return False
        watched = self._read(serial)
        if watched.boot != self._life():
            watched = replace(watched, boot=self._life(), boots=watched.boots + 1)
            self._write(watched)
            self._services.place()
        if watched.boots >= _BOOTS:
            self.take_back(Cause.POWER_CUT, f"{watched.boots} starts of the machine while on probation")
            return False
        self._notebook.progress(Progress(phase=Phase.PROBATION, serial=serial, offered=serial))
        return True

    def watch(self) -> Cause | None:
        """Until the verdict, which is carried out; None: it has proved itself, or somebody else has decided."""
        serial = self._versions.current
        judge = Judge(self._read(serial).expected, self._update, self._clock())
        while self._versions.current == serial and self._versions.is_on_probation:
            verdict = judge.take(self._report(), self._clock())
            if verdict is True:
                self.prove()
                return None
            if verdict and self._may_take_back(Cause(verdict)):
                self.take_back(Cause(verdict), "")
                self._room.give()
                return Cause(verdict)
            self._pause(_LOOK_S)
        return None

    def take_back(self, cause: Cause, detail: str, *, is_counted: bool = True) -> bool:
        """The proven version runs again; whether there was one to go back to. Words may be lost on a full disk."""
        serial, proven = self._versions.current, self._versions.proven
        if serial == proven or self._versions.manifest(proven) is None:
            return False
        if is_counted:
            with contextlib.suppress(OSError):
                self._notebook.refuse(serial, cause)
        self._versions.switch(proven)
        with contextlib.suppress(OSError):
            self._notebook.note("update-rolled-back", serial=serial, to=proven, cause=cause.value, detail=detail)
            self._notebook.progress(Progress(serial=proven, offered=serial, cause=cause.value, detail=detail))
        self._services.place()
        self._services.restart()
        self._end()
        return True

    def _may_take_back(self, cause: Cause) -> bool:
        """Never during a session, unless the version has ended that already."""
        if cause in (Cause.NOT_READY, Cause.NO_FRAMES) or not self._update.runtime_directory.is_dir():
            return True
        return self._room.take()

    def prove(self) -> None:
        """What runs is what is gone back to from now on."""
        serial = self._versions.current
        self._versions.prove()
        self._notebook.note("update-proven", serial=serial)
        self._notebook.progress(Progress(serial=serial))
        self._end()

    def _end(self) -> None:
        durable.remove(self._file)

    def _report(self) -> Report | None:
        with contextlib.suppress(OSError, msgspec.DecodeError):
            return msgspec.json.decode((self._update.runtime_directory / REPORT).read_bytes(), type=Report)
        return None

    def _read(self, serial: int) -> Watched:
        with contextlib.suppress(OSError, msgspec.DecodeError):
            found = msgspec.json.decode(self._file.read_bytes(), type=Watched)
            if found.serial == serial:
                return found
        return Watched(serial=serial)

    def _life(self) -> str:
        """Of the machine: a name from its start to its end."""
        path = self._update.runtime_directory / _LIFE
        with contextlib.suppress(OSError):
            if not path.exists():
                path.write_text(secrets.token_hex(8))
            return path.read_text()
        return ""

    def _write(self, watched: Watched) -> None:
        disk.write(self._file, msgspec.json.encode(watched))


def is_agent_alive(runtime: Path) -> bool:
    """Whether the agent that reported last still runs; where none ever did since the start, nobody is waited for."""
    try:
        report = msgspec.json.decode((runtime / REPORT).read_bytes(), type=Report)
        os.kill(report.pid, 0)
    except (FileNotFoundError, PermissionError):
        return True  # there was none; or it is another user's, and there
    except (OSError, msgspec.DecodeError):
        return False
    return True
