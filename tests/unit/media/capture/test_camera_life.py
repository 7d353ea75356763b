"""A Pi's camera in the hands that open it: one owner, let go in idle, and every fault a state with a way out."""

import asyncio
from collections.abc import AsyncIterator, Callable

import av
import pytest

from kiosk.contract.errors import Reason
from kiosk.media.capture.camera import PiCamera
from kiosk.media.capture.capture import Capture
from tests.fakes.pi_camera import Board


class Life:
    """A board, and the capture that uses its camera when it is wanted."""

    def __init__(self) -> None:
        self.board = Board()
        self.capture = Capture("camera", self._make, self._take, self._tell, retry_s=0.02)
        self.seen: list[av.VideoFrame] = []
        self._changed = asyncio.Event()
        self._loop = asyncio.get_running_loop()

    def _make(self) -> PiCamera:
        return PiCamera(320, 180, 30, self.board.system)

    def _take(self, frame: av.VideoFrame) -> None:
        assert self.board.cameras == 1, "two owners"
        self.seen = [frame]
        self._loop.call_soon_threadsafe(self._tell)

    def _tell(self) -> None:
        self._changed.set()

    async def until(self, holds: Callable[[], bool]) -> None:
        async with asyncio.timeout(5):
            while not holds():
                self._changed.clear()
                await self._changed.wait()


@pytest.fixture
async def life() -> AsyncIterator[Life]:
    found = Life()
    task = asyncio.create_task(found.capture.run())
    yield found
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert (found.board.cameras, found.board.requests) == (0, 0)


async def test_in_idle_nobody_holds_the_camera(life: Life) -> None:
    """Before the first wish and after each: the light on it is off, and no request is left out."""
    assert life.board.cameras == 0
    for _ in range(3):
        life.capture.want(True)
        await life.until(lambda: bool(life.capture.is_live))
        assert life.board.cameras == 1
        life.capture.want(False)
        await life.until(lambda: not life.capture.is_open)
        assert (life.board.cameras, life.board.requests) == (0, 0)


async def test_a_camera_that_another_program_holds_is_taken_when_it_is_free(life: Life) -> None:
    """Said as busy, and tried again."""
    life.board.is_held_elsewhere = True
    life.capture.want(True)
    await life.until(lambda: life.capture.reason is Reason.CAMERA_BUSY)
    life.board.is_held_elsewhere = False
    await life.until(lambda: bool(life.capture.is_live))
    assert life.capture.reason is None


async def test_a_cable_that_comes_off_and_on_again_is_a_pause(life: Life) -> None:
    """The old owner lets go before the next one is made."""
    life.capture.want(True)
    await life.until(lambda: bool(life.capture.is_live))
    life.board.is_stuck, life.board.models = True, []
    await life.until(lambda: life.capture.reason is Reason.CAMERA_MISSING)
    assert life.board.cameras == 0
    life.board.is_stuck, life.board.models = False, ["imx708"]
    await life.until(lambda: bool(life.capture.is_live))


async def test_a_board_without_a_camera_is_asked_again_only_while_it_is_wanted(life: Life) -> None:
    """No camera end to hold on to; the fault goes with the wish."""
    life.board.models = []
    life.capture.want(True)
    await life.until(lambda: life.capture.reason is Reason.CAMERA_MISSING)
    life.capture.want(False)
    assert life.capture.reason is None
    assert life.board.cameras == 0


async def test_another_format_than_asked_for_lets_go(life: Life) -> None:
    """What the board grants instead cannot be read, so nobody keeps the camera from others."""
    life.board.granted_format = "YUYV"
    life.capture.want(True)
    await life.until(lambda: life.capture.reason is not None)
    life.board.granted_format = "YUV420"
    await life.until(lambda: bool(life.capture.is_live))
