"""`provision check`: is everything of this terminal as it should be?"""

from pathlib import Path
from typing import Annotated

import typer

from provisioning.commands.area import Area
from provisioning.inside.machine import Machine, ask, nobody
from provisioning.inside.survey import survey
from provisioning.outcome import Done
from provisioning.outside.verdict import report

area = Area("Look at this terminal, and say what is wrong.", is_single=True)


@area.task(examples=("provision check", "provision check --json"))
def check(
    root: Annotated[Path, typer.Option(help="The terminal's file system.", show_default=False)] = Path("/"),
) -> Done:
    """Look at this terminal, and say what is wrong.

    Each fault comes with what mends it. Configuration, certificate and clock; whether all units run, are those of this
    version, and keys and consoles are shut; who can read secrets, and whether the card still holds any; how long the
    card lasts at the pace at which it is written; versions. Run it as root, on the terminal. It changes nothing. The
    central side has `provision central check`.
    """
    return report(survey(Machine(root, ask if root == Path("/") else nobody)))
