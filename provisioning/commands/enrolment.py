"""`provision central enrolment`: which terminals are let in."""

from datetime import timedelta
from pathlib import Path
from typing import Annotated

import typer

from kiosk.runtime import service
from provisioning.central.enrolment import configuration, tasks
from provisioning.commands.area import Area
from provisioning.outcome import Done

area = Area("Which terminals are let in: tickets, codes on screens, revocation.")
_token = Area("Tickets by which a terminal is enrolled, once.")
area.add_typer(_token, name="token")

_Config = Annotated[
    Path | None,
    typer.Option(
        metavar="ENROLMENT.toml",
        help=f"The enrolment server's file; default ${configuration.ENVIRONMENT}.",
        show_default=False,
    ),
]
_Terminal = Annotated[str, typer.Argument(metavar="SITE.ROOM")]


@area.task()
def serve(config: _Config = None) -> Done:
    """Run the enrolment server, as `kiosk-enrolment.service` does.

    Terminals come to it by TLS, with EST (RFC 7030). Nothing may open that connection in between.
    """
    from provisioning.central.enrolment import server  # with aiohttp, which the other commands need not wait for

    enrolment = configuration.load(config)
    service.run("enrolment", lambda: server.serve(enrolment))
    return Done()


@_token.task("new", examples=("provision central enrolment token new rathaus.zimmer-2 --to ticket.toml",))
def new_token(
    terminal: _Terminal,
    days: Annotated[int | None, typer.Option(min=1, max=90, help="How long it is good; default: the file's.")] = None,
    to: Annotated[Path | None, typer.Option(metavar="FILE", help="Write it there, for you alone.")] = None,
    config: _Config = None,
) -> Done:
    """Draw a ticket for a terminal: the file by which a blank card gets its certificate.

    It is good for one enrolment, and earlier tickets of the terminal become worthless. `provision flash` draws one
    itself. Without --to it is printed; whoever reads it can be that terminal.
    """
    enrolment = configuration.load(config)
    return tasks.draw_ticket(enrolment, terminal, timedelta(days=days) if days else enrolment.ticket_life, to)


@_token.task("list")
def tokens(config: _Config = None) -> Done:
    """Which tickets were drawn, used, withdrawn or are too old."""
    return tasks.list_tokens(configuration.load(config))


@area.task("list", examples=("provision central enrolment list rathaus.zimmer-2",))
def certificates(
    terminal: Annotated[str, typer.Argument(metavar="[SITE.ROOM]", show_default=False)] = "", config: _Config = None
) -> Done:
    """Certificates of one terminal or of all, and which are revoked."""
    return tasks.list_certificates(configuration.load(config), terminal)


@area.task()
def pending(config: _Config = None) -> Done:
    """Terminals without a ticket that show a code and wait for your yes."""
    return tasks.list_waiting(configuration.load(config))


@area.task(examples=("provision central enrolment approve K7QF-3MZP-T2WA --terminal rathaus.zimmer-2",))
def approve(
    code: Annotated[str, typer.Argument(metavar="CODE")],
    terminal: Annotated[
        str, typer.Option(metavar="SITE.ROOM", help="Which terminal it is; default: what its card says.")
    ] = "",
    config: _Config = None,
) -> Done:
    """Let the terminal in that shows this code. Read the code off its screen, not off `pending`.

    The code stands for the terminal's key and for this house's authority: with somebody in the middle it is not known.
    """
    return tasks.approve(configuration.load(config), code, terminal)


@area.task()
def refuse(code: Annotated[str, typer.Argument(metavar="CODE")], config: _Config = None) -> Done:
    """Send the terminal away that shows this code."""
    return tasks.refuse(configuration.load(config), code)


@area.task(examples=("provision central enrolment revoke rathaus.zimmer-2",))
def revoke(terminal: _Terminal, config: _Config = None) -> Done:
    """A terminal was stolen or is not ours any more: its certificates and tickets are worthless, now.

    To replace a broken one nothing has to be revoked: enrolling the new one does that.
    """
    return tasks.revoke(configuration.load(config), terminal)
