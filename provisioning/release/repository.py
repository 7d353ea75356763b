"""A folder of releases: what is published, what waits for signatures (`staged/`), and the keys that work unattended.

The format is The Update Framework's (version 1.0), with consistent snapshots. People's keys are not here: root and
targets are signed elsewhere, each by a number of them; snapshot, timestamp and rollout by keys in `online/`.
"""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from securesystemslib.signer import CryptoSigner
from tuf.api.exceptions import RepositoryError
from tuf.api.metadata import Metadata, Root, Signed, Snapshot, Targets, Timestamp
from tuf.api.serialization.json import JSONSerializer

from kiosk.contract.errors import ConfigurationError
from provisioning.release import keys
from provisioning.release.offer import ROLLOUT

LIFE = {
    Root.type: timedelta(days=730),
    Targets.type: timedelta(days=365),
    ROLLOUT: timedelta(days=60),
    Snapshot.type: timedelta(days=30),
    Timestamp.type: timedelta(days=7),
}
"""How long a terminal believes each without a new one; `publish` renews the last three. What is held back from a
terminal for longer is noticed."""
ONLINE = (Snapshot.type, Timestamp.type, ROLLOUT)
_PRETTY = JSONSerializer(compact=False)


class Repository:
    """Paths, and reading and writing of metadata; what is done with them is `ceremony` and `publication`."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.public = directory / "public"
        self.metadata = self.public / "metadata"
        self.targets = self.public / "targets"
        self.staged = directory / "staged"
        self.staged_targets = self.staged / "targets"
        self.online = directory / "online"
        self.staged_online = self.staged / "online"
        """Keys that take the place of those in `online/` when the root that names them is published."""

    def check(self) -> None:
        """Raises ConfigurationError where there is no such folder."""
        if not self.online.is_dir():
            raise ConfigurationError(f"{self.directory}: no releases here; `provision release new` begins")

    def signer(self, role: str) -> CryptoSigner:
        """Of a role in `ONLINE`."""
        return keys.load(self.online / f"{role}.key")

    def newest(self, role: str) -> "Metadata[Any] | None":
        """The published metadata of the role with the highest version."""
        found = (path.name.split(".")[0] for path in self.metadata.glob(f"*.{role}.json"))
        versions = [int(word) for word in found if word.isdigit()]  # no copy that somebody left there
        return self.read(self.metadata / f"{max(versions)}.{role}.json") if versions else None

    def waiting(self, role: str) -> "Metadata[Any] | None":
        """The staged metadata of root or targets."""
        path = self.staged / f"{role}.json"
        return self.read(path) if path.exists() else None

    def next(self, role: str) -> "Metadata[Any] | None":
        """What is staged, else what is published."""
        return self.waiting(role) or self.newest(role)

    @staticmethod
    def read(path: Path) -> "Metadata[Any]":
        """Raises ConfigurationError for a file that is none."""
        try:
            return Metadata.from_bytes(path.read_bytes())
        except OSError as error:
            raise ConfigurationError(f"{path}: {error.strerror}") from None
        except RepositoryError as error:
            raise ConfigurationError(f"{path}: {error}") from None

    def stage(self, role: str, signed: Signed, now: datetime) -> None:
        """A new version that waits for signatures; signatures on one that waited before are void."""
        published = self.newest(role)
        signed.version = published.signed.version + 1 if published else 1
        signed.expires = end_of(role, now)
        write(self.staged / f"{role}.json", Metadata[Any](signed).to_bytes(_PRETTY))

    def publish(self, role: str, metadata: "Metadata[Any]") -> None:
        """One file of its own; a terminal does not look at it before the timestamp leads there."""
        write(self.metadata / f"{metadata.signed.version}.{role}.json", metadata.to_bytes())

    def take_keys(self) -> None:
        """What is in `staged_online` counts from now on, unless its root still waits."""
        if self.staged_online.is_dir() and self.waiting(Root.type) is None:
            for path in sorted(self.staged_online.iterdir()):
                path.replace(self.online / path.name)
            self.staged_online.rmdir()

    def is_by_our_key(self, role: str, metadata: "Metadata[Any]") -> bool:
        """Whether it was signed by the key that works now."""
        return self.signer(role).public_key.keyid in metadata.signatures

    def sign_online(self, role: str, signed: Signed) -> "Metadata[Any]":
        metadata = Metadata[Any](signed)
        metadata.sign(self.signer(role))
        return metadata


def end_of(role: str, now: datetime) -> datetime:
    """When metadata made now is not believed any more."""
    return (now + LIFE[role]).astimezone(UTC).replace(microsecond=0)


def write(path: Path, data: bytes) -> None:
    """Whole or not at all, and readable for a web server."""
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_name(path.name + ".new")
    with new.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    new.chmod(0o644)
    new.replace(path)
