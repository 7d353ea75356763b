"""The agent's small database on disk: numbered events, answers to commands, names of retained topics. No personal data.

A commit goes to the page cache in about 0.03 ms and survives `kill -9`. The fsync that `synchronous=FULL` would do
inside it (0.3 ms on a server's disk, a hundred times that on an SD card) is done by `settle`, off the loop. Whoever
tells the world of a row settles first, so that what has been told survives a power cut.
"""

import asyncio
import contextlib
import logging
import os
import sqlite3
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from kiosk.contract.errors import MalformedError, Reason
from kiosk.runtime.log import Refusals

_logger = logging.getLogger(__name__)

_CHECKPOINT_BYTES = 2 * 1024 * 1024
"""Fold the log back into the database when it is longer."""
_SCHEMA = """
CREATE TABLE IF NOT EXISTS event (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    type TEXT NOT NULL, time TEXT NOT NULL, clock TEXT NOT NULL, data BLOB NOT NULL
);
CREATE TABLE IF NOT EXISTS answer (
    number INTEGER PRIMARY KEY AUTOINCREMENT, command TEXT NOT NULL UNIQUE, ack BLOB NOT NULL
);
CREATE TABLE IF NOT EXISTS retained (topic TEXT PRIMARY KEY);
"""


class Store:
    """A database in one file; a context manager. Use it from the loop's thread."""

    def __init__(self, path: Path, refusals: Refusals) -> None:
        """Opens or makes the file. A damaged one is set aside, see `_begin_again`."""
        path.parent.mkdir(parents=True, exist_ok=True)
        self._path = path
        self._refusals = refusals
        try:
            self._database = _open_anyhow(path)
        except sqlite3.OperationalError:
            raise  # no right to it, no room for a new one on the disk, another agent: not the file's fault
        except sqlite3.DatabaseError as error:
            self._database = self._begin_again(error)

    def _begin_again(self, error: sqlite3.DatabaseError) -> sqlite3.Connection:
        """A number must never come twice, so a new database counts from the seconds since 1970, above the old one."""
        aside = self._path.with_suffix(".damaged")
        _logger.error("%s is damaged (%s); set aside as %s, events in it are lost", self._path, error, aside.name)
        self._path.replace(aside)
        for suffix in ("-wal", "-shm"):
            self._path.with_name(self._path.name + suffix).unlink(missing_ok=True)
        database = _open(self._path)
        database.execute("INSERT INTO sqlite_sequence (name, seq) VALUES ('event', ?)", (int(time.time()),))
        return database

    def __enter__(self) -> "Store":
        return self

    def __exit__(self, *_: object) -> None:
        self._database.close()

    def write(self, statement: str, values: Iterable[Any] = ()) -> int:
        """One statement, committed; returns the row id of an insert.

        A full disk loses it, which is counted; the room has to go on. The row id is 0 then.
        """
        try:
            return self._database.execute(statement, tuple(values)).lastrowid or 0
        except sqlite3.OperationalError as error:
            self._refusals.note(MalformedError("store", str(error), Reason.INTERNAL))
            return 0

    def read(self, statement: str, values: Iterable[Any] = ()) -> list[tuple[Any, ...]]:
        return self._database.execute(statement, tuple(values)).fetchall()

    async def settle(self) -> None:
        """Returns when everything written so far would survive a power cut.

        What a full or failing disk does not do is counted; the room has to go on.
        """
        try:
            await asyncio.to_thread(self._sync)
        except (OSError, sqlite3.OperationalError) as error:
            self._refusals.note(MalformedError("store", str(error), Reason.INTERNAL))

    def _sync(self) -> None:
        # The -wal file may be opened and closed at will: SQLite's locks are on the other two.
        log = self._path.with_name(self._path.name + "-wal")
        with open(log, "rb") as file:
            os.fsync(file.fileno())
            size = os.fstat(file.fileno()).st_size
        if size > _CHECKPOINT_BYTES:
            with contextlib.closing(sqlite3.connect(self._path)) as second:
                second.execute("PRAGMA wal_checkpoint(PASSIVE)")


def _open_anyhow(path: Path) -> sqlite3.Connection:
    """Where a full disk has no room for SQLite's index of the log, it is kept in memory; then nobody else may look."""
    try:
        return _open(path)
    except sqlite3.OperationalError:
        return _open(path, "EXCLUSIVE")


def _open(path: Path, locking: str = "NORMAL") -> sqlite3.Connection:
    database = sqlite3.connect(path, isolation_level=None)
    try:
        database.execute(f"PRAGMA locking_mode={locking}")
        (result,) = database.execute("PRAGMA quick_check(1)").fetchone()
        if result != "ok":
            raise sqlite3.DatabaseError(result)
        database.execute("PRAGMA journal_mode=WAL")
        database.execute("PRAGMA synchronous=NORMAL")  # and `settle`: see the head of this file
        database.execute("PRAGMA wal_autocheckpoint=0")
        database.executescript(_SCHEMA)
    except sqlite3.DatabaseError:
        database.close()
        raise
    return database
