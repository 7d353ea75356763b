"""What the agent and the renewal of its certificate tell each other, by small files; knows no way to read or write.

The renewal runs by a timer, as root; the agent only sees how it went, and may ask for one now.
"""

from datetime import datetime, timedelta

from msgspec import Struct

ENROLLED = "enrolment.toml"
"""Beside the terminal's certificate, where that came by enrolment: only then there is somebody who renews it."""
OUTCOME = "renewal.json"
"""Beside the agent's run-time folder, where the agent cannot write: `Outcome`. Gone when the machine starts."""
REQUEST = "renew"
"""In the agent's run-time folder, empty; a unit starts the renewal when it appears."""

GRACE = timedelta(days=3)
"""So long after it was due a certificate may still be the old one: the timer strikes once a day."""
_RENEWED_AFTER = 2 / 3
"""Of a certificate's life: a third is left for a server that is down, or a room that is closed."""


class Outcome(Struct, frozen=True, kw_only=True):
    """How the last try went."""

    at: datetime
    fault: str = ""
    """Why there is no new certificate, a word of `provisioning.enrolment.faults`; empty: there is, or none was due."""
    is_new: bool = False
    good_until: datetime | None = None
    request: int = 0
    """Of the `REQUEST` that was answered, when it was written (`st_mtime_ns`); 0: it was nobody's wish."""


def due(begin: datetime, end: datetime) -> datetime:
    """When a certificate that is good from `begin` to `end` is to be renewed."""
    return begin + (end - begin) * _RENEWED_AFTER
