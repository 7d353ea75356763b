"""One connection to the broker: the only module that knows aiomqtt and paho. MQTT 5, TLS, certificate as log-in."""

import asyncio
import contextlib
import socket
import ssl
from collections.abc import AsyncIterator, Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import aiomqtt
from msgspec import Struct
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode
from paho.mqtt.subscribeoptions import SubscribeOptions

from device.broker import identity
from device.broker.way import Way, WayMeter
from kiosk.contract import codec, topics
from kiosk.contract.configuration import Mqtt
from kiosk.contract.errors import BrokerError, ConfigurationError, Reason
from kiosk.contract.mqtt import Condition, Status

KEEP_ALIVE_S = 30
_SESSION_EXPIRY_S = 24 * 3600
_RECEIVE_MAXIMUM = 20
_WILL_DELAY_S = 10
"""A short drop is no alarm."""
_USER_TIMEOUT_MS = 20_000
"""What was sent and not acknowledged by the far side's kernel for so long ends the connection, see tcp(7)."""
_CONNACK_TIMEOUT_S = 10
_REFUSED = {0x86, 0x87, 0x8A}
"""Bad user name or password, not authorised, banned: no use to try again soon."""
_TAKEN_OVER = 0x8E

_SOCKET_OPTIONS = (
    (socket.IPPROTO_TCP, socket.TCP_NODELAY, 1),  # measured: 87.5 ms → 0.7 ms a round trip, with the broker's
    (socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, _USER_TIMEOUT_MS),
)


_properties: Callable[[int], Properties] = Properties  # paho leaves its constructor without types


class Post(Struct, frozen=True, kw_only=True):
    """One message to publish. An empty payload takes a retained one back."""

    topic: str
    payload: bytes
    qos: int = 1
    is_retained: bool = False
    expiry_s: int = 0
    """0: never."""
    correlation: bytes = b""


Send = Callable[[Post], "asyncio.Future[str]"]
"""As `Connection.post`."""


class Arrival(Struct, frozen=True, kw_only=True):
    """One message that came."""

    topic: str
    payload: bytes
    is_retained: bool = False
    expiry_s: int | None = None
    """Rest of the message expiry."""
    response_topic: str = ""
    correlation: bytes = b""


class RefusedError(BrokerError):
    """The broker does not let this certificate in; only people can change that."""

    reason = Reason.NOT_AUTHORISED


class RenewedError(BrokerError):
    """There is a new certificate; this connection was made with the old one."""


class TakenOverError(BrokerError):
    """Somebody else connected under our name."""


