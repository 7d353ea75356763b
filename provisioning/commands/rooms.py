"""How commands are told for which terminals something is."""

from typing import Annotated

import typer

Rooms = Annotated[list[str] | None, typer.Option("--room", metavar="SITE.ROOM", help="Once for each terminal.")]
Everywhere = Annotated[
    bool, typer.Option("--all", help="For every terminal that ever came, and every room of the plan.")
]


def rooms(named: list[str] | None, everywhere: bool) -> tuple[str, ...]:
    """The terminals that are named, none for all. Raises typer.BadParameter: neither or both was said."""
    if bool(named) is everywhere:
        raise typer.BadParameter("name terminals by --room, or say --all")
    return tuple(named or ())
