"""What is put on a card as it is, looked at before: Debian packages, the terminal's ticket, its staff's number."""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from kiosk.contract.configuration import STAFF_PIN
from kiosk.contract.errors import CardError, ConfigurationError
from provisioning import plan
from provisioning.central.enrolment import configuration, tasks
from provisioning.enrolment import ticket as tickets
from provisioning.enrolment.ticket import Ticket

_DEB = b"!<arch>\ndebian-binary"
_ARCHITECTURES = ("_arm64.deb", "_all.deb")


def packages(folder: Path) -> tuple[Path, ...]:
    """The Debian packages in a folder, by name.

    Raises:
        CardError: there is none, or one is no package or of another machine.
    """
    try:
        found = tuple(sorted(folder.glob("*.deb")))
        for file in found:
            with file.open("rb") as opened:
                if opened.read(len(_DEB)) != _DEB:
                    raise CardError(f"{file} is no Debian package, or cut off")
    except OSError as error:
        raise CardError(f"{error.filename or folder}: {error.strerror}") from None
    for file in found:
        if not file.name.endswith(_ARCHITECTURES):
            raise CardError(f"{file.name} is for another machine: a Raspberry Pi takes _arm64.deb and _all.deb")
    if not found:
        raise CardError(f"{folder} has no Debian packages (*.deb) in it")
    return found


def staff_pin(file: Path) -> str:
    """The number of the staff page, as `device.pin` takes it.

    Raises:
        ConfigurationError: others may read the file, or that is no such number; it is not said what it was.
    """
    number = plan.secret(file)
    if not re.match(STAFF_PIN, number):
        raise ConfigurationError(f"{file}: the number of the staff page has four to eight digits")
    return number


def drawing(enrolment_file: Path, terminal: str) -> Callable[[], Ticket]:
    """Draws a new ticket when it is called, which makes all earlier ones of the terminal worthless.

    Raises:
        ConfigurationError: the enrolment server's file cannot be read, or does not know how.
    """
    enrolment = configuration.load(enrolment_file)

    def draw() -> Ticket:
        done = tasks.draw_ticket(enrolment, terminal, enrolment.ticket_life, None)
        return msgspec.convert(done.facts["ticket"], Ticket)

    return draw


def ticket(file: Path, terminal: str, now: datetime | None = None) -> Ticket:
    """The ticket in `file`, which has to be this terminal's and still good.

    Raises:
        ConfigurationError: it is not.
    """
    found = tickets.read(file)
    again = f"provision central enrolment token new {terminal} --to {file}"
    if found.terminal != terminal:
        raise ConfigurationError(f"{file} is the ticket of {found.terminal}, not of {terminal}: {again}")
    if found.is_expired(now or datetime.now(UTC)):
        raise ConfigurationError(f"{file} was good until {found.expires_at:%Y-%m-%d}: {again}")
    return found
