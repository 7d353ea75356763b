"""The desk server's one TOML file. It holds no secret: keys are systemd credentials."""

from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from msgspec import Meta, Struct

from kiosk.contract.configuration import Mqtt, read
from kiosk.contract.errors import ConfigurationError
from kiosk.runtime.invitation import KEY_CREDENTIAL


class Tls(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The server's own certificate; left out where a proxy in front of it speaks TLS."""

    certificate_file: Path
    key_credential: str = "desk-tls-key"
    """Name of the systemd credential with the private key."""


class Listen(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where pages reach the server. Browsers give a page camera and microphone over HTTPS and on localhost only."""

    host: str = "127.0.0.1"
    port: Annotated[int, Meta(ge=1, le=65535)] = 8443
    tls: Tls | None = None


MediaServerOrigin = Annotated[str, Meta(pattern=r"^wss?://(\*\.)?[A-Za-z0-9.-]+(:[0-9]{1,5})?\Z", max_length=200)]
"""Scheme, host and port of a media server; `*.` before the host for all below it. Nothing that could end a policy."""


class Configuration(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The whole file."""

    mqtt: Mqtt
    listen: Listen = Listen()
    key_credential: str = KEY_CREDENTIAL
    """Name of the systemd credential with the keys that sign links."""
    time_zone: str = "Europe/Berlin"
    """In which the page for a link that is not good yet says from when it is."""
    media_servers: tuple[MediaServerOrigin, ...] = ()
    """To which a page may connect beside this server, where rooms seat their rounds on media servers."""

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)


def load(path: Path) -> Configuration:
    """Reads the file.

    Raises:
        ConfigurationError: it cannot be used; names file, path and value.
    """
    configuration = read(path, Configuration)
    try:
        ZoneInfo(configuration.time_zone)
    except (ZoneInfoNotFoundError, ValueError):
        raise ConfigurationError(f"{path}: no time zone {configuration.time_zone!r} - at `$.time_zone`") from None
    return configuration
