"""The directory as IT staff write it: one TOML file of offices, needs and desks. Addresses in it are not published."""

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from kiosk.contract.directory import Desk, Directory, Id, Need, Office, Texts
from kiosk.contract.errors import ConfigurationError

REQUIRED_LANGUAGE = "de"


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
        ConfigurationError: cannot be read, is no TOML, or an entry is not right; path and value are named.
    """
    try:
        file = msgspec.convert(tomllib.loads(path.read_text(encoding="utf-8")), _File)
    except OSError as error:
        raise ConfigurationError(f"{path}: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, msgspec.ValidationError) as error:
        raise ConfigurationError(f"{path}: {error}") from None
    _check(path, file)
    return DirectoryFile(
        directory=Directory(
            version=version,
            offices=tuple(Office(id=one.id, name=one.name) for one in file.offices),
            needs=tuple(msgspec.convert(msgspec.structs.asdict(one), Need) for one in file.needs),
            desks=tuple(Desk(id=one.id, office=one.office, name=one.name, needs=one.needs) for one in file.desks),
        ),
        addresses=_addresses(path, file.desks),
    )


def _check(path: Path, file: _File) -> None:
    kinds: tuple[tuple[str, tuple[_Entry, ...]], ...] = (
        ("offices", file.offices),
        ("needs", file.needs),
        ("desks", file.desks),
    )
    for kind, entries in kinds:
        _check_entries(path, kind, entries)
    offices, needs = {one.id for one in file.offices}, {one.id for one in file.needs}
    for index, desk in enumerate(file.desks):
        if desk.office not in offices:
            raise ConfigurationError(f"{path}: there is no office {desk.office!r} - at `$.desks[{index}].office`")
        for place, need in enumerate(desk.needs):
            if need not in needs:
                raise ConfigurationError(f"{path}: there is no need {need!r} - at `$.desks[{index}].needs[{place}]`")


def _check_entries(path: Path, kind: str, entries: Iterable[_Entry]) -> None:
    seen: set[str] = set()
    for index, entry in enumerate(entries):
        if entry.id in seen:
            raise ConfigurationError(f"{path}: {entry.id!r} is there twice - at `$.{kind}[{index}].id`")
        if REQUIRED_LANGUAGE not in entry.name:
            raise ConfigurationError(f"{path}: no words for {REQUIRED_LANGUAGE!r} - at `$.{kind}[{index}].name`")
        seen.add(entry.id)


def _addresses(path: Path, desks: Iterable[_Desk]) -> dict[str, str]:
    found: dict[str, str] = {}
    for index, desk in enumerate(desks):
        for place, address in enumerate(desk.addresses):
            where = f"at `$.desks[{index}].addresses[{place}]`"
            if "@" not in address:
                raise ConfigurationError(f"{path}: {address!r} is no mail address - {where}")
            if found.setdefault(address.casefold(), desk.id) != desk.id:
                raise ConfigurationError(f"{path}: {address!r} belongs to another desk already - {where}")
    return found
