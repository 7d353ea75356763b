"""`provision directory`: offices, desks and needs."""

from pathlib import Path
from typing import Annotated

import typer

from provisioning.central import configuration, tasks
from provisioning.commands.area import Area, Config, DryRun
from provisioning.outcome import Done

area = Area("Offices, desks and needs, published.")


@area.task(examples=("provision directory push offices.toml",))
def push(
    file: Annotated[Path, typer.Argument(metavar="FILE.toml")], config: Config = None, dry_run: DryRun = False
) -> Done:
    """Publish a directory file (.toml) to all rooms and desks.

    Mail addresses in it stay on the central side: they only tell calendars which desk is invited.
    """
    return tasks.push_directory(configuration.load(config), file, dry_run)
