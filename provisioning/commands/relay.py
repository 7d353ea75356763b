"""`provision relay`: TURN servers."""

from pathlib import Path
from typing import Annotated

import typer

from kiosk.contract.errors import ConfigurationError
from provisioning import host as hosts
from provisioning import turn
from provisioning.central import configuration, tasks
from provisioning.commands.area import Area, Config, DryRun
from provisioning.commands.rooms import Everywhere, Rooms, rooms
from provisioning.outcome import Done

area = Area("TURN relays for networks that let nothing else through.")


@area.task(examples=("provision relay new relay-1 --host turn.example.org --address 192.0.2.8",))
def new(
    directory: Annotated[Path, typer.Argument(metavar="DIR")],
    host: Annotated[str, typer.Option(help="How terminals and pages reach it: turn.example.org.")],
    address: Annotated[str, typer.Option(help="Of its machine, where it listens and relays.")],
    port: Annotated[int, typer.Option(min=1, max=65535, help="For UDP and TCP.")] = 3478,
    tls_port: Annotated[int, typer.Option(min=1, max=65535, help="Where there is a certificate.")] = 5349,
    certificate: Annotated[
        tuple[Path, Path] | None, typer.Option(metavar="CERTIFICATE.pem KEY.pem", help="For TLS.")
    ] = None,
    dry_run: DryRun = False,
) -> Done:
    """Make the configuration of a coturn, and the file that `push` takes."""
    if not hosts.is_host(host):
        raise typer.BadParameter(f"--host {host!r} is neither a host name nor an address")
    if not hosts.is_address(address):
        raise typer.BadParameter(f"--address {address!r} is no IP address; coturn listens at one")
    if (file := turn.file_of(directory)).exists():
        raise ConfigurationError(f"{file}: there is a relay already, and its secret is kept; name another folder")
    if dry_run:
        return Done((f"would make {directory} with turnserver.conf and {turn.file_of(directory).name}",))
    relay = turn.write(
        directory,
        host=host,
        address=address,
        port=port,
        tls_port=tls_port,
        certificate=(certificate[0].resolve(), certificate[1].resolve()) if certificate else None,
    )
    lines = (
        f"made {directory} for {relay.host}",
        "its machine: copy turnserver.conf to /etc, owned by its user, and restart coturn.service",
        f"then, each day: provision relay push --room SITE.ROOM {turn.file_of(directory)}",
    )
    return Done(lines, facts={"directory": directory, "host": relay.host, "file": turn.file_of(directory)})


@area.task(examples=("provision relay push --room rathaus.zimmer-2 relay-1/relay.toml",))
def push(
    room: Rooms = None,
    everywhere: Everywhere = False,
    file: Annotated[
        list[Path] | None, typer.Argument(metavar="relay.toml", help="One a relay; none: no relays.")
    ] = None,
    hours: Annotated[int, typer.Option(min=1, max=3650, help="How long the credentials are good.")] = 24,
    config: Config = None,
    dry_run: DryRun = False,
) -> Done:
    """Give terminals new credentials for the relays; let a timer do it before they expire.

    `systemd/kiosk-relays.timer` does so every six hours.
    """
    return tasks.push_relays(configuration.load(config), rooms(room, everywhere), tuple(file or ()), hours, dry_run)
