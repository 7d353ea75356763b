"""Reads `plan.toml`: a table for the central side, one a site, one a room below its site; a room's word wins."""

import contextlib
import stat
from ipaddress import ip_address, ip_interface
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from msgspec import Struct

from kiosk.contract import topics
from kiosk.contract.errors import ConfigurationError
from provisioning import host
from provisioning.plan import model
from provisioning.plan.model import (
    Central,
    Contact,
    Dot1x,
    Dot1xMethod,
    Host,
    Language,
    Network,
    Plan,
    Room,
    Site,
    Title,
    Vlan,
    WebAddress,
    Wifi,
    WifiSecurity,
)
from provisioning.plan.position import Path as Way
from provisioning.plan.source import Source

FILE = "plan.toml"
TIME_ZONE = "Europe/Berlin"
LANGUAGE = "de"
_MAX_LINES, _MAX_COLUMNS = 6, 70
"""Of a contact, on a text console."""
REMEDIES = {
    "address": "`dhcp`, or an address with its prefix such as 192.0.2.10/24",
    "gateway": "an IP address in the same network as `address`",
    "dns": "a list of IP addresses",
    "vlan": "a number from 1 to 4094; left out: untagged",
    "wifi": '{ ssid = "…", password_file = "…" }',
    "security": "open, psk or enterprise",
    "dot1x": '{ method = "…", identity = "…", ca_file = "…" }',
    "method": "tls or peap",
    "proxy": "http://proxy.example.org:3128, without a password",
    "ntp": "a list of host names or addresses",
    "title": "what people call it, 1 to 40 characters",
    "language": "two or three letters, such as de",
    "time_zone": "a name such as Europe/Berlin",
    "country": "two capital letters, such as DE",
    "enrolment": "https://central.example.org:8444",
    "page": "https://desk.example.org",
    "broker": "the broker's host name or address",
    "contact": 'whom to call: up to 6 lines of up to 70 letters, such as "Empfang, 030 4711"',
    "staff_pin_file": "the path of a file with four to eight digits, which only its owner can read",
}
"""Field → what would be right."""


