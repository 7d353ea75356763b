"""Whether this machine's clock can be right: a Raspberry Pi has none that runs without power.

The rule: no request is made, and no certificate judged, while the clock is before a moment that has certainly been.
It is never set by us, and no check is left out: NTP brings it right, and then all goes on.
"""

from datetime import UTC, datetime

from provisioning.enrolment.faults import Fault, FaultError

FLOOR = datetime(2026, 11, 1, tzinfo=UTC)
"""Before this version was made; moved on with versions."""


def check(now: datetime, *before: datetime) -> None:
    """`before`: moments that have certainly been, such as the ticket's birth.

    Raises:
        FaultError: CLOCK_WRONG.
    """
    floor = max((FLOOR, *before))
    if now < floor:
        raise FaultError(
            Fault.CLOCK_WRONG, f"it shows {now:%d.%m.%Y %H:%M}, and it is after {floor:%d.%m.%Y %H:%M} UTC"
        )
