"""Who may sign what: a new folder of releases, people's signatures, and keys that come and go."""

import shutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from securesystemslib.signer import CryptoSigner, Key
from tuf.api.metadata import DelegatedRole, Delegations, Metadata, Root, Snapshot, Targets, Timestamp

from kiosk.contract.errors import ConfigurationError
from provisioning import durable
from provisioning.release import keys
from provisioning.release.offer import ROLLOUT, ROLLOUT_PATHS
from provisioning.release.repository import ONLINE, Repository, write

ROOT, RELEASE = Root.type, Targets.type
PEOPLE = {"root": ROOT, "release": RELEASE}
"""Our words for the two roles that people sign."""


@dataclass(frozen=True)
class Pending:
    """How far one staged file is."""

    role: str
    version: int
    signed_by: tuple[str, ...]
    missing: int
    """Signatures still needed, of whom is in `may_sign`."""
    may_sign: tuple[str, ...]


def create(
    directory: Path, root_keys: Sequence[Key], release_keys: Sequence[Key], thresholds: Mapping[str, int], now: datetime
) -> Repository:
    """A new folder. `root` and `targets` wait for signatures; the keys that work unattended are made.

    Args:
        directory: must be empty or missing.
        root_keys: public keys, of which `thresholds["root"]` together say whose signatures count.
        release_keys: public keys, of which `thresholds["release"]` together release a bundle.
        thresholds: by our word for the role.
        now: from which everything has its life.

    Raises:
        ConfigurationError: the folder is in use, or the thresholds cannot be met.
    """
    if directory.exists() and any(directory.iterdir()):
        raise ConfigurationError(f"{directory}: is not empty")
    root = Root(consistent_snapshot=True)
    for role, given in ((ROOT, root_keys), (RELEASE, release_keys)):
        for key in given:
            root.add_key(key, role)
    _set_thresholds(root, thresholds)
    repository = Repository(directory)
    with durable.whole(directory):
        for role in ONLINE:
            keys.create(repository.online, role)
        repository.online.chmod(0o700)
        for role in (Snapshot.type, Timestamp.type):
            root.add_key(repository.signer(role).public_key, role)
        repository.stage(ROOT, root, now)
        targets = Targets(delegations=_delegate(repository.signer(ROLLOUT).public_key))
        repository.stage(RELEASE, targets, now)
    return repository


def replace_online(repository: Repository, now: datetime) -> None:
    """New keys for what works unattended; they take over when people have signed that.

    Raises:
        ConfigurationError: nothing was published yet.
    """
    root, released = repository.next(ROOT), repository.next(RELEASE)
    if root is None or released is None:
        raise ConfigurationError(f"{repository.directory}: nothing was signed and published yet")
    shutil.rmtree(repository.staged_online, ignore_errors=True)
    public = {
        role: keys.load(keys.create(repository.staged_online, role)).public_key
        for role in (Snapshot.type, Timestamp.type, ROLLOUT)
    }
    for role in (Snapshot.type, Timestamp.type):
        for keyid in tuple(root.signed.roles[role].keyids):
            root.signed.revoke_key(keyid, role)
        root.signed.add_key(public[role], role)
    released.signed.delegations = _delegate(public[ROLLOUT])
    repository.stage(ROOT, root.signed, now)
    repository.stage(RELEASE, released.signed, now)


def _delegate(key: Key) -> Delegations:
    """The rollout's role: its folder, and nothing else."""
    role = DelegatedRole(ROLLOUT, [key.keyid], 1, terminating=True, paths=ROLLOUT_PATHS)
    return Delegations({key.keyid: key}, {ROLLOUT: role})


