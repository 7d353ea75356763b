"""The desk server's connection to the central broker: always there again, and nothing it was told to say is lost.

Knows MQTT, not what the messages mean. The only module here that imports aiomqtt.
"""

import asyncio
import contextlib
import logging
import random
import socket
import ssl
from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path

import aiomqtt
from cryptography import x509
from cryptography.x509.oid import NameOID
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.subscribeoptions import SubscribeOptions

from kiosk.contract.codec import MAX_MESSAGE_BYTES
from kiosk.contract.configuration import Mqtt
from kiosk.contract.errors import ConfigurationError
from kiosk.desk.outgoing import Outgoing

_logger = logging.getLogger(__name__)

KEEP_ALIVE_S = 30
SESSION_EXPIRY_S = 60
"""Covers a short break: what rooms say meanwhile waits at the broker. What waits longer is of no use to a call."""
RETRY_MIN_S, RETRY_MAX_S = 0.2, 5.0
"""Pause between two tries, with full jitter. Desk servers are few, and conversations wait for them."""
RECEIVE_MAXIMUM = 20
_TOPIC_BYTES = 1024
"""Room for topic and properties beside the longest payload."""
_BATCH = 20
"""Messages under way at once; in order, each acknowledged."""
_MAX_WAITING = 10_000
"""Messages that wait for the broker; beyond it the oldest goes."""


def common_name(certificate_file: Path) -> str:
    """The CN of a PEM certificate: the server's user name, and its client id.

    Raises:
        ConfigurationError: the file cannot be read, is no certificate, or names nobody.
    """
    try:
        certificate = x509.load_pem_x509_certificate(certificate_file.read_bytes())
    except OSError as error:
        raise ConfigurationError(f"{certificate_file}: {error.strerror}") from None
    except ValueError:
        raise ConfigurationError(f"{certificate_file}: no PEM certificate") from None
    names = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    if not names:
        raise ConfigurationError(f"{certificate_file}: its subject has no common name")
    return str(names[0].value)


class Broker:
    """Says and hears, for as long as `run` runs."""

    def __init__(
        self,
        mqtt: Mqtt,
        key_file: Path,
        subscriptions: Sequence[str],
        on_message: Callable[[str, bytes], None],
        on_connected: Callable[[], None],
    ) -> None:
        """Raises ConfigurationError when certificate, key or authority cannot be used."""
        self._mqtt = mqtt
        self._subscriptions = subscriptions
        self._on_message = on_message
        self._on_connected = on_connected
        self._name = common_name(mqtt.certificate_file)
        self._tls = _tls_context(mqtt, key_file)
        self._waiting: deque[tuple[float, Outgoing]] = deque(maxlen=_MAX_WAITING)
        self._has_waiting = asyncio.Event()
        self._is_idle = asyncio.Event()
        self._is_idle.set()
        self.is_here = False

    def publish(self, message: Outgoing) -> None:
        """Queues a message; it is sent, in order, when the broker is there, or dropped when it has expired by then."""
        self._waiting.append((asyncio.get_running_loop().time(), message))
        self._is_idle.clear()
        self._has_waiting.set()

    async def flush(self, timeout_s: float) -> None:
        """Waits until everything is acknowledged, at most `timeout_s`."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(timeout_s):
                await self._is_idle.wait()

    async def run(self) -> None:
        """Keeps the connection, without end."""
        tries = 0
        while True:
            try:
                async with self._client() as client:
                    await client.subscribe([(topic, SubscribeOptions(qos=1)) for topic in self._subscriptions])
                    _logger.info("connected to the broker as %s", self._name)
                    tries, self.is_here = 0, True
                    self._on_connected()
                    await self._serve(client)
            except aiomqtt.MqttError as error:
                if self.is_here or tries == 0:
                    _logger.warning("no connection to the broker: %s", error)
            finally:
                self.is_here = False
            tries += 1
            await asyncio.sleep(random.uniform(RETRY_MIN_S, min(RETRY_MAX_S, RETRY_MIN_S * 2**tries)))

    async def _serve(self, client: aiomqtt.Client) -> None:
        saying = asyncio.create_task(self._say(client), name="say")
        hearing = asyncio.create_task(self._hear(client), name="hear")
        try:
            await asyncio.wait((saying, hearing), return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (saying, hearing):
                task.cancel()
            results = await asyncio.gather(saying, hearing, return_exceptions=True)
        for result in results:
            if isinstance(result, BaseException) and not isinstance(result, asyncio.CancelledError):
                raise result

    async def _hear(self, client: aiomqtt.Client) -> None:
        async for message in client.messages:
            payload = message.payload
            self._on_message(str(message.topic), payload if isinstance(payload, bytes) else b"")

    async def _say(self, client: aiomqtt.Client) -> None:
        client.pending_calls_threshold = _BATCH
        while True:
            if not self._waiting:
                self._has_waiting.clear()
                self._is_idle.set()
                await self._has_waiting.wait()
            batch = [self._waiting.popleft() for _ in range(min(_BATCH, len(self._waiting)))]
            said: set[int] = set()
            try:
                await asyncio.gather(*(self._send(client, *entry, said) for entry in batch))
            except (aiomqtt.MqttError, asyncio.CancelledError):
                self._waiting.extendleft(entry for entry in reversed(batch) if id(entry[1]) not in said)
                raise

    async def _send(self, client: aiomqtt.Client, since: float, message: Outgoing, said: set[int]) -> None:
        left_s = message.expiry_s - int(asyncio.get_running_loop().time() - since)
        if left_s > 0:
            properties = _properties(PacketTypes.PUBLISH, MessageExpiryInterval=left_s, ContentType="application/json")
            topic, payload = message.topic, message.payload
            await client.publish(topic, payload, qos=1, retain=message.is_retained, properties=properties)
        said.add(id(message))

    def _client(self) -> aiomqtt.Client:
        return aiomqtt.Client(
            self._mqtt.host,
            self._mqtt.port,
            identifier=self._name,
            protocol=aiomqtt.ProtocolVersion.V5,
            clean_start=False,
            properties=_properties(
                PacketTypes.CONNECT,
                SessionExpiryInterval=SESSION_EXPIRY_S,
                ReceiveMaximum=RECEIVE_MAXIMUM,
                MaximumPacketSize=MAX_MESSAGE_BYTES + _TOPIC_BYTES,
            ),
            keepalive=KEEP_ALIVE_S,
            tls_context=self._tls,
            socket_options=[(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)],
        )


def _properties(packet: int, **values: int | str) -> Properties:
    properties = Properties(packet)  # type: ignore[no-untyped-call]
    for name, value in values.items():
        setattr(properties, name, value)
    return properties


def _tls_context(mqtt: Mqtt, key_file: Path) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(cafile=mqtt.ca_file)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.load_cert_chain(mqtt.certificate_file, key_file)
    except (OSError, ssl.SSLError) as error:
        raise ConfigurationError(
            f"{mqtt.ca_file}, {mqtt.certificate_file}, {key_file}: cannot be used for TLS ({error})"
        ) from None
    return context
