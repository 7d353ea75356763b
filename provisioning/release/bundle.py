"""A bundle: one tar file with everything of one version for one kind of machine; the first thing in it is its manifest.

What is signed is the whole file; the manifest's own hashes let what was unpacked be checked again later.
"""

import hashlib
import io
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import IO, Final

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from kiosk.contract.errors import ReleaseError
from kiosk.contract.update import Cause

MANIFEST = "manifest.json"
REQUIREMENTS = "requirements.txt"
"""Every package with its hash, for pip."""
WHEELS = "wheels"
TOOLS = "tools"
"""pip itself, as a wheel."""
SHARE = "share"
"""Goes into the virtual environment's `share/`."""
SYSTEMD = "systemd"
_MAX_MANIFEST_BYTES = 4 * 2**20
_MAX_FILE_BYTES = 512 * 2**20
_PIECE = 2**20
BLOCK_BYTES = tarfile.BLOCKSIZE
_FORMAT: Final = tarfile.GNU_FORMAT


class Manifest(Struct, frozen=True, kw_only=True):
    """What the bundle is."""

    version: str
    serial: int
    """Grows with every release; a terminal never goes to a smaller one."""
    platform: str
    """Such as `aarch64-cp311`."""
    made: datetime
    expires: datetime
    """Not installed any more after this day."""
    files: dict[str, str]
    """Path in the bundle to SHA-256, without the manifest."""
    sizes: dict[str, int] = {}
    """Path to bytes: with it everybody knows where what lies in the bundle."""
    trial: tuple[str, ...]
    """Arguments for the new version's Python: its own test, after which it is switched to."""


def hash_of(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def hashes_of(folder: Path) -> dict[str, str]:
    """For a manifest: all files below `folder` but the manifest."""
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    return {
        str(path.relative_to(folder)): hash_of(path) for path in paths if path.relative_to(folder) != Path(MANIFEST)
    }


def pack(folder: Path, manifest: Manifest, target: Path) -> None:
    """Writes the files that the manifest names, and their sizes into it; the same files always make the same bytes."""
    manifest = replace(manifest, sizes={name: (folder / name).stat().st_size for name in sorted(manifest.files)})
    target.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(target, "w", format=_FORMAT) as tar:
        data = msgspec.json.format(msgspec.json.encode(manifest, order="deterministic"), indent=1)
        tar.addfile(_member(MANIFEST, len(data), manifest), io.BytesIO(data))
        for name in sorted(manifest.files):
            path = folder / name
            with path.open("rb") as file:
                tar.addfile(_member(name, path.stat().st_size, manifest), file)


def _member(name: str, size: int, manifest: Manifest) -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.size, member.mode, member.mtime = size, 0o644, int(manifest.made.timestamp())
    return member


class Member(Struct, frozen=True, kw_only=True):
    """One file in a bundle."""

    name: str
    size: int
    header: bytes
    """What stands before it."""

    @property
    def total_bytes(self) -> int:
        """With header, and what fills the last block."""
        return len(self.header) + _blocks(self.size)


def head_bytes(manifest_bytes: int) -> int:
    """Of a bundle's beginning, up to the end of its manifest, which has so many bytes."""
    return BLOCK_BYTES + _blocks(manifest_bytes)


def layout(manifest: Manifest, head: int) -> Iterator[tuple[int, Member]]:
    """Where in the bundle each file begins, header and all; nothing for a bundle that was made without sizes."""
    begin = head
    for name, size in sorted(manifest.sizes.items()):
        header = _member(name, size, manifest).tobuf(_FORMAT)
        member = Member(name=name, size=size, header=header)
        yield begin, member
        begin += member.total_bytes


def _blocks(size: int) -> int:
    return -(-size // BLOCK_BYTES) * BLOCK_BYTES


def manifest_of(file: Path) -> Manifest:
    """The manifest of a bundle.

    Raises:
        ReleaseError: it is none.
    """
    return read_manifest(manifest_data(file))


def manifest_data(file: Path) -> bytes:
    """The manifest as it stands in a bundle. Raises ReleaseError: it is none."""
    with _open(file) as tar:
        return _first(tar)


def read_manifest(data: bytes) -> Manifest:
    """Raises ReleaseError for what is none."""
    try:
        manifest = msgspec.json.decode(data, type=Manifest)
    except msgspec.DecodeError as error:
        raise ReleaseError(Cause.DAMAGED, f"manifest: {error}") from None
    if manifest.sizes and manifest.sizes.keys() != manifest.files.keys():
        raise ReleaseError(Cause.DAMAGED, "manifest: sizes of other files than those it names")
    return manifest


def unpack(file: Path, folder: Path) -> Manifest:
    """Unpacks into `folder`, which is there, and returns the manifest, which is not unpacked.

    Raises:
        ReleaseError: a file is not what the manifest says, is missing or too much.
        OSError: the disk, which may be full.
    """
    with _open(file) as tar:
        manifest = read_manifest(_first(tar))
        missing = dict(manifest.files)
        while member := tar.next():
            path = PurePosixPath(member.name)
            wanted = missing.pop(member.name, None)
            if wanted is None or not member.isreg() or path.is_absolute() or ".." in path.parts:
                raise ReleaseError(Cause.DAMAGED, f"{member.name!r} does not belong into the bundle")
            if member.size > _MAX_FILE_BYTES:
                raise ReleaseError(Cause.DAMAGED, f"{member.name!r} is too large")
            source = tar.extractfile(member)
            if source is None or _copy(source, folder / path) != wanted:
                raise ReleaseError(Cause.DAMAGED, f"{member.name!r} is not what the manifest says")
        if missing:
            raise ReleaseError(Cause.DAMAGED, f"{min(missing)!r} is missing")
    return manifest


@contextmanager
def _open(file: Path) -> Iterator[tarfile.TarFile]:
    try:
        with tarfile.open(file, "r:") as tar:
            yield tar
    except tarfile.TarError as error:
        raise ReleaseError(Cause.DAMAGED, f"{file.name}: {error}") from None


def _first(tar: tarfile.TarFile) -> bytes:
    member = tar.next()
    if member is None or member.name != MANIFEST or not member.isreg() or member.size > _MAX_MANIFEST_BYTES:
        raise ReleaseError(Cause.DAMAGED, "it has no manifest")
    source = tar.extractfile(member)
    return source.read() if source else b""


def _copy(source: IO[bytes], target: Path) -> str:
    """Returns the hash of what was written."""
    target.parent.mkdir(parents=True, exist_ok=True)
    digest = hashlib.sha256()
    with target.open("xb") as file:
        while piece := source.read(_PIECE):
            digest.update(piece)
            file.write(piece)
    return digest.hexdigest()
