"""A TOML file of IT staff: every fault is told by file, line and column, with the value and what would be right."""

import copy
import re
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import msgspec
from msgspec.inspect import CollectionType, StructType, Type, UnionType

from kiosk.contract.errors import ConfigurationError
from provisioning.plan import position
from provisioning.plan.position import Path as Way

_T = TypeVar("_T")
_TOML_PLACE = re.compile(r" \(at (?:line (\d+), column (\d+)|end of document)\)$")
_WAY = re.compile(r" - at `\$(.*)`$")
_STEP = re.compile(r"\.([^.\[\]]+)|\[(\d+)\]")
_UNKNOWN = re.compile(r"^Object contains unknown field `(.*)`$")
_NEEDED = re.compile(r"^Object missing required field `(.*)`$")


def text_of(file: Path) -> str:
    """The file's text. Raises ConfigurationError: it cannot be read, or is no UTF-8."""
    try:
        return file.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise ConfigurationError(f"{file}: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise ConfigurationError(f"{file}: byte {error.start + 1} is no UTF-8; save the file as UTF-8") from None


@dataclass(frozen=True)
class Entry:
    """A table that shall be added."""

    way: Way
    """`("desks", 3)`: the fourth of an array of tables."""
    values: dict[str, Any]
    places: dict[Way, position.Place] = field(default_factory=dict)
    """Where the values come from, by their path in `values`; empty: from a command line."""


class FileError(ConfigurationError):
    """A value of a file is wrong; `way` is its path."""

    def __init__(self, detail: str, way: Way) -> None:
        super().__init__(detail)
        self.way = way


class Source:
    """One file that was read as TOML, or `text` that shall become it.

    Raises:
        ConfigurationError: cannot be read, or is no TOML.
    """

    def __init__(self, file: Path, text: str | None = None) -> None:
        self.file = file
        self.text = text_of(file) if text is None else text
        try:
            self.raw: dict[str, Any] = tomllib.loads(self.text)
        except tomllib.TOMLDecodeError as error:
            raise ConfigurationError(self._no_toml(str(error))) from None
        self._places = dict(position.places(self.text))

    def extended(self, entries: Iterable[Entry]) -> "Source":
        """The same with more tables; faults in those are told where they come from."""
        other = copy.deepcopy(self)
        for entry in entries:
            *above, last = entry.way
            table: Any = other.raw
            for step in above:
                table = table.setdefault(step, [] if isinstance(last, int) else {})
            if isinstance(table, list):
                table.append(dict(entry.values))
            else:
                table[last] = dict(entry.values)
            other._places[entry.way] = position.Place(0, 0)
            for path, place in entry.places.items():
                other._places[(*entry.way, *path)] = place
        return other

    def fault(self, way: Way, detail: str, remedy: str = "") -> FileError:
        """An error about the value at `way`; without a place of its own, about the table around it."""
        known = way
        while known and known not in self._places:
            known = known[:-1]
        place = self._places.get(known, position.Place(1, 1))
        path = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in way)
        end = f"; {remedy}" if remedy else ""
        where = f"{place.file or self.file}:{place.line}:{place.column}: " if place.line else ""
        return FileError(f"{where}{detail} - at `${path}`{end}", way)

    def convert(self, raw: object, kind: type[_T], way: Way, remedies: dict[str, str]) -> _T:
        """`raw`, which stands at `way`, as a struct.

        Raises:
            ConfigurationError: it is not what it must be; `remedies` says by field what would be right.
        """
        try:
            return msgspec.convert(raw, kind, dec_hook=_path)
        except msgspec.ValidationError as error:
            detail = str(error)
        inner: Way = ()
        if found := _WAY.search(detail):
            inner = tuple(int(index) if index else name for name, index in _STEP.findall(found[1]))
            detail = detail[: found.start()]
        if unknown := _UNKNOWN.match(detail):
            known = ", ".join(_fields(msgspec.inspect.type_info(kind), inner))
            remedy = f"known are: {known}" if known else ""
            raise self.fault((*way, *inner, unknown[1]), f"{unknown[1]!r} is not known here", remedy)
        if needed := _NEEDED.match(detail):
            remedy = remedies.get(needed[1], "")
            raise self.fault((*way, *inner), f"{needed[1]!r} is missing", remedy)
        value: Any = raw
        for step in inner:
            value = value[step]
        names = [step for step in (*way, *inner) if isinstance(step, str)]
        raise self.fault((*way, *inner), f"{value!r}: {detail}", remedies.get(names[-1], "") if names else "")

    def _no_toml(self, detail: str) -> str:
        found = _TOML_PLACE.search(detail)
        if found and found[1]:
            return f"{self.file}:{found[1]}:{found[2]}: {detail[: found.start()]}"
        lines = self.text.splitlines() or [""]
        return f"{self.file}:{len(lines)}:{len(lines[-1]) + 1}: {detail}"


def _fields(kind: Type, way: Way) -> tuple[str, ...]:
    """Names of the fields of the struct that is at `way` within `kind`; none where there is no one struct."""
    match kind:
        case UnionType():
            return next((found for one in kind.types if (found := _fields(one, way))), ())
        case StructType() if not way:
            return tuple(one.encode_name for one in kind.fields)
        case StructType():
            return next((_fields(one.type, way[1:]) for one in kind.fields if one.encode_name == way[0]), ())
        case CollectionType() if way:
            return _fields(kind.item_type, way[1:])
    return ()


def _path(kind: type, value: object) -> Path:
    if kind is Path and isinstance(value, str) and value:
        return Path(value)
    raise ValueError("a path is wanted")
