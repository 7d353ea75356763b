"""What the areas of the plan have in common: tables are added to, listed from and taken out of two TOML files.

Sites and rooms are in `plan.toml`, offices, needs and desks in `directory.toml` beside it.
"""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from kiosk.contract.errors import ConfigurationError
from provisioning.central import directory
from provisioning.outcome import Done, Table
from provisioning.plan import FILE, editing, reading
from provisioning.plan.source import Entry, Source
from provisioning.plan.spreadsheet import Form, read

DIRECTORY = "directory.toml"
HERE = Path(".")
FOLDER_VARIABLE = "RUNDTISCH_PLAN"
Folder = Annotated[
    Path,
    typer.Option(
        "--plan",
        envvar=FOLDER_VARIABLE,
        metavar="DIR",
        help="The folder that `provision central init` made; default $RUNDTISCH_PLAN, or where you are.",
        show_default=False,
        show_envvar=False,
    ),
]
Names = Annotated[
    list[str], typer.Option("--name", metavar="LANGUAGE=WORDS", help="Once a language; `de` has to be there.")
]
Spreadsheet = Annotated[Path, typer.Argument(metavar="FILE.csv", help="Saved as CSV UTF-8; `;`, `,` or tabs.")]


def room_names(incomplete: str) -> list[str]:
    """What the shell may complete a terminal's name to; silent where there is no plan."""
    try:
        rooms = reading.read(Path(os.environ.get(FOLDER_VARIABLE, HERE))).rooms
    except ConfigurationError:
        return []
    return [name for name in rooms if name.startswith(incomplete)]


def desk_ids(incomplete: str) -> list[str]:
    """The same for desks."""
    try:
        desks = directory.read(Path(os.environ.get(FOLDER_VARIABLE, HERE)) / DIRECTORY).desks
    except ConfigurationError:
        return []
    return sorted(desk for desk in desks if desk.startswith(incomplete))


def plan_source(folder: Path) -> Source:
    """`plan.toml` of the folder. Raises ConfigurationError: it is not there, or no TOML."""
    file = folder / FILE
    if not file.exists():
        raise ConfigurationError(f"{file}: missing; name the folder with --plan, or `provision central init` makes one")
    return Source(file)


def directory_source(folder: Path) -> Source:
    """`directory.toml` of the folder; nothing yet, where it is missing. Raises ConfigurationError: no TOML."""
    file = folder / DIRECTORY
    return Source(file) if file.exists() else Source(file, "")


def check(source: Source) -> None:
    """Either file as a whole. Raises ConfigurationError: something in it is wrong."""
    if source.file.name == DIRECTORY:
        directory.check(source)
    else:
        reading.check(source)


def added(source: Source, entries: Sequence[Entry], dry_run: bool) -> Done:
    """Writes the file with the entries at its end."""
    text = editing.add(source, entries, check)
    names = tuple(_name(entry) for entry in entries)
    return _written(source, text, "add" if dry_run else "added", names, dry_run)


def removed(source: Source, kind: str, name: str, dry_run: bool) -> Done:
    """Writes the directory file without the office, need or desk of this id."""
    ids = [entry.get("id") for entry in listed_in(source, kind)]
    if name not in ids:
        raise ConfigurationError(
            f"{source.file}: there is no {name!r}; there are: {', '.join(map(str, ids)) or 'none'}"
        )
    text = editing.remove(source, (kind, ids.index(name)), check)
    return _written(source, text, "remove" if dry_run else "removed", (name,), dry_run)


def cut(source: Source, way: tuple[str, ...], name: str, dry_run: bool) -> Done:
    """Writes the plan without the table at `way`."""
    text = editing.remove(source, way, check)
    return _written(source, text, "remove" if dry_run else "removed", (name,), dry_run)


def listed(entries: Sequence[dict[str, Any]], columns: tuple[str, ...], key: str) -> Done:
    """A table of offices, needs or desks; `name` shows the house's words."""
    rows = tuple(tuple(_word(entry.get(column)) for column in columns) for entry in entries)
    return Done(table=Table(columns, rows), facts={key: list(entries)})


def imported(source: Source, kind: str, file: Path, form: Form, dry_run: bool) -> Done:
    """Adds the rows of a spreadsheet to the directory file."""
    before = len(listed_in(source, kind))
    return added(source, read(file, form, lambda _, index: (kind, before + index)), dry_run)


def next_way(source: Source, kind: str) -> tuple[str, int]:
    """Where the next office, need or desk goes."""
    return (kind, len(listed_in(source, kind)))


def listed_in(source: Source, kind: str) -> list[dict[str, Any]]:
    """The offices, needs or desks of the file. Raises ConfigurationError: what stands there is no list of tables."""
    raw = source.raw.get(kind, [])
    if not isinstance(raw, list) or not all(isinstance(entry, dict) for entry in raw):
        raise source.fault((kind,), "a list of tables is wanted", f"[[{kind}]] before each")
    return raw


def table_in(source: Source, *way: str) -> dict[str, Any]:
    """The table at `way`, empty where there is none. Raises ConfigurationError: what stands there is no table."""
    table = source.raw
    for count, step in enumerate(way, 1):
        found = table.get(step, {})
        if not isinstance(found, dict):
            raise source.fault(way[:count], "a table is wanted", f"[{'.'.join(way[:count])}.NAME]")
        table = found
    return table


def texts(names: Sequence[str]) -> dict[str, str]:
    """`de=Jugendamt` as a table. Raises typer.BadParameter: it is not of this form."""
    pairs = [name.partition("=") for name in names]
    for language, sign, words in pairs:
        if not (language and sign and words):
            raise typer.BadParameter(f"{language}{sign}{words!r} is not of the form de=Jugendamt")
    return {language: words for language, _, words in pairs}


def _written(source: Source, text: str, verb: str, names: tuple[str, ...], dry_run: bool) -> Done:
    if not dry_run:
        editing.write(source, text)
    would = "would " if dry_run else ""
    facts = {"file": source.file, "names": names, "dry_run": dry_run}
    return Done((f"{would}{verb} {', '.join(names) or 'nothing'}: {source.file}",), facts=facts)


def _name(entry: Entry) -> str:
    return str(entry.values["id"]) if "id" in entry.values else ".".join(str(step) for step in entry.way[1::2])


def _word(value: Any) -> str:
    if isinstance(value, dict):
        return str(value.get(directory.REQUIRED_LANGUAGE, ""))
    if isinstance(value, list | tuple):
        return " ".join(map(str, value))
    return "" if value is None else str(value)
