"""Bytes from outside become messages, or a refusal that names source and path."""

from datetime import UTC, datetime

import pytest

from kiosk.contract import codec
from kiosk.contract.errors import MalformedError, Reason
from kiosk.contract.intents import Admit, JoinAppointment
from kiosk.contract.links import FromMedia, FromUi, Snapshot, ToMedia, ToUi
from kiosk.contract.partner import FromPage, Inside, PartnerToRoom, RoomToPartner, ToPage
from kiosk.contract.state import Consent, State


def test_every_channel_can_be_decoded() -> None:
    """Each union of messages is one that the decoder can tell apart by its tag."""
    for kind in (ToUi, FromUi, ToMedia, FromMedia, RoomToPartner, PartnerToRoom, Inside, ToPage, FromPage):
        with pytest.raises(MalformedError, match=r"nobody: Invalid value 'nothing-of-ours' - at `\$.type`"):
            codec.decode(b'{"type":"nothing-of-ours"}', kind, "nobody")


def test_snapshot_survives_the_link() -> None:
    """What the agent encodes is what the app decodes."""
    snapshot = Snapshot(state=State(now=datetime(2026, 11, 24, 10, 12, tzinfo=UTC)))
    assert codec.decode(codec.encode(snapshot), ToUi, "link") == snapshot


def test_message_is_one_line() -> None:
    """A line break in a text does not break the line protocol."""
    assert b"\n" not in codec.encode(JoinAppointment(number="4711\n"))


@pytest.mark.parametrize(
    ("data", "path"),
    [
        (b"", "Input data was truncated"),
        (b"{", "Input data was truncated"),
        (b"\xff\xfe", "invalid"),
        (b"[]", "Expected `object`, got `array`"),
        (b'{"type":"Admit","call":7,"consent":"all"}', "at `$.call`"),
        (b'{"type":"Admit","call":"a","consent":"maybe"}', "at `$.consent`"),
        (b'{"type":"Admit","call":"a"}', "missing required field `consent`"),
        (b"[" * 50_000, ""),
    ],
)
def test_malformed_is_refused_with_path(data: bytes, path: str) -> None:
    """The error says from where the bytes came and which value is wrong."""
    with pytest.raises(MalformedError) as caught:
        codec.decode(data, FromUi, "link ui")
    assert caught.value.source == "link ui"
    assert path.lower() in caught.value.detail.lower()


def test_oversized_is_refused_before_it_is_parsed() -> None:
    """A message longer than any of ours is not even looked at."""
    with pytest.raises(MalformedError) as caught:
        codec.decode(b" " * (codec.MAX_MESSAGE_BYTES + 1), FromUi, "link ui")
    assert caught.value.reason is Reason.OVERSIZED


def test_unknown_keys_are_ignored() -> None:
    """Adding a key is a minor version: an older reader goes on."""
    data = b'{"type":"Admit","call":"a","consent":"all","new":1}'
    assert codec.decode(data, FromUi, "link ui") == Admit(call="a", consent=Consent.ALL)
