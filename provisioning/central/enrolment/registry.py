"""What the enrolment server must not forget: tokens (hashed), certificates, terminals that wait for a yes. SQLite.

Knows no rules and no X.509; every change is whole or not there, also after a power cut.
"""

import contextlib
import os
import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import msgspec
from msgspec import Struct

from kiosk.contract.errors import ConfigurationError

_BUSY_S = 10.0
"""Server and `provision` share the file."""
_SCHEMA = """
CREATE TABLE IF NOT EXISTS tokens (
    hash TEXT PRIMARY KEY, terminal TEXT NOT NULL, issued_at TEXT NOT NULL, expires_at TEXT NOT NULL,
    key_hash TEXT, withdrawn_at TEXT
) STRICT;
CREATE TABLE IF NOT EXISTS certificates (
    serial TEXT PRIMARY KEY, terminal TEXT NOT NULL, key_hash TEXT NOT NULL UNIQUE, pem BLOB NOT NULL,
    issued_at TEXT NOT NULL, expires_at TEXT NOT NULL, renews TEXT, is_confirmed INTEGER NOT NULL,
    revoked_at TEXT, reason TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE INDEX IF NOT EXISTS certificates_terminal ON certificates (terminal);
CREATE TABLE IF NOT EXISTS waiting (
    key_hash TEXT PRIMARY KEY, code TEXT NOT NULL, address TEXT NOT NULL, since TEXT NOT NULL, says TEXT NOT NULL,
    terminal TEXT, is_refused INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE TABLE IF NOT EXISTS lists (number INTEGER PRIMARY KEY, is_told INTEGER NOT NULL) STRICT;
"""


_Row = TypeVar("_Row", bound=Struct)


class Token(Struct, frozen=True, kw_only=True):
    """Lets one terminal in, once. `key_hash` names the key that it was used for."""

    hash: str
    terminal: str
    issued_at: datetime
    expires_at: datetime
    key_hash: str | None = None
    withdrawn_at: datetime | None = None


class Issued(Struct, frozen=True, kw_only=True):
    """A certificate of a terminal. `renews` is the serial number (hexadecimal) of the one that it is to replace."""

    serial: str
    terminal: str
    key_hash: str
    pem: bytes
    issued_at: datetime
    expires_at: datetime
    renews: str | None = None
    is_confirmed: bool = True
    revoked_at: datetime | None = None
    reason: str = ""


class Waiting(Struct, frozen=True, kw_only=True):
    """A terminal without a ticket, what it says it is (empty: nothing), and `terminal`: what staff said it is."""

    key_hash: str
    code: str
    address: str
    since: datetime
    says: str = ""
    terminal: str | None = None
    is_refused: bool = False


class _Table:
    """A part of the file."""

    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database

    def _run(self, statement: str, *values: object) -> None:
        self._database.execute(statement, values)

    def _rows(self, query: str, *values: object) -> list[dict[str, Any]]:
        cursor = self._database.execute(query, values)
        names = [one[0] for one in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor]

    def _all(self, kind: type[_Row], query: str, *values: object) -> list[_Row]:
        return [msgspec.convert(row, kind, strict=False) for row in self._rows(query, *values)]

    def _one(self, kind: type[_Row], query: str, value: str) -> _Row | None:
        rows = self._all(kind, query, value)
        return rows[0] if rows else None


class Tokens(_Table):
    """Drawn, used, withdrawn."""

    def find(self, hash_: str) -> Token | None:
        return self._one(Token, "SELECT * FROM tokens WHERE hash = ?", hash_)

    def all(self) -> list[Token]:
        return self._all(Token, "SELECT * FROM tokens ORDER BY issued_at")

    def add(self, token: Token) -> None:
        self._run(
            "INSERT INTO tokens (hash, terminal, issued_at, expires_at) VALUES (?, ?, ?, ?)",
            token.hash,
            token.terminal,
            _text(token.issued_at),
            _text(token.expires_at),
        )

    def use(self, hash_: str, key_hash: str) -> None:
        self._run("UPDATE tokens SET key_hash = ? WHERE hash = ?", key_hash, hash_)

    def withdraw(self, terminal: str, at: datetime) -> None:
        """Those of the terminal that were not used."""
        self._run(
            "UPDATE tokens SET withdrawn_at = ? WHERE terminal = ? AND key_hash IS NULL AND withdrawn_at IS NULL",
            _text(at),
            terminal,
        )


