"""The central side's one TOML file: which broker, which directory file, where keys are. Holds no secret itself."""

import os
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from msgspec import Struct
from msgspec.structs import replace

from kiosk.contract import configuration
from kiosk.contract.configuration import Mqtt
from kiosk.contract.errors import ConfigurationError
from provisioning import host

ENVIRONMENT = "RUNDTISCH_CENTRAL"
"""Names the file where no option does."""


class Central(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The whole file. Relative paths are meant from the file's own folder."""

    mqtt: Mqtt
    directory_file: Path
    """Offices, needs, desks and the addresses by which calendars invite them."""
    credentials_directory: Path = Path("credentials")
    """Folder of the keys `mqtt-key` and `desk-key`, where systemd does not give one."""
    page: str = ""
    """Address of the desk server as partners reach it, for links: `https://desk.example.org`."""
    time_zone: str = "Europe/Berlin"
    """For times in calendars that name no zone."""

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)

    @property
    def key_file(self) -> Path:
        """The private key to the broker."""
        return self.credential(self.mqtt.key_credential)

    def credential(self, name: str) -> Path:
        """Where the credential `name` is: systemd's folder, where it gives one, or ours."""
        return Path(os.environ.get("CREDENTIALS_DIRECTORY") or self.credentials_directory) / name


def named(path: Path | None) -> Path:
    """The file that is meant: `path`, or what `$RUNDTISCH_CENTRAL` names. Raises ConfigurationError: neither."""
    found = path or Path(os.environ.get(ENVIRONMENT, ""))
    if not found.name:
        raise ConfigurationError(f"which broker? Name its file with --config FILE or in ${ENVIRONMENT}")
    return found


def load(path: Path | None) -> Central:
    """Reads the file; without a path the one that `$RUNDTISCH_CENTRAL` names.

    Raises:
        ConfigurationError: no file is named, it cannot be read, is no TOML, or a value is not what it must be.
    """
    file = named(path)
    central = configuration.read(file, Central)
    try:
        _ = central.zone
    except (ZoneInfoNotFoundError, ValueError, OSError):  # the last for `Europe`, which is a folder
        detail = f"there is no time zone {central.time_zone!r} - at `$.time_zone`"
        raise ConfigurationError(f"{file}: {detail}") from None
    if central.page and not host.is_url(central.page, "https", "http"):
        raise ConfigurationError(f"{file}: {central.page!r} is no address; https://desk.example.org - at `$.page`")
    folder = file.parent
    return replace(
        central,
        mqtt=replace(
            central.mqtt,
            ca_file=folder / central.mqtt.ca_file,
            certificate_file=folder / central.mqtt.certificate_file,
        ),
        directory_file=folder / central.directory_file,
        credentials_directory=folder / central.credentials_directory,
    )
