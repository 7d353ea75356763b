"""The central broker's configuration: mosquitto with TLS, certificates as log-ins and the rules of who may say what.

Writes files for mosquitto 2.0.11 and later; starts nothing.
"""

import os
import shutil
from collections.abc import Iterable
from pathlib import Path

from kiosk.contract import topics
from kiosk.contract.codec import MAX_MESSAGE_BYTES
from kiosk.contract.errors import ConfigurationError
from provisioning.authority import Authority

REVOKED = "revoked.crl"
"""In the broker's folder: the certificates that open it no longer. It reads this again on SIGHUP."""
CENTRAL = "central"
"""Common name of the central services, which may command every terminal."""
_MEMORY = Path("/var/lib/mosquitto")
"""Where Debian's mosquitto keeps what is retained."""
_TOPIC_BYTES = 1024
"""Room for topic and properties beside the longest payload."""
_TERMINAL_RULES = (
    # %u is the common name, "{site}.{room}". A rule without it holds for everybody who has a certificate.
    "pattern write {root}/terminals/%u/#",
    "pattern read {root}/terminals/%u/command/#",
    "pattern read {root}/terminals/%u/desired/#",
    "pattern read {root}/desks/+/terminal/%u/#",
    "pattern read {root}/desks/+/presence",
    "pattern read {root}/directory",
    "pattern read {root}/all/command/#",
)
_DESK_RULES = (
    "topic write {root}/desks/#",
    "topic read {root}/terminals/+/desk/#",
    "topic read {root}/directory",
    "topic read {root}/revoked",
)
_CENTRAL_RULES = (
    "topic read {root}/#",
    "topic write {root}/terminals/+/command/#",
    "topic write {root}/terminals/+/desired/#",
    "topic write {root}/directory",
    "topic write {root}/revoked",
    "topic write {root}/all/command/#",
    "topic write {root}/central/status",
    "topic write {root}/central/alert/#",
)


def rules(desk_servers: Iterable[str]) -> str:
    """The access rules as mosquitto's `acl_file`; `desk_servers` are the common names of the desk servers."""
    blocks = [_TERMINAL_RULES, *(("user " + name, *_DESK_RULES) for name in desk_servers)]
    blocks.append(("user " + CENTRAL, *_CENTRAL_RULES))
    return "\n\n".join("\n".join(block) for block in blocks).format(root=topics.ROOT) + "\n"


def write(
    directory: Path,
    authority: Authority,
    *,
    hosts: Iterable[str],
    port: int,
    address: str = "",
    desk_servers: Iterable[str] = ("desk-1",),
    user: str = "",
    place: Path | None = None,
) -> Path:
    """The broker's folder: certificate, key, rules, `mosquitto.conf`; returns the path of the last.

    Args:
        directory: made where missing; the retained messages live in it too.
        authority: signs the broker's certificate, and whose certificates open the broker.
        hosts: names and addresses under which clients reach the broker.
        port: of the one listener, which speaks TLS 1.2 or later.
        address: what to bind to, all addresses when empty.
        desk_servers: common names of the desk servers.
        user: as whom mosquitto, started as root, goes on, and who will own the files; empty: mosquitto's default.
        place: where the folder will be on the broker's machine. None: it stays here, and root stays root.
    """
    directory.mkdir(parents=True, exist_ok=True)
    directory.chmod(0o700)
    authority.issue("broker", directory / "certificate.pem", directory / "key.pem", hosts=hosts)
    shutil.copyfile(authority.ca_file, directory / "ca.pem")
    (directory / REVOKED).write_bytes(authority.revocation_list((), 1))
    access = directory / "access.acl"
    access.write_text(rules(desk_servers), encoding="utf-8")
    access.chmod(0o600)
    # Started as root, mosquitto becomes another user before it reads its key.
    keeper = user or ("root" if place is None and os.geteuid() == 0 else "")
    own = place or directory.resolve()
    path = directory / "mosquitto.conf"
    path.write_text("\n".join(_lines(own, _MEMORY if place else own, port, address, keeper)) + "\n", encoding="utf-8")
    if user:
        for file in (directory, *directory.iterdir()):
            shutil.chown(file, user)
    return path


def _lines(own: Path, memory: Path, port: int, address: str, user: str) -> list[str]:
    lines = [
        "# Made by `provision`; see provisioning/broker.py.",
        f"listener {port} {address}".rstrip(),
        f"cafile {own}/ca.pem",
        f"certfile {own}/certificate.pem",
        f"keyfile {own}/key.pem",
        f"crlfile {own}/{REVOKED}",
        "tls_version tlsv1.2",
        "require_certificate true",
        "use_identity_as_username true",
        "allow_anonymous false",
        f"acl_file {own}/access.acl",
        "set_tcp_nodelay true",  # 87.5 ms → 0.7 ms a round trip
        f"max_packet_size {MAX_MESSAGE_BYTES + _TOPIC_BYTES}",
        "max_queued_messages 1000",
        "persistent_client_expiration 2d",
        "persistence true",  # schedule and directory are retained, and pushed only when they change
        f"persistence_location {memory}/",
        "autosave_interval 60",
        "log_dest stderr",
        "log_type error",
        "log_type warning",
        "log_type notice",
        "connection_messages false",
    ]
    return [*lines, f"user {user}"] if user else lines


def find_mosquitto() -> str:
    """The path of mosquitto, which Debian keeps where a user's PATH does not look.

    Raises:
        ConfigurationError: it is not installed.
    """
    found = shutil.which("mosquitto", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
    if found is None:
        raise ConfigurationError("mosquitto is not installed: apt-get install mosquitto")
    return found
