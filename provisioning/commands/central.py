"""`provision central`: the machines of the central side."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from kiosk.contract.errors import ConfigurationError
from provisioning import installation, subordination
from provisioning.central import configuration
from provisioning.commands import enrolment
from provisioning.commands.area import Area, Config, DryRun
from provisioning.installation import Installation
from provisioning.outcome import Done
from provisioning.outside.verdict import report
from provisioning.server import folder, renewal
from provisioning.server.folder import CERTIFICATE, Machine

area = Area("The machines of the central side.")
area.add_typer(enrolment.area, name="enrolment")
_Directory = Annotated[Path, typer.Argument(metavar="DIR", help="Made where missing; has to be empty.")]
_Hosts = Annotated[
    list[str], typer.Option(help="Name or address by which terminals reach it; more may follow, the first is used.")
]
_Address = Annotated[str, typer.Option(help="The machine's own address, for calls.")]
_Page = Annotated[str, typer.Option(help="Address of the desk server for partners; default: https:// and the host.")]
_RelayHost = Annotated[str, typer.Option(help="Name of the TURN relay; default: the page's.")]
_Port = Annotated[int, typer.Option(min=1, max=65535, help="Of the broker.")]
_DeskServers = Annotated[list[str] | None, typer.Option(metavar="NAME", help="Once for each machine; default desk-1.")]
_Certificate = Annotated[
    tuple[Path, Path],
    typer.Option(metavar="CERTIFICATE.pem KEY.pem", help="Where the machine has what browsers trust."),
]
_AdminNetworks = Annotated[
    list[str] | None, typer.Option(metavar="NETWORK", help="From where SSH comes, 192.0.2.0/24; default: anywhere.")
]
_HasMediaServer = Annotated[bool, typer.Option(help="With Janus, for rounds of more than four parties.")]
_HasRelay = Annotated[bool, typer.Option(help="With coturn, for networks that let nothing else through.")]
_Terminals = Annotated[
    list[str] | None, typer.Option(metavar="SITE.ROOM", help="Its folder at once, without enrolment: for a trial.")
]
_Request = Annotated[bool, typer.Option("--csr", help="Only a key, and the request for the house's authority.")]
_Authority = Annotated[
    Path | None,
    typer.Option("--ca", metavar="CHAIN.pem", help="What the house's authority signed, and those above it."),
]


@area.task(
    examples=(
        "provision central init house --host central.example.org --address 192.0.2.8 --page https://desk.example.org",
        "",
        "Below an authority that the house has already:",
        "provision central init house --host central.example.org --address 192.0.2.8 --csr",
        "provision central init house --host central.example.org --address 192.0.2.8 --ca signed-chain.pem",
    )
)
def init(
    directory: _Directory,
    host: _Hosts,
    address: _Address,
    page: _Page = "",
    relay_host: _RelayHost = "",
    port: _Port = 8883,
    desk_server: _DeskServers = None,
    certificate: _Certificate = CERTIFICATE,
    admin_network: _AdminNetworks = None,
    media_server: _HasMediaServer = True,
    relay: _HasRelay = True,
    terminal: _Terminals = None,
    csr: _Request = False,
    ca: _Authority = None,
    dry_run: DryRun = False,
) -> Done:
    """Make everything a Debian server of the central side needs, in one folder.

    An authority, mosquitto, coturn, Janus, the desk server, the enrolment server, nginx or Caddy before them, nftables
    rules, the plan to write sites and rooms into, and install.sh, which puts all of it onto the machine. Nothing is
    started here, and nothing is sent anywhere. An installation is never made over another.
    """
    plan = installation.Plan(
        terminals=tuple(terminal or ()),
        hosts=tuple(host),
        broker_port=port,
        desk_servers=tuple(desk_server or ("desk-1",)),
        page=page or f"https://{installation.in_url(host[0])}",
    )
    machine = Machine(
        address=address,
        relay_host=relay_host,
        certificate=certificate,
        admin_networks=tuple(admin_network or ()),
        has_media_server=media_server,
        has_relay=relay,
    )
    folder.check(directory, plan, machine)
    authority = directory / "authority"
    if dry_run:
        return Done((f"would make {authority / subordination.REQUEST if csr else directory}",))
    return _request(authority) if csr else _folder(directory, plan, machine, ca)


def _request(authority: Path) -> Done:
    request = subordination.request(authority)
    remedy = "have it signed as an authority (CA), path length 0; then the same command with --ca"
    return Done((f"made {request}", remedy), facts={"request": request})


def _folder(directory: Path, plan: installation.Plan, machine: Machine, ca: Path | None) -> Done:
    authority = directory / "authority"
    if ca:
        subordination.adopt(authority, ca)
    elif (authority / subordination.REQUEST).exists():
        raise ConfigurationError(f"{authority}: a request waits for the house's signature; name the answer with --ca")
    made = folder.create(directory, plan, machine)
    return Done(
        folder.next_steps(made, plan, machine), facts={"directory": made.directory, "central": made.central_file}
    )


@area.task(examples=("provision central check", "provision central check --page-ca house-root.pem --json"))
def check(
    config: Config = None,
    page_ca: Annotated[
        Path | None,
        typer.Option(metavar="CA.pem", help="Believed for page, media server and relay, beside who this machine does."),
    ] = None,
) -> Done:
    """Look at a running central side from outside, and say what is wrong and how to mend it.

    Names, ports, certificates; that the broker lets in whom it must and nobody else; that what it keeps for terminals
    is there and fresh; that page, enrolment server, media server and relay do their work; that clocks agree. Run it
    where terminals are, not on the server. What is not named in the central side's folder is skipped.
    """
    from provisioning.outside import survey  # with aiohttp, which the list of commands need not wait for

    central = configuration.load(config)
    house = survey.known(central, configuration.named(config).parent)
    return report(asyncio.run(survey.survey(house, page_ca)))


@area.task(examples=("provision central renew house", "sh house/install.sh"))
def renew(
    directory: Annotated[Path, typer.Argument(metavar="DIR", help="The folder that `provision central init` made.")],
    dry_run: DryRun = False,
) -> Done:
    """New certificates for broker, desk servers, central services and enrolment server; they are good for 825 days.

    The authority stays, so terminals notice nothing. Afterwards install.sh brings them to the server.
    """
    if dry_run:
        return Done((f"would renew the certificates in {directory}",))
    names = renewal.renew(Installation(directory.resolve()))
    return Done((f"renewed: {', '.join(names)}", f"then, on the server: sh {directory}/install.sh"))
