"""What all areas of `provision` have in common: how they are declared, and how they speak.

To add the area `card`: write `provisioning/commands/card.py`, name it in `AREAS` of `provisioning/__main__.py`, and
in the module say `area = Area("cards for new terminals")` and for each command

    @area.task(examples=("provision card write rathaus.zimmer-2 --image pi.img",))
    def write(room: Annotated[str, typer.Argument(metavar="SITE.ROOM")], dry_run: DryRun = False) -> Done:
        '''First line: what it does, for the list. Then what a newcomer has to know.'''

A task returns `provisioning.outcome.Done`; it prints nothing. `--json` and exit codes come by themselves. What goes
wrong is a RundtischError whose detail names the file or host, and what to do: it becomes one line on standard error.
Whatever writes takes `DryRun` and then says what it would do. `steps.shown()` is for what takes longer than a second.
Imports that are slow (cryptography, brokers) belong at the top of the area's module: only its own commands load it.
An area that is one command (`provision wiring`) is `Area(..., is_single=True)`. Tests call `main([...])`.
"""

import errno
import inspect
import io
import json
import sys
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Annotated, Any, NoReturn, ParamSpec

import msgspec
import typer

from kiosk.contract.errors import ConfigurationError, RundtischError
from provisioning.outcome import DONE, NOTHING_DONE, PARTLY_DONE, Done, Table

_P = ParamSpec("_P")
_Task = Callable[_P, Done]

Config = Annotated[
    Path | None,
    typer.Option(
        "--config",
        "--broker",
        metavar="CONFIG.toml",
        help="The central side's file, made by `provision central init`; default $RUNDTISCH_CENTRAL.",
        show_default=False,
    ),
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would be done, and do nothing.")]
_JSON = inspect.Parameter(
    "as_json",
    inspect.Parameter.KEYWORD_ONLY,
    default=False,
    annotation=Annotated[bool, typer.Option("--json", help="One JSON object on standard output, for programs.")],
)
_SYSTEM_REMEDIES = {
    errno.EACCES: "do it as a user who may, or choose another place",
    errno.EPERM: "do it as a user who may, or choose another place",
    errno.EROFS: "nothing can be written there: choose another place",
    errno.ENOSPC: "make room, then do it again",
    errno.EDQUOT: "make room, then do it again",
    errno.EIO: "the disk fails: look at it, or choose another one",
}
"""What to do about the system's own refusals."""
_COLOURS = {"ok": "green", "fault": "bold red", "skipped": "dim"}


class Area(typer.Typer):
    """The commands of one area."""

    def __init__(self, help: str, *, is_single: bool = False) -> None:
        super().__init__(
            help=help,
            callback=None if is_single else _nothing,
            no_args_is_help=True,
            add_completion=False,
            rich_markup_mode=None,  # rich's help costs half a second, and cannot show an example as it is typed
            pretty_exceptions_enable=False,
            context_settings={"help_option_names": ["--help", "-h"]},
        )

    def task(self, name: str | None = None, *, examples: tuple[str, ...] = ()) -> Callable[[_Task[_P]], _Task[_P]]:
        """Declares a command; what the function returns is printed, and becomes the exit code."""

        def declare(function: _Task[_P]) -> _Task[_P]:
            self.command(name, epilog=_epilog(examples))(_speaking(function))
            return function

        return declare


def _nothing() -> None:
    """Its being there makes an area with a single command a group."""


def _epilog(examples: tuple[str, ...]) -> str | None:
    # "\b" keeps the lines as they are.
    return "\b\nExamples:\n" + "\n".join(f"  {example}" for example in examples) if examples else None


def _speaking(function: Callable[..., Done]) -> Callable[..., None]:
    """The function with `--json`, whose answer and errors are said as all of `provision` says them."""

    @wraps(function)
    def speaking(*arguments: Any, as_json: bool = False, **options: Any) -> NoReturn:
        try:
            done = function(*arguments, **options)
        except RundtischError as error:
            raise _refused(error, as_json) from None
        except OSError as error:
            raise _refused(_plain(error), as_json) from None
        try:
            _say(done, as_json)
        except BrokenPipeError:  # whoever read has seen enough
            raise
        except OSError as error:
            print(f"provision: done, but the answer cannot be written: {error.strerror}", file=sys.stderr)
            raise typer.Exit(PARTLY_DONE) from None
        raise typer.Exit(done.exit_code)

    signature = inspect.signature(function)
    speaking.__signature__ = signature.replace(  # type: ignore[attr-defined]
        parameters=[*signature.parameters.values(), _JSON], return_annotation=None
    )
    speaking.__annotations__ = {**function.__annotations__, _JSON.name: _JSON.annotation, "return": None}
    return speaking


def _refused(error: RundtischError, as_json: bool) -> typer.Exit:
    print(f"provision: {error.detail}", file=sys.stderr)
    if as_json:
        _print_json(NOTHING_DONE, {"error": {"reason": error.reason, "detail": error.detail}})
    return typer.Exit(NOTHING_DONE)


def _plain(error: OSError) -> ConfigurationError:
    """Files lie where people say: whatever task meets a full disk or a closed folder, it is told in one line."""
    where = f"{error.filename}: " if error.filename else ""
    remedy = _SYSTEM_REMEDIES.get(error.errno or 0, "")
    return ConfigurationError(f"{where}{error.strerror or error}{f'; {remedy}' if remedy else ''}")


def _say(done: Done, as_json: bool) -> None:
    if isinstance(sys.stdout, io.TextIOWrapper):  # in a Latin-1 locale it is said as far as it goes
        sys.stdout.reconfigure(errors="backslashreplace")
    if as_json:
        rows = [dict(zip(done.table.columns, row, strict=True)) for row in done.table.rows] if done.table else None
        facts = done.facts or ({} if rows is None else {"rows": rows})
        refused = [error.detail for error in done.refused]
        _print_json(done.exit_code, {"lines": done.lines, "refused": refused, **facts})
    else:
        if done.table:
            _print_table(done.table)
        for line in done.lines:
            print(line)
    if sys.stdout:
        sys.stdout.flush()
    for refusal in done.refused:
        print(f"refused: {refusal.detail}", file=sys.stderr)


def _print_json(exit_code: int, facts: dict[str, object]) -> None:
    plain = msgspec.to_builtins({"ok": exit_code == DONE, "exit_code": exit_code, **facts}, enc_hook=str)
    is_utf_8 = (getattr(sys.stdout, "encoding", None) or "utf-8").lower() in ("utf-8", "utf8")
    print(json.dumps(plain, ensure_ascii=not is_utf_8))


def _print_table(table: Table) -> None:
    if sys.stdout.isatty():
        _draw_table(table)
        return
    lines = [table.columns, *table.rows]
    widths = [max(len(line[column]) for line in lines) for column in range(len(table.columns))]
    for line in lines:
        print("  ".join(word.ljust(width) for word, width in zip(line, widths, strict=True)).rstrip())


def _draw_table(table: Table) -> None:
    from rich.console import Console
    from rich.table import Table as Drawn
    from rich.text import Text

    drawn = Drawn(*table.columns, box=None, header_style="bold")
    for row in table.rows:
        drawn.add_row(*(Text(word, style=_COLOURS.get(word, "")) for word in row))
    Console().print(drawn)
