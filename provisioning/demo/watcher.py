"""An independent subscriber at the broker: what the central side sees of the terminal while the demo runs."""

import asyncio
import contextlib
import logging
import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import aiomqtt
from msgspec.structs import asdict
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from kiosk.contract import codec, topics
from kiosk.contract.directory import DeskPresence
from kiosk.contract.errors import MalformedError
from kiosk.contract.media import PeerLink
from kiosk.contract.mqtt import CallTelemetry, Event, HardwareState, SessionState, Status
from provisioning.central import configuration
from provisioning.demo.installation import TERMINAL, House

_RETRY_S = 0.3
_SESSION_EXPIRY_S = 3600
_KINDS: dict[tuple[str, ...], Any] = {
    ("status",): Status,
    ("state", "session"): SessionState,
    ("state", "hardware"): HardwareState,
    ("telemetry", "call"): CallTelemetry,
}
_logger = logging.getLogger(__name__)


@dataclass
class Seen:
    """What was seen, in the order of its arrival; the same twice in a row is one."""

    status: list[str] = field(default_factory=list)
    phases: list[str] = field(default_factory=list)
    door_sign: list[str] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    presence: dict[str, str] = field(default_factory=dict)
    lost_paths: set[str] = field(default_factory=set)
    """Desks whose peer connection was up and then was not."""
    microphone: str = ""
    """What media measured last."""
    calls: list[tuple[float, dict[str, dict[str, float]]]] = field(default_factory=list)
    """Monotonic time and figures a desk."""
    refused: list[str] = field(default_factory=list)
    """Topics whose payload is not what the contract says."""

    def has_event(self, kind: str, **data: object) -> bool:
        """Whether an event of this type with (at least) these data was seen."""
        return any(one.type == kind and data.items() <= one.data.items() for one in self.events)


class Watcher:
    """Fills `seen` as long as `run` runs."""

    def __init__(self, house: House, on_message: Callable[[str, bytes], None] = lambda topic, payload: None) -> None:
        """`on_message` gets topic and payload of everything, as it comes."""
        self.seen = Seen()
        self._on_message = on_message
        self.is_here = asyncio.Event()
        central = configuration.load(house.made.central_file)
        self._context = ssl.create_default_context(cafile=str(central.mqtt.ca_file))
        self._context.load_cert_chain(central.mqtt.certificate_file, central.key_file)
        self._host, self._port = central.mqtt.host, central.mqtt.port

    async def run(self) -> None:
        """Subscribes to everything, for ever; the broker keeps what comes while we are not there."""
        properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
        properties.SessionExpiryInterval = _SESSION_EXPIRY_S
        while True:
            client = aiomqtt.Client(
                self._host,
                self._port,
                identifier="central-watcher",
                protocol=aiomqtt.ProtocolVersion.V5,
                clean_start=False,
                properties=properties,
                tls_context=self._context,
                logger=_logger,
            )
            with contextlib.suppress(aiomqtt.MqttError):
                async with client:
                    await client.subscribe(f"{topics.ROOT}/#", qos=1)
                    self.is_here.set()
                    async for message in client.messages:
                        self._note(message.topic.value, bytes(message.payload or b""))
            await asyncio.sleep(_RETRY_S)

    def _note(self, topic: str, payload: bytes) -> None:
        self._on_message(topic, payload)
        levels = topics.split(topic)
        try:
            if levels[:2] == ["terminals", TERMINAL]:
                self._note_terminal(tuple(levels[2:]), payload, topic)
            elif levels[0] == "desks" and levels[2:] == ["presence"] and payload:
                self.seen.presence[levels[1]] = codec.decode(payload, DeskPresence, topic).state
        except MalformedError:
            self.seen.refused.append(topic)

    def _note_terminal(self, rest: tuple[str, ...], payload: bytes, topic: str) -> None:
        if rest[0] == "event":
            event: Event = codec.decode(payload, Event, topic)
            if all(one.seq != event.seq for one in self.seen.events):  # QoS 1 may bring one twice
                self.seen.events.append(event)
            return
        kind = _KINDS.get(rest)
        if kind is None or not payload:
            return
        match codec.decode(payload, kind, topic):
            case Status(state=state):
                _append(self.seen.status, state.value)
            case SessionState(phase=phase, microphone=lamp, desks=desks):
                self.seen.lost_paths |= {one.desk for one in desks if one.link == PeerLink.LOST}
                self.seen.microphone = lamp
                _append(self.seen.phases, phase.value)
            case HardwareState(door_sign=sign):
                _append(self.seen.door_sign, sign)
            case CallTelemetry(peers=peers):
                figures = {desk: asdict(one) for desk, one in peers.items()}
                self.seen.calls.append((time.monotonic(), figures))


def _append(known: list[str], new: str) -> None:
    if not known or known[-1] != new:
        known.append(new)


def event_seen(watcher: Watcher, kind: str, **data: object) -> Callable[[], bool]:
    """For `waiting.until`: whether such an event was seen."""
    return lambda: watcher.seen.has_event(kind, **data)
