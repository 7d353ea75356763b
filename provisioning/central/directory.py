"""The directory as IT staff write it: one TOML file of offices, needs and desks. Addresses in it are not published."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from kiosk.contract.directory import Desk, Directory, Id, Need, Office, Texts
from provisioning.plan.source import Source

REQUIRED_LANGUAGE = "de"
_REMEDIES = {
    "id": "1 to 32 of a-z, 0-9 and -",
    "name": "language to words, 1 to 80 characters each",
    "icon": "name of a glyph in the icon font",
    "interprets": "a language tag such as ar",
}


class _Entry(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    id: Id
    name: Texts


class _Need(_Entry, frozen=True, kw_only=True):
    icon: Annotated[str, Meta(pattern=r"^[a-z0-9-]{1,40}\Z")] = "signpost"
    by_appointment_only: bool = False
    interprets: Annotated[str, Meta(pattern=r"^[A-Za-z0-9-]{0,20}\Z")] = ""


class _Desk(_Entry, frozen=True, kw_only=True):
    office: Id
    needs: tuple[Id, ...] = ()
    addresses: tuple[str, ...] = ()
    """Mail addresses by which calendars invite this desk; never published."""


class _File(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    offices: tuple[_Entry, ...] = ()
    needs: tuple[_Need, ...] = ()
    desks: tuple[_Desk, ...] = ()


@dataclass(frozen=True)
class DirectoryFile:
    """A file that was read: what to publish, and what only the central side may know."""

    directory: Directory
    addresses: dict[str, str]
    """Mail address in lower case → desk id."""

    @property
    def desks(self) -> frozenset[str]:
        return frozenset(desk.id for desk in self.directory.desks)

    @property
    def need_words(self) -> dict[str, str]:
        """Need ids and their names in every language, in lower case → need id."""
        words = {name.casefold(): need.id for need in reversed(self.directory.needs) for name in need.name.values()}
        return words | {need.id: need.id for need in self.directory.needs}


def read(path: Path, version: int = 0) -> DirectoryFile:
    """Reads and checks a directory file; `version` is what the published directory will say.

    Raises:
        ConfigurationError: cannot be read, is no TOML, or an entry is not right; line, column and value are named.
    """
    return check(Source(path), version)


def check(source: Source, version: int = 0) -> DirectoryFile:
    """The directory that the source means. Raises ConfigurationError, see `read`."""
    file = source.convert(source.raw, _File, (), _REMEDIES)
    _check(source, file)
    return DirectoryFile(
        directory=Directory(
            version=version,
            offices=tuple(Office(id=one.id, name=one.name) for one in file.offices),
            needs=tuple(msgspec.convert(msgspec.structs.asdict(one), Need) for one in file.needs),
            desks=tuple(Desk(id=one.id, office=one.office, name=one.name, needs=one.needs) for one in file.desks),
        ),
        addresses=_addresses(source, file.desks),
    )


def _check(source: Source, file: _File) -> None:
    kinds: tuple[tuple[str, tuple[_Entry, ...]], ...] = (
        ("offices", file.offices),
        ("needs", file.needs),
        ("desks", file.desks),
    )
    for kind, entries in kinds:
        _check_entries(source, kind, entries)
    offices, needs = {one.id for one in file.offices}, {one.id for one in file.needs}
    for index, desk in enumerate(file.desks):
        if desk.office not in offices:
            way = ("desks", index, "office")
            raise source.fault(way, f"there is no office {desk.office!r}", _known(offices, "office"))
        for place, need in enumerate(desk.needs):
            if need not in needs:
                raise source.fault(
                    ("desks", index, "needs", place), f"there is no need {need!r}", _known(needs, "need")
                )


def _known(ids: set[str], area: str) -> str:
    return f"there are: {', '.join(sorted(ids))}" if ids else f"`provision {area} add` makes one"


def _check_entries(source: Source, kind: str, entries: Iterable[_Entry]) -> None:
    seen: set[str] = set()
    for index, entry in enumerate(entries):
        if entry.id in seen:
            raise source.fault((kind, index, "id"), f"{entry.id!r} is there twice")
        if REQUIRED_LANGUAGE not in entry.name:
            detail = f"no words for {REQUIRED_LANGUAGE!r}"
            raise source.fault((kind, index, "name"), detail, f'name = {{ {REQUIRED_LANGUAGE} = "…" }}')
        seen.add(entry.id)


def _addresses(source: Source, desks: Iterable[_Desk]) -> dict[str, str]:
    found: dict[str, str] = {}
    for index, desk in enumerate(desks):
        for place, address in enumerate(desk.addresses):
            way = ("desks", index, "addresses", place)
            if "@" not in address:
                raise source.fault(way, f"{address!r} is no mail address")
            if found.setdefault(address.casefold(), desk.id) != desk.id:
                raise source.fault(way, f"{address!r} belongs to another desk already")
    return found
