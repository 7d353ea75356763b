"""What the room shows: a laptop or a document, taken once more, paused and ended, with devices that fail."""

import asyncio
import os
import queue
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import av
from msgspec.structs import replace

from kiosk.contract.errors import MediaError, Reason
from kiosk.contract.media import Lamp, Plan, Showing
from kiosk.media.capture.capture import Capture
from kiosk.media.capture.choice import Choice
from kiosk.media.screen import TILE, Screen
from kiosk.media.tiles import Tiles
from kiosk.runtime.frames import FrameRingReader, FrameRingWriter
from kiosk.runtime.tiles import FrameServer

LAPTOP = Plan(screen=Showing.LAPTOP)
DOCUMENT = Plan(screen=Showing.DOCUMENT, still=1)


class Device:
    """A camera or grabber that gives a picture whenever the test does not hold it back."""

    name = "device"

    def __init__(self, size: tuple[int, int], still_size: tuple[int, int] = (64, 48)) -> None:
        self.size, self.still_size = size, still_size
        self.is_plugged = True
        self.stills = self.open_count = 0
        self._ticks: queue.Queue[None] = queue.Queue()

    def open(self) -> None:
        self.open_count += 1
        if not self.is_plugged:
            raise MediaError("not plugged in", Reason.CAMERA_MISSING)

    def read(self) -> av.VideoFrame:
        try:
            self._ticks.get(timeout=0.02)
        except queue.Empty:
            pass
        if not self.is_plugged:
            raise MediaError("pulled out", Reason.CAMERA_MISSING)
        return av.VideoFrame(*self.size, "yuv420p")

    def still(self) -> av.VideoFrame:
        if not self.is_plugged:
            raise MediaError("pulled out", Reason.CAMERA_MISSING)
        self.stills += 1
        return av.VideoFrame(*self.still_size, "yuv420p")

    def close(self) -> None:
        self.open_count -= 1


class Server(FrameServer):
    """A server without a socket; knows which rings there are."""

    def __init__(self) -> None:
        super().__init__(os.getuid())
        self.rings: dict[str, FrameRingReader] = {}

    def publish(self, tile: str, ring: FrameRingWriter) -> None:
        self.rings[tile] = FrameRingReader(ring.fd)

    def withdraw(self, tile: str) -> None:
        self.rings.pop(tile).close()


class Bench:
    """The screen part with devices that the test holds; what it sends is kept."""

    def __init__(self) -> None:
        self.loop = asyncio.get_running_loop()
        self.news = asyncio.Condition()
        self.grabber, self.device = Device((1920, 1080)), Device((64, 36), (4608, 2592))
        self.server = Server()
        self.sent: list[av.VideoFrame] = []
        self.rests = 0
        self.last_sent_s = 0.0
        self.camera = Capture[av.VideoFrame]("camera", lambda: self.device, lambda frame: None, self.tell, 0.02)
        choice = Choice(lambda: self.grabber, lambda: self.grabber.is_plugged)
        self.screen = Screen(choice, self.camera, self, Tiles(self.server, self.loop), self.want_camera, self.tell)

    def take(self, frame: av.VideoFrame) -> None:
        self.sent.append(frame)
        self.loop.call_soon_threadsafe(self.tell)

    def rest(self) -> None:
        self.rests += 1

    def tell(self) -> None:
        self._telling = asyncio.ensure_future(self._tell())

    async def _tell(self) -> None:
        async with self.news:
            self.news.notify_all()

    def want_camera(self) -> None:
        self.camera.want(self.screen.needs_camera)
        self.tell()

    def apply(self, plan: Plan) -> None:
        self.screen.apply(plan)
        self.want_camera()

    async def until(self, holds: Callable[[], bool]) -> None:
        async with asyncio.timeout(5), self.news:
            await self.news.wait_for(holds)

    def tile(self) -> tuple[int, int] | None:
        """Size of what the room sees of it."""
        ring = self.server.rings.get(TILE)
        frame = ring.latest() if ring else None
        return (frame.width, frame.height) if frame else None

    async def nothing_more(self) -> None:
        """The devices are closed, and nothing comes after that."""
        await self.until(lambda: (self.grabber.open_count, self.device.open_count) == (0, 0))
        await self.until(lambda: self.screen.lamp is Lamp.OFF)
        assert self.tile() is None


@asynccontextmanager
async def bench() -> AsyncIterator[Bench]:
    found = Bench()
    tasks = [asyncio.create_task(part.run()) for part in (found.screen, found.camera)]
    yield found
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    assert (found.grabber.open_count, found.device.open_count) == (0, 0)


