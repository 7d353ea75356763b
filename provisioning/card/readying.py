"""Makes a boot partition ready for its terminal, and says which of its files change by that."""

import secrets
from dataclasses import dataclass
from pathlib import Path

from kiosk.contract.errors import CardError
from provisioning.card import places, preparation, system
from provisioning.card.boot import Boot, size_of
from provisioning.card.preparation import Files, Preparation
from provisioning.card.system import System

_SLACK_BYTES = 1 << 20
"""For folders, and for what does not fill its last cluster."""


@dataclass(frozen=True)
class Change:
    """One file of the boot partition."""

    name: str
    size: int
    """In bytes."""
    kind: str
    """`new` or `changed`."""


@dataclass(frozen=True)
class Ready:
    """What was found and done."""

    system: System
    changes: tuple[Change, ...]
    is_lite: bool


def make(boot: Boot, wanted: Preparation, kind: System | None, *, is_dry: bool) -> Ready:
    """Writes what is wanted, or only says what it would be.

    Args:
        kind: None: as the partition looks.
        is_dry: `boot` is only read.

    Raises:
        CardError: the partition is no Raspberry Pi OS, has no room, is read-only or damaged.
        ConfigurationError: see `preparation.files`.
    """
    found = system.look(boot)
    kind = kind or found
    instance = f"rundtisch-{secrets.token_hex(6)}"
    files = preparation.files(wanted, kind, boot, instance)
    names = boot.names()
    ready = Ready(kind, tuple(_change(name, content, names) for name, content in files.items()), system.is_lite(boot))
    if not is_dry:
        for name in preparation.leftovers(boot):
            boot.remove(name)
    _check_room(boot, files)
    if not is_dry:
        for name, content in files.items():
            boot.write(name, content)
    return ready


def _change(name: str, content: bytes | Path, names: frozenset[str]) -> Change:
    return Change(name, size_of(content), "changed" if name in names else "new")


def _check_room(boot: Boot, files: Files) -> None:
    needed = sum(size_of(content) for content in files.values()) + _SLACK_BYTES
    free = boot.free_bytes()
    if needed > free:
        large = f"{places.BUNDLE}, {places.PACKAGES}" if places.BUNDLE in files else "its files"
        raise CardError(f"{boot.name} has {free >> 20} MiB free; {needed >> 20} MiB are needed for {large}")
