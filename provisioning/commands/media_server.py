"""`provision media-server`: Janus servers."""

from pathlib import Path
from typing import Annotated

import typer

from kiosk.contract.errors import ConfigurationError
from provisioning import host, janus
from provisioning.central import configuration, tasks
from provisioning.commands.area import Area, Config, DryRun
from provisioning.commands.rooms import Everywhere, Rooms, rooms
from provisioning.outcome import Done

area = Area("Janus servers for rounds of more than four parties.")


@area.task(
    examples=(
        "provision media-server new media-1 --address 192.0.2.7 --url wss://media.example.org",
        "provision media-server new media-2 --address 192.0.2.8 --certificate media.pem media-key.pem",
    )
)
def new(
    directory: Annotated[Path, typer.Argument(metavar="DIR")],
    address: Annotated[str, typer.Option(help="What its WebSocket is bound to.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535, help="Of its WebSocket.")] = 8188,
    url: Annotated[str, typer.Option(help="How terminals and pages reach it: wss://media.example.org.")] = "",
    media_address: Annotated[
        list[str] | None, typer.Option(help="Of that machine, for media; may be repeated. Default: all.")
    ] = None,
    media_ports: Annotated[str, typer.Option(metavar="FROM-TO", help="UDP ports for media; default: any.")] = "",
    certificate: Annotated[
        tuple[Path, Path] | None,
        typer.Option(metavar="CERTIFICATE.pem KEY.pem", help="For wss without a proxy in front."),
    ] = None,
    dry_run: DryRun = False,
) -> Done:
    """Make the configuration of a Janus, and the file that `push` takes."""
    for one in (address, *(media_address or ())):
        if not host.is_address(one):
            raise typer.BadParameter(f"{one!r} is no IP address")
    if url and not host.is_url(url, "wss", "ws"):
        raise typer.BadParameter(f"--url {url!r} is no WebSocket address; wss://media.example.org")
    if media_ports:
        _check_ports(media_ports)
    if (file := janus.file_of(directory)).exists():
        raise ConfigurationError(f"{file}: there is a media server already, and its key is kept; name another folder")
    if dry_run:
        return Done((f"would make {directory} with Janus's configuration and {janus.file_of(directory).name}",))
    server = janus.write(
        directory,
        address=address,
        port=port,
        url=url,
        media_addresses=tuple(media_address or ()),
        media_ports=media_ports,
        certificate=(certificate[0].resolve(), certificate[1].resolve()) if certificate else None,
    )
    lines = (
        f"made {directory} for {server.url}",
        "its machine: copy the .jcfg files to /etc/janus, owned by its user, and restart janus.service",
        f"then: provision media-server push --room SITE.ROOM {janus.file_of(directory)}",
    )
    return Done(lines, facts={"directory": directory, "url": server.url, "file": janus.file_of(directory)})


def _check_ports(text: str) -> None:
    first, _, last = text.partition("-")
    are_numbers = all(port.isascii() and port.isdigit() for port in (first, last))
    if not are_numbers or not 0 < int(first) <= int(last) <= 65535:
        raise typer.BadParameter(f"--media-ports {text!r} is no range; 20000-40000")


@area.task(examples=("provision media-server push --room rathaus.zimmer-2 media-1/media-server.toml",))
def push(
    room: Rooms = None,
    everywhere: Everywhere = False,
    file: Annotated[
        list[Path] | None, typer.Argument(metavar="media-server.toml", help="One a server; none: no servers.")
    ] = None,
    config: Config = None,
    dry_run: DryRun = False,
) -> Done:
    """Tell terminals which media servers there are; again with every change."""
    return tasks.push_media_servers(configuration.load(config), rooms(room, everywhere), tuple(file or ()), dry_run)
