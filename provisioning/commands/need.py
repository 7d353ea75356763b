"""`provision need`: what customers may need, in their own words."""

from typing import Annotated

import typer

from provisioning.commands import entries
from provisioning.commands.area import Area, DryRun
from provisioning.commands.entries import HERE, Folder, Names, Spreadsheet
from provisioning.outcome import Done
from provisioning.plan.source import Entry
from provisioning.plan.spreadsheet import Form

area = Area("What customers may need.")
_Id = Annotated[str, typer.Argument(metavar="NEED", help="1 to 32 of a-z, 0-9 and -.")]
_FORM = Form(
    key="id",
    columns=("id", "name.*", "icon", "by_appointment_only", "interprets"),
    switches=frozenset({"by_appointment_only"}),
)


@area.task(
    examples=(
        "provision need add debts --name de=Schulden --name en=Debts --icon scales",
        "provision need add arabic --name de=Arabisch --interprets ar",
    )
)
def add(
    need: _Id,
    name: Names,
    icon: Annotated[str, typer.Option(help="A glyph of the icon font.")] = "signpost",
    by_appointment_only: Annotated[
        bool, typer.Option("--by-appointment-only", help="Nobody is rung for it on the spot.")
    ] = False,
    interprets: Annotated[str, typer.Option(metavar="LANGUAGE", help="Where the need is an interpreter.")] = "",
    plan: Folder = HERE,
    dry_run: DryRun = False,
) -> Done:
    """Add a need to directory.toml; `provision directory push` publishes it."""
    source = entries.directory_source(plan)
    values: dict[str, object] = {"id": need, "name": entries.texts(name), "icon": icon}
    values |= {"by_appointment_only": True} if by_appointment_only else {}
    values |= {"interprets": interprets} if interprets else {}
    return entries.added(source, [Entry(entries.next_way(source, "needs"), values)], dry_run)


@area.task("list")
def show(plan: Folder = HERE) -> Done:
    """List the needs."""
    source = entries.directory_source(plan)
    entries.check(source)
    return entries.listed(source.raw.get("needs", ()), ("id", "name", "icon", "interprets"), "needs")


@area.task()
def remove(need: _Id, plan: Folder = HERE, dry_run: DryRun = False) -> Done:
    """Take a need out; no desk may serve it any more."""
    return entries.removed(entries.directory_source(plan), "needs", need, dry_run)


@area.task("import", examples=("provision need import needs.csv",))
def load(file: Spreadsheet, plan: Folder = HERE, dry_run: DryRun = False) -> Done:
    """Add all needs of a spreadsheet, or none; columns: id, name.de, …, icon, by_appointment_only, interprets."""
    return entries.imported(entries.directory_source(plan), "needs", file, _FORM, dry_run)
