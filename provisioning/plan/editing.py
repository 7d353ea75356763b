"""Adds tables to a TOML file of IT staff and takes them out, as text: comments and order of the rest stay."""

import contextlib
import fcntl
import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from kiosk.contract.errors import ConfigurationError
from provisioning import toml
from provisioning.plan import position
from provisioning.plan.position import Path as Way
from provisioning.plan.source import Entry, FileError, Source, text_of

Check = Callable[[Source], Any]
"""Raises ConfigurationError where the file would be wrong."""
_MOST_FAULTS = 20
"""Who has more has done the same thing wrong in every row."""


def add(source: Source, entries: Sequence[Entry], check: Check) -> str:
    """The file's text with these tables at its end.

    Raises:
        ConfigurationError: one of them is wrong, or it would make the file wrong. The first twenty
            faults are named, one a line.
    """
    faults: list[FileError] = []
    left = list(entries)
    while True:
        try:
            check(source.extended(left))
            break
        except FileError as error:
            faulty = [entry for entry in left if error.way[: len(entry.way)] == entry.way]
            if not faulty:
                raise
            faults.append(error)
            left = [entry for entry in left if entry not in faulty]
            if not left or len(faults) == _MOST_FAULTS:
                break
    if faults:
        more = ["and there may be more"] if len(faults) == _MOST_FAULTS else []
        raise ConfigurationError("\n  ".join([*(error.detail for error in faults), *more]))
    blocks = [toml.block(_header(entry.way), entry.values) for entry in entries]
    text = "\n".join((source.text.rstrip("\n") + "\n" if source.text.strip() else "", *blocks)).lstrip("\n")
    _check_text(source, entries, text, check)
    return text


def _check_text(source: Source, entries: Sequence[Entry], text: str, check: Check) -> None:
    """The values are right by now: what may still be wrong is how they are written, and what is there already."""
    try:
        text.encode()
    except UnicodeEncodeError as error:
        word = text[error.start : error.end].encode("utf-8", "surrogateescape")
        raise ConfigurationError(f"what was said holds {word!r}, which is no UTF-8; say it in a UTF-8 locale") from None
    try:
        check(Source(source.file, text))
    except ConfigurationError:
        way = entries[0].way
        name = ".".join(str(step) for step in way[:-1])
        remedy = f"write {name} as tables, such as {_header(way)}, and not within {{ }} or [ ]"
        raise source.fault(way[:-1], f"no table can be added to {name!r} as it is written", remedy) from None


def remove(source: Source, way: Way, check: Check) -> str:
    """The file's text without the table at `way` and those below it.

    Raises:
        ConfigurationError: it is not written as a table of its own, or the rest would be wrong without it.
    """
    headers = position.headers(source.text)
    ends = [offset for offset, _ in headers[1:]] + [len(source.text)]
    text = source.text
    cut = False
    for (begin, found), end in reversed(list(zip(headers, ends, strict=False))):  # no header has an end all the same
        if found[: len(way)] == way:
            text = text[:begin] + text[end:]
            cut = True
    if not cut:
        raise source.fault(way, "this is not written as a table of its own", f"take it out of {source.file} by hand")
    check(Source(source.file, text))
    return text


def write(source: Source, text: str) -> None:
    """Replaces the file in one step: a power cut leaves the old one or the new one.

    Raises:
        ConfigurationError: it cannot be written, or is another by now than the one that was read.
    """
    file = source.file.resolve()  # a link stays one
    new = file.with_name(f".{file.name}.new")
    try:
        with _alone(file.parent):
            if (text_of(file) if file.exists() else "") != source.text:
                raise ConfigurationError(f"{file}: somebody changed it just now; nothing was changed, try again")
            try:
                _replace(file, new, text)
            finally:
                new.unlink(missing_ok=True)
    except OSError as error:
        raise ConfigurationError(f"{file}: {error.strerror}; nothing was changed") from None


def _replace(file: Path, new: Path, text: str) -> None:
    with new.open("w", encoding="utf-8") as opened:
        opened.write(text)
        opened.flush()
        os.fsync(opened.fileno())
    if file.exists():
        new.chmod(file.stat().st_mode & 0o777)
    new.replace(file)


@contextlib.contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Of two who write into the folder the second one waits. Raises OSError."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        with contextlib.suppress(OSError):  # NFS locks no folder: there is a moment left, and no more
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _header(way: Way) -> str:
    names = toml.name(*(step for step in way if isinstance(step, str)))
    return f"[[{names}]]" if isinstance(way[-1], int) else f"[{names}]"
