"""How a task of IT staff went, before anybody prints it. Knows neither the command line nor a terminal."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from kiosk.contract.errors import RundtischError

DONE = 0
NOTHING_DONE = 1
WRONG_USAGE = 2
PARTLY_DONE = 3


@dataclass(frozen=True)
class Table:
    """Rows of words under columns; a cell that is one of `ok`, `fault`, `skipped` gets a colour on a screen."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Done:
    """`lines` and `table` for a reader, `facts` for a program, `refused` for what of the input is not in it."""

    lines: tuple[str, ...] = ()
    refused: tuple[RundtischError, ...] = ()
    table: Table | None = None
    facts: Mapping[str, object] = field(default_factory=dict)
    """Whatever msgspec can encode; keys of the JSON object. Empty: the table's rows as objects."""
    is_faulty: bool = False
    """What was looked at has faults; the table or the lines say which."""

    @property
    def exit_code(self) -> int:
        return PARTLY_DONE if self.refused or self.is_faulty else DONE
