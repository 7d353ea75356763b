"""`provision wiring`: the plan that hangs in the cabinet."""

from pathlib import Path
from typing import Annotated

import typer

from kiosk.contract.configuration import load
from kiosk.contract.errors import ConfigurationError
from provisioning import diagram, wiring
from provisioning.commands.area import Area
from provisioning.outcome import Done

area = Area("A terminal's wires, as a plan for the cabinet.", is_single=True)


@area.task("wiring", examples=("provision wiring terminal.toml --svg cabinet.svg", "provision wiring --table"))
def plan(
    file: Annotated[Path, typer.Argument(metavar="terminal.toml", help="Default: this terminal's.")] = Path(
        "/etc/rundtisch/terminal.toml"
    ),
    svg: Annotated[Path | None, typer.Option(metavar="FILE", help="Draw it: one A4 sheet, landscape.")] = None,
    table: Annotated[bool, typer.Option("--table", help="Print it; so it is where nothing is asked for.")] = False,
) -> Done:
    """A terminal's wires, as a plan for the cabinet."""
    terminal = load(file)
    lines: list[str] = []
    if svg:
        try:
            svg.write_text(diagram.draw(terminal, file), encoding="utf-8")
        except OSError as error:
            raise ConfigurationError(f"{svg}: {error.strerror}") from None
        lines.append(f"drew {svg}")
    if table or not svg:
        lines += wiring.table(terminal.room)
    return Done(tuple(lines))