class Certificates(_Table):
    """All that were ever issued to terminals."""

    def find(self, serial: str) -> Issued | None:
        return self._one(Issued, "SELECT * FROM certificates WHERE serial = ?", serial)

    def of_key(self, key_hash: str) -> Issued | None:
        return self._one(Issued, "SELECT * FROM certificates WHERE key_hash = ?", key_hash)

    def all(self, terminal: str = "") -> list[Issued]:
        """Of one terminal or of all, the oldest first."""
        query = "SELECT * FROM certificates WHERE ? IN ('', terminal) ORDER BY issued_at, rowid"
        return self._all(Issued, query, terminal)

    def add(self, one: Issued) -> None:
        self._run(
            "INSERT INTO certificates (serial, terminal, key_hash, pem, issued_at, expires_at, renews, is_confirmed)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            one.serial,
            one.terminal,
            one.key_hash,
            one.pem,
            _text(one.issued_at),
            _text(one.expires_at),
            one.renews,
            int(one.is_confirmed),
        )

    def confirm(self, serial: str) -> None:
        self._run("UPDATE certificates SET is_confirmed = 1 WHERE serial = ?", serial)

    def revoke(self, serial: str, at: datetime, reason: str) -> None:
        """The broker has to be told, from this moment on."""
        self._run("UPDATE lists SET is_told = 0")
        self._run(
            "UPDATE certificates SET revoked_at = ?, reason = ? WHERE serial = ? AND revoked_at IS NULL",
            _text(at),
            reason,
            serial,
        )


class WaitingRoom(_Table):
    """Terminals without a ticket."""

    def all(self) -> list[Waiting]:
        return self._all(Waiting, "SELECT * FROM waiting ORDER BY since")

    def add(self, one: Waiting) -> None:
        self._run(
            "INSERT INTO waiting (key_hash, code, address, since, says) VALUES (?, ?, ?, ?, ?)",
            one.key_hash,
            one.code,
            one.address,
            _text(one.since),
            one.says,
        )

    def answer(self, key_hash: str, terminal: str | None) -> None:
        """Yes, it is this terminal; or None: no."""
        self._run(
            "UPDATE waiting SET terminal = ?, is_refused = ? WHERE key_hash = ?",
            terminal,
            int(terminal is None),
            key_hash,
        )

    def forget(self, before: datetime) -> None:
        self._run("DELETE FROM waiting WHERE since < ?", _text(before))


class Lists(_Table):
    """Lists of what is revoked: the newest, and whether the broker knows it."""

    @property
    def number(self) -> int:
        """Of the newest; 0 before the first."""
        return int(self._rows("SELECT coalesce(max(number), 0) AS number FROM lists")[0]["number"])

    @property
    def is_told(self) -> bool:
        rows = self._rows("SELECT is_told FROM lists ORDER BY number DESC LIMIT 1")
        return bool(rows and rows[0]["is_told"])

    def add(self, number: int) -> None:
        self._run("DELETE FROM lists")
        self._run("INSERT INTO lists (number, is_told) VALUES (?, 0)", number)

    def tell(self, number: int) -> None:
        """The broker knows it; nothing happens when there is a newer one by now."""
        self._run("UPDATE lists SET is_told = 1 WHERE number = ?", number)


class Registry:
    """The file, open. Use as a context manager; changes only within `change`."""

    def __init__(self, path: Path) -> None:
        """Raises ConfigurationError when the file cannot be used."""
        try:
            if not path.exists():
                path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
                path.touch(mode=0o600)
                if os.geteuid() == 0:  # `provision`, before the server's first start: the file is the server's
                    owner = path.parent.stat()
                    os.chown(path, owner.st_uid, owner.st_gid)
            self._database = sqlite3.connect(path, timeout=_BUSY_S, isolation_level=None)
            self._database.execute("PRAGMA synchronous = FULL")
            self._database.executescript(_SCHEMA)
        except (OSError, sqlite3.Error) as error:
            raise ConfigurationError(f"{path}: {error}") from None
        self.tokens = Tokens(self._database)
        self.certificates = Certificates(self._database)
        self.waiting = WaitingRoom(self._database)
        self.lists = Lists(self._database)

    def __enter__(self) -> "Registry":
        return self

    def __exit__(self, *_: object) -> None:
        self._database.close()

    @contextlib.contextmanager
    def change(self) -> Iterator[None]:
        """All that is done within happens, or nothing of it; on the disk when this returns."""
        self._database.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._database.execute("ROLLBACK")
            raise
        self._database.execute("COMMIT")


def _text(moment: datetime) -> str:
    """Sorts as time does."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds")
