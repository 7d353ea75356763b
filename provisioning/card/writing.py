"""Writing a card so that it is whole or plainly unusable: a mark stands in place of its table until all is verified.

Whoever starts a marked card gets nothing; whoever reads its table (`partitions.layout`) reads the mark.
"""

import contextlib
import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from kiosk.contract.errors import CardError
from provisioning.card import medium
from provisioning.card.image import CHUNK, Image
from provisioning.card.medium import Medium
from provisioning.card.partitions import HALF_WRITTEN, HEAD_BYTES, Layout

Progress = Callable[[str, int, int], None]
"""What is done (`writing`, `reading back`), how much of it, of how much."""
_UNUSABLE = "the card is unusable until it is written again, with --from IMAGE"


@dataclass(frozen=True)
class Written:
    """What is on the medium now."""

    size: int
    """In bytes, from its beginning."""
    sha256: str
    """Of these, as they were read back."""


def write(target: Medium, image: Image, layout: Layout, boot: Path, progress: Progress) -> Written:
    """Writes `image` with the file `boot` in place of its boot partition, then reads everything back.

    Args:
        image: opened anew, at its beginning.
        layout: of the image.
        progress: told in bytes of the image as it was downloaded, then in bytes of the card.

    Raises:
        CardError: it does not fit, the target fails, or something reads back otherwise; the target is marked.
    """
    if target.size is not None and target.size < layout.end:
        raise too_small(target.name, target.size, layout.end)
    with _bracketed(target):
        target.write_at(0, HALF_WRITTEN.ljust(HEAD_BYTES, b"\0"))
        target.sync()
        head, size = b"", 0
        digests: list[bytes] = []
        with boot.open("rb") as exchanged:
            while chunk := image.read(CHUNK):
                if not digests:
                    head = chunk[:HEAD_BYTES]
                start = max(size, layout.boot.start)
                if start < min(size + len(chunk), layout.boot.end):
                    chunk = _exchange(chunk, start - size, exchanged.read(size + len(chunk) - start))
                if target.size is not None and size + len(chunk) > target.size:
                    raise too_small(target.name, target.size, size + len(chunk))
                target.write_at(max(size, HEAD_BYTES), chunk[HEAD_BYTES:] if not size else chunk)
                digests.append(hashlib.sha256(chunk).digest())
                size += len(chunk)
                progress("writing", image.packed_position, image.packed_bytes)
        progress("writing", image.packed_bytes, image.packed_bytes)
        target.sync()
        return _finish(target, head, digests, size, progress)


def exchange(target: Medium, layout: Layout, old: Path, new: Path, progress: Progress) -> int:
    """Brings the boot partition on `target` from the file `old` to the file `new`, and reads the changes back.

    Returns:
        how many bytes were written.

    Raises:
        CardError: the target fails, or something reads back otherwise; the target is marked.
    """
    changes = _changes(old, new)
    if not changes:
        return 0
    with _bracketed(target):
        first = target.read_at(0, 4096)
        target.write_at(0, HALF_WRITTEN.ljust(len(first), b"\0"))
        target.sync()
        with new.open("rb") as file:
            for done, offset in enumerate(changes):
                file.seek(offset)
                target.write_at(layout.boot.start + offset, file.read(HEAD_BYTES))
                progress("writing", done + 1, len(changes))
            target.sync()
            target.forget()
            for done, offset in enumerate(changes):
                file.seek(offset)
                part = file.read(HEAD_BYTES)
                _compare(
                    part, target.read_at(layout.boot.start + offset, len(part)), target, layout.boot.start + offset
                )
                progress("reading back", done + 1, len(changes))
        _put_head(target, first)
    return len(changes) * HEAD_BYTES


def too_small(name: str, size: int, needed: int) -> CardError:
    """For a card that has no room; in bytes."""
    return CardError(f"{name} is too small: it has {size / 1e9:.1f} GB, the image needs {needed / 1e9:.1f} GB")


@contextlib.contextmanager
def _bracketed(target: Medium) -> Iterator[None]:
    """Says of any failure within that the card is no good any more."""
    try:
        yield
    except OSError as error:
        raise CardError(f"{medium.fault(error, target.name).detail}; {_UNUSABLE}") from None
    except CardError as error:
        raise CardError(f"{error.detail}; {_UNUSABLE}") from None
    except KeyboardInterrupt:
        raise CardError(f"stopped while {target.name} was written; {_UNUSABLE}") from None


def _exchange(chunk: bytes, place: int, part: bytes) -> bytes:
    return chunk[:place] + part + chunk[place + len(part) :]


def _finish(target: Medium, head: bytes, digests: list[bytes], size: int, progress: Progress) -> Written:
    """Reads everything back; the head comes last, since it makes the rest a card."""
    target.forget()
    whole = hashlib.sha256()
    for number, digest in enumerate(digests):
        offset = number * CHUNK
        chunk = target.read_at(offset, min(CHUNK, size - offset))
        if not number:
            chunk = head + chunk[len(head) :]
        if hashlib.sha256(chunk).digest() != digest:
            raise _reads_otherwise(target, offset)
        whole.update(chunk)
        progress("reading back", offset + len(chunk), size)
    _put_head(target, head)
    return Written(size, whole.hexdigest())


def _put_head(target: Medium, head: bytes) -> None:
    target.write_at(0, head)
    target.sync()
    target.forget()
    _compare(head, target.read_at(0, len(head)), target, 0)


def _compare(wanted: bytes, found: bytes, target: Medium, offset: int) -> None:
    if wanted != found:
        raise _reads_otherwise(target, offset)


def _reads_otherwise(target: Medium, offset: int) -> CardError:
    return CardError(
        f"{target.name} reads back otherwise than it was written, at {offset >> 20} MiB: take another card"
    )


def _changes(old: Path, new: Path) -> list[int]:
    """Where the two files differ, by MiB."""
    found = []
    with old.open("rb") as before, new.open("rb") as after:
        offset = 0
        while part := after.read(HEAD_BYTES):
            if part != before.read(HEAD_BYTES):
                found.append(offset)
            offset += len(part)
    return found
