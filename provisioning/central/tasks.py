"""What the central side does when IT staff ask: publish a schedule or directory, make and withdraw links.

Each task returns lines to show; what goes wrong is an error of `kiosk.contract.errors`.
"""

import contextlib
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec

from kiosk.contract import configuration, topics
from kiosk.contract.errors import BrokerError, ConfigurationError, MalformedError, Reason
from kiosk.contract.links import IceServers, MediaServer, MediaServers
from kiosk.contract.mqtt import RevokedLinks
from kiosk.contract.schedule import Appointment, Schedule
from kiosk.runtime import invitation
from kiosk.runtime.lock import Lock
from provisioning import plan, turn
from provisioning.central import directory
from provisioning.central.configuration import Central
from provisioning.central.messages import TIMEOUT_S, Connection, connected
from provisioning.outcome import Done

_AGAIN_S = 0.05
"""Between two tries for a lock: flock(2) waits for ever, or not at all."""


def push_schedule(
    central: Central, terminal: str, file: Path, zone: ZoneInfo | None = None, is_dry: bool = False
) -> Done:
    """Publishes the calendar `file` as the schedule of `terminal`; times without zone are in `zone`.

    Raises:
        ConfigurationError, MalformedError: nothing of it can be used; nothing was published.
        BrokerError: it was not taken.
    """
    from provisioning.central import schedule  # with icalendar, which the other tasks need not wait for

    _check_terminal(terminal)
    desks = directory.read(central.directory_file)
    try:
        data = file.read_bytes()
    except OSError as error:
        raise ConfigurationError(f"{file}: {error.strerror}") from None
    result = schedule.build(data, str(file), desks, zone or central.zone, datetime.now(UTC))
    count = len(result.schedule.appointments)
    if result.refused and not count:
        listed = "\n  ".join(error.detail for error in result.refused)
        raise MalformedError(str(file), f"no event of it can be used, nothing was published:\n  {listed}")
    with connected(central, is_dry) as broker:
        broker.publish(topics.terminal(terminal, "desired", "schedule"), result.schedule)
    return Done((f"{terminal}: {count} appointments {_published(is_dry)}",), result.refused)


def push_directory(central: Central, file: Path, is_dry: bool = False) -> Done:
    """Publishes offices, needs and desks.

    Raises:
        ConfigurationError: the file is not right; nothing was published.
        BrokerError: it was not taken.
    """
    published = directory.read(file, version=int(time.time())).directory
    with connected(central, is_dry) as broker:
        broker.publish(topics.DIRECTORY, published)
    counts = f"{len(published.offices)} offices, {len(published.desks)} desks, {len(published.needs)} needs"
    return Done((f"{counts} {_published(is_dry)}",))


def push_media_servers(
    central: Central, terminals: tuple[str, ...], files: tuple[Path, ...], is_dry: bool = False
) -> Done:
    """Publishes the media servers that these terminals may use; no file: none. No terminal: all that are known.

    Raises:
        ConfigurationError: a terminal or file is not right; nothing was published.
        BrokerError: it was not taken.
    """
    servers = tuple(_media_server(file) for file in files)
    if len({server.url for server in servers}) < len(servers):
        raise ConfigurationError("a media server is listed twice")
    for terminal in terminals:
        _check_terminal(terminal)
    with connected(central, is_dry) as broker:
        terminals = terminals or _all(central, broker)
        for terminal in terminals:
            broker.publish(topics.terminal(terminal, "desired", "media-servers"), MediaServers(servers=servers))
    return Done(tuple(f"{terminal}: {len(servers)} media servers {_published(is_dry)}" for terminal in terminals))


def _media_server(file: Path) -> MediaServer:
    server: MediaServer = configuration.read(file, MediaServer)
    if not server.url.startswith(("ws://", "wss://")):
        raise ConfigurationError(f"{file}: {server.url!r} is no WebSocket address - at `$.url`")
    return server


def push_relays(
    central: Central, terminals: tuple[str, ...], files: tuple[Path, ...], hours: int, is_dry: bool = False
) -> Done:
    """Publishes the relays of these terminals, with credentials that are good for `hours`; no file: none.

    No terminal: all that are known to the broker.

    Raises:
        ConfigurationError: a terminal or file is not right; nothing was published.
        BrokerError: it was not taken.
    """
    relays: list[turn.Relay] = [configuration.read(file, turn.Relay) for file in files]
    for terminal in terminals:
        _check_terminal(terminal)
    expires_s = int(time.time()) + hours * 3600
    with connected(central, is_dry) as broker:
        terminals = terminals or _all(central, broker)
        for terminal in terminals:
            servers = tuple(server for relay in relays for server in turn.ice_servers(relay, terminal, expires_s))
            broker.publish(topics.terminal(terminal, "desired", "ice-servers"), IceServers(servers=servers))
    until = datetime.fromtimestamp(expires_s, UTC)
    return Done(
        tuple(
            f"{terminal}: {len(relays)} relays {_published(is_dry)}, good until {until:%Y-%m-%d %H:%M} UTC"
            for terminal in terminals
        )
    )


