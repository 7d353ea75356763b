"""What time it is, and whether that can be trusted: a Pi 4 has no clock of its own."""

import ctypes
import time
from datetime import UTC, datetime
from pathlib import Path

from kiosk.contract.mqtt import Clock

BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
_TIME_ERROR = 5
"""Clock not synchronised, see adjtimex(2)."""
_TIMEX_BYTES = 512
"""More than `struct timex` has on any machine; all zero asks and sets nothing."""
_TIMESYNCD = Path("/run/systemd/timesync")
"""Where systemd-timesyncd, if it keeps the clock, says so; readable where the unit may not call adjtimex."""
_REAL_TIME_CLOCK = Path("/sys/class/rtc/rtc0/hctosys")
_libc = ctypes.CDLL(None)


def now() -> datetime:
    """Aware, UTC, whole milliseconds."""
    at = datetime.now(UTC)
    return at.replace(microsecond=at.microsecond // 1000 * 1000)


def trust() -> Clock:
    """Synchronised with a time server, else set from a clock with a battery, else neither."""
    if _is_synchronised():
        return Clock.NTP
    try:
        return Clock.RTC if _REAL_TIME_CLOCK.read_text().strip() == "1" else Clock.UNSET
    except OSError:
        return Clock.UNSET


def _is_synchronised() -> bool:
    if _TIMESYNCD.is_dir():
        return (_TIMESYNCD / "synchronized").exists()
    status = _libc.adjtimex(ctypes.create_string_buffer(_TIMEX_BYTES))
    return bool(0 <= status < _TIME_ERROR)


def uptime_s() -> float:
    """Seconds since the machine started, sleep included."""
    return round(time.clock_gettime(time.CLOCK_BOOTTIME), 1)