async def test_the_laptop_is_shown_until_it_is_not() -> None:
    """To the partners and on the room's own panel; the grabber is open only meanwhile, and the encoder is let go."""
    async with bench() as found:
        found.apply(LAPTOP)
        await found.until(lambda: len(found.sent) > 2 and found.tile() == (1920, 1080))
        assert (found.screen.lamp, found.screen.reason, found.device.stills) == (Lamp.ON, None, 0)
        found.apply(Plan())
        assert found.tile() is None
        await found.nothing_more()
        await found.until(lambda: found.rests > 0)  # the device's thread says that it is closed a moment after it is


async def test_a_document_is_one_still_given_again_and_again() -> None:
    """The camera, closed before, is opened for it and closed again; five megapixels at most leave the room."""
    async with bench() as found:
        found.apply(DOCUMENT)
        assert found.screen.needs_camera
        await found.until(lambda: len(found.sent) > 2)
        await found.until(lambda: found.device.open_count == 0)
        assert found.device.stills == 1
        assert {(frame.width, frame.height) for frame in found.sent} == {(2592, 1458)}
        assert found.tile() == (1920, 1080)
        assert (found.screen.lamp, found.screen.needs_camera) == (Lamp.ON, False)
        found.apply(Plan(still=1))
        await found.nothing_more()


async def test_the_next_still_replaces_the_first_without_a_gap() -> None:
    """The old one stays until the new one is there."""
    async with bench() as found:
        found.apply(DOCUMENT)
        await found.until(lambda: bool(found.sent))
        found.device.still_size = (640, 480)
        found.apply(replace(DOCUMENT, still=2))
        assert found.tile() == (1920, 1080)
        await found.until(lambda: found.tile() == (640, 480))
        assert found.sent[-1].width == 640
        assert found.device.stills == 2


async def test_a_plan_that_says_the_same_takes_no_other_still() -> None:
    """Plans come for every mute."""
    async with bench() as found:
        for volume in (10, 20):
            found.apply(replace(DOCUMENT, volume_pct=volume))
        await found.until(lambda: bool(found.sent))
        found.apply(replace(DOCUMENT, volume_pct=30))
        await found.until(lambda: found.device.open_count == 0)
        assert found.device.stills == 1


async def test_a_pause_takes_everything_away_and_gives_it_back() -> None:
    """The same still comes back; a still asked for before the pause is taken after it."""
    async with bench() as found:
        found.apply(replace(DOCUMENT, is_paused=True))
        assert not found.screen.needs_camera
        found.apply(DOCUMENT)
        await found.until(lambda: bool(found.sent))
        found.apply(replace(DOCUMENT, is_paused=True))
        await found.nothing_more()
        sent = len(found.sent)
        found.apply(DOCUMENT)
        await found.until(lambda: len(found.sent) > sent and found.tile() is not None)
        assert found.device.stills == 1


async def test_from_laptop_to_document_the_laptop_goes_first() -> None:
    """Nothing of the laptop is sent while the still is being taken."""
    async with bench() as found:
        found.apply(LAPTOP)
        await found.until(lambda: bool(found.sent))
        found.apply(DOCUMENT)
        found.sent.clear()
        await found.until(lambda: bool(found.sent))
        assert {frame.width for frame in found.sent} == {2592}
        await found.until(lambda: found.grabber.open_count == 0)


async def test_without_a_camera_a_document_says_why_and_works_when_it_comes() -> None:
    """Nobody has to ask again."""
    async with bench() as found:
        found.device.is_plugged = False
        found.apply(DOCUMENT)
        await found.until(lambda: found.screen.reason is Reason.CAMERA_MISSING)
        assert found.screen.lamp is Lamp.FAULT
        found.device.is_plugged = True
        await found.until(lambda: bool(found.sent))
        await found.until(lambda: (found.screen.reason, found.screen.lamp) == (None, Lamp.ON))


async def test_a_retake_that_fails_leaves_the_old_still_shown() -> None:
    """The reason says that the new one could not be taken."""
    async with bench() as found:
        found.apply(DOCUMENT)
        await found.until(lambda: bool(found.sent))
        found.device.is_plugged = False
        found.apply(replace(DOCUMENT, still=2))
        await found.until(lambda: found.screen.reason is Reason.CAMERA_MISSING)
        assert (found.screen.lamp, found.tile()) == (Lamp.ON, (1920, 1080))
        found.apply(Plan())
        await found.nothing_more()
        assert found.screen.reason is None


async def test_a_laptop_that_is_pulled_out_comes_back() -> None:
    """Said while it is away."""
    async with bench() as found:
        found.apply(LAPTOP)
        await found.until(lambda: bool(found.sent))
        found.grabber.is_plugged = False
        await found.until(lambda: found.screen.reason is not None and found.screen.lamp is Lamp.FAULT)
        assert found.tile() is None
        found.grabber.is_plugged = True
        found.sent.clear()
        await found.until(lambda: bool(found.sent) and found.screen.lamp is Lamp.ON)
        assert found.tile() == (1920, 1080)
