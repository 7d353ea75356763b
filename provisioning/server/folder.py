"""The folder of a whole central side: what `installation` makes, and what its machine needs around that. One shape.

The machine is a Debian server that has all parts; where there are several, each takes the folders that are for it.
"""

import re
import shlex
from dataclasses import dataclass, replace
from ipaddress import ip_network
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

from kiosk.contract.errors import ConfigurationError
from provisioning import durable, host, installation, janus, toml, turn
from provisioning.central.enrolment import configuration as enrolment
from provisioning.installation import Installation
from provisioning.plan import FILE
from provisioning.server import firewall, installer, proxy
from provisioning.server.proxy import MEDIA_PATH, Site

JANUS_PORT = 8188
MEDIA_PORTS = (20000, 29999)
CERTIFICATE = (Path("/etc/ssl/rundtisch/page.pem"), Path("/etc/ssl/rundtisch/page-key.pem"))
_PAGE = re.compile(r"^https://[^/?#@\[\]]+/?\Z")
"""Nothing but a name and a port: there are no certificates for addresses."""
_FILE = re.compile(r"^/[A-Za-z0-9_./-]+\Z")
_DIRECTORY = """\
# Offices, needs and desks: `provision office add`, `need add`, `desk add`; then `provision directory push` this file.
"""


@dataclass(frozen=True, kw_only=True)
class Machine:
    """The server itself."""

    address: str
    """By which terminals and partners reach media server and relay."""
    relay_host: str = ""
    """Name of the relay; default: the page's, whose certificate it shows."""
    certificate: tuple[Path, Path] = CERTIFICATE
    """Certificate and key, on the machine, that partners' browsers trust."""
    admin_networks: tuple[str, ...] = ()
    """From where SSH comes; none: from anywhere."""
    has_media_server: bool = True
    has_relay: bool = True
    relay_tls_port: int | None = 5349


def create(directory: Path, plan: installation.Plan, machine: Machine) -> Installation:
    """Makes the folder; nothing is started.

    Raises:
        ConfigurationError: see `installation.create`; or an address of plan or machine is none.
    """
    check(directory, plan, machine)
    with durable.whole(directory):
        return _create(directory, plan, machine)


def _create(directory: Path, plan: installation.Plan, machine: Machine) -> Installation:
    page = urlsplit(plan.page)
    if machine.has_media_server:
        plan = replace(plan, media_servers=(*plan.media_servers, f"wss://{page.netloc}"))
    made = installation.create(directory, plan)
    central = made.central_file.parent
    (central / FILE).write_text(_plan(plan), encoding="utf-8")
    (central / "directory.toml").write_text(_DIRECTORY, encoding="utf-8")
    if machine.has_media_server:
        _media_server(made, machine, f"wss://{page.netloc}{MEDIA_PATH}")
    if machine.has_relay:
        _relay(made, machine, page.hostname or "")
    site = Site(
        name=page.hostname or "",
        port=page.port or 443,
        plain_port=None if page.port else 80,
        desk_port=plan.desk_port,
        media_port=JANUS_PORT if machine.has_media_server else None,
        certificate=machine.certificate[0],
        key=machine.certificate[1],
    )
    _files(made, plan, machine, site)
    return made


def _files(made: Installation, plan: installation.Plan, machine: Machine, site: Site) -> None:
    """Proxy, firewall, and what puts all of it onto the machine."""
    for name, text in (("nginx.conf", proxy.nginx(site)), ("Caddyfile", proxy.caddy(site))):
        _write(made.directory / "proxy" / name, text)
    rules = firewall.rules(_ports(plan, machine, site), machine.admin_networks)
    _write(made.directory / "firewall" / "rundtisch.nft", rules)
    script = made.directory / "install.sh"
    text = installer.script(
        desk_server=plan.desk_servers[0],
        certificate=machine.certificate,
        has_media_server=machine.has_media_server,
        has_relay=machine.has_relay,
    )
    _write(script, text)
    script.chmod(0o755)


def check(directory: Path, plan: installation.Plan, machine: Machine) -> None:
    """Raises ConfigurationError, as `create` would."""
    installation.check(directory, plan)
    for name in (*plan.hosts, *((machine.relay_host,) if machine.relay_host else ())):
        if not host.is_host(name):
            raise ConfigurationError(f"{name!r} is neither a host name nor an address")
    _check_ports(plan, machine, _page(plan.page))
    if not host.is_address(machine.address):
        raise ConfigurationError(f"{machine.address!r} is no IP address; the machine's own is needed")
    for network in machine.admin_networks:
        try:
            ip_network(network)
        except ValueError as error:
            raise ConfigurationError(f"{network!r} is no network: {error}") from None
    for file in machine.certificate:
        if not _FILE.match(str(file)):
            raise ConfigurationError(f"{str(file)!r}: a path from / without blanks or signs of a shell is needed")


