"""`provision schedule`: a room's appointments."""

from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import typer

from provisioning.central import configuration, tasks
from provisioning.commands.area import Area, Config, DryRun
from provisioning.outcome import Done

area = Area("A room's appointments, from its calendar.")


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):  # the last for `Europe`, which is a folder
        raise typer.BadParameter(f"there is no time zone {name!r}") from None


@area.task(examples=("provision schedule push --room rathaus.zimmer-2 room.ics",))
def push(
    file: Annotated[Path, typer.Argument(metavar="FILE.ics")],
    room: Annotated[str, typer.Option(metavar="SITE.ROOM", help="The room's terminal.")],
    time_zone: Annotated[
        ZoneInfo | None,
        typer.Option(
            parser=_zone, metavar="ZONE", help="For times that name none; default: `time_zone` in CONFIG.toml."
        ),
    ] = None,
    config: Config = None,
    dry_run: DryRun = False,
) -> Done:
    """Publish a calendar file (.ics) as a room's schedule.

    It is on the room's screen within two seconds. Of an event its times, partners, needs and number are taken; names,
    subjects and notes are dropped before anything is sent. Events that cannot be used are named one by one.
    """
    return tasks.push_schedule(configuration.load(config), room, file, time_zone, dry_run)
