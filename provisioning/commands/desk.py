"""`provision desk`: places at which one person of an office can be reached."""

from typing import Annotated

import typer

from provisioning.commands import entries
from provisioning.commands.area import Area, DryRun
from provisioning.commands.entries import HERE, Folder, Names, Spreadsheet
from provisioning.outcome import Done
from provisioning.plan.source import Entry
from provisioning.plan.spreadsheet import Form

area = Area("Places at which one person of an office can be reached.")
_Id = Annotated[str, typer.Argument(metavar="DESK", help="1 to 32 of a-z, 0-9 and -.")]
_Known = Annotated[str, typer.Argument(metavar="DESK", autocompletion=entries.desk_ids)]
_FORM = Form(
    key="id",
    columns=("id", "office", "name.*", "needs", "addresses"),
    lists=frozenset({"needs", "addresses"}),
)


@area.task(
    examples=(
        "provision desk add debts-1 --office debts --name 'de=Schuldnerberatung, Platz 1' --need debts",
        "provision link desk debts-1",
    )
)
def add(
    desk: _Id,
    office: Annotated[str, typer.Option(help="Whose place it is.")],
    name: Names,
    need: Annotated[list[str] | None, typer.Option(help="What it is rung for; once for each.")] = None,
    address: Annotated[
        list[str] | None, typer.Option(help="Mail addresses by which calendars invite it; never published.")
    ] = None,
    plan: Folder = HERE,
    dry_run: DryRun = False,
) -> Done:
    """Add a desk to directory.toml. It is a place, never a person: who sits there says so when knocking."""
    source = entries.directory_source(plan)
    values: dict[str, object] = {"id": desk, "office": office, "name": entries.texts(name)}
    values |= {"needs": need} if need else {}
    values |= {"addresses": address} if address else {}
    return entries.added(source, [Entry(entries.next_way(source, "desks"), values)], dry_run)


@area.task("list")
def show(plan: Folder = HERE) -> Done:
    """List the desks."""
    source = entries.directory_source(plan)
    entries.check(source)
    return entries.listed(source.raw.get("desks", ()), ("id", "office", "name", "needs"), "desks")


@area.task()
def remove(desk: _Known, plan: Folder = HERE, dry_run: DryRun = False) -> Done:
    """Take a desk out. Its link stays good until `provision link revoke`."""
    return entries.removed(entries.directory_source(plan), "desks", desk, dry_run)


@area.task("import", examples=("provision desk import desks.csv",))
def load(file: Spreadsheet, plan: Folder = HERE, dry_run: DryRun = False) -> Done:
    """Add all desks of a spreadsheet, or none; columns: id, office, name.de, …, needs, addresses.

    Several needs or addresses stand in one cell with blanks between them.
    """
    return entries.imported(entries.directory_source(plan), "desks", file, _FORM, dry_run)
