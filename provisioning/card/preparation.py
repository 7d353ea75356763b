"""All that a terminal finds on its boot partition at its first start. Pure: says which files, writes none."""

import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from kiosk.contract.errors import CardError
from provisioning.card import cloud_init, firstrun, house, kernel, keyfile, netplan, places, proof
from provisioning.card.boot import Boot
from provisioning.card.software import Software
from provisioning.card.system import System
from provisioning.enrolment import ticket as tickets
from provisioning.enrolment.ticket import Ticket
from provisioning.installation import STAFF_PIN
from provisioning.plan.model import Network

FIRSTBOOT = Path(__file__).parents[1] / "firstboot.sh"
PACKAGE_LIST = Path(__file__).parents[1] / "packages" / "terminal.txt"
_MAX_HOSTNAME = 63
Files = dict[str, bytes | Path]


@dataclass(frozen=True, kw_only=True)
class Preparation:
    """What one terminal shall be."""

    terminal: str
    """`{site}.{room}`."""
    network: Network = field(default_factory=Network)
    time_zone: str = "Europe/Berlin"
    ticket: Ticket | None = None
    """None, and nothing to draw one: the terminal shows a code, and waits for somebody to approve it."""
    draw: Callable[[], Ticket] | None = None
    """Asked for a ticket when all else is known to be right: earlier ones of the terminal are worthless then."""
    staff_pin: str = field(default="", repr=False)
    """The number of the staff page; empty: it cannot be opened."""
    settings: Mapping[str, bytes] = field(default_factory=dict)
    """Path below the system's root, and content: `etc/rundtisch/terminal.toml`."""
    software: Callable[[System], Software] | None = None
    """Asked when it is known which system the card has."""
    packages: tuple[Path, ...] = ()
    """Debian packages, for a first start without a package server."""


def hostname(terminal: str) -> str:
    """Of the machine: the terminal's name as one word of DNS (RFC 1123)."""
    return re.sub(r"[^a-z0-9-]", "-", terminal)[:_MAX_HOSTNAME].strip("-") or "terminal"


def files(wanted: Preparation, system: System, boot: Boot, instance: str) -> Files:
    """Name on the boot partition, and content, in the order in which they are to be written.

    What makes the system start with them comes last.

    Args:
        boot: as it is now; only read.
        instance: never the same twice, else cloud-init thinks it has done it all.

    Raises:
        ConfigurationError: a file that the network names cannot be read.
        CardError: `cmdline.txt` or `config.txt` cannot be read.
    """
    found = _folder(wanted, system)
    found[places.SUMS] = _sums(found)
    rest: Files = {}
    more = [f"cfg80211.ieee80211_regdom={wanted.network.wifi.country}"] if wanted.network.wifi else []
    if system is System.TRIXIE:
        rest[cloud_init.USER_DATA] = cloud_init.user_data(hostname(wanted.terminal), wanted.time_zone).encode()
        tree = netplan.network_config(wanted.network, wanted.terminal)
        rest[netplan.NAME] = cloud_init.dump(tree).encode()
        rest[cloud_init.META_DATA] = cloud_init.meta_data(instance).encode()
        more.append(f"ds=nocloud;i={instance}")
    else:
        rest[firstrun.NAME] = firstrun.script(hostname(wanted.terminal), wanted.time_zone).encode()
        more += firstrun.KERNEL
    rest[kernel.CONFIG] = kernel.config(_text(boot, kernel.CONFIG)).encode()
    rest[kernel.CMDLINE] = kernel.cmdline(_text(boot, kernel.CMDLINE), more).encode()
    ticket = wanted.ticket or (wanted.draw() if wanted.draw else None)
    return found | ({tickets.NAME: tickets.text(ticket).encode()} if ticket else {}) | rest


def leftovers(boot: Boot) -> tuple[str, ...]:
    """What an earlier preparation left at the top of the partition, and has to go first."""
    return tuple(sorted({places.FOLDER, tickets.NAME, firstrun.NAME} & boot.names()))


def _folder(wanted: Preparation, system: System) -> Files:
    """What the first start's script works with."""
    found: Files = {places.SCRIPT: FIRSTBOOT.read_bytes(), places.PACKAGE_LIST: PACKAGE_LIST.read_bytes()}
    found |= {f"{places.NETWORK}/{name}": data for name, data in proof.files(wanted.network.dot1x).items()}
    if system is System.BOOKWORM:
        made = keyfile.connections(wanted.network, wanted.terminal)
        found |= {f"{places.CONNECTIONS}/{name}": text.encode() for name, text in made.items()}
    if wanted.staff_pin:
        found[f"{places.CREDENTIALS}/{STAFF_PIN}"] = f"{wanted.staff_pin}\n".encode()
    found |= {f"{places.FILES}/{name}": data for name, data in house.files(wanted.network).items()}
    found |= {f"{places.FILES}/{name}": data for name, data in wanted.settings.items()}
    found |= {f"{places.PACKAGES}/{package.name}": package for package in wanted.packages}
    if wanted.software:
        software = wanted.software(system)
        found |= {places.TRUST: software.trust, places.BUNDLE: software.bundle}
    return found


def _sums(found: Files) -> bytes:
    """As `sha256sum --check` reads it, from within our folder."""
    lines = []
    for name, content in found.items():
        if name.startswith(places.SECRET):
            continue  # moved away before the rest is looked at
        if isinstance(content, Path):
            with content.open("rb") as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()
        else:
            digest = hashlib.sha256(content).hexdigest()
        lines.append(f"{digest}  {name.removeprefix(places.FOLDER + '/')}\n")
    return "".join(lines).encode()


def _text(boot: Boot, name: str) -> str:
    try:
        return (boot.read(name) or b"").decode()
    except UnicodeDecodeError:
        raise CardError(f"{boot.name}: {name} is damaged: write the image anew") from None