def _page(text: str) -> SplitResult:
    if not host.is_url(text, "https") or not _PAGE.match(text):
        raise ConfigurationError(f"{text!r} is no address for partners; https://desk.example.org")
    return urlsplit(text)


def _check_ports(plan: installation.Plan, machine: Machine, page: SplitResult) -> None:
    """All parts are on one machine: what two of them want, one does not get, and does not start."""
    taken = {plan.desk_port: "desk server", enrolment.PORT: "enrolment server", 22: "SSH"}
    taken |= {JANUS_PORT: "media server"} if machine.has_media_server else {}
    taken |= dict.fromkeys((turn.PORT, machine.relay_tls_port or turn.PORT), "relay") if machine.has_relay else {}
    web = page.port or 443
    if web in taken or web == plan.broker_port == page.port:
        whose = taken.get(web, "broker")
        raise ConfigurationError(f"{plan.page!r}: port {page.port} is the {whose}'s; leave it out: 443")
    taken |= {web: "web server"} | ({} if page.port else {80: "web server"})
    if plan.broker_port in taken:
        whose = taken[plan.broker_port]
        raise ConfigurationError(f"--port: {plan.broker_port} is the {whose}'s; leave it out: 8883")


def next_steps(made: Installation, plan: installation.Plan, machine: Machine) -> tuple[str, ...]:
    """What to do with the folder now, for a reader."""
    where = shlex.quote(str(made.directory))
    central = shlex.quote(str(made.central_file))
    return (
        f"made {made.directory}",
        f"keep {made.authority.directory} to yourself and a copy in a safe: who has its key can let anybody in",
        f"the server, as root: the page's certificate and key to {machine.certificate[0]} and {machine.certificate[1]}",
        f"  then: sh {where}/install.sh",
        *(_elsewhere(made.desk_file(name).parent) for name in plan.desk_servers[1:]),
        f"you, from now on: export RUNDTISCH_CENTRAL={central}",
        f"  export RUNDTISCH_PLAN={shlex.quote(str(made.central_file.parent))}",
        "  provision central check",
    )


def _elsewhere(desk: Path) -> str:
    """One machine has one desk server; install.sh puts the first onto its own."""
    how = (
        f"{shlex.quote(str(desk))} to /etc/rundtisch/desk there, credentials for root alone; kiosk-desk.service runs it"
    )
    return f"{desk.name}, on another machine: {how}, behind a web server of its own (proxy/)"


def _plan(plan: installation.Plan) -> str:
    central = {
        "broker": plan.hosts[0],
        "broker_port": plan.broker_port,
        "enrolment": f"https://{installation.in_url(plan.hosts[0])}:{enrolment.PORT}",
        "page": plan.page,
        "ca_file": "ca.pem",
    }
    comment = (
        "# Sites and rooms: `provision site add`, `provision room add` or `import`; you may as well write here.\n\n"
    )
    return comment + toml.block("[central]", central)


def _media_server(made: Installation, machine: Machine, url: str) -> None:
    folder = made.directory / "media-server"
    janus.write(
        folder,
        address="127.0.0.1",
        port=JANUS_PORT,
        url=url,
        media_addresses=(machine.address,),
        media_ports=f"{MEDIA_PORTS[0]}-{MEDIA_PORTS[1]}",
    )
    file = janus.file_of(folder)
    file.replace(made.central_file.parent / file.name)


def _relay(made: Installation, machine: Machine, page_host: str) -> None:
    folder = made.directory / "relay"
    turn.write(
        folder,
        host=machine.relay_host or page_host,
        address=machine.address,
        tls_port=machine.relay_tls_port,
        certificate=machine.certificate,
        is_packaged=True,
    )
    file = turn.file_of(folder)
    file.replace(made.central_file.parent / file.name)


def _ports(plan: installation.Plan, machine: Machine, site: Site) -> firewall.Ports:
    relay = (turn.PORT, *((machine.relay_tls_port,) if machine.relay_tls_port else ())) if machine.has_relay else ()
    ranges = [MEDIA_PORTS] if machine.has_media_server else []
    web = (site.port, *((site.plain_port,) if site.plain_port else ()))
    return firewall.Ports(
        tcp=(*web, plan.broker_port, enrolment.PORT, *relay),
        udp=relay[:1],
        udp_ranges=(*ranges, *((turn.RELAY_PORTS,) if machine.has_relay else ())),
    )


def _write(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
