"""A way to wait until something holds, told by whoever may have made it hold."""

import asyncio
from collections.abc import Callable


class Pulse:
    """Loop's thread only."""

    def __init__(self) -> None:
        self._event = asyncio.Event()

    def beat(self) -> None:
        """Something has changed: everybody who waits looks again."""
        self._event.set()
        self._event = asyncio.Event()

    async def until(self, holds: Callable[[], bool], timeout_s: float | None = None) -> None:
        """Returns as soon as it holds. Raises TimeoutError."""
        async with asyncio.timeout(timeout_s):
            while not holds():
                await self._event.wait()
