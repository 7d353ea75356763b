"""`provision room`: rooms with a terminal."""

from typing import Annotated

import typer

from kiosk.contract import topics
from kiosk.contract.errors import ConfigurationError
from provisioning.card import settings
from provisioning.commands import entries
from provisioning.commands.area import Area, DryRun
from provisioning.commands.entries import HERE, Folder, Spreadsheet
from provisioning.outcome import Done, Table
from provisioning.plan import Room, reading, spreadsheet
from provisioning.plan.source import Entry, Source
from provisioning.plan.spreadsheet import Form

area = Area("Rooms with a terminal.")
_Name = Annotated[str, typer.Argument(metavar="SITE.ROOM", help="The terminal's name: two words of a-z, 0-9 and -.")]
_Known = Annotated[str, typer.Argument(metavar="SITE.ROOM", autocompletion=entries.room_names)]
_FORM = Form(
    key="room",
    columns=(
        "room", "title", "address", "gateway", "dns", "vlan", "ntp", "proxy", "time_zone", "language", "settings",
        "contact", "staff_pin_file", "wifi.*", "dot1x.*",
    ),
    lists=frozenset({"dns", "ntp"}),
    numbers=frozenset({"vlan"}),
)  # fmt: skip


@area.task(
    examples=(
        "provision room add rathaus.zimmer-2 --title 'Zimmer 2'",
        "provision room add rathaus.zimmer-3 --title 'Zimmer 3' --address 192.0.2.13/24 --vlan 7",
    )
)
def add(
    room: _Name,
    title: Annotated[str, typer.Option(help="What people call it, for screen and partners.")],
    address: Annotated[str | None, typer.Option(help="192.0.2.10/24; default: by DHCP.")] = None,
    gateway: Annotated[str | None, typer.Option(help="Default: the site's.")] = None,
    dns: Annotated[list[str] | None, typer.Option(help="Name server; may be repeated. Default: the site's.")] = None,
    vlan: Annotated[int | None, typer.Option(help="1 to 4094; default: the site's.")] = None,
    settings_file: Annotated[
        str | None,
        typer.Option("--settings", metavar="FILE.toml", help="Sections for this terminal: wires, display, media."),
    ] = None,
    plan: Folder = HERE,
    dry_run: DryRun = False,
) -> Done:
    """Add a room to plan.toml; its site has to be there. Wi-Fi and 802.1X are written into the file by hand."""
    values = {
        "title": title, "address": address, "gateway": gateway, "dns": dns or None, "vlan": vlan,
        "settings": settings_file,
    }  # fmt: skip
    said = {name: value for name, value in values.items() if value is not None}
    source = entries.plan_source(plan)
    way = _way(room)
    _check_new(source, way, room, str(source.file))
    return entries.added(source, [Entry(way, said)], dry_run)


@area.task("list", examples=("provision room list --site rathaus --json",))
def show_all(site: Annotated[str | None, typer.Option(help="Only this house's.")] = None, plan: Folder = HERE) -> Done:
    """List the rooms."""
    read = reading.check(entries.plan_source(plan))
    rooms = [room for room in read.rooms.values() if site in (None, room.name.partition(".")[0])]
    rows = tuple((one.name, one.title, _address(one), _network(one)) for one in rooms)
    return Done(table=Table(("room", "title", "address", "network"), rows), facts={"rooms": rooms})


@area.task("show", examples=("provision room show rathaus.zimmer-2",))
def show_one(room: _Known, plan: Folder = HERE) -> Done:
    """Show the terminal's configuration, as `provision flash` puts it onto its card."""
    read = reading.check(entries.plan_source(plan))
    planned = read.room(room)
    text = settings.files(read, planned)[f"{settings.FOLDER}/{settings.CONFIGURATION}"].decode()
    return Done(tuple(text.splitlines()), facts={"room": planned, "terminal": text})


@area.task()
def remove(room: _Known, plan: Folder = HERE, dry_run: DryRun = False) -> Done:
    """Take a room out of the plan. What its terminal has been given is withdrawn by `provision enrol`."""
    source = entries.plan_source(plan)
    reading.check(source).room(room)
    return entries.cut(source, _way(room), room, dry_run)


@area.task("import", examples=("provision room import rooms.csv --dry-run",))
def load(file: Spreadsheet, plan: Folder = HERE, dry_run: DryRun = False) -> Done:
    """Add all rooms of a spreadsheet, or none; every fault is named by line and column.

    Columns: room (site.room), title, address, gateway, dns, vlan, ntp, proxy, time_zone, language, settings,
    contact, staff_pin_file, and wifi.ssid, wifi.password_file, dot1x.identity and the like. The first two are needed.
    """
    source = entries.plan_source(plan)
    rows = spreadsheet.read(file, _FORM, lambda key, _: _way(key))
    for row in rows:
        place = row.places[()]
        del row.values["room"]
        _check_new(source, row.way, ".".join(map(str, row.way[1::2])), f"{file}:{place.line}:{place.column}")
    return entries.added(source, rows, dry_run)


def _way(room: str) -> tuple[str, ...]:
    if not topics.is_terminal(room):
        raise ConfigurationError(f"{room!r} is no terminal: site.room, each 1 to 32 of a-z, 0-9 and -")
    site, _, own = room.partition(".")
    return ("sites", site, "rooms", own)


def _check_new(source: Source, way: tuple[str | int, ...], room: str, where: str) -> None:
    site = str(way[1])
    if site not in entries.table_in(source, "sites"):
        raise ConfigurationError(f"{where}: there is no site {site!r}; provision site add {site} --title …")
    if way[3] in entries.table_in(source, "sites", site, "rooms"):
        raise ConfigurationError(f"{where}: there is a room {room!r} already; `provision room remove` comes before")


def _address(room: Room) -> str:
    return str(room.network.address) if room.network.address else "dhcp"


def _network(room: Room) -> str:
    network = room.network
    words = [f"Wi-Fi {network.wifi.ssid}" if network.wifi else "cable"]
    words += [f"VLAN {network.vlan}"] if network.vlan else []
    words += ["802.1X"] if network.dot1x else []
    words += ["proxy"] if network.proxy else []
    return ", ".join(words)
