"""The life of a device: opened when wanted, closed when not, tried again when it fails."""

import asyncio
import queue
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest

from kiosk.contract.errors import MediaError, Reason
from kiosk.media.capture.capture import Capture
from provisioning.demo.waiting import until
from tests.fakes.patience import PATIENCE_S


class Device:
    """A device that the test plugs in, unplugs, and makes give something."""

    name = "device"

    def __init__(self) -> None:
        self.items: queue.Queue[int] = queue.Queue()
        self.is_plugged = True
        self.is_busy = False
        self.opened = self.closed = 0

    def open(self) -> None:
        self.opened += 1
        if not self.is_plugged:
            raise MediaError("not plugged in", Reason.CAMERA_MISSING)
        if self.is_busy:
            raise MediaError("somebody has it", Reason.CAMERA_BUSY)

    def read(self) -> int:
        while self.is_plugged:
            try:
                return self.items.get(timeout=0.01)
            except queue.Empty:
                return 0
        raise MediaError("pulled out", Reason.CAMERA_MISSING)

    def close(self) -> None:
        self.closed += 1


class Bench:
    """A capture of a device, and a way to wait for it."""

    def __init__(self) -> None:
        self.device = Device()
        self.taken: list[int] = []
        self.capture = Capture("camera", lambda: self.device, self._take, self._tell, retry_s=0.02)
        self.changes = 0

    def _take(self, item: int) -> None:
        if item:
            self.taken.append(item)

    def _tell(self) -> None:
        self.changes += 1

    async def until(self, holds: Callable[[], bool]) -> None:
        """Looks again and again: that a job is done is told to nobody."""
        await until(holds, PATIENCE_S, "the capture")


@asynccontextmanager
async def bench() -> AsyncIterator[Bench]:
    found = Bench()
    task = asyncio.create_task(found.capture.run())
    yield found
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert found.device.opened == found.device.closed


async def test_a_device_is_open_only_while_it_is_wanted() -> None:
    """What it gives arrives; afterwards it is really closed, and can be opened again."""
    async with bench() as found:
        assert (found.capture.is_open, found.device.opened) == (False, 0)
        for count in (1, 2):
            found.capture.want(True)
            found.device.items.put(count)
            await found.until(lambda count=count: count in found.taken)  # type: ignore[misc]
            assert found.capture.is_open
            assert found.capture.is_live
            assert found.capture.name == "device"
            found.capture.want(False)
            await found.until(lambda: not found.capture.is_open)
            assert (found.device.opened, found.device.closed, found.capture.is_live) == (count, count, False)
        assert found.changes == 4, "live and closed, twice"


@pytest.mark.parametrize("is_plugged", [True, False])
async def test_a_device_that_fails_is_tried_again(is_plugged: bool) -> None:
    """Busy or missing: the reason is said, and forgotten when it works."""
    async with bench() as found:
        found.device.is_plugged, found.device.is_busy = is_plugged, True
        found.capture.want(True)
        await found.until(lambda: found.capture.reason is not None)
        assert found.capture.reason is (Reason.CAMERA_BUSY if is_plugged else Reason.CAMERA_MISSING)
        await found.until(lambda: found.device.closed > 2)
        found.device.is_plugged, found.device.is_busy = True, False
        await found.until(lambda: found.capture.is_live)
        assert found.capture.reason is None


async def test_a_device_that_is_pulled_out_comes_back() -> None:
    """In the middle of use."""
    async with bench() as found:
        found.capture.want(True)
        await found.until(lambda: found.capture.is_live)
        found.device.is_plugged = False
        await found.until(lambda: found.capture.reason is Reason.CAMERA_MISSING)
        assert not found.capture.is_live
        found.device.is_plugged = True
        await found.until(lambda: found.capture.is_live)


async def test_a_fault_ends_with_the_wish() -> None:
    """What is not wanted has no fault."""
    async with bench() as found:
        found.device.is_plugged = False
        found.capture.want(True)
        await found.until(lambda: found.capture.reason is not None)
        found.capture.want(False)
        assert found.capture.reason is None


async def test_a_job_is_done_once_with_the_open_device() -> None:
    """In the device's own thread, so that nothing else is done with it meanwhile."""
    async with bench() as found:
        done: list[tuple[object, str]] = []
        found.capture.job = lambda source: done.append((source, threading.current_thread().name))
        found.capture.want(True)
        await found.until(lambda: found.capture.is_live)
        for count in (1, 2):
            found.device.items.put(count)
            await found.until(lambda count=count: count in found.taken)  # type: ignore[misc]
        assert [source for source, _ in done] == [found.device]
        assert done[0][1].startswith("camera")
        assert found.capture.job is None


async def test_a_job_on_which_the_device_fails_is_done_when_it_is_back() -> None:
    """Pulled out in the middle of a still: the reason is said, and the still is taken after all."""
    async with bench() as found:
        tries: list[bool] = []

        def job(source: object) -> None:
            tries.append(found.device.is_plugged)
            if len(tries) < 3:
                raise MediaError("pulled out", Reason.CAMERA_MISSING)

        found.capture.job = job
        found.capture.want(True)
        await found.until(lambda: found.capture.reason is Reason.CAMERA_MISSING)
        await found.until(lambda: found.capture.job is None and found.capture.is_live)
        assert len(tries) == 3
        assert found.capture.reason is None


async def test_a_device_wanted_again_at_once_is_opened_anew() -> None:
    """Off and on within one touch: the old life ends before the new one begins."""
    async with bench() as found:
        found.capture.want(True)
        await found.until(lambda: found.capture.is_live)
        for _ in range(3):
            found.capture.want(False)
            found.capture.want(True)
        await found.until(lambda: found.device.opened == 2 and found.capture.is_live)
        assert (found.device.closed, found.capture.reason) == (1, None)


async def test_a_device_that_fails_for_another_reason_says_that_one() -> None:
    """First somebody has it, then it is gone."""
    async with bench() as found:
        found.device.is_busy = True
        found.capture.want(True)
        await found.until(lambda: found.capture.reason is Reason.CAMERA_BUSY)
        found.device.is_plugged = False
        await found.until(lambda: found.capture.reason is Reason.CAMERA_MISSING)
