"""How far the clock is from its time server's, by systemd-timesyncd. Nothing is asked of the network for it.

The kernel knows, too (adjtimex), but the unit's filter lets nobody near the calls that could set the clock.
"""

import asyncio
import contextlib
import os
import re

_PROGRAM = ("timedatectl", "timesync-status", "--no-pager")
_PATIENCE_S = 3.0
_OFFSET = re.compile(r"(?m)^[ \t]*Offset:[ \t]*([+-]?)[ \t]*(.+)$")
_AMOUNT = re.compile(r"([0-9]+(?:\.[0-9]+)?)\s*(us|ms|s|min|h|d|w|month|y)\b")
_MS = {
    "us": 0.001,
    "ms": 1.0,
    "s": 1e3,
    "min": 6e4,
    "h": 3.6e6,
    "d": 8.64e7,
    "w": 6.048e8,
    "month": 2.6298e9,
    "y": 3.15576e10,
}
"""As systemd writes spans of time, see systemd.time(7)."""


async def offset_ms() -> float | None:
    """What the last answer of the time server differed by; None where nobody asks one, or nobody tells."""
    try:
        process = await asyncio.create_subprocess_exec(
            *_PROGRAM,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            env={**os.environ, "LC_ALL": "C"},
        )
    except OSError:
        return None
    try:
        async with asyncio.timeout(_PATIENCE_S):
            said, _ = await process.communicate()
    except TimeoutError:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()
        return None
    return read_offset(said.decode("utf-8", "replace"))


def read_offset(said: str) -> float | None:
    """`Offset: +1min 2.5s` in milliseconds; None where it is not said, or in words that make no sense."""
    found = _OFFSET.search(said)
    amounts = _AMOUNT.findall(found[2]) if found else []
    if found is None or not amounts:
        return None
    total = sum(float(number) * _MS[unit] for number, unit in amounts)
    return round(-total if found[1] == "-" else total, 3)
