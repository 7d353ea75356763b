"""The agent's half of an update: says when the room is in use and how the agent does, and tells central the news.

Knows files that it shares with the updater, see `kiosk.contract.update`; never how a version is changed.
"""

import contextlib
import logging
import os
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any, Protocol

from device import clock, files
from device.broker.commands import CommandError
from kiosk.consultation import schedule
from kiosk.contract import codec
from kiosk.contract.configuration import Update
from kiosk.contract.errors import MalformedError
from kiosk.contract.health import Grade, Part
from kiosk.contract.mqtt import AckState, RejectCode, UpdateState
from kiosk.contract.state import Phase, Sheet, State
from kiosk.contract.update import LOCK, NOTES, PROGRESS, REPORT, REQUEST, Note, Progress, Report, Request, Wish
from kiosk.runtime.lock import Lock
from kiosk.runtime.version import version

_logger = logging.getLogger(__name__)

_BEFORE = timedelta(minutes=20)
"""So long before an appointment the room counts as in use: a probation may end in another change of version."""
_FRAMES_S = 130.0
"""The touch app reports when it has connected, and once a minute."""


class Apps(Protocol):
    """What is needed of `device.links.Apps`."""

    reported: tuple[int, float]

    @property
    def pid(self) -> int:
        """Of the touch app, 0 while there is none."""


Record = Callable[[str, dict[str, str | int | float | bool]], None]
"""Type and data: into the spool."""


def is_in_use(state: State) -> bool:
    """Somebody is here, needs help, or is about to come."""
    begin = schedule.next_start(state)
    is_soon = begin is not None and begin - state.now < _BEFORE
    is_untouched = state.phase is Phase.IDLE and state.sheet not in (Sheet.PIN, Sheet.STAFF)
    is_alone = is_untouched and state.session is None and state.help is None
    return not is_alone or is_soon or bool(state.room.is_occupied) or state.self_test.trigger is not None


class Updates:
    """A viewer of the hub; call `look` once a second. On a machine without an updater nothing of it happens."""

    def __init__(
        self, update: Update, memory: Path, apps: Apps, record: Record, keep: Callable[[str, UpdateState], None]
    ) -> None:
        """`memory`: a folder of ours on disk, for the number of the last note; `keep` is the monitor's."""
        self._runtime, self._progress = update.runtime_directory, update.state_directory / PROGRESS
        self._notes, self._last = update.state_directory / NOTES, memory / "update-note"
        self._apps, self._record, self._keep = apps, record, keep
        self._lock = Lock(self._runtime / LOCK)
        self._is_on = self._runtime.is_dir()
        self._is_lock_faulty = False
        self._taken = 0
        """Number of the last note, where the file could not be written."""

    @property
    def handlers(self) -> dict[str, Callable[[dict[str, Any]], Any]]:
        """Of commands, see `device.broker.commands`."""
        return {
            "update-check": lambda args: self._ask(Wish.CHECK),
            "update-apply": lambda args: self._ask(Wish.APPLY),
            "update-rollback": lambda args: self._ask(Wish.ROLL_BACK),
        }

    def show(self, state: State) -> None:
        """Holds the lock while the room is in use. Where the updater has it, a change is under way: we soon end."""
        if not self._is_on:
            return
        try:
            if is_in_use(state):
                self._lock.take()
            else:
                self._lock.give()
        except OSError as error:
            if not self._is_lock_faulty:
                _logger.error("the lock against updates: %s", error.strerror)
            self._is_lock_faulty = True
        else:
            self._is_lock_faulty = False

    def look(self, state: State) -> None:
        """Writes how we do, and takes up what the updater has written."""
        self._tell(state)
        if not self._is_on:
            return
        with contextlib.suppress(OSError):
            files.write(self._runtime / REPORT, codec.encode(self.report(state)), mode=0o644)
        self._take_notes()

    def report(self, state: State) -> Report:
        camera = state.health.of(Part.CAMERA)
        return Report(
            at_s=time.clock_gettime(time.CLOCK_BOOTTIME),
            pid=os.getpid(),
            has_frames=self._has_frames(),
            has_broker=state.is_broker_here,
            has_camera=state.is_media_here and not (camera and camera.grade is Grade.CRITICAL),
        )

    def _has_frames(self) -> bool:
        """The app that is here has said so, and not too long ago."""
        pid, at_s = self._apps.reported
        return pid != 0 and pid == self._apps.pid and time.monotonic() - at_s < _FRAMES_S

    def _tell(self, state: State) -> None:
        try:
            progress: Progress = codec.decode(self._progress.read_bytes(), Progress, "the updater")
        except (OSError, MalformedError):
            progress = Progress()
        self._keep(
            "state/update",
            UpdateState(
                time=state.now,
                clock=clock.trust(),
                version=version(),
                serial=progress.serial,
                phase=progress.phase.value,
                offered=progress.offered,
                cause=progress.cause,
                detail=progress.detail,
            ),
        )

    def _take_notes(self) -> None:
        """In order, each once: the number is kept beside the spool."""
        if not self._notes.is_dir():
            return
        last = self._taken
        with contextlib.suppress(OSError, ValueError):
            last = max(last, int(self._last.read_text()))
        for path in sorted(self._notes.glob("*.json")):
            if not path.stem.isdecimal() or int(path.stem) <= last:
                continue
            try:
                note: Note = codec.decode(path.read_bytes(), Note, "the updater")
            except (OSError, MalformedError) as error:
                _logger.warning("a note is refused: %s", error)
                continue
            self._record(note.type, note.data)
            self._taken = int(path.stem)
            try:
                files.write(self._last, path.stem.encode())
            except OSError as error:
                _logger.error("that a note was told cannot be kept: %s", error.strerror)

    async def _ask(self, wish: Wish) -> dict[str, Any]:
        """A unit of systemd sees the file, and starts the updater."""
        if not self._is_on:
            raise CommandError(AckState.REJECTED, RejectCode.UNSUPPORTED)
        if self._lock.is_held:
            raise CommandError(AckState.BUSY, RejectCode.BUSY_IN_SESSION)
        try:
            files.write(self._runtime / REQUEST, codec.encode(Request(wish=wish)), mode=0o644)
        except OSError as error:
            _logger.error("the updater cannot be asked: %s", error.strerror)
            raise CommandError(AckState.FAILED, RejectCode.INTERNAL) from None
        return {}
