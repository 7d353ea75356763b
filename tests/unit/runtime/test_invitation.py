"""Desk and guest links: who may come in, when, and as whom."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from kiosk.contract.errors import ConfigurationError, InvitationError, Reason
from kiosk.runtime import invitation

KEYS = (b"k" * 40,)
START = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
END = START + timedelta(minutes=45)


def guest_link() -> str:
    token, _ = invitation.make_guest_link(KEYS, "nord.r1", "4711", "guest-1", START, END)
    return token


def verify(keys: invitation.Keys, token: str, now: datetime, revoked: tuple[str, ...] = ()) -> invitation.Link:
    """What a good token says."""
    link = invitation.read(keys, token)
    invitation.check(link, now, revoked)
    return link


def refusal(token: str, now: datetime, revoked: tuple[str, ...] = (), keys: invitation.Keys = KEYS) -> Reason:
    with pytest.raises(InvitationError) as caught:
        verify(keys, token, now, revoked)
    return caught.value.reason


def test_desk_link_says_which_desk() -> None:
    """What was signed is what is read."""
    token, link = invitation.make_desk_link(KEYS, "youth-1")
    assert verify(KEYS, token, START) == link
    assert link.desk == "youth-1"


def test_guest_link_holds_from_half_an_hour_before_to_half_an_hour_after() -> None:
    """A guest may come early and stay late, by 30 minutes each."""
    token = guest_link()
    for now in (START - timedelta(minutes=30), END + timedelta(minutes=29, seconds=59)):
        link = verify(KEYS, token, now)
        assert isinstance(link, invitation.GuestLink)
        assert (link.terminal, link.number, link.guest) == ("nord.r1", "4711", "guest-1")
    for now in (START - timedelta(minutes=30, seconds=1), END + timedelta(minutes=30)):
        assert refusal(token, now) is Reason.LINK_EXPIRED


def test_desk_link_expires_when_it_says_so() -> None:
    """A desk link with an end is refused from its end on."""
    token, _ = invitation.make_desk_link(KEYS, "youth-1", expires=END)
    assert refusal(token, END) is Reason.LINK_EXPIRED
    assert verify(KEYS, token, END - timedelta(seconds=1))


def test_withdrawn_link_is_refused() -> None:
    """A link whose id is on the list is no good, others are."""
    token, link = invitation.make_desk_link(KEYS, "youth-1")
    assert refusal(token, START, (link.id,)) is Reason.LINK_REVOKED
    assert verify(KEYS, token, START, ("0" * 16,))


def test_any_changed_letter_makes_a_link_wrong() -> None:
    """Damage anywhere, payload or signature, is noticed."""
    token = guest_link()
    for place in range(len(token) - 1):  # the last letter of base64 has bits that mean nothing
        other = token[:place] + ("A" if token[place] != "A" else "B") + token[place + 1 :]
        assert refusal(other, START) is Reason.LINK_WRONG


@pytest.mark.parametrize("token", ["", ".", "x", "ü" * 20, "a" * 5000, "W10.W10"])
def test_nonsense_is_a_wrong_link(token: str) -> None:
    """What is no token at all is refused like a forged one."""
    assert refusal(token, START) is Reason.LINK_WRONG


def test_link_of_another_installation_is_wrong() -> None:
    """Another key does not sign for us."""
    assert refusal(guest_link(), START, keys=(b"o" * 40,)) is Reason.LINK_WRONG


def test_new_key_signs_and_old_links_stay_good() -> None:
    """Keys are replaced without breaking what was handed out; dropping the old one does."""
    old, new = (b"k" * 40,), (b"k" * 40, b"n" * 40)
    token, _ = invitation.make_desk_link(old, "youth-1")
    fresh, _ = invitation.make_desk_link(new, "youth-1")
    assert verify(new, token, START)
    assert refusal(fresh, START, keys=old) is Reason.LINK_WRONG
    assert refusal(token, START, keys=new[1:]) is Reason.LINK_WRONG


@pytest.mark.parametrize("desk", ["", "Youth", "a/b", "+", "x" * 33])
def test_link_for_what_is_no_desk_is_not_made(desk: str) -> None:
    """A name that cannot stand in a topic never gets a link."""
    with pytest.raises(ConfigurationError):
        invitation.make_desk_link(KEYS, desk)


def test_guest_link_for_what_is_no_terminal_is_not_made() -> None:
    """The room's name is checked like the desk's."""
    with pytest.raises(ConfigurationError):
        invitation.make_guest_link(KEYS, "nord", "4711", "guest-1", START, END)


def test_key_file_holds_one_key_a_line(tmp_path: Path) -> None:
    """Empty lines do not count; a short key, or none, is refused with the file's name."""
    path = tmp_path / "desk-key"
    path.write_bytes(invitation.new_key() + b"\n\n" + invitation.new_key() + b"\n")
    assert len(invitation.load_keys(path)) == 2
    for content in (b"", b"short\n"):
        path.write_bytes(content)
        with pytest.raises(ConfigurationError, match="desk-key"):
            invitation.load_keys(path)
    with pytest.raises(ConfigurationError, match="missing"):
        invitation.load_keys(tmp_path / "missing")


def test_address_tells_desk_from_guest() -> None:
    """The path says what kind of link it is, so that one cannot pass for the other."""
    token, link = invitation.make_desk_link(KEYS, "youth-1")
    assert invitation.address("https://desk.example.org/", token, link) == f"https://desk.example.org/desk/{token}"
    token, guest = invitation.make_guest_link(KEYS, "nord.r1", "4711", "guest-1", START, END)
    assert invitation.address("https://desk.example.org", token, guest).startswith("https://desk.example.org/guest/")
