"""`provision`: what IT staff do from a command line. See `provision AREA COMMAND --help`."""

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from kiosk.contract.errors import RundtischError
from provisioning import installation, janus, turn
from provisioning.central import configuration, tasks
from provisioning.central.configuration import Central
from provisioning.central.tasks import Done

_EXIT_CODES = """exit codes:
  0  done
  1  nothing was done; standard error says why
  2  wrong usage
  3  done, but parts of the input were refused; each is named on standard error
"""
_Task = Callable[[argparse.Namespace], Done]


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command; returns the exit code."""
    options = _parser().parse_args(arguments)
    task: _Task = options.task
    try:
        done = task(options)
    except RundtischError as error:
        print(f"provision: {error.detail}", file=sys.stderr)
        return 1
    for line in done.lines:
        print(line)
    for refusal in done.refused:
        print(f"refused: {refusal.detail}", file=sys.stderr)
    return 3 if done.refused else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="provision", description=__doc__, epilog=_EXIT_CODES, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    areas = parser.add_subparsers(required=True, metavar="AREA")
    _schedule(areas.add_parser("schedule", help="a room's appointments, from its calendar"))
    _directory(areas.add_parser("directory", help="offices, desks and needs"))
    _link(areas.add_parser("link", help="links by which partners come"))
    _media_server(areas.add_parser("media-server", help="Janus servers for rounds of more than four parties"))
    _relay(areas.add_parser("relay", help="TURN relays for networks that let nothing else through"))
    _installation(areas.add_parser("installation", help="certificates and configuration of all parts"))
    return parser


def _central(command: argparse.ArgumentParser, task: _Task) -> None:
    """`command` works on a broker."""
    command.add_argument(
        "--config",
        "--broker",
        type=Path,
        metavar="CONFIG.toml",
        help=f"the central side's file, made by `provision installation new`; default ${configuration.ENVIRONMENT}",
    )
    command.set_defaults(task=task)


def _load(options: argparse.Namespace) -> Central:
    return configuration.load(options.config)


def _schedule(area: argparse.ArgumentParser) -> None:
    commands = area.add_subparsers(required=True, metavar="COMMAND")
    push = commands.add_parser("push", help="publish a calendar file (.ics) as a room's schedule")
    push.add_argument("--room", required=True, metavar="TERMINAL", help="the room's terminal, site.room")
    push.add_argument("--time-zone", type=_zone, metavar="ZONE", help="for times that name none; default: the file's")
    push.add_argument("file", type=Path, metavar="FILE.ics")
    _central(push, lambda said: tasks.push_schedule(_load(said), said.room, said.file, said.time_zone))


def _directory(area: argparse.ArgumentParser) -> None:
    commands = area.add_subparsers(required=True, metavar="COMMAND")
    push = commands.add_parser("push", help="publish a directory file (.toml)")
    push.add_argument("file", type=Path, metavar="FILE.toml")
    _central(push, lambda said: tasks.push_directory(_load(said), said.file))


def _link(area: argparse.ArgumentParser) -> None:
    commands = area.add_subparsers(required=True, metavar="COMMAND")
    desk = commands.add_parser("desk", help="a link that sits its holder at a desk")
    desk.add_argument("desk", metavar="DESK")
    desk.add_argument("--days", type=_days, help="how long it is good; default: until withdrawn")
    _central(desk, lambda said: tasks.link_desk(_load(said), said.desk, said.days))
    guest = commands.add_parser("guest", help="a link for a guest of one appointment")
    guest.add_argument("--room", required=True, metavar="TERMINAL")
    guest.add_argument("--appointment", required=True, metavar="NUMBER")
    guest.add_argument("--guest", required=True, metavar="ID")
    _central(guest, lambda said: tasks.link_guest(_load(said), said.room, said.appointment, said.guest))
    revoke = commands.add_parser("revoke", help="withdraw a link")
    revoke.add_argument("link", metavar="LINK-ID")
    _central(revoke, lambda said: tasks.revoke(_load(said), said.link))


def _media_server(area: argparse.ArgumentParser) -> None:
    commands = area.add_subparsers(required=True, metavar="COMMAND")
    new = commands.add_parser("new", help="make the configuration of a Janus, and the file that `push` takes")
    new.add_argument("directory", type=Path, metavar="DIR")
    new.add_argument("--address", default="127.0.0.1", help="what its WebSocket is bound to, default 127.0.0.1")
    new.add_argument("--port", type=int, default=8188, help="of its WebSocket, default 8188")
    new.add_argument("--url", default="", help="how terminals and pages reach it: wss://media.example.org")
    new.add_argument("--media-address", action="append", default=[], help="of that machine, for media; default: all")
    new.add_argument("--media-ports", default="", metavar="FROM-TO", help="UDP ports for media, default: any")
    new.add_argument(
        "--certificate", type=Path, nargs=2, metavar=("CERTIFICATE.pem", "KEY.pem"), help="for wss without a proxy"
    )
    new.set_defaults(task=_new_media_server)
    push = commands.add_parser("push", help="tell terminals which media servers there are")
    push.add_argument("--room", action="append", required=True, metavar="TERMINAL", help="once for each terminal")
    push.add_argument("file", type=Path, nargs="*", metavar="media-server.toml", help="one a server; none: no servers")
    _central(push, lambda said: tasks.push_media_servers(_load(said), tuple(said.room), tuple(said.file)))


def _new_media_server(said: argparse.Namespace) -> Done:
    certificate = (said.certificate[0].resolve(), said.certificate[1].resolve()) if said.certificate else None
    server = janus.write(
        said.directory,
        address=said.address,
        port=said.port,
        url=said.url,
        media_addresses=tuple(said.media_address),
        media_ports=said.media_ports,
        certificate=certificate,
    )
    file = janus.file_of(said.directory)
    return Done(
        (
            f"made {said.directory} for {server.url}",
            "its machine: copy the .jcfg files to /etc/janus, owned by its user, and restart janus.service",
            f"then: provision media-server push --room SITE.ROOM {file}",
        )
    )


def _relay(area: argparse.ArgumentParser) -> None:
    commands = area.add_subparsers(required=True, metavar="COMMAND")
    new = commands.add_parser("new", help="make the configuration of a coturn, and the file that `push` takes")
    new.add_argument("directory", type=Path, metavar="DIR")
    new.add_argument("--host", required=True, help="how terminals and pages reach it: turn.example.org")
    new.add_argument("--address", required=True, help="of its machine, where it listens and relays")
    new.add_argument("--port", type=int, default=3478, help="for UDP and TCP, default 3478")
    new.add_argument("--tls-port", type=int, default=5349, help="where there is a certificate, default 5349")
    new.add_argument("--certificate", type=Path, nargs=2, metavar=("CERTIFICATE.pem", "KEY.pem"), help="for TLS")
    new.set_defaults(task=_new_relay)
    push = commands.add_parser(
        "push", help="give terminals new credentials for the relays; let a timer do it before they expire"
    )
    push.add_argument("--room", action="append", required=True, metavar="TERMINAL", help="once for each terminal")
    push.add_argument("--hours", type=_days, default=24, help="how long the credentials are good, default 24")
    push.add_argument("file", type=Path, nargs="*", metavar="relay.toml", help="one a relay; none: no relays")
    _central(push, lambda said: tasks.push_relays(_load(said), tuple(said.room), tuple(said.file), said.hours))


def _new_relay(said: argparse.Namespace) -> Done:
    certificate = (said.certificate[0].resolve(), said.certificate[1].resolve()) if said.certificate else None
    relay = turn.write(
        said.directory,
        host=said.host,
        address=said.address,
        port=said.port,
        tls_port=said.tls_port,
        certificate=certificate,
    )
    return Done(
        (
            f"made {said.directory} for {relay.host}",
            "its machine: copy turnserver.conf to /etc, owned by its user, and restart coturn.service",
            f"then, each day: provision relay push --room SITE.ROOM {turn.file_of(said.directory)}",
        )
    )


def _installation(area: argparse.ArgumentParser) -> None:
    commands = area.add_subparsers(required=True, metavar="COMMAND")
    new = commands.add_parser("new", help="make an authority, a broker's configuration and everybody's certificates")
    new.add_argument("directory", type=Path, metavar="DIR")
    new.add_argument("--terminal", action="append", required=True, metavar="SITE.ROOM", help="once for each terminal")
    new.add_argument("--host", action="append", required=True, help="name or address of the broker; the first is used")
    new.add_argument("--port", type=int, default=8883, help="of the broker, default 8883")
    new.add_argument("--desk-server", action="append", metavar="NAME", help="once for each, default desk-1")
    new.add_argument("--page", default="https://desk.example.org", help="address of the desk server for partners")
    new.add_argument("--media-server", action="append", metavar="wss://HOST", help="where pages may connect to as well")
    new.add_argument("--miniature", action="store_true", help="everything stays in DIR and runs on this machine")
    new.set_defaults(task=_new_installation)


def _new_installation(said: argparse.Namespace) -> Done:
    plan = installation.Plan(
        terminals=tuple(said.terminal),
        hosts=tuple(said.host),
        broker_port=said.port,
        desk_servers=tuple(said.desk_server or ("desk-1",)),
        page=said.page,
        media_servers=tuple(said.media_server or ()),
        is_miniature=said.miniature,
    )
    made = installation.create(said.directory, plan)
    return Done((f"made {made.directory}", *installation.next_steps(made, plan)))


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        raise argparse.ArgumentTypeError(f"there is no time zone {name!r}") from None


def _days(text: str) -> int:
    if not text.isdigit() or not 1 <= int(text) <= 3650:
        raise argparse.ArgumentTypeError(f"{text!r} is not between 1 and 3650")
    return int(text)


if __name__ == "__main__":
    sys.exit(main())
