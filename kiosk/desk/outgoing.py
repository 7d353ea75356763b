"""What the desk server says to the broker, as data."""

from msgspec import Struct

from kiosk.contract import codec, topics
from kiosk.contract.directory import DeskPresence
from kiosk.contract.partner import HelpReply, Knock, Leave, PartnerToRoom, RingAnswer, Sealed

PRESENCE_EXPIRY_S = 90
"""A desk whose server died unheard is gone after so long."""
_EXPIRY_S: dict[type, int] = {Knock: 3600, RingAnswer: 60, HelpReply: 60, Sealed: 30, Leave: 86_400}
"""So long a room that is away for a moment may still get it; an old offer would only do harm."""


class Outgoing(Struct, frozen=True, kw_only=True):
    """One MQTT message, QoS 1."""

    topic: str
    payload: bytes
    expiry_s: int
    is_retained: bool = False


def to_room(desk: str, terminal: str, message: PartnerToRoom) -> Outgoing:
    """What a page says to a room, under the desk its link was signed for."""
    kind = str(message.__struct_config__.tag)
    topic = topics.partner_to_room(desk, terminal, kind)
    return Outgoing(topic=topic, payload=codec.encode(message), expiry_s=_EXPIRY_S[type(message)])


def presence(desk: str, word: DeskPresence) -> Outgoing:
    """How a desk stands, for every terminal."""
    return Outgoing(
        topic=topics.desk(desk, "presence"),
        payload=codec.encode(word),
        expiry_s=PRESENCE_EXPIRY_S,
        is_retained=True,
    )
