"""`provision office`: the authorities and services that take part."""

from typing import Annotated

import typer

from provisioning.commands import entries
from provisioning.commands.area import Area, DryRun
from provisioning.commands.entries import HERE, Folder, Names, Spreadsheet
from provisioning.outcome import Done
from provisioning.plan.source import Entry
from provisioning.plan.spreadsheet import Form

area = Area("Offices that take part.")
_Id = Annotated[str, typer.Argument(metavar="OFFICE", help="1 to 32 of a-z, 0-9 and -.")]
_FORM = Form(key="id", columns=("id", "name.*"))


@area.task(examples=("provision office add youth --name de=Jugendamt --name 'en=Youth Office'",))
def add(office: _Id, name: Names, plan: Folder = HERE, dry_run: DryRun = False) -> Done:
    """Add an office to directory.toml; `provision directory push` publishes it."""
    source = entries.directory_source(plan)
    entry = Entry(entries.next_way(source, "offices"), {"id": office, "name": entries.texts(name)})
    return entries.added(source, [entry], dry_run)


@area.task("list")
def show(plan: Folder = HERE) -> Done:
    """List the offices."""
    source = entries.directory_source(plan)
    entries.check(source)
    return entries.listed(source.raw.get("offices", ()), ("id", "name"), "offices")


@area.task()
def remove(office: _Id, plan: Folder = HERE, dry_run: DryRun = False) -> Done:
    """Take an office out; its desks have to go before."""
    return entries.removed(entries.directory_source(plan), "offices", office, dry_run)


@area.task("import", examples=("provision office import offices.csv",))
def load(file: Spreadsheet, plan: Folder = HERE, dry_run: DryRun = False) -> Done:
    """Add all offices of a spreadsheet, or none; columns: id, name.de, name.en, …"""
    return entries.imported(entries.directory_source(plan), "offices", file, _FORM, dry_run)
