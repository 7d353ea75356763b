"""The enrolment ticket: the one file on a card's boot partition by which its terminal gets a certificate, once.

Knows neither who draws tokens nor how a terminal asks; `provision flash` writes it, enrolment reads and destroys it.
"""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from kiosk.contract import configuration
from kiosk.contract.errors import ConfigurationError
from provisioning import toml

NAME = "rundtisch-enrol.toml"
"""At the top of the boot partition, `/boot/firmware` on a terminal."""
VERSION = 1
_COMMENT = "Lets one terminal in, once. It destroys this file when it has its certificate."


class Ticket(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a blank terminal has to know. The token is the only secret, and good for one request."""

    version: Annotated[int, Meta(ge=VERSION, le=VERSION)] = VERSION
    server: Annotated[str, Meta(pattern=r"^https://[^\s/?#]+(:\d{1,5})?/?\Z")]
    """Address of the enrolment server, without a path."""
    fingerprint: Annotated[str, Meta(pattern=r"^[0-9a-f]{64}\Z")]
    """SHA-256 of the authority's certificate (DER), in hexadecimal: what the server's chain must end in."""
    token: Annotated[str, Meta(pattern=r"^[A-Za-z0-9_-]{22,128}\Z")]
    """Drawn by the central side for this terminal; at least 128 bits."""
    terminal: Annotated[str, Meta(pattern=r"^[a-z0-9-]{1,32}\.[a-z0-9-]{1,32}\Z")]
    """`{site}.{room}`: the name that the certificate will have."""
    issued_at: datetime
    """A clock that is before this moment is wrong: a Raspberry Pi without network begins where it was cut off."""
    expires_at: datetime

    def is_expired(self, now: datetime) -> bool:
        """Whether the token is too old at `now`, an aware time."""
        return now >= self.expires_at

    def __repr__(self) -> str:
        """Without the token, lest it stands in a log."""
        return f"Ticket({self.terminal} at {self.server} until {self.expires_at.isoformat()})"


def new(*, server: str, fingerprint: str, token: str, terminal: str, now: datetime, valid_for: timedelta) -> Ticket:
    """A ticket from `now` (aware, whole seconds are kept) on, checked.

    Raises:
        ConfigurationError: a value cannot stand in a ticket; it is named by its place, the token never.
    """
    issued = now.astimezone(UTC).replace(microsecond=0)
    values = {
        "server": server,
        "fingerprint": fingerprint.replace(":", "").lower(),
        "token": token,
        "terminal": terminal,
        "issued_at": issued,
        "expires_at": issued + valid_for,
    }
    try:
        return msgspec.convert(values, Ticket)
    except msgspec.ValidationError as error:
        raise ConfigurationError(f"no enrolment ticket: {error}") from None


def text(ticket: Ticket) -> str:
    """The file's content."""
    return f"# {_COMMENT}\n\n{toml.text(ticket)}"


def read(path: Path) -> Ticket:
    """The ticket in `path`.

    Raises:
        ConfigurationError: there is none, it cannot be read, or says what it must not.
    """
    ticket = configuration.read(path, Ticket)
    for name, moment in (("issued_at", ticket.issued_at), ("expires_at", ticket.expires_at)):
        if moment.tzinfo is None:
            raise ConfigurationError(f"{path}: a time needs its zone - at `$.{name}`")
    return ticket
