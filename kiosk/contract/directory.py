"""Offices, their desks and the needs they serve: retained on `rundtisch/v1/directory`, pushed by IT staff.

No person is named here: who sits at a desk says so when knocking, in a sealed message.
"""

from datetime import datetime
from enum import StrEnum
from typing import Annotated

from msgspec import Meta, Struct

Id = Annotated[str, Meta(pattern=r"^[a-z0-9-]{1,32}\Z")]
"""Site, room, office, desk and need ids: part of topics, so nothing but these letters."""

Texts = dict[str, Annotated[str, Meta(min_length=1, max_length=80)]]
"""Language tag to words; `de` is always there, other languages fall back to it."""


class Office(Struct, frozen=True, kw_only=True):
    """An authority or service that takes part."""

    id: Id
    name: Texts


class Need(Struct, frozen=True, kw_only=True):
    """What a customer may need, in the customer's words ("Debts", "Interpreter: Arabic")."""

    id: Id
    name: Texts
    icon: str = "signpost"
    """Name of a glyph in the icon font."""
    by_appointment_only: bool = False
    interprets: str = ""
    """Language tag, when the need is an interpreter."""


class Desk(Struct, frozen=True, kw_only=True):
    """A place of work at which one person of an office can be reached."""

    id: Id
    office: Id
    name: Texts
    """What the place is called, never who sits there ("Familienkasse, Platz 2")."""
    needs: tuple[Id, ...] = ()


class Directory(Struct, frozen=True, kw_only=True):
    """Everything a terminal knows about partners before they knock."""

    version: int = 0
    offices: tuple[Office, ...] = ()
    needs: tuple[Need, ...] = ()
    desks: tuple[Desk, ...] = ()


class Presence(StrEnum):
    """Whether a desk can be rung now."""

    FREE = "free"
    BUSY = "busy"
    AWAY = "away"
    GONE = "gone"


class DeskPresence(Struct, frozen=True, kw_only=True):
    """Retained on `desks/{desk}/presence`, repeated every 30 s; older than 90 s counts as gone."""

    state: Presence
    since: datetime
    until: datetime | None = None
    """When a busy or absent desk expects to be free, where it said so."""
