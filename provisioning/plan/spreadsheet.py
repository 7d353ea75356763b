"""Rows of a spreadsheet (CSV) as tables for a plan: the first line names the fields, every cell keeps its place.

Between cells stands `;`, `,` or a tab, as the office program of the house likes it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kiosk.contract.errors import ConfigurationError
from provisioning.plan.position import Path as Way
from provisioning.plan.position import Place
from provisioning.plan.source import Entry, FileError, text_of

_SEPARATORS = ";,\t"
_YES = frozenset(("yes", "ja", "true", "x", "1"))
_NO = frozenset(("no", "nein", "false", "0"))


@dataclass(frozen=True)
class Cell:
    text: str
    line: int
    column: int


@dataclass(frozen=True, kw_only=True)
class Form:
    """What a spreadsheet's columns mean. `wifi.ssid` is a field of a table in the table."""

    key: str
    """The column that says which row this is."""
    columns: tuple[str, ...]
    """`name.*` stands for any field of `name`."""
    lists: frozenset[str] = frozenset()
    """Columns with several values, between which stand blanks."""
    numbers: frozenset[str] = frozenset()
    switches: frozenset[str] = frozenset()


def read(file: Path, form: Form, way: Callable[[str, int], Way]) -> list[Entry]:
    """One entry a row; `way` says where it belongs, by its key and how many rows were before it.

    Raises:
        ConfigurationError: no text, no rows, or a column that is not known; file, line and column are named.
    """
    rows = _rows(file, text_of(file))
    if not rows:
        raise ConfigurationError(f"{file}:1:1: the file is empty; the first line names the columns: {_known(form)}")
    head, *rest = rows
    for cell in head:
        if not _is_known(cell.text, form):
            raise _fault(file, cell, f"{cell.text!r} is no column", f"columns are: {_known(form)}")
        if cell.text in (one.text for one in head if one is not cell):
            raise _fault(file, cell, f"the column {cell.text!r} is there twice", "take one out")
    if form.key not in (cell.text for cell in head):
        raise _fault(file, head[0], f"the column {form.key!r} is missing", f"columns are: {_known(form)}")
    return [_entry(file, form, head, row, way, index) for index, row in enumerate(rest)]


def _entry(
    file: Path, form: Form, head: list[Cell], row: list[Cell], way: Callable[[str, int], Way], index: int
) -> Entry:
    if len(row) > len(head):
        raise _fault(file, row[len(head)], f"{row[len(head)].text!r} has no column", "one cell a column")
    values: dict[str, Any] = {}
    places: dict[Way, Place] = {(): Place(row[0].line, 1, str(file))}
    key = Cell("", row[0].line, row[0].column)
    for column, cell in zip(head, row, strict=False):
        place = Place(cell.line, cell.column, str(file))
        if column.text == form.key:
            key = cell
            places[(column.text,)] = places[()] = place
        if not cell.text:
            continue
        outer, _, inner = column.text.partition(".")
        if inner:
            values.setdefault(outer, {})[inner] = _value(file, form, column.text, cell)
            places.setdefault((outer,), place)
            places[(outer, inner)] = place
        else:
            values[outer] = _value(file, form, column.text, cell)
            places[(outer,)] = place
    if not key.text:
        raise _fault(file, key, f"{form.key!r} is empty", "every row needs one")
    try:
        return Entry(way(key.text, index), values, places)
    except ConfigurationError as error:
        raise _fault(file, key, error.detail, "") from None


def _value(file: Path, form: Form, column: str, cell: Cell) -> Any:
    if column in form.lists:
        return cell.text.split()
    if column in form.numbers:
        if not cell.text.isascii() or not cell.text.isdigit():
            raise _fault(file, cell, f"{cell.text!r} is no number", "")
        return int(cell.text)
    if column in form.switches:
        if cell.text.casefold() not in _YES | _NO:
            raise _fault(file, cell, f"{cell.text!r} is neither yes nor no", "")
        return cell.text.casefold() in _YES
    return cell.text


def _rows(file: Path, text: str) -> list[list[Cell]]:
    """Lines without any cell are left out."""
    first = text.partition("\n")[0]
    separator = max(_SEPARATORS, key=first.count)
    rows: list[list[Cell]] = []
    row: list[Cell] = []
    line, at, start = 1, 0, 0  # `start`: offset of the line
    while at <= len(text):
        begin = (line, at - start + 1)
        if text[at : at + 1] == '"':
            content, at = _quoted(text, at + 1)
            if at < 0:
                raise _fault(file, Cell("", *begin), "this cell begins with a quote that has no end", "add it")
        else:
            end = min(found for found in (text.find(separator, at), text.find("\n", at), len(text)) if found >= 0)
            content, at = text[at:end], end
        row.append(Cell(content.strip(), *begin))
        if lines := text.count("\n", start, at):  # in a quoted cell
            line, start = line + lines, text.rfind("\n", 0, at) + 1
        if text[at : at + 1] == separator:
            at += 1
            continue
        if any(cell.text for cell in row):
            rows.append(row)
        row = []
        at += 1
        line, start = line + 1, at
    return rows


def _quoted(text: str, at: int) -> tuple[str, int]:
    """The content from behind the opening quote, and where it ends, -1: nowhere; a doubled quote stands for one."""
    content = ""
    while True:
        end = text.find('"', at)
        if end < 0:
            return content + text[at:], -1
        content += text[at:end]
        if text[end + 1 : end + 2] != '"':
            return content, end + 1
        content, at = content + '"', end + 2


def _is_known(column: str, form: Form) -> bool:
    return column in form.columns or (f"{column.partition('.')[0]}.*" in form.columns and "." in column)


def _known(form: Form) -> str:
    return ", ".join(form.columns)


def _fault(file: Path, cell: Cell, detail: str, remedy: str) -> FileError:
    end = f"; {remedy}" if remedy else ""
    return FileError(f"{file}:{cell.line}:{cell.column}: {detail}{end}", ())
