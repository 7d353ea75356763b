"""A relay's configuration: coturn with short-lived credentials that nobody has to store.

A credential is a moment of expiry and a name, signed with the relay's secret ("TURN REST API", draft-uberti-behave-
turn-rest). The relay needs no list of users, and a stolen credential is worth nothing tomorrow. Writes files; starts
nothing.
"""

import base64
import hashlib
import hmac
import secrets
import shutil
from pathlib import Path
from typing import Annotated

from msgspec import Meta, Struct

from kiosk.contract.errors import ConfigurationError
from kiosk.contract.media import IceServer
from provisioning import toml
from provisioning.authority import write_private

RELAY_PORTS = (49152, 65535)
PORT = 3478
_Port = Annotated[int, Meta(ge=1, le=65535)]


class Relay(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the central side has to know of one relay, in `relay.toml`."""

    host: Annotated[str, Meta(min_length=1)]
    """Name or address as terminals and pages reach it; the name in its certificate where there is TLS."""
    secret: Annotated[str, Meta(min_length=16)]
    port: _Port = PORT
    """UDP and TCP."""
    tls_port: _Port | None = None


def write(
    directory: Path,
    *,
    host: str,
    address: str,
    port: int = PORT,
    tls_port: int | None = None,
    certificate: tuple[Path, Path] | None = None,
    relay_ports: tuple[int, int] = RELAY_PORTS,
    is_packaged: bool = False,
) -> Relay:
    """The folder of one relay: `turnserver.conf` for its machine, `relay.toml` for the central side.

    Args:
        directory: made where missing; only its owner may read it, since the secret is in it.
        address: of that machine, for clients and for what is relayed.
        tls_port: opened where `certificate` (PEM files of certificate and key) is given.
        relay_ports: first and last UDP port of what is relayed.
        is_packaged: it will be run by Debian's coturn.service, which has folders of its own.
    """
    directory.mkdir(parents=True, exist_ok=True)
    directory.chmod(0o700)
    relay = Relay(host=host, secret=secrets.token_hex(32), port=port, tls_port=tls_port if certificate else None)
    places = ("/var/lib/turn/turndb", "/dev/null") if is_packaged else ("turndb", "turnserver.pid")
    text = _configuration(relay, address, certificate, relay_ports, tuple(directory / one for one in places))
    write_private(directory / "turnserver.conf", f"# Made by `provision`; see provisioning/turn.py.\n{text}".encode())
    write_private(file_of(directory), toml.text(relay).encode())
    return relay


def file_of(directory: Path) -> Path:
    """What `provision relay push` takes."""
    return directory / "relay.toml"


def command(directory: Path) -> tuple[str, ...]:
    """What runs the relay of this folder in the foreground. Raises ConfigurationError: coturn is not installed."""
    found = shutil.which("turnserver")
    if found is None:
        raise ConfigurationError("coturn is not installed: apt-get install coturn")
    return (found, "-c", str(directory / "turnserver.conf"))


def ice_servers(relay: Relay, name: str, expires_s: int) -> tuple[IceServer, ...]:
    """What a terminal and its partners use until `expires_s` (Unix time). `name` is the terminal's, for the log."""
    username = f"{expires_s}:{name}"
    signature = hmac.new(relay.secret.encode(), username.encode(), hashlib.sha1).digest()
    credential = base64.b64encode(signature).decode()
    host = f"[{relay.host}]" if ":" in relay.host else relay.host
    urls = [f"turn:{host}:{relay.port}?transport={transport}" for transport in ("udp", "tcp")]
    if relay.tls_port:
        urls.append(f"turns:{host}:{relay.tls_port}?transport=tcp")
    return (
        IceServer(urls=(f"stun:{host}:{relay.port}",)),
        IceServer(urls=tuple(urls), username=username, credential=credential),
    )


def _configuration(
    relay: Relay,
    address: str,
    certificate: tuple[Path, Path] | None,
    ports: tuple[int, int],
    places: tuple[Path, ...],
) -> str:
    tls = (
        f"tls-listening-port={relay.tls_port}\ncert={certificate[0]}\npkey={certificate[1]}\nno-tlsv1\nno-tlsv1_1"
        if certificate
        else "no-tls"
    )
    return f"""\
listening-ip={address}
relay-ip={address}
listening-port={relay.port}
min-port={ports[0]}
max-port={ports[1]}
{tls}
no-dtls
fingerprint
use-auth-secret
static-auth-secret={relay.secret}
realm=rundtisch
stale-nonce=600
no-cli
no-multicast-peers
no-software-attribute
userdb={places[0]}
pidfile={places[1]}
log-file=stdout
simple-log
"""
