"""What the signed metadata of The Update Framework says in our own words: names of roles and files, custom fields.

Shared by both sides; knows no key and no network.
"""

from typing import Any

import msgspec
from msgspec import Struct
from tuf.api.metadata import TargetFile

from kiosk.contract.errors import ReleaseError
from kiosk.contract.update import Cause

ROLLOUT = "rollout"
"""The delegated role whose key widens and halts; it can name no file outside its folder."""
ROLLOUT_FILE = "rollout/terminals.json"
ROLLOUT_PATHS = ["rollout/*"]


class Bundle(Struct, frozen=True, kw_only=True):
    """Custom fields of a bundle, signed by the release keys."""

    version: str
    serial: int
    platform: str
    manifest: str = ""
    """SHA-256 of the manifest in it: what a terminal has of it already need not be loaded. Empty: it is not said."""
    manifest_bytes: int = 0


class Rollout(Struct, frozen=True, kw_only=True):
    """Custom fields of `ROLLOUT_FILE`, signed by the rollout key."""

    serial: int = 0
    """The release that is rolled out; 0: none."""
    percent: int = 0
    """See `rings`; the canonical form in which it is signed knows no fractions."""
    is_halted: bool = False
    """Nobody begins any more; who runs it keeps it."""
    why: str = ""
    """What was seen when it was halted by itself; empty when people did it."""


def bundle_path(serial: int, platform: str) -> str:
    """Where a bundle lies, below the targets."""
    return f"bundles/{serial}/{platform}.tar"


def custom(target: TargetFile, kind: Any) -> Any:
    """The custom fields of a target as a `kind`. Raises ReleaseError when they are not."""
    try:
        return msgspec.convert(target.custom or {}, kind, strict=True)
    except msgspec.ValidationError as error:
        raise ReleaseError(Cause.NOT_TRUSTED, f"{target.path}: {error}") from None


def set_custom(target: TargetFile, fields: Struct) -> TargetFile:
    """The same target with these custom fields."""
    target.unrecognized_fields["custom"] = msgspec.to_builtins(fields)
    return target
