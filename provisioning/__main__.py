"""`provision`: what IT staff do from a command line. See `provision AREA COMMAND --help`."""

import importlib
import signal
import sys
from collections.abc import Sequence
from typing import Annotated, Any, NoReturn

import typer
from typer.core import TyperCommand, TyperGroup

from kiosk.runtime.version import version
from provisioning.outcome import DONE

AREAS = {
    "central": "The machines of the central side.",
    "site": "Houses, and what holds for all their rooms.",
    "room": "Rooms with a terminal.",
    "office": "Offices that take part.",
    "desk": "Places at which one person of an office can be reached.",
    "need": "What customers may need.",
    "schedule": "A room's appointments, from its calendar.",
    "directory": "Offices, desks and needs, published.",
    "link": "Links by which partners come.",
    "media-server": "Janus servers for rounds of more than four parties.",
    "relay": "TURN relays for networks that let nothing else through.",
    "flash": "A card for a room's terminal, written and read back.",
    "wiring": "A terminal's wires, as a plan for the cabinet.",
    "check": "Look at this terminal, and say what is wrong.",
    "enrol": "This terminal's certificate, and its renewal.",
    "release": "New versions for terminals: build, sign, publish, roll out.",
    "update": "This terminal's versions: take a new one, watch it, go back.",
}
"""Area → one line on it; the module of the same name in `provisioning/commands` has the commands."""
_EPILOG = """\b
Exit codes:
  0  done
  1  nothing was done; standard error says why
  2  wrong usage
  3  done, but parts of the input were refused or faulty; each is named

\b
Every command takes --json: one JSON object on standard output.
Begin with `provision AREA --help`; press Tab for the rest after `provision --install-completion`.
"""


class _Area(TyperCommand):
    """An area whose module is loaded when one of its commands is asked for."""

    def make_context(self, info_name: str | None, args: list[str], parent: Any = None, **extra: Any) -> Any:
        module = importlib.import_module(f"provisioning.commands.{str(self.name).replace('-', '_')}")
        return typer.main.get_command(module.area).make_context(info_name, args, parent, **extra)


class _Areas(TyperGroup):
    def __init__(self, **attributes: Any) -> None:
        super().__init__(**attributes)
        self.commands = {name: _Area(name=name, help=words) for name, words in AREAS.items()}


app = typer.Typer(
    cls=_Areas,
    epilog=_EPILOG,
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    subcommand_metavar="AREA COMMAND",
    context_settings={"help_option_names": ["--help", "-h"]},
)


def _tell_version(is_asked: bool) -> None:
    if is_asked:
        print(version())
        raise typer.Exit


@app.callback()
def _provision(
    _: Annotated[bool, typer.Option("--version", callback=_tell_version, is_eager=True, help="Which release.")] = False,
) -> None:
    """What IT staff do with an installation of Rundtisch: make it, feed it, check it."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command; returns the exit code."""
    try:
        typer.main.get_command(app)(args=None if arguments is None else list(arguments), prog_name="provision")
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else DONE
    return DONE


def run() -> int:
    """The program. Told to end, or its terminal closed, it clears up as after Ctrl-C, and ends as it was told."""
    told: list[int] = []

    def end(number: int, _: object) -> NoReturn:
        told.append(number)
        raise KeyboardInterrupt

    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is signal.SIG_DFL:  # not below nohup
            signal.signal(number, end)
    code = main()
    for by in told[:1]:
        signal.signal(by, signal.SIG_DFL)
        signal.raise_signal(by)
    return code


if __name__ == "__main__":
    sys.exit(run())