def link_desk(central: Central, desk: str, days: int | None) -> Done:
    """A link that sits its holder at `desk`. Raises ConfigurationError for a desk that the directory does not have."""
    if desk not in directory.read(central.directory_file).desks:
        raise ConfigurationError(f"{central.directory_file}: there is no desk {desk!r}")
    expires = datetime.now(UTC) + timedelta(days=days) if days else None
    token, link = invitation.make_desk_link(_keys(central), desk, expires)
    return _linked(central, token, link)


def link_guest(central: Central, terminal: str, number: str, guest: str) -> Done:
    """A link for one guest of one appointment that was published.

    Raises:
        ConfigurationError: there is no such appointment or guest.
        BrokerError, MalformedError: the schedule cannot be read.
    """
    _check_terminal(terminal)
    topic = topics.terminal(terminal, "desired", "schedule")
    with connected(central) as broker:
        published: Schedule | None = broker.read(topic, Schedule)
    appointments = {one.number: one for one in published.appointments} if published else {}
    if number not in appointments:
        known = ", ".join(appointments) or "none"
        raise ConfigurationError(f"{terminal} has no appointment {number!r}; published are: {known}")
    appointment: Appointment = appointments[number]
    if guest not in {one.id for one in appointment.guests}:
        known = ", ".join(one.id for one in appointment.guests) or "none"
        raise ConfigurationError(f"appointment {number} has no guest {guest!r}; guests are: {known}")
    token, link = invitation.make_guest_link(
        _keys(central), terminal, number, guest, appointment.start, appointment.end
    )
    return _linked(central, token, link)


def revoke(central: Central, link: str, is_dry: bool = False) -> Done:
    """Withdraws a link by its id; a page that is open with it is closed.

    Raises:
        ConfigurationError: that is no id. Were it on the list, desk servers would believe none of the list.
        BrokerError, MalformedError: the list cannot be read or published.
    """
    try:
        link = msgspec.convert(link.strip(), invitation.LinkId)
    except msgspec.ValidationError:
        detail = "that is no link's id: 16 of a-z and 0-9, as `provision link` named it beside the link"
        raise ConfigurationError(f"{detail}; nothing was withdrawn") from None
    with connected(central, is_dry) as broker, _alone(central):
        revoked: RevokedLinks = broker.read(topics.REVOKED, RevokedLinks) or RevokedLinks()
        if link in revoked.links:
            return Done((f"link {link} was withdrawn before",))
        broker.publish(topics.REVOKED, RevokedLinks(links=(*revoked.links, link)))
    return Done((f"link {link} {'would be' if is_dry else 'is'} withdrawn",))


@contextlib.contextmanager
def _alone(central: Central) -> Iterator[None]:
    """While a list is read and published with one more: of two commands at once one would undo the other.

    The lock is on the key, which whoever is connected can read. Raises BrokerError.
    """
    lock, deadline_s = Lock(central.key_file), time.monotonic() + TIMEOUT_S
    while not lock.take():
        if time.monotonic() > deadline_s:
            detail = f"another command has been changing the same list for {TIMEOUT_S:.0f} s; try again"
            raise BrokerError(detail, Reason.NO_ANSWER)
        time.sleep(_AGAIN_S)
    try:
        yield
    finally:
        lock.give()


def _published(is_dry: bool) -> str:
    return "would be published" if is_dry else "published"


def _all(central: Central, broker: Connection) -> tuple[str, ...]:
    """Every terminal that ever came, and every room of the plan beside the directory file, where there is one."""
    file = central.directory_file.parent / plan.FILE
    planned = plan.read(file).rooms if file.exists() else {}
    return tuple(sorted({*broker.terminals(), *planned}))


def _check_terminal(terminal: str) -> None:
    if not topics.is_terminal(terminal):
        raise ConfigurationError(f"{terminal!r} is no terminal: site.room, each 1 to 32 of a-z, 0-9 and -")


def _keys(central: Central) -> invitation.Keys:
    return invitation.load_keys(central.credential(invitation.KEY_CREDENTIAL))


def _linked(central: Central, token: str, link: invitation.Link) -> Done:
    if not central.page:
        raise ConfigurationError("the address of the desk server is missing - at `$.page` of the central file")
    until = f"until {link.expires:%Y-%m-%d %H:%M} UTC" if link.expires else "until withdrawn"
    return Done(
        (invitation.address(central.page, token, link), f"good {until}; withdraw: provision link revoke {link.id}")
    )
