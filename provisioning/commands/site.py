"""`provision site`: houses, and what holds for all their rooms."""

from typing import Annotated

import typer

from kiosk.contract.errors import ConfigurationError
from provisioning.commands import entries
from provisioning.commands.area import Area, DryRun
from provisioning.commands.entries import HERE, Folder
from provisioning.outcome import Done, Table
from provisioning.plan import reading
from provisioning.plan.source import Entry

area = Area("Houses, and what holds for all their rooms.")
_Name = Annotated[str, typer.Argument(metavar="SITE", help="1 to 32 of a-z, 0-9 and -.")]


@area.task(
    examples=(
        "provision site add rathaus --title 'Rathaus Mitte'",
        "provision site add quartier --title Quartier --gateway 192.0.2.1 --dns 192.0.2.53 --ntp ntp.example.org",
    )
)
def add(
    site: _Name,
    title: Annotated[str, typer.Option(help="What people call it.")],
    time_zone: Annotated[str | None, typer.Option(metavar="ZONE", help="Default: Europe/Berlin.")] = None,
    language: Annotated[str | None, typer.Option(help="The house's own, default: de.")] = None,
    gateway: Annotated[str | None, typer.Option(help="For rooms with a fixed address.")] = None,
    dns: Annotated[list[str] | None, typer.Option(help="Name server; may be repeated.")] = None,
    vlan: Annotated[int | None, typer.Option(help="1 to 4094.")] = None,
    ntp: Annotated[list[str] | None, typer.Option(help="Time server; may be repeated.")] = None,
    proxy: Annotated[str | None, typer.Option(help="http://proxy.example.org:3128")] = None,
    settings: Annotated[
        str | None, typer.Option(metavar="FILE.toml", help="Sections for every terminal: wires, display, media.")
    ] = None,
    contact: Annotated[str | None, typer.Option(help="Whom to call when a terminal is out of service.")] = None,
    staff_pin_file: Annotated[
        str | None, typer.Option(metavar="FILE", help="With the number of the staff page; 4 to 8 digits, chmod 600.")
    ] = None,
    plan: Folder = HERE,
    dry_run: DryRun = False,
) -> Done:
    """Add a house to plan.toml. Wi-Fi and 802.1X are written into the file by hand, see the README."""
    values = {
        "title": title, "time_zone": time_zone, "language": language, "gateway": gateway, "dns": dns or None,
        "vlan": vlan, "ntp": ntp or None, "proxy": proxy, "settings": settings,
        "contact": contact, "staff_pin_file": staff_pin_file,
    }  # fmt: skip
    said = {name: value for name, value in values.items() if value is not None}
    source = entries.plan_source(plan)
    if site in entries.table_in(source, "sites"):
        raise ConfigurationError(f"{source.file}: there is a site {site!r} already")
    return entries.added(source, [Entry(("sites", site), said)], dry_run)


@area.task("list")
def show(plan: Folder = HERE) -> Done:
    """List the houses, and how many rooms each has."""
    sites = reading.check(entries.plan_source(plan)).sites.values()
    table = Table(("site", "title", "rooms"), tuple((one.name, one.title, str(len(one.rooms))) for one in sites))
    return Done(table=table, facts={"sites": list(sites)})


@area.task()
def remove(site: _Name, plan: Folder = HERE, dry_run: DryRun = False) -> Done:
    """Take a house out; its rooms have to go before."""
    source = entries.plan_source(plan)
    known = reading.check(source).sites
    if site not in known:
        raise ConfigurationError(f"{source.file}: there is no site {site!r}; `provision site list` shows all")
    if known[site].rooms:
        raise ConfigurationError(f"{source.file}: {site!r} has rooms: {', '.join(known[site].rooms)}")
    return entries.cut(source, ("sites", site), site, dry_run)
