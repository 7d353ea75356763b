"""Bundles on their way to the public folder, and the rollout: what takes effect, and only with signatures enough."""

import os
import shutil
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

from msgspec import json
from msgspec.structs import replace
from tuf.api.metadata import Metadata, MetaFile, Root, Snapshot, TargetFile, Targets, Timestamp

from kiosk.contract.errors import ConfigurationError
from provisioning.release import bundle, ceremony
from provisioning.release.ceremony import RELEASE, ROOT
from provisioning.release.offer import ROLLOUT, ROLLOUT_FILE, Bundle, Rollout, bundle_path, custom, set_custom
from provisioning.release.repository import LIFE, Repository, end_of, write


def add(repository: Repository, files: tuple[Path, ...], now: datetime) -> tuple[Bundle, ...]:
    """Stages bundles for the signatures of the release keys; what was released before stays.

    Raises:
        ConfigurationError: a file is no bundle, or the serial was released before.
    """
    waiting = repository.next(RELEASE)
    targets: Targets = waiting.signed if waiting else Targets()
    added = []
    for file in files:
        data = bundle.manifest_data(file)
        manifest = bundle.read_manifest(data)
        path = bundle_path(manifest.serial, manifest.platform)
        if path in targets.targets:
            raise ConfigurationError(f"{file}: serial {manifest.serial} for {manifest.platform} is there already")
        fields = Bundle(
            version=manifest.version,
            serial=manifest.serial,
            platform=manifest.platform,
            manifest=sha256(data).hexdigest(),
            manifest_bytes=len(data),
        )
        target = set_custom(TargetFile.from_file(path, str(file), ["sha256"]), fields)
        place = repository.staged_targets / _hashed(target)
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, place)
        targets.targets[path] = target
        added.append(fields)
    repository.stage(RELEASE, targets, now)
    return tuple(added)


def publish(repository: Repository, now: datetime) -> tuple[str, ...]:
    """Publishes what has signatures enough, and renews what would expire; returns what was done, for a reader.

    Raises:
        ConfigurationError: signatures are missing; nothing was published.
    """
    repository.check()
    done = []
    for one in ceremony.pending(repository):
        if one.missing:
            asked = ", ".join(one.may_sign)
            raise ConfigurationError(f"{one.role} needs {one.missing} more of these signatures: {asked}")
    _check_root(repository)
    for place in sorted(path for path in repository.staged_targets.rglob("*") if path.is_file()):
        target = repository.targets / place.relative_to(repository.staged_targets)
        target.parent.mkdir(parents=True, exist_ok=True)
        place.chmod(0o644)
        os.replace(place, target)
    for role in (ROOT, RELEASE):
        waiting = repository.waiting(role)
        if waiting is not None:
            repository.publish(role, waiting)
            (repository.staged / f"{role}.json").unlink()
            done.append(f"{ceremony.PEOPLE_BACK[role]} {waiting.signed.version} is published")
    renew(repository, now)
    return (*done, f"terminals believe it until {end_of(Timestamp.type, now):%Y-%m-%d %H:%M} UTC")


def roll_out(repository: Repository, rollout: Rollout, now: datetime) -> None:
    """From now on this is what terminals do.

    Raises:
        ConfigurationError: there is no such release.
    """
    released = repository.newest(RELEASE)
    serials = {custom(target, Bundle).serial for target in released.signed.targets.values()} if released else set()
    if rollout.serial not in serials:
        known = ", ".join(str(serial) for serial in sorted(serials)) or "none"
        raise ConfigurationError(f"there is no release {rollout.serial}; published are: {known}")
    _sign_rollout(repository, rollout, now)
    renew(repository, now)


def rollout_of(repository: Repository) -> Rollout:
    """As it is now."""
    published = repository.newest(ROLLOUT)
    if published is None:
        return Rollout()
    found: Rollout = custom(published.signed.targets[ROLLOUT_FILE], Rollout)
    return found


def halt(repository: Repository, now: datetime) -> Rollout:
    """Nobody begins any more; returns what was halted. Raises ConfigurationError when nothing is rolled out."""
    before = rollout_of(repository)
    if not before.serial:
        raise ConfigurationError(f"{repository.directory}: nothing is rolled out")
    rollout = replace(before, is_halted=True, why="")
    roll_out(repository, rollout, now)
    return rollout


def _check_root(repository: Repository) -> None:
    """What is published must stand by a new root, or no terminal would believe anything any more."""
    released, root = repository.next(RELEASE), repository.next(ROOT)
    if released is None or root is None or repository.waiting(RELEASE) is not None:
        return
    judge: Root = root.signed
    if not judge.get_verification_result(RELEASE, released.signed_bytes, released.signatures):
        raise ConfigurationError("by the new root the releases do not have signatures enough; stage and sign them anew")


def _hashed(target: TargetFile) -> str:
    folder, _, name = target.path.rpartition("/")
    return f"{folder}/{target.hashes['sha256']}.{name}"


def _sign_rollout(repository: Repository, rollout: Rollout, now: datetime) -> None:
    data = json.encode(rollout)
    target = set_custom(TargetFile.from_data(ROLLOUT_FILE, data, ["sha256"]), rollout)
    write(repository.targets / _hashed(target), data)
    before = repository.newest(ROLLOUT)
    version = before.signed.version + 1 if before else 1
    signed = Targets(version=version, expires=end_of(ROLLOUT, now), targets={ROLLOUT_FILE: target})
    repository.publish(ROLLOUT, repository.sign_online(ROLLOUT, signed))


def renew(repository: Repository, now: datetime) -> None:
    """The way to everything: rollout and snapshot where they are old or point elsewhere, the timestamp always.

    Raises:
        ConfigurationError: nothing was published yet.
    """
    repository.take_keys()
    rollout = repository.newest(ROLLOUT)
    if rollout is None or not _is_fresh(repository, ROLLOUT, rollout, now):
        _sign_rollout(repository, rollout_of(repository), now)
    meta = {f"{role}.json": _meta(repository, role) for role in (RELEASE, ROLLOUT)}
    snapshot: Metadata[Snapshot] | None = repository.newest(Snapshot.type)
    if snapshot is None or snapshot.signed.meta != meta or not _is_fresh(repository, Snapshot.type, snapshot, now):
        version = snapshot.signed.version + 1 if snapshot else 1
        signed = Snapshot(version=version, expires=end_of(Snapshot.type, now), meta=meta)
        repository.publish(Snapshot.type, repository.sign_online(Snapshot.type, signed))
    path = repository.metadata / "timestamp.json"
    version = repository.read(path).signed.version + 1 if path.exists() else 1
    timestamp = Timestamp(
        version=version, expires=end_of(Timestamp.type, now), snapshot_meta=_meta(repository, Snapshot.type)
    )
    write(path, repository.sign_online(Timestamp.type, timestamp).to_bytes())


def _is_fresh(repository: Repository, role: str, metadata: "Metadata[Any]", now: datetime) -> bool:
    return repository.is_by_our_key(role, metadata) and metadata.signed.expires - now > LIFE[role] / 2


def _meta(repository: Repository, role: str) -> MetaFile:
    newest = repository.newest(role)
    if newest is None:
        raise ConfigurationError(f"{repository.directory}: nothing was signed and published yet")
    version = newest.signed.version
    data = (repository.metadata / f"{version}.{role}.json").read_bytes()
    return MetaFile.from_data(version, data, ["sha256"])
