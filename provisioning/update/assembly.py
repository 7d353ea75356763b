"""A bundle is put together from what is on the disk already; only the rest is loaded, by ranges.

Its manifest is believed by the signed hash, and says where what lies. Whether the whole is what was signed is not seen
here.
"""

from collections.abc import Callable, Mapping
from hashlib import sha256
from pathlib import Path

from kiosk.contract.errors import ReleaseError
from kiosk.contract.update import Cause
from provisioning.release import bundle
from provisioning.release.offer import Bundle

_PIECE = 2**20

Load = Callable[[int], bool]
"""Has the file reach so many bytes by the server's; False: the server knows no ranges, and nothing came."""


def assemble(described: Bundle, part: Path, load: Load, seeds: Mapping[str, Path]) -> bool:
    """Appends to `part`, which may hold the beginning; what is missing at its end then is the server's.

    Args:
        described: what was signed of it.
        part: the file.
        load: of this bundle.
        seeds: SHA-256 to a file that may be here, and may be that.

    Returns:
        Whether anything in it is from here.

    Raises:
        ReleaseError: see `load`; or its beginning is not what was signed.
        OSError: the disk, which may be full.
    """
    head = bundle.head_bytes(described.manifest_bytes)
    if not described.manifest or not seeds or not load(head):
        return False
    with part.open("rb") as file:
        data = file.read(head)[bundle.BLOCK_BYTES :][: described.manifest_bytes]
    if sha256(data).hexdigest() != described.manifest:
        part.unlink()
        raise ReleaseError(Cause.DAMAGED, "its manifest is not the one that was signed")
    manifest = bundle.read_manifest(data)
    has_own = False
    for begin, member in bundle.layout(manifest, head):
        seed = seeds.get(manifest.files[member.name])
        end = begin + member.total_bytes
        if seed is None or (_size(part) < end and not _is_good(seed, manifest.files[member.name])):
            continue
        has_own = True
        if _size(part) < end:
            if _size(part) < begin and not load(begin):
                break
            _append(part, begin, member, seed)
    return has_own


def _size(part: Path) -> int:
    return part.stat().st_size


def _is_good(seed: Path, wanted: str) -> bool:
    try:
        return bundle.hash_of(seed) == wanted
    except OSError:
        return False


def _append(part: Path, begin: int, member: bundle.Member, seed: Path) -> None:
    """From wherever in this member `part` ends."""
    with part.open("ab") as file, seed.open("rb") as source:
        done = file.tell() - begin
        file.write(member.header[done:])
        done = max(0, done - len(member.header))
        source.seek(done)
        while piece := source.read(_PIECE):
            file.write(piece)
            done += len(piece)
        file.write(bytes(member.total_bytes - len(member.header) - max(done, member.size)))
