"""`provision enrol`: how this terminal gets its certificate, and a new one in time. Run by units, as root."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from kiosk.contract.errors import ConfigurationError
from provisioning.commands.area import Area
from provisioning.enrolment import agent
from provisioning.enrolment.course import USUAL_SERVER, Course, read_enrolled
from provisioning.enrolment.places import Places
from provisioning.enrolment.renewal import Renewal
from provisioning.enrolment.status import Board
from provisioning.enrolment.store import Store
from provisioning.outcome import Done

area = Area("This terminal's certificate, and its renewal.")


class Keeping(StrEnum):
    """Where the identity is kept."""

    AUTO = "auto"
    ENCRYPTED = "encrypted"
    PLAIN = "plain"


_Root = Annotated[Path, typer.Option(help="The terminal's file system.")]
_Keep = Annotated[
    Keeping, typer.Option(help="Encrypted by systemd-creds, plain (0600), or encrypted where that works.")
]


def _store(places: Places, keep: Keeping) -> Store:
    return Store(places, None if keep is Keeping.AUTO else keep is Keeping.ENCRYPTED)


def _signal(places: Places) -> tuple[str, ...]:
    return agent.SIGNAL if places.is_real else ()


@area.task(examples=("provision enrol run", "provision enrol run --server https://central.example.org:8444"))
def run(
    server: Annotated[
        str, typer.Option(metavar="URL", envvar="RUNDTISCH_ENROLMENT_SERVER", help="Asked where there is no ticket.")
    ] = USUAL_SERVER,
    boot: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Where the boot partition is.", show_default="/boot/firmware")
    ] = None,
    once: Annotated[bool, typer.Option("--once", help="Do not try again after a fault that may pass.")] = False,
    keep: _Keep = Keeping.AUTO,
    root: _Root = Path("/"),
) -> Done:
    """Enrol this terminal: by the ticket on its card, or else by a code on the screen that staff approve.

    May be cut off at any moment and started again. What a screen may say stands in /run/rundtisch/enrolment.json.
    The ticket is destroyed when the certificate is stored. Already enrolled: nothing is done.
    """
    places = Places(root, boot)
    if not server.startswith("https://"):
        raise ConfigurationError(f"--server {server}: an address that begins with https://")
    course = Course(places, _store(places, keep), Board(places.state), server=server, signal=_signal(places))
    enrolled = course.run(is_patient=not once)
    return Done((f"enrolled as {enrolled.terminal}",), facts={"terminal": enrolled.terminal})


@area.task(examples=("provision enrol renew",))
def renew(
    force: Annotated[bool, typer.Option("--force", help="Now, however long the old one is good.")] = False,
    keep: _Keep = Keeping.AUTO,
    root: _Root = Path("/"),
) -> Done:
    """Get a new certificate when two thirds of the old one's life are over; before, nothing is done.

    For `kiosk-renew.timer`, every day. The agent takes the new one up at once; a call goes on.
    """
    places = Places(root)
    restart = agent.RESTART if places.is_real else ()
    identity, is_new = Renewal(places, _store(places, keep), _signal(places), restart).run(is_forced=force)
    until = f"{identity.expires_at.astimezone():%d.%m.%Y}"
    words = f"a new certificate, good until {until}" if is_new else f"good until {until}"
    line = f"{identity.terminal}: {words}, renewed from {identity.due_at.astimezone():%d.%m.%Y} on"
    facts = {"terminal": identity.terminal, "is_new": is_new, "expires_at": identity.expires_at}
    return Done((line,), facts={**facts, "due_at": identity.due_at})


@area.task()
def status(root: _Root = Path("/")) -> Done:
    """Who this terminal is, and until when."""
    places = Places(root)
    enrolled = read_enrolled(places)
    identity = Store(places).load()
    if enrolled is None or identity is None:
        return Done(("not enrolled",), facts={"is_enrolled": False}, is_faulty=True)
    line = f"{enrolled.terminal}, by {enrolled.server}, until {identity.expires_at.astimezone():%d.%m.%Y}"
    facts = {"is_enrolled": True, "terminal": enrolled.terminal, "server": enrolled.server}
    return Done((line,), facts={**facts, "expires_at": identity.expires_at, "due_at": identity.due_at})
