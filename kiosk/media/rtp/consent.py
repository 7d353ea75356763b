"""How soon a path that is gone is noticed (consent freshness, RFC 7675): in about 3 s instead of aioice's 30."""

import aioice.ice

INTERVAL_S = 0.2
FAILURES = 4
"""Each waits 0.5 s for its answer."""


def install() -> None:
    """Once a process, before the first peer connection."""
    aioice.ice.CONSENT_INTERVAL = INTERVAL_S  # type: ignore[assignment]
    aioice.ice.CONSENT_FAILURES = FAILURES
