"""Signed desk and guest links: what stands in them, how they are made, and when they are good.

A link is a bearer token: who has it is let in as the desk or guest it names. Knows no web server and no page.
"""

import base64
import hashlib
import secrets
from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

from itsdangerous import BadSignature, Signer
from msgspec import Meta, Struct

from kiosk.contract import codec
from kiosk.contract.directory import Id
from kiosk.contract.errors import ConfigurationError, InvitationError, MalformedError, Reason
from kiosk.contract.schedule import Number
from kiosk.contract.topics import is_terminal

KEY_CREDENTIAL = "desk-key"
"""Name of the systemd credential, a file in `$CREDENTIALS_DIRECTORY`, with the keys that sign links."""
EARLY = timedelta(minutes=30)
"""A guest link opens so long before the session's start."""
LATE = timedelta(minutes=30)
"""A guest link closes so long after the session's end."""

_SALT = b"rundtisch/v1/link"
_MIN_KEY_BYTES = 32
_MAX_TOKEN_CHARS = 1024
"""A link of ours has about 150."""

Keys = tuple[bytes, ...]
"""Oldest first: the last one signs, all of them are believed."""

LinkId = Annotated[str, Meta(pattern=r"^[a-z0-9]{16}$")]
"""Random; by it a link is withdrawn."""


class DeskLink(Struct, frozen=True, kw_only=True, tag="desk", array_like=True, forbid_unknown_fields=True):
    """Sits its holder at a desk."""

    id: LinkId
    desk: Id
    expires: datetime | None = None


class GuestLink(Struct, frozen=True, kw_only=True, tag="guest", array_like=True, forbid_unknown_fields=True):
    """Lets its holder knock at one room for one session."""

    id: LinkId
    terminal: str
    number: Number
    guest: Id
    not_before: datetime
    expires: datetime


Link = DeskLink | GuestLink


def new_key() -> bytes:
    """A fresh signing key, one line of a key file."""
    return secrets.token_urlsafe(_MIN_KEY_BYTES).encode()


def load_keys(path: Path) -> Keys:
    """The keys in a file, one a line, oldest first; a new line at the end replaces the key, old links stay good.

    Raises:
        ConfigurationError: cannot be read, holds no key, or one that is too short.
    """
    try:
        keys = tuple(line.strip() for line in path.read_bytes().splitlines() if line.strip())
    except OSError as error:
        raise ConfigurationError(f"{path}: {error.strerror}") from None
    if not keys or any(len(key) < _MIN_KEY_BYTES for key in keys):
        raise ConfigurationError(f"{path}: expected keys of at least {_MIN_KEY_BYTES} characters, one a line")
    return keys


def make_desk_link(keys: Keys, desk: str, expires: datetime | None = None) -> tuple[str, DeskLink]:
    """A token that sits its holder at `desk`, until `expires` (aware) or until it is withdrawn."""
    link = DeskLink(id=_new_id(), desk=desk, expires=expires and expires.astimezone(UTC))
    return _sign(keys, link), link


def make_guest_link(
    keys: Keys, terminal: str, number: str, guest: str, start: datetime, end: datetime
) -> tuple[str, GuestLink]:
    """A token for one guest of the appointment `number`, whose session is from `start` to `end` (both aware)."""
    link = GuestLink(
        id=_new_id(),
        terminal=terminal,
        number=number,
        guest=guest,
        not_before=(start - EARLY).astimezone(UTC),
        expires=(end + LATE).astimezone(UTC),
    )
    return _sign(keys, link), link


def read(keys: Keys, token: str) -> Link:
    """What a token says, whatever the time.

    Raises:
        InvitationError: LINK_WRONG, not signed by us or damaged on the way.
    """
    if len(token) > _MAX_TOKEN_CHARS or not token.isascii():
        raise InvitationError("not a link of ours")
    try:
        payload = _signer(keys).unsign(token)
        link: Link = codec.decode(_from_base64(payload), Link, "link")
    except (BadSignature, MalformedError, ValueError):
        raise InvitationError("not a link of ours") from None
    return link


def check(link: Link, now: datetime, revoked: Collection[str] = ()) -> None:
    """Whether a link is good at `now` (aware).

    Raises:
        InvitationError: LINK_REVOKED where its id is in `revoked`; LINK_EXPIRED where its time is over or yet to come.
    """
    if link.id in revoked:
        raise InvitationError(f"link {link.id} was withdrawn", Reason.LINK_REVOKED)
    if isinstance(link, GuestLink) and now < link.not_before:
        raise InvitationError(f"link {link.id} is not yet good", Reason.LINK_EXPIRED)
    if link.expires is not None and now >= link.expires:
        raise InvitationError(f"link {link.id} has expired", Reason.LINK_EXPIRED)


def address(base: str, token: str, link: Link) -> str:
    """The web address to hand out: `base` is the desk server's, as partners reach it (`https://desk.example.org`)."""
    return f"{base.rstrip('/')}/{'guest' if isinstance(link, GuestLink) else 'desk'}/{token}"


def _new_id() -> str:
    return secrets.token_hex(8)


def _signer(keys: Keys) -> Signer:
    return Signer(list(keys), salt=_SALT, key_derivation="hmac", digest_method=hashlib.sha256)


def _sign(keys: Keys, link: Link) -> str:
    payload = codec.encode(link)
    try:
        codec.decode(payload, Link, "link")
    except MalformedError as error:
        raise ConfigurationError(f"no link can be made of this: {error.detail}") from None
    if isinstance(link, GuestLink) and not is_terminal(link.terminal):
        raise ConfigurationError(f"no link can be made of this: {link.terminal!r} is no terminal")
    return _signer(keys).sign(base64.urlsafe_b64encode(payload).rstrip(b"=")).decode("ascii")


def _from_base64(text: bytes) -> bytes:
    return base64.urlsafe_b64decode(text + b"=" * (-len(text) % 4))
