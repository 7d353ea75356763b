"""Waiting for something that tells nobody when it is there, with an end to the patience."""

import asyncio
import time
from collections.abc import Callable

from kiosk.contract.errors import RundtischError

_PAUSE_S = 0.02


class PatienceError(RundtischError):
    """What was waited for did not come."""


async def until(condition: Callable[[], bool], timeout_s: float, what: str) -> float:
    """Returns the seconds it took until `condition` held.

    Raises:
        PatienceError: it did not within `timeout_s`; `what` is named.
    """
    start = time.monotonic()
    while True:
        if condition():
            return time.monotonic() - start
        if time.monotonic() - start > timeout_s:
            raise PatienceError(f"{what}: not within {timeout_s:g} s")
        await asyncio.sleep(_PAUSE_S)
