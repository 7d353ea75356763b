"""The broker, seen from outside: whom it lets in, and whether what it keeps for terminals is there and fresh."""

import asyncio
import ssl
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from kiosk.contract import codec, topics
from kiosk.contract.directory import Directory
from kiosk.contract.errors import BrokerError, ConfigurationError, MalformedError
from kiosk.contract.links import IceServers, MediaServer, MediaServers
from kiosk.contract.media import IceServer
from kiosk.contract.schedule import Schedule
from provisioning.central.configuration import Central
from provisioning.central.messages import Connection, connected
from provisioning.outside.verdict import Verdict, fault, ok, skipped
from provisioning.outside.way import TIMEOUT_S

PART = "broker"
_OLD = timedelta(days=7)
"""So long a terminal keeps a schedule that is not renewed."""
_CONNECT = bytes.fromhex("101100044d5154540502003c00000474657374")
"""MQTT 5: CONNECT with a clean start, no name and password, client id `test`."""
_CONNACK = 0x20


async def strangers(central: Central) -> Verdict:
    """Nobody may come in without a certificate."""
    context = ssl.create_default_context(cafile=str(central.mqtt.ca_file))
    try:
        async with asyncio.timeout(TIMEOUT_S):
            reader, writer = await asyncio.open_connection(central.mqtt.host, central.mqtt.port, ssl=context)
            try:
                writer.write(_CONNECT)
                answer = await reader.readexactly(4)
            finally:
                writer.transport.abort()
    except (OSError, asyncio.IncompleteReadError):  # of which ssl.SSLError is one
        return ok(PART, "strangers", "without a certificate nobody is let in")
    except TimeoutError:
        remedy = "systemctl restart mosquitto; journalctl -u mosquitto"
        return fault(PART, "strangers", "neither refuses nor answers", remedy)
    if answer[0] == _CONNACK and answer[3] >= 0x80:
        return ok(PART, "strangers", f"refused with code {answer[3]:#x}")
    remedy = "mosquitto.conf needs `require_certificate true` and `allow_anonymous false`; restart it at once"
    return fault(PART, "strangers", "lets anybody in, without a certificate", remedy)


def documents(central: Central, rooms: tuple[str, ...], has_relay: bool) -> list[Verdict]:
    """Logs in as the central services, and reads what is retained. Blocks."""
    try:
        with connected(central) as broker:
            verdicts = [ok(PART, "log-in", "the central services are let in"), _directory(broker)]
            terminals = broker.terminals()
            verdicts.append(_rooms(rooms, terminals))
            verdicts += [_schedules(broker)] if terminals else []
            verdicts += [_relays(broker, terminals)] if terminals and has_relay else []
    except ConfigurationError as error:
        return [fault(PART, "log-in", error.detail, "$RUNDTISCH_CENTRAL names the folder with certificate and key")]
    except BrokerError as error:
        remedy = "the certificate may be revoked or of another installation; journalctl -u mosquitto says more"
        return [fault(PART, "log-in", error.detail, remedy)]
    return verdicts


@dataclass(frozen=True)
class Told:
    """What terminals were told to use, each once."""

    media_servers: tuple[MediaServer, ...] = ()
    relays: tuple[IceServer, ...] = ()
    """Each with the credential that is good for longest."""


def told(central: Central) -> Told:
    """What is retained for terminals; what cannot be read is left out. Blocks. Raises BrokerError."""
    with connected(central) as broker:
        lists = broker.retained(topics.terminal("+", "desired", "media-servers"))
        relays = broker.retained(topics.terminal("+", "desired", "ice-servers"))
    media = {one.url: one for topic, payload in lists.items() for one in _servers(topic, payload, MediaServers)}
    found = [one for topic, payload in relays.items() for one in _servers(topic, payload, IceServers) if one.username]
    best = {one.urls: one for one in sorted(found, key=lambda one: one.username)}  # it begins with the end, in seconds
    return Told(tuple(media.values()), tuple(best.values()))


def _servers(topic: str, payload: bytes, kind: Any) -> tuple[Any, ...]:
    try:
        return tuple(codec.decode(payload, kind, topic).servers)
    except MalformedError:
        return ()


def _directory(broker: Connection) -> Verdict:
    remedy = "provision directory push directory.toml"
    try:
        found: Directory | None = broker.read(topics.DIRECTORY, Directory)
    except MalformedError as error:
        return fault(PART, "directory", error.detail, remedy)
    if found is None or not found.desks:
        return fault(PART, "directory", "no desk is published: nobody can be rung", remedy)
    return ok(PART, "directory", f"{len(found.offices)} offices, {len(found.desks)} desks")


def _rooms(rooms: tuple[str, ...], terminals: tuple[str, ...]) -> Verdict:
    missing = [room for room in rooms if room not in terminals]
    if missing:
        return skipped(PART, "terminals", f"{len(terminals)} came; not yet: {', '.join(missing)}")
    return ok(PART, "terminals", f"{len(terminals)} came")


def _schedules(broker: Connection) -> Verdict:
    old = []
    found = broker.retained(topics.terminal("+", "desired", "schedule"))
    for topic, payload in found.items():
        try:
            published = codec.decode(payload, Schedule, topic).published
        except MalformedError:
            published = None
        if published is None or datetime.now(UTC) - published > _OLD:
            old.append(topic.split("/")[-3])
    if old:
        remedy = "whatever calls `provision schedule push` has stopped; or push by hand"
        return fault(PART, "schedules", f"older than {_OLD.days} days: {', '.join(sorted(old))}", remedy)
    return ok(PART, "schedules", f"{len(found)} published, all fresh")


def _relays(broker: Connection, terminals: tuple[str, ...]) -> Verdict:
    found = broker.retained(topics.terminal("+", "desired", "ice-servers"))
    ends = {topic.split("/")[-3]: _end(topic, payload) for topic, payload in found.items()}
    now = datetime.now(UTC)
    bad = sorted(name for name in terminals if ends.get(name, now) <= now)
    if bad:
        remedy = "systemctl status kiosk-relays.timer; at once: provision relay push --all relay.toml"
        return fault(PART, "relays", f"without good credentials: {', '.join(bad)}", remedy)
    return ok(PART, "relays", f"credentials good until {min(ends.values()):%Y-%m-%d %H:%M} UTC")


def _end(topic: str, payload: bytes) -> datetime:
    """When the first of its credentials ends; long ago where there is none."""
    try:
        servers = codec.decode(payload, IceServers, topic).servers
        moments = [int(server.username.partition(":")[0]) for server in servers if server.username]
    except (MalformedError, ValueError):
        moments = []
    return datetime.fromtimestamp(min(moments, default=0), UTC)
