"""The central side at the broker: publishes a retained message and waits for the receipt, reads one that is there."""

import contextlib
import secrets
import ssl
import time
from collections.abc import Callable, Iterator
from typing import Any

from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from kiosk.contract import codec, topics
from kiosk.contract.errors import BrokerError, ConfigurationError, Reason
from provisioning.central.configuration import Central

TIMEOUT_S = 10.0


class Connection:
    """One connection to the broker, used from one thread; no loop runs between calls."""

    def __init__(self, central: Central, is_dry: bool = False) -> None:
        self._is_dry = is_dry
        self._where = f"broker {central.mqtt.host}:{central.mqtt.port}"
        self._client = Client(
            CallbackAPIVersion.VERSION2, f"central-{secrets.token_hex(4)}", protocol=MQTTProtocolVersion.MQTTv5
        )
        self._answers: list[ReasonCode] = []
        self._payloads: dict[str, bytes] = {}
        self._client.on_connect = lambda client, data, flags, reason, properties: self._answered(reason)
        self._client.on_publish = lambda client, data, mid, reason, properties: self._answered(reason)
        self._client.on_subscribe = lambda client, data, mid, reasons, properties: self._answered(reasons[0])
        self._client.on_message = self._arrived

    def publish(self, topic: str, message: object) -> None:
        """Publishes `message` retained, and returns when the broker has it.

        Raises:
            BrokerError: no receipt, or one that says no.
        """
        self._publish(topic, codec.encode(message))

    def clear(self, topic: str) -> None:
        """Nothing is retained on `topic` any more. Raises BrokerError."""
        self._publish(topic, b"")

    def _publish(self, topic: str, payload: bytes) -> None:
        if len(payload) > codec.MAX_MESSAGE_BYTES:
            raise BrokerError(f"{topic}: {len(payload)} bytes, at most {codec.MAX_MESSAGE_BYTES}", Reason.OVERSIZED)
        if self._is_dry:
            return
        properties = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]
        properties.ContentType = "application/json"
        properties.PayloadFormatIndicator = 1
        self._ask(lambda: self._client.publish(topic, payload, qos=1, retain=True, properties=properties)[0], topic)

    def read(self, topic: str, kind: Any) -> Any:
        """The retained message of type `kind` on `topic`, or None.

        Raises:
            BrokerError: we may not read there.
            MalformedError: what is there is not a `kind`.
        """
        payload = self.retained(topic).get(topic)
        return codec.decode(payload, kind, topic) if payload else None

    def retained(self, filter: str) -> dict[str, bytes]:
        """Topic → payload of all that is retained; `+` stands for any level. Raises BrokerError."""
        self._payloads.clear()
        self._ask(lambda: self._client.subscribe(filter, qos=0)[0], filter)
        # A broker sends what is retained after the receipt; the second receipt says that all of it was sent.
        self._ask(lambda: self._client.subscribe(f"{filter}/-", qos=0)[0], filter)
        return {topic: payload for topic, payload in self._payloads.items() if payload}

    def terminals(self) -> tuple[str, ...]:
        """The terminals that ever came to the broker and were not forgotten, by their retained status."""
        return tuple(sorted(topic.split("/")[-2] for topic in self.retained(topics.terminal("+", "status"))))

    def close(self) -> None:
        """For good."""
        self._client.disconnect()
        self._client.loop(0.1)
        del self._client  # paho closes what wakes its loop when nobody has it any more; it and we have each other

    def open(self, central: Central) -> None:
        """Connects. Raises ConfigurationError for files that are no certificate and key, BrokerError for the rest."""
        try:
            context = ssl.create_default_context(cafile=str(central.mqtt.ca_file))
            context.minimum_version = ssl.TLSVersion.TLSv1_2
            context.load_cert_chain(central.mqtt.certificate_file, central.key_file)
        except (OSError, ssl.SSLError) as error:
            files = f"{central.mqtt.ca_file}, {central.mqtt.certificate_file}, {central.key_file}"
            raise ConfigurationError(f"these do not open the broker ({error.strerror}): {files}") from None
        self._client.tls_set_context(context)
        try:
            self._ask(lambda: self._client.connect(central.mqtt.host, central.mqtt.port, clean_start=True), "CONNECT")
        except ssl.SSLError as error:
            raise BrokerError(f"{self._where}: TLS: {error.reason or error}", Reason.NOT_AUTHORISED) from None
        except OSError as error:
            raise BrokerError(f"{self._where}: {error.strerror or error}") from None
        except ValueError:  # which idna is as well, for `a..b`
            raise ConfigurationError(f"{central.mqtt.host!r} is no host name - at `$.mqtt.host`") from None

    def _ask(self, send: Callable[[], int], what: str) -> None:
        self._answers.clear()
        code = send()
        deadline = time.monotonic() + TIMEOUT_S
        while code == MQTTErrorCode.MQTT_ERR_SUCCESS and not self._answers and time.monotonic() < deadline:
            code = self._client.loop(0.2)
        if not self._answers:
            said = "does not answer" if code == MQTTErrorCode.MQTT_ERR_SUCCESS else "closed the connection"
            raise BrokerError(f"{self._where}: {said} - at {what}")
        if self._answers[0].is_failure:
            raise BrokerError(f"{self._where}: {self._answers[0]} - at {what}", Reason.FAR_SIDE_REFUSED)

    def _answered(self, reason: ReasonCode) -> None:
        self._answers.append(reason)

    def _arrived(self, client: Client, data: object, message: MQTTMessage) -> None:
        self._payloads[message.topic] = bytes(message.payload)


@contextlib.contextmanager
def connected(central: Central, is_dry: bool = False) -> Iterator[Connection]:
    """A connection for the time of the context; a dry one publishes nothing. Raises BrokerError, ConfigurationError."""
    connection = Connection(central, is_dry)
    try:
        connection.open(central)
        yield connection
    finally:
        connection.close()
