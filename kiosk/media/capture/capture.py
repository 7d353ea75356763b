"""One device, opened when it is wanted and closed when it is not, in a thread of its own.

Knows neither what the items are nor where they go. What it says about the device is measured, not assumed.
"""

import asyncio
import logging
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Generic, TypeVar

from kiosk.contract.errors import MediaError, Reason
from kiosk.media.capture.source import Source

_logger = logging.getLogger(__name__)

RETRY_S = 3.0
"""Until a device that is missing or busy is tried again."""

T = TypeVar("T")


class Capture(Generic[T]):
    """A camera or a microphone. `take` gets each item in the capture's thread, everything else is the loop's."""

    def __init__(
        self,
        kind: str,
        make: Callable[[], Source[T]],
        take: Callable[[T], None],
        on_change: Callable[[], None],
        retry_s: float = RETRY_S,
    ) -> None:
        """`on_change` runs on the loop when `is_open`, `is_live`, `reason` or `name` have changed."""
        self._retry_s = retry_s
        self._kind, self._make, self._take, self._on_change = kind, make, take, on_change
        self._wanted = asyncio.Event()
        self._unwanted = asyncio.Event()
        self._unwanted.set()
        self._stop = threading.Event()
        self._executor = ThreadPoolExecutor(1, thread_name_prefix=kind)
        self._said: Reason | None = None
        self.is_open = False
        """The device is open, from before its `open` until after its `close`."""
        self.is_live = False
        """Open, and has given something since it was opened."""
        self.reason: Reason | None = None
        """Why it does not work, while it is wanted."""
        self.name = ""
        self.job: Callable[[Source[T]], None] | None = None
        """Done once with the device, in its thread, when it has given something; again where the device fails on it."""

    def want(self, is_wanted: bool) -> None:
        """Open the device, and keep trying; or close it. Returns at once."""
        if is_wanted:
            self._unwanted.clear()
            self._wanted.set()
        else:
            self._wanted.clear()
            self._unwanted.set()
            self._stop.set()
            if self.reason:
                self.reason = None
                self._on_change()

    async def run(self) -> None:
        """Serves the wishes until cancelled; the device is closed then."""
        try:
            while True:
                await self._wanted.wait()
                failure = await self._use() if self._wanted.is_set() else None
                if failure and self._wanted.is_set():
                    self._fail(failure)
                    await self._pause()
        finally:
            self._stop.set()
            self._executor.shutdown(wait=True)

    async def _use(self) -> MediaError | None:
        """One life of the device. Returns what went wrong, None when it was closed because it was not wanted."""
        self._stop = threading.Event()
        loop = asyncio.get_running_loop()
        self.is_open = True
        try:
            await loop.run_in_executor(self._executor, self._pump, self._stop, loop)
        except MediaError as error:
            return error
        finally:
            self.is_open = self.is_live = False
            self._on_change()
        return None

    def _fail(self, failure: MediaError) -> None:
        self.reason = failure.reason
        if self._said is not failure.reason:
            self._said = failure.reason
            _logger.warning("%s (%s): %s", self._kind, failure.reason, failure.detail)
        self._on_change()

    async def _pause(self) -> None:
        try:
            async with asyncio.timeout(self._retry_s):
                await self._unwanted.wait()
        except TimeoutError:
            pass

    def _pump(self, stop: threading.Event, loop: asyncio.AbstractEventLoop) -> None:
        source = self._make()
        try:
            source.open()
            is_first = True
            while not stop.is_set():
                item = source.read()
                if stop.is_set():
                    break
                if is_first:
                    is_first = False
                    loop.call_soon_threadsafe(self._works, source.name)
                self._take(item)
                self._do_job(source)
        finally:
            source.close()

    def _do_job(self, source: Source[T]) -> None:
        job = self.job
        if job:
            job(source)
            if self.job is job:
                self.job = None

    def _works(self, name: str) -> None:
        if self._said:
            _logger.info("%s: %s works again", self._kind, name)
        self.name, self.reason, self._said, self.is_live = name, None, None, True
        self._on_change()
