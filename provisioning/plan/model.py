"""What a plan says of a room: who it is, by which network it comes, where its central side is. Holds no secret.

Passwords and keys are named by file; the files lie beside the plan and only their owner may read them.
"""

import difflib
from enum import StrEnum
from ipaddress import IPv4Address, IPv4Interface, IPv6Address, IPv6Interface
from pathlib import Path
from typing import Annotated

from msgspec import Meta, Struct

from kiosk.contract.errors import ConfigurationError

Port = Annotated[int, Meta(ge=1, le=65535)]
Title = Annotated[str, Meta(min_length=1, max_length=40)]
Host = Annotated[str, Meta(pattern=r"^[A-Za-z0-9.:-]{1,253}\Z")]
Language = Annotated[str, Meta(pattern=r"^[a-z]{2,3}\Z")]
Vlan = Annotated[int, Meta(ge=1, le=4094)]
WebAddress = Annotated[str, Meta(pattern=r"^https?://[A-Za-z0-9._:\[\]-]+(/[^\s]*)?\Z")]
Contact = Annotated[str, Meta(min_length=1, max_length=400)]
SecureAddress = Annotated[str, Meta(pattern=r"^https://[A-Za-z0-9._:\[\]-]+(/[^\s]*)?\Z")]
Address = IPv4Address | IPv6Address
Interface = IPv4Interface | IPv6Interface


class _Part(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    pass


class WifiSecurity(StrEnum):
    OPEN = "open"
    PSK = "psk"
    """One password for all (WPA2 or WPA3)."""
    ENTERPRISE = "enterprise"
    """Each with its own identity, by `dot1x`."""


class Wifi(_Part, frozen=True, kw_only=True):
    """A wireless network."""

    ssid: Annotated[str, Meta(min_length=1, max_length=32)]
    security: WifiSecurity = WifiSecurity.PSK
    password_file: Path | None = None
    """With `psk`: a file with the password and nothing else."""
    country: Annotated[str, Meta(pattern=r"^[A-Z]{2}\Z")] = "DE"
    """Whose rules for radio hold."""
    is_hidden: bool = False


class Dot1xMethod(StrEnum):
    TLS = "tls"
    """By certificate and key."""
    PEAP = "peap"
    """By password (MSCHAPv2)."""


class Dot1x(_Part, frozen=True, kw_only=True):
    """Who the terminal is to the switch or access point (IEEE 802.1X)."""

    method: Dot1xMethod
    identity: Annotated[str, Meta(min_length=1, max_length=253)]
    """`{name}` in it stands for the terminal's name."""
    ca_file: Path
    """Who must have signed the other side's certificate."""
    certificate_file: Path | None = None
    key_file: Path | None = None
    password_file: Path | None = None


class Central(_Part, frozen=True, kw_only=True):
    """Where terminals find the central side."""

    broker: Host
    broker_port: Port = 8883
    enrolment: SecureAddress
    """The enrolment service: `https://central.example.org:8444`."""
    page: SecureAddress | None = None
    """The desk server, as partners reach it."""
    contact: Contact | None = None
    """For houses that name none of their own, see `Room`."""
    ca_file: Path = Path("authority/ca.pem")
    """The authority by whose fingerprint a new terminal knows the central side."""


class Network(_Part, frozen=True, kw_only=True):
    """How a room's terminal comes into the network."""

    address: Interface | None = None
    """With its prefix; None: by DHCP."""
    gateway: Address | None = None
    dns: tuple[Address, ...] = ()
    vlan: Vlan | None = None
    """Tag of the terminal's frames; None: untagged."""
    wifi: Wifi | None = None
    """None: by cable."""
    dot1x: Dot1x | None = None
    proxy: WebAddress | None = None
    """For what goes by HTTP: enrolment and updates. The broker is reached without it."""
    ntp: tuple[Host, ...] = ()
    """Time servers; none: those that DHCP names, or the system's own."""


class Site(_Part, frozen=True, kw_only=True):
    """A house."""

    name: str
    title: Title
    rooms: tuple[str, ...]
    """Names of its terminals."""


class Room(_Part, frozen=True, kw_only=True):
    """A room with all that it takes from its site."""

    name: str
    """Of the terminal, `{site}.{room}`."""
    title: Title
    """What people call it, for screen and partners."""
    site_title: Title
    time_zone: str
    language: Language
    network: Network
    settings: Path | None = None
    """A TOML file whose sections come into the terminal's configuration: wires, display, media."""
    contact: Contact | None = None
    """Whom to call when the terminal is out of service; lines of text."""
    staff_pin_file: Path | None = None
    """A file with the number of the staff page and nothing else; None: the page cannot be opened."""


class Plan(_Part, frozen=True, kw_only=True):
    """The whole plan; paths in it are absolute."""

    file: Path
    central: Central
    sites: dict[str, Site]
    rooms: dict[str, Room]
    """By the terminal's name."""

    def room(self, name: str) -> Room:
        """The room of this name. Raises ConfigurationError that names what is near."""
        if name in self.rooms:
            return self.rooms[name]
        near = difflib.get_close_matches(name, self.rooms, n=3, cutoff=0.5)
        hint = f"did you mean {' or '.join(near)}?" if near else "`provision room list` shows all"
        raise ConfigurationError(f"{self.file}: there is no room {name!r}; {hint}")
