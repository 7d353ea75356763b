"""Only the page and the agent open what they say to each other."""

import pytest

from kiosk.contract.errors import MalformedError, SealError
from kiosk.contract.partner import Inside, Introduction
from kiosk.runtime.sealing import Seal, new_secret, public_of

CALL = "a" * 16


def pair(call: str = CALL) -> tuple[Seal, Seal]:
    room, partner = new_secret(), new_secret()
    return (
        Seal(room, public_of(partner), call, is_room=True),
        Seal(partner, public_of(room), call, is_room=False),
    )


def test_both_sides_read_each_other() -> None:
    """One key, made from either half."""
    room, partner = pair()
    message = Introduction(name="Frau Kaya", why="Kita-Platz")
    assert room.open(partner.close(message), Inside, "t") == message
    assert partner.open(room.close(message), Inside, "t") == message


def test_a_box_shows_nothing() -> None:
    """The name is not in the bytes that the broker carries, and the same words never look the same."""
    _, partner = pair()
    message = Introduction(name="Frau Kaya")
    first, second = partner.close(message), partner.close(message)
    assert "Kaya" not in first
    assert first != second


def test_a_box_does_not_go_back_to_its_writer() -> None:
    """A reflected message is refused."""
    _, partner = pair()
    with pytest.raises(SealError):
        partner.open(partner.close(Introduction(name="x")), Inside, "t")


def test_a_box_belongs_to_its_visit() -> None:
    """The same two keys, another call: refused."""
    room, partner = new_secret(), new_secret()
    box = Seal(partner, public_of(room), CALL, is_room=False).close(Introduction(name="x"))
    with pytest.raises(SealError):
        Seal(room, public_of(partner), "b" * 16, is_room=True).open(box, Inside, "t")


@pytest.mark.parametrize("box", ["", "A", "AAAA", "A" * 60, "ä"])
def test_rubbish_is_refused(box: str) -> None:
    """What was never sealed does not open."""
    room, _ = pair()
    with pytest.raises(SealError):
        room.open(box, Inside, "t")


def test_what_is_inside_is_checked_too() -> None:
    """A partner with a good key can still not send what is no message."""
    room, partner = pair()
    with pytest.raises(MalformedError, match="t: "):
        room.open(partner.close({"type": "open-camera"}), Inside, "t")


@pytest.mark.parametrize("key", ["", "A" * 87, "not a key"])
def test_bad_public_key_is_refused(key: str) -> None:
    """No point of the curve, no seal."""
    with pytest.raises(SealError):
        Seal(new_secret(), key, CALL, is_room=True)
