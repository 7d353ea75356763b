"""The enrolment server's one TOML file. It holds no secret: keys are credentials, and the authority's own folder."""

import os
from datetime import timedelta
from pathlib import Path
from typing import Annotated

from msgspec import Meta, Struct
from msgspec.structs import replace

from kiosk.contract import configuration
from kiosk.contract.configuration import Mqtt
from kiosk.contract.errors import ConfigurationError
from provisioning import toml
from provisioning.authority import Authority

ENVIRONMENT = "RUNDTISCH_ENROLMENT"
"""Names the file where no option does."""
KEY = "enrolment-key"
PORT = 8444
STATE = Path("/var/lib/rundtisch-enrolment")
_COMMENT = "Made by `provision`; change what you like, then restart the unit."


class Listen(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where terminals come to. No proxy may open the connection: a renewal is known by its certificate."""

    host: str = ""
    """Empty: all addresses."""
    port: Annotated[int, Meta(ge=0, le=65535)] = PORT
    certificate_file: Path = Path("server.pem")
    """The server's own, of the authority, good for the name in `url`."""
    key_credential: str = KEY
    """Name of the systemd credential with the private key."""


class Revocations(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How the broker learns who is let in no longer."""

    file: Path = Path("revoked.crl")
    """The broker's `crlfile`, or where `kiosk-revocations.path` takes it from; written anew with every revocation."""
    reload: tuple[str, ...] = ()
    """Has the broker read it: `["systemctl", "reload", "mosquitto.service"]`. Empty: that unit sees to it."""
    mqtt: Mqtt | None = None
    """With the central services' certificate: throws a revoked terminal out that is connected at the moment."""


class Enrolment(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The whole file. Relative paths are meant from the file's own folder."""

    url: Annotated[str, Meta(pattern=r"^https://[^\s/?#]+(:\d{1,5})?/?\Z")]
    """How terminals reach the server; stands on tickets."""
    authority_directory: Path
    """Holds the authority's key: nobody but the enrolment server reads it."""
    state_directory: Path = STATE
    credentials_directory: Path = Path("credentials")
    """Folder of the keys, where systemd does not give one."""
    valid_days: Annotated[int, Meta(ge=1, le=825)] = 90
    """Of a terminal's certificate; it is renewed after two thirds. A room that is closed for longer needs a ticket."""
    ticket_days: Annotated[int, Meta(ge=1, le=90)] = 14
    takes_codes: bool = True
    """Whether a terminal without a ticket may ask, and wait for staff's yes to the code on its screen."""
    listen: Listen = Listen()
    revocations: Revocations = Revocations()

    @property
    def authority(self) -> Authority:
        return Authority(self.authority_directory)

    @property
    def registry_file(self) -> Path:
        return self.state_directory / "enrolment.sqlite"

    @property
    def ticket_life(self) -> timedelta:
        return timedelta(days=self.ticket_days)

    def credential(self, name: str) -> Path:
        """Where the credential `name` is: systemd's folder, where it gives one, or ours."""
        return Path(os.environ.get("CREDENTIALS_DIRECTORY") or self.credentials_directory) / name


def load(path: Path | None) -> Enrolment:
    """Reads the file; without a path the one that `$RUNDTISCH_ENROLMENT` names.

    Raises:
        ConfigurationError: no file is named, it cannot be read, is no TOML, or a value is not what it must be.
    """
    named = path or Path(os.environ.get(ENVIRONMENT, ""))
    if not named.name:
        raise ConfigurationError(f"which enrolment server? Name its file with --config FILE or in ${ENVIRONMENT}")
    read = configuration.read(named, Enrolment)
    folder = named.parent.resolve()
    mqtt = read.revocations.mqtt
    if mqtt:
        mqtt = replace(mqtt, ca_file=folder / mqtt.ca_file, certificate_file=folder / mqtt.certificate_file)
    return replace(
        read,
        authority_directory=folder / read.authority_directory,
        state_directory=folder / read.state_directory,
        credentials_directory=folder / read.credentials_directory,
        listen=replace(read.listen, certificate_file=folder / read.listen.certificate_file),
        revocations=replace(read.revocations, file=folder / read.revocations.file, mqtt=mqtt),
    )


def write(path: Path, enrolment: Enrolment, authority: Authority, hosts: tuple[str, ...]) -> None:
    """The file, and beside it the server's certificate and key, for `hosts` (names and addresses of its machine)."""
    folder = path.parent
    certificate_file = folder / enrolment.listen.certificate_file.name
    authority.issue(
        "enrolment", certificate_file, folder / "credentials" / enrolment.listen.key_credential, hosts=hosts
    )
    toml.write(path, enrolment, _COMMENT)