def change(
    repository: Repository,
    role: str,
    *,
    add: Iterable[Key],
    remove: Iterable[str],
    thresholds: Mapping[str, int],
    now: datetime,
) -> None:
    """Stages a root in which keys come and go; what was released is to be signed anew, too.

    Args:
        repository: where.
        role: our word, `root` or `release`.
        add: public keys.
        remove: owners' names or key ids.
        thresholds: new ones, where they change.
        now: from which the new root has its life.

    Raises:
        ConfigurationError: nobody has such a key, or too few would be left.
    """
    waiting = repository.next(ROOT)
    if waiting is None:
        raise ConfigurationError(f"{repository.directory}: no root to change")
    root: Root = waiting.signed
    for name in remove:
        found = [key for key in keys_of(root, PEOPLE[role]) if name in (keys.name_of(key), key.keyid)]
        if not found:
            raise ConfigurationError(f"no {role} key is {name!r}'s")
        root.revoke_key(found[0].keyid, PEOPLE[role])
    for key in add:
        root.add_key(key, PEOPLE[role])
    _set_thresholds(root, {PEOPLE_BACK[name]: one.threshold for name, one in root.roles.items() if name in PEOPLE_BACK})
    _set_thresholds(root, thresholds)
    repository.stage(ROOT, root, now)
    released = repository.next(RELEASE)
    if role == "release" and released is not None:
        repository.stage(RELEASE, released.signed, now)


PEOPLE_BACK = {role: word for word, role in PEOPLE.items()}


def _set_thresholds(root: Root, thresholds: Mapping[str, int]) -> None:
    for word, threshold in thresholds.items():
        role = root.roles[PEOPLE[word]]
        if not 1 <= threshold <= len(role.keyids):
            raise ConfigurationError(f"{threshold} of {len(role.keyids)} {word} keys cannot be asked for")
        role.threshold = threshold


def sign(path: Path, signer: CryptoSigner, allowed: Iterable[Key]) -> bool:
    """Adds a signature to a staged file, if the key is one of those allowed; whether it was."""
    mine = {key.keyid for key in allowed}
    if signer.public_key.keyid not in mine:
        return False
    metadata = Repository.read(path)
    metadata.sign(signer, append=True)
    write(path, metadata.to_bytes())
    return True


def sign_all(repository: Repository, signer: CryptoSigner) -> tuple[str, ...]:
    """Signs what waits for this key; returns the roles.

    Raises:
        ConfigurationError: nothing waits for it.
    """
    signed = tuple(
        role
        for role in (ROOT, RELEASE)
        if repository.waiting(role) is not None
        and sign(repository.staged / f"{role}.json", signer, _signers(repository, role))
    )
    if not signed:
        raise ConfigurationError("nothing waits for a signature by this key")
    return signed


def pending(repository: Repository) -> tuple[Pending, ...]:
    """How far everything staged is."""
    found = []
    for role in (ROOT, RELEASE):
        waiting = repository.waiting(role)
        if waiting is None:
            continue
        results = [
            root.get_verification_result(role, waiting.signed_bytes, waiting.signatures)
            for root in _judges(repository, role)
        ]
        signed = {keyid: key for result in results for keyid, key in result.signed.items()}
        unsigned = {keyid: key for result in results for keyid, key in result.unsigned.items() if keyid not in signed}
        found.append(
            Pending(
                role=PEOPLE_BACK[role],
                version=waiting.signed.version,
                signed_by=tuple(sorted(keys.name_of(key) for key in signed.values())),
                missing=max(result.missing for result in results),
                may_sign=tuple(sorted(keys.name_of(key) for key in unsigned.values())),
            )
        )
    return tuple(found)


def keys_of(root: Root, role: str) -> tuple[Key, ...]:
    """Whose signatures count for the role."""
    return tuple(root.keys[keyid] for keyid in root.roles[role].keyids)


def _judges(repository: Repository, role: str) -> tuple[Root, ...]:
    """By which roots a staged file has to stand: a root by itself and by the one before it."""
    roots: list[Metadata[Any] | None] = [repository.next(ROOT)]
    if role == ROOT:
        roots.append(repository.newest(ROOT))
    return tuple(root.signed for root in roots if root is not None)


def _signers(repository: Repository, role: str) -> tuple[Key, ...]:
    return tuple(key for root in _judges(repository, role) for key in keys_of(root, role))