class _Said(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a site or a room may say of network and place; None: it does not."""

    title: Title
    gateway: str | None = None
    dns: tuple[str, ...] | None = None
    vlan: Vlan | None = None
    wifi: Wifi | None = None
    dot1x: Dot1x | None = None
    proxy: WebAddress | None = None
    ntp: tuple[Host, ...] | None = None
    time_zone: str | None = None
    language: Language | None = None
    settings: Path | None = None
    contact: Contact | None = None
    staff_pin_file: Path | None = None


class _Room(_Said, frozen=True, kw_only=True):
    address: str = "dhcp"


def read(file: Path) -> Plan:
    """Reads and checks a plan; `file` is `plan.toml` or the folder it lies in.

    Raises:
        ConfigurationError: with file, line, column, value and what would be right.
    """
    return check(Source(file / FILE if file.is_dir() else file))


def check(source: Source) -> Plan:
    """The plan that the source means. Raises ConfigurationError, see `read`."""
    for name in source.raw:
        if name not in ("central", "sites"):
            raise source.fault((name,), f"{name!r} is not known here", "a plan has `central` and `sites`")
    if "central" not in source.raw:
        raise source.fault((), "'central' is missing", "`provision central init` writes it")
    folder = source.file.resolve().parent
    central = source.convert(source.raw["central"], Central, ("central",), REMEDIES)
    _check_contact(source, ("central",), central.contact)
    _check_hosts(source, central)
    sites: dict[str, Site] = {}
    rooms: dict[str, Room] = {}
    for name, raw in _tables(source, source.raw.get("sites", {}), ("sites",)):
        way = ("sites", name)
        inside = raw.pop("rooms", {})
        site = source.convert(raw, _Said, way, REMEDIES)
        own = {
            f"{name}.{key}": _room(source, (*way, "rooms", key), f"{name}.{key}", central, site, entry, folder)
            for key, entry in _tables(source, inside, (*way, "rooms"))
        }
        _check_place(source, way, site)
        sites[name] = Site(name=name, title=site.title, rooms=tuple(own))
        rooms |= own
    _check_addresses(source, rooms)
    central = Central(**{**_fields(central), "ca_file": folder / central.ca_file})
    return Plan(file=source.file, central=central, sites=sites, rooms=rooms)


def secret(path: Path) -> str:
    """The one line in a file of secrets.

    Raises:
        ConfigurationError: it is missing or empty, or others may read it.
    """
    try:
        if stat.S_IMODE(path.stat().st_mode) & 0o077:
            raise ConfigurationError(f"{path}: others may read it; chmod 600 {path}")
        text = path.read_text(encoding="utf-8").strip()
    except OSError as error:
        raise ConfigurationError(f"{path}: {error.strerror}") from None
    if not text or "\n" in text:
        raise ConfigurationError(f"{path}: one line with the password is wanted, and nothing else")
    return text


def _fields(struct: Struct) -> dict[str, Any]:
    return {name: getattr(struct, name) for name in struct.__struct_fields__}


def _tables(source: Source, raw: object, way: Way) -> list[tuple[str, dict[str, Any]]]:
    """Name and content of each table at `way`; the names may stand in a terminal's name."""
    entries = raw.items() if isinstance(raw, dict) else {}.items()
    if not isinstance(raw, dict):
        raise source.fault(way, "a table is wanted", f"[{'.'.join(str(step) for step in way)}.NAME]")
    for name, entry in entries:
        if not topics.is_id(name):
            raise source.fault((*way, name), f"{name!r} is no name", "1 to 32 of a-z, 0-9 and -")
        if not isinstance(entry, dict):
            raise source.fault((*way, name), f"{entry!r}: a table is wanted")
    return [(name, dict(entry)) for name, entry in entries]


def _room(
    source: Source, way: Way, name: str, central: Central, site: _Said, raw: dict[str, Any], folder: Path
) -> Room:
    said = source.convert(raw, _Room, way, REMEDIES)
    _check_place(source, way, said)
    network = _network(source, way, site, said, folder)
    settings, pin = said.settings or site.settings, said.staff_pin_file or site.staff_pin_file
    return Room(
        name=name,
        title=said.title,
        site_title=site.title,
        time_zone=said.time_zone or site.time_zone or TIME_ZONE,
        language=said.language or site.language or LANGUAGE,
        network=network,
        settings=folder / settings if settings else None,
        contact=said.contact or site.contact or central.contact,
        staff_pin_file=folder / pin if pin else None,
    )


def _network(source: Source, way: Way, site: _Said, said: _Room, folder: Path) -> Network:
    def told(field: str) -> Any:
        own = getattr(said, field)
        return getattr(site, field) if own is None else own

    def parse(field: str, value: str, index: int | None, parser: Any) -> Any:
        at = (*way, field) if getattr(said, field, None) is not None else (*way[:2], field)
        try:
            return parser(value)
        except ValueError:
            inner = at if index is None else (*at, index)
            raise source.fault(inner, f"{value!r} is no IP address", REMEDIES[field]) from None

    address = None
    if said.address != "dhcp":
        if "/" not in said.address:
            raise source.fault((*way, "address"), f"{said.address!r} has no prefix", REMEDIES["address"])
        address = parse("address", said.address, None, ip_interface)
    gateway = told("gateway")
    network = Network(
        address=address,
        gateway=parse("gateway", gateway, None, ip_address) if gateway and address else None,
        dns=tuple(parse("dns", one, index, ip_address) for index, one in enumerate(told("dns") or ())),
        vlan=told("vlan"),
        wifi=_absolute(told("wifi"), folder),
        dot1x=_absolute(told("dot1x"), folder),
        proxy=told("proxy"),
        ntp=told("ntp") or (),
    )
    _check_network(source, way, network)
    return network


def _absolute(part: Any, folder: Path) -> Any:
    if part is None:
        return None
    return type(part)(
        **{name: folder / value if isinstance(value, Path) else value for name, value in _fields(part).items()}
    )


def _check_network(source: Source, way: Way, network: Network) -> None:
    if network.address and network.gateway and network.gateway not in network.address.network:
        detail = f"{str(network.gateway)!r} is not in the network of {network.address}"
        raise source.fault((*way, "gateway"), detail, REMEDIES["gateway"])
    if network.address and not network.gateway:
        raise source.fault((*way, "address"), "a fixed address needs a gateway", "`gateway` here or at the site")
    if network.address and not network.dns:
        raise source.fault((*way, "address"), "a fixed address needs name servers", "`dns` here or at the site")
    wifi, dot1x = network.wifi, network.dot1x
    if wifi and wifi.security is WifiSecurity.PSK and not wifi.password_file:
        raise source.fault(
            (*way, "wifi"), f"the password of {wifi.ssid!r} is missing", "`password_file` names its file"
        )
    if wifi and wifi.security is WifiSecurity.ENTERPRISE and not dot1x:
        raise source.fault((*way, "wifi"), f"{wifi.ssid!r} wants an identity", "`dot1x` here or at the site")
    if wifi and network.vlan:
        raise source.fault((*way, "vlan"), "a wireless network has no VLAN of ours", "leave `vlan` or `wifi` out")
    if dot1x and dot1x.method is Dot1xMethod.TLS and not (dot1x.certificate_file and dot1x.key_file):
        raise source.fault((*way, "dot1x"), "method `tls` needs `certificate_file` and `key_file`")
    if dot1x and dot1x.method is Dot1xMethod.PEAP and not dot1x.password_file:
        raise source.fault((*way, "dot1x"), "method `peap` needs `password_file`")


def _check_hosts(source: Source, central: Central) -> None:
    """Beyond what their signs tell: `a..b` and `https://a:99999` are no address of anything."""
    if not host.is_host(central.broker):
        raise source.fault(("central", "broker"), f"{central.broker!r} is no host", REMEDIES["broker"])
    for name, url in (("enrolment", central.enrolment), ("page", central.page)):
        if url and not host.is_url(url, "https"):
            raise source.fault(("central", name), f"{url!r} is no address", REMEDIES[name])


def _check_contact(source: Source, way: Way, contact: str | None) -> None:
    """It goes to a console as it is: no control characters, and room for all of it."""
    lines = (contact or "-").splitlines()
    if len(lines) > _MAX_LINES or any(len(line) > _MAX_COLUMNS or not line.isprintable() for line in lines):
        raise source.fault((*way, "contact"), f"{contact!r} does not fit on the screen", REMEDIES["contact"])


def _check_place(source: Source, way: Way, said: _Said) -> None:
    _check_contact(source, way, said.contact)
    if said.time_zone is not None:
        is_there = False
        with contextlib.suppress(ZoneInfoNotFoundError, ValueError, OSError):
            is_there = bool(ZoneInfo(said.time_zone))
        if not is_there:
            raise source.fault((*way, "time_zone"), f"there is no zone {said.time_zone!r}", REMEDIES["time_zone"])


def _check_addresses(source: Source, rooms: dict[str, Room]) -> None:
    """Two rooms with one address would never be reachable together."""
    taken: dict[tuple[int | None, model.Address], str] = {}
    for name, room in rooms.items():
        if room.network.address:
            key = (room.network.vlan, room.network.address.ip)
            if key in taken:
                site, _, own = name.partition(".")
                way = ("sites", site, "rooms", own, "address")
                raise source.fault(way, f"{room.network.address.ip} belongs to {taken[key]} already")
            taken[key] = name