class Connection(aiomqtt.Client):
    """aiomqtt's client that also says what the broker answered to a publish: aiomqtt 2.5 drops a PUBACK's reason."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._answers: dict[int, asyncio.Future[str]] = {}

    def post(self, post: Post) -> asyncio.Future[str]:
        """Send one message; the future ends with why the broker refuses it, empty when it does not.

        It never ends when the connection does first.

        Raises:
            BrokerError: not connected any more.
        """
        info = self._client.publish(post.topic, post.payload, post.qos, post.is_retained, _publish_properties(post))
        if info.rc != 0:
            raise BrokerError(f"cannot publish: error {int(info.rc)}")
        answer: asyncio.Future[str] = self._loop.create_future()
        if post.qos == 0:
            answer.set_result("")
        else:
            self._answers[info.mid] = answer
        return answer

    def _on_publish(
        self, client: Any, userdata: Any, mid: int, reason_code: ReasonCode, properties: Properties | None = None
    ) -> None:
        answer = self._answers.pop(mid, None)
        if answer and not answer.done():
            answer.set_result(str(reason_code) if reason_code.is_failure else "")

    def _on_disconnect(
        self, client: Any, userdata: Any, flags: Any, reason_code: ReasonCode, properties: Properties | None = None
    ) -> None:
        if not self._connected.done():
            # aiomqtt would sit there until its time is over: with TLS 1.3 a refused certificate looks like this.
            self._connected.set_exception(aiomqtt.MqttError("hung up before it let us in; our certificate may be bad"))
            return
        super()._on_disconnect(client, userdata, flags, reason_code, properties)

    def way(self, meter: WayMeter) -> Way | None:
        """One look at the socket; None when it is gone."""
        sock = self._client.socket()
        return meter.read(sock) if isinstance(sock, socket.socket) else None

    def end(self) -> None:
        """Takes note of why it ended, where nobody waited for it; asyncio would complain about that later."""
        if self._disconnected.done() and not self._disconnected.cancelled():
            self._disconnected.exception()

    async def listen(self, filters: tuple[str, ...]) -> None:
        """Subscribe with QoS 1 to all of them, retained messages included. Raises BrokerError."""
        try:
            codes = await self.subscribe([(name, SubscribeOptions(qos=1)) for name in filters])
        except aiomqtt.MqttError as error:
            raise our_error(error) from None
        for name, code in zip(filters, codes, strict=True):
            if isinstance(code, ReasonCode) and code.is_failure:
                raise RefusedError(f"may not read {name}: {code}")

    async def receive(self, on_arrival: Callable[[Arrival], None]) -> None:
        """Hands on what comes until the connection ends, which raises BrokerError."""
        try:
            async for message in self.messages:
                on_arrival(_arrival(message))
        except aiomqtt.MqttError as error:
            raise our_error(error) from None


@contextlib.asynccontextmanager
async def connected(
    mqtt: Mqtt, name: str, connection_id: str, now: datetime, runtime_directory: Path | None = None
) -> AsyncIterator[Connection]:
    """A connection under the terminal's name and with its last will; the will is withdrawn when the context ends well.

    `runtime_directory`: where a renewed identity is handed over, see `device.broker.identity`.

    Raises:
        BrokerError: cannot be reached, or does not let us in.
    """
    try:
        context = identity.tls(mqtt, runtime_directory)
    except ConfigurationError as error:
        raise RefusedError(error.detail) from None
    connection = _make(mqtt, name, connection_id, now, context)
    try:
        await connection.__aenter__()
    except aiomqtt.MqttError as error:
        raise our_error(error) from None
    try:
        yield connection
    finally:
        with contextlib.suppress(aiomqtt.MqttError):
            await connection.__aexit__(None, None, None)
        connection.end()


def _make(mqtt: Mqtt, name: str, connection_id: str, now: datetime, context: ssl.SSLContext) -> Connection:
    properties = _properties(PacketTypes.CONNECT)
    properties.SessionExpiryInterval = _SESSION_EXPIRY_S
    properties.ReceiveMaximum = _RECEIVE_MAXIMUM
    will_properties = _properties(PacketTypes.WILLMESSAGE)
    will_properties.WillDelayInterval = _WILL_DELAY_S
    will_properties.ContentType = "application/json"
    will_properties.PayloadFormatIndicator = 1
    will = Status(state=Condition.LOST, connection=connection_id, since=now)
    return Connection(
        mqtt.host,
        mqtt.port,
        identifier=name,
        protocol=aiomqtt.ProtocolVersion.V5,
        clean_start=False,
        keepalive=KEEP_ALIVE_S,
        timeout=_CONNACK_TIMEOUT_S,
        properties=properties,
        will=aiomqtt.Will(topics.terminal(name, "status"), codec.encode(will), 1, True, will_properties),
        tls_context=context,
        socket_options=_SOCKET_OPTIONS,
    )


def our_error(error: aiomqtt.MqttError) -> BrokerError:
    """What aiomqtt raised, sorted by what is to be done about it."""
    cause = error.__cause__ or error  # why the iteration ended; the error itself when the connection was refused
    code = cause.rc if isinstance(cause, aiomqtt.MqttCodeError) else None
    value = code.value if isinstance(code, ReasonCode) else code
    if value in _REFUSED:
        return RefusedError(f"the broker does not let us in: {cause}")
    if value == _TAKEN_OVER:
        return TakenOverError(f"another client uses our name: {cause}")
    return BrokerError(str(cause))


def _publish_properties(post: Post) -> Properties:
    properties = _properties(PacketTypes.PUBLISH)
    if post.payload:
        properties.ContentType = "application/json"
        properties.PayloadFormatIndicator = 1
    if post.expiry_s:
        properties.MessageExpiryInterval = post.expiry_s
    if post.correlation:
        properties.CorrelationData = post.correlation
    return properties


def _arrival(message: aiomqtt.Message) -> Arrival:
    properties = message.properties
    return Arrival(
        topic=message.topic.value,
        payload=bytes(message.payload),
        is_retained=message.retain,
        expiry_s=getattr(properties, "MessageExpiryInterval", None),
        response_topic=getattr(properties, "ResponseTopic", ""),
        correlation=getattr(properties, "CorrelationData", b""),
    )
