"""`provision link`: the web addresses by which partners come."""

from typing import Annotated

import typer

from provisioning.central import configuration, tasks
from provisioning.commands.area import Area, Config, DryRun
from provisioning.commands.entries import desk_ids
from provisioning.outcome import Done

area = Area("Links by which partners come.")


@area.task(examples=("provision link desk debts-1", "provision link desk interpreter-2 --days 90"))
def desk(
    desk: Annotated[str, typer.Argument(metavar="DESK", autocompletion=desk_ids)],
    days: Annotated[
        int | None, typer.Option(min=1, max=3650, help="How long it is good; default: until withdrawn.")
    ] = None,
    config: Config = None,
) -> Done:
    """A link that sits its holder at a desk.

    Whoever opens it in a browser is that desk: send it by a way that only its holder reads.
    """
    return tasks.link_desk(configuration.load(config), desk, days)


@area.task(examples=("provision link guest --room rathaus.zimmer-2 --appointment 4711 --guest clinic",))
def guest(
    room: Annotated[str, typer.Option(metavar="SITE.ROOM")],
    appointment: Annotated[str, typer.Option(metavar="NUMBER")],
    guest: Annotated[str, typer.Option(metavar="ID", help="As the calendar names the guest.")],
    config: Config = None,
) -> Done:
    """A link for a guest of one appointment, good around its time."""
    return tasks.link_guest(configuration.load(config), room, appointment, guest)


@area.task(examples=("provision link revoke 30431861be536951",))
def revoke(
    link: Annotated[str, typer.Argument(metavar="LINK-ID")], config: Config = None, dry_run: DryRun = False
) -> Done:
    """Withdraw a link; a page that is open with it is closed."""
    return tasks.revoke(configuration.load(config), link, dry_run)
