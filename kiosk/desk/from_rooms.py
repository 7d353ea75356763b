"""What the broker brings, decoded: which room says what to which desk. Refuses the rest with its topic."""

from msgspec import Struct

from kiosk.contract import codec, topics
from kiosk.contract.directory import Directory
from kiosk.contract.errors import MalformedError
from kiosk.contract.mqtt import RevokedLinks
from kiosk.contract.partner import RoomToPartner

SUBSCRIPTIONS = (topics.terminal("+", "desk", "#"), topics.DIRECTORY, topics.REVOKED)


class RoomWord(Struct, frozen=True, kw_only=True):
    """A room says something to a desk or guest; `message` is None when a retained one was taken back."""

    terminal: str
    desk: str
    kind: str
    message: RoomToPartner | None


def decode(topic: str, payload: bytes) -> RoomWord | Directory | RevokedLinks | None:
    """What stands in one MQTT message; None when it says nothing new.

    Raises:
        MalformedError: foreign topic, or its payload is not what the topic promises.
    """
    if topic == topics.DIRECTORY:
        directory: Directory | None = codec.decode(payload, Directory, topic) if payload else None
        return directory
    if topic == topics.REVOKED:
        revoked: RevokedLinks = codec.decode(payload, RevokedLinks, topic) if payload else RevokedLinks()
        return revoked
    match topics.split(topic):
        case ["terminals", terminal, "desk", desk, kind] if topics.is_terminal(terminal) and topics.is_id(desk):
            return RoomWord(terminal=terminal, desk=desk, kind=kind, message=_message(topic, kind, payload))
    raise MalformedError(topic, "no topic of a room")


def _message(topic: str, kind: str, payload: bytes) -> RoomToPartner | None:
    if not payload:
        return None
    message: RoomToPartner = codec.decode(payload, RoomToPartner, topic)
    if message.__struct_config__.tag != kind:
        raise MalformedError(topic, f"a message of type {message.__struct_config__.tag!r}")
    return message
