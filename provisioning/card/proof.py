"""By which a terminal proves itself to a switch or access point (802.1X): what is on the card, and where it goes."""

from pathlib import Path
from typing import NamedTuple

from kiosk.contract.errors import ConfigurationError
from provisioning import plan
from provisioning.plan.model import Dot1x, Dot1xMethod

ON_TERMINAL = Path("/etc/rundtisch/network")
"""The first start moves the files here, readable by root alone, and takes them off the boot partition."""
CA = ON_TERMINAL / "ca.pem"
CERTIFICATE = ON_TERMINAL / "certificate.pem"
KEY = ON_TERMINAL / "key.pem"
_MARKS = {
    CA: b"-----BEGIN CERTIFICATE-----",
    CERTIFICATE: b"-----BEGIN CERTIFICATE-----",
    KEY: b"PRIVATE KEY-----",
}


class Proof(NamedTuple):
    """What the network's own configuration says."""

    method: Dot1xMethod
    identity: str
    password: str
    """Of the method peap; the other side wants to see it proven, so it cannot be hashed."""


def of(said: Dot1x, terminal: str) -> Proof:
    """For one terminal.

    Raises:
        ConfigurationError: the password cannot be read.
    """
    is_password = said.method is Dot1xMethod.PEAP and said.password_file
    password = plan.secret(said.password_file) if is_password and said.password_file else ""
    return Proof(said.method, said.identity.replace("{name}", terminal), password)


def files(said: Dot1x | None) -> dict[str, bytes]:
    """Name on the terminal, and content.

    Raises:
        ConfigurationError: one cannot be read, or is no PEM file of its kind.
    """
    if said is None:
        return {}
    named = {CA: said.ca_file}
    if said.method is Dot1xMethod.TLS and said.certificate_file and said.key_file:
        named |= {CERTIFICATE: said.certificate_file, KEY: said.key_file}
    return {target.name: _pem(path, _MARKS[target]) for target, path in named.items()}


def _pem(file: Path, mark: bytes) -> bytes:
    try:
        content = file.read_bytes()
    except OSError as error:
        raise ConfigurationError(f"{file}: {error.strerror}") from None
    if mark not in content:
        raise ConfigurationError(f"{file}: is no PEM file with {mark.decode().strip('-')}")
    return content
