"""Schedule and directory: taken from the broker, kept on disk for days without one, and answered in `state/config`.

Knows which document is in force, not what stands in it: entries are judged by the consultation.
"""

import hashlib
import logging
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from msgspec import Raw, Struct

from device import clock, files
from kiosk.consultation import commands, events
from kiosk.contract import codec
from kiosk.contract.errors import MalformedError, Reason
from kiosk.contract.mqtt import ConfigState
from kiosk.contract.state import State

_logger = logging.getLogger(__name__)

SCHEDULE = "schedule"
DIRECTORY = "directory"
CACHE_S = 7 * 24 * 3600
MAX_BYTES = 80 * 1024
"""Both documents are part of the state, which has to fit a line of the link to the touch app."""
_MAX_ERRORS = 20
_EMPTY = b"{}"
"""In force when the central side has taken a document back."""


class _Head(Struct, frozen=True, kw_only=True):
    """The outermost layer of either document; without it the last good one stays in force."""

    version: int = 0
    published: datetime | None = None
    appointments: tuple[Raw, ...] = ()
    offices: tuple[Raw, ...] = ()
    needs: tuple[Raw, ...] = ()
    desks: tuple[Raw, ...] = ()


class Documents:
    """The two documents, by name. `dispatch` takes the event that puts one in force."""

    def __init__(
        self,
        directory: Path,
        dispatch: Callable[[events.Event], None],
        publish: Callable[[ConfigState], None],
    ) -> None:
        self._directory = directory
        self._dispatch = dispatch
        self._publish = publish
        self._in_force: dict[str, bytes] = {}
        self._kept: dict[str, bytes] = {}
        """What is on disk."""
        self._versions: dict[str, int] = {}
        self._errors: dict[str, list[str]] = {SCHEDULE: [], DIRECTORY: []}
        self._is_told = False

    def load(self) -> None:
        """What was in force before, if it is not too old. The directory first: the schedule is checked against it."""
        for name in (DIRECTORY, SCHEDULE):
            path = self._path(name)
            try:
                age_s = time.time() - path.stat().st_mtime
                data = path.read_bytes()
            except FileNotFoundError:
                continue
            except OSError as error:
                _logger.error("%s is not known until the broker tells it: %s", name, error.strerror)
                continue
            self._kept[name] = data
            if age_s <= CACHE_S:
                try:
                    self._put_in_force(name, data)
                except MalformedError as error:
                    _logger.warning("refused from the cache: %s", error.detail)
        self.flush()

    def take(self, name: str, data: bytes) -> None:
        """A document from the broker; empty when it was taken back.

        Raises:
            MalformedError: it is none; what was in force stays.
        """
        data = data or _EMPTY
        try:
            if data != self._in_force.get(name):
                self._put_in_force(name, data)
            self._keep(name, data)
        finally:
            self.flush()

    def _keep(self, name: str, data: bytes) -> None:
        """For days without a broker. On a full or damaged disk it is in force all the same, until the next restart."""
        path = self._path(name)
        try:
            if data == self._kept.get(name) and path.exists():
                path.touch()  # its seven days begin again
            else:
                files.write(path, data)
                self._kept[name] = data
        except OSError as error:
            self._kept.pop(name, None)
            _logger.error("%s is not kept for a restart: %s", name, error.strerror)

    def schedule_again(self) -> None:
        """The directory has changed, so the schedule's desks are to be looked at once more."""
        if SCHEDULE in self._in_force:
            self._errors[SCHEDULE] = []
            self._is_told = False
            self._dispatch(events.ScheduleChanged(document=self._in_force[SCHEDULE]))

    def note_refusal(self, refuse: commands.Refuse) -> None:
        """An entry was refused while a document was put in force."""
        if refuse.source in self._errors:
            self._note(refuse.source, refuse.detail)

    def _put_in_force(self, name: str, data: bytes) -> None:
        self._is_told = False
        try:
            if len(data) > MAX_BYTES:
                raise MalformedError(name, f"{len(data)} bytes, at most {MAX_BYTES}", Reason.OVERSIZED)
            head: _Head = codec.decode(data, _Head, name)
        except MalformedError as error:
            self._note(name, error.detail)
            raise
        self._in_force[name] = data
        self._versions[name] = head.version
        self._errors[name] = []
        if name == SCHEDULE:
            self._dispatch(events.ScheduleChanged(document=data))
        else:
            self._dispatch(events.DirectoryChanged(document=data))

    def _note(self, name: str, detail: str) -> None:
        detail = f"{name}: {detail.removeprefix(f'{name}: ')}"
        errors = self._errors[name]
        self._is_told = False
        if detail not in errors and len(errors) < _MAX_ERRORS:
            errors.append(detail)

    def flush(self, _: State | None = None) -> None:
        """Publishes what is in force, where that has changed; also a viewer of the hub."""
        if self._is_told:
            return
        self._is_told = True
        documents = b"\0".join(self._in_force.get(name, b"") for name in (SCHEDULE, DIRECTORY))
        self._publish(
            ConfigState(
                time=clock.now(),
                clock=clock.trust(),
                schedule_version=self._versions.get(SCHEDULE, 0),
                directory_version=self._versions.get(DIRECTORY, 0),
                hash=hashlib.sha256(documents).hexdigest()[:16],
                errors=tuple(self._errors[SCHEDULE] + self._errors[DIRECTORY]),
            )
        )

    def _path(self, name: str) -> Path:
        return self._directory / f"{name}.json"
