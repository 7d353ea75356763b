"""What the room shows, by the real media process: a document or the laptop, to pages of plain aiortc and to the app."""

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from fractions import Fraction
from pathlib import Path

import av
import pytest

from kiosk.contract.errors import Reason
from kiosk.contract.media import Lamp, PlannedPeer, Showing
from kiosk.media.capture.pattern import STILL_SIZE
from kiosk.media.capture.planes import plane_array
from kiosk.media.screen import TILE
from kiosk.runtime.frames import FrameRingReader
from kiosk.runtime.tiles import FrameClient
from tests.fakes.media_bench import Page, Terminal, open_page, running_terminal

A, B = PlannedPeer(call="a" * 16), PlannedPeer(call="b" * 16)
SOUND_ONLY = PlannedPeer(call="c" * 16, has_picture=False)


class App:
    """The touch app's end: which tiles there are."""

    def __init__(self) -> None:
        self.rings: dict[str, FrameRingReader] = {}
        self._changed = asyncio.Condition()

    def put(self, tile: str, ring: FrameRingReader) -> None:
        self.rings[tile] = ring
        self._tell()

    def drop(self, tile: str) -> None:
        self.rings.pop(tile)
        self._tell()

    def _tell(self) -> None:
        self._telling = asyncio.ensure_future(self._notify())

    async def _notify(self) -> None:
        async with self._changed:
            self._changed.notify_all()

    async def until(self, holds: Callable[[], bool]) -> None:
        async with asyncio.timeout(5), self._changed:
            await self._changed.wait_for(holds)

    async def size(self, tile: str) -> tuple[int, int]:
        """Of the newest picture in it, when there is one."""
        await self.until(lambda: tile in self.rings and self.rings[tile].sequence > 0)
        frame = self.rings[tile].latest()
        assert frame
        return frame.width, frame.height

    async def look(self) -> None:
        """Pictures come into a ring without a word."""
        while True:
            await asyncio.sleep(0.02)
            await self._notify()


@asynccontextmanager
async def app_of(terminal: Terminal) -> AsyncIterator[App]:
    app = App()
    client = FrameClient(terminal.folder / "frames.sock", os.getuid(), app.put, app.drop)
    tasks = [asyncio.create_task(client.run()), asyncio.create_task(app.look())]
    yield app
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def join(page: Page, terminal: Terminal) -> None:
    await page.offer()
    await terminal.until(lambda report: any(p.frames_received for p in report.peers if p.call == page.call))


@pytest.mark.parametrize("codec", ["vp8", "h264"])
async def test_a_document_goes_to_all_who_see_in_full_size(tmp_path: Path, codec: str) -> None:
    """The camera was off: it is opened for the one still, its lamp says so, and nothing else of it leaves the room."""
    async with (
        running_terminal(tmp_path, codec=codec) as terminal,
        app_of(terminal) as app,
        open_page(terminal, A.call) as seeing,
        open_page(terminal, B.call) as late,
        open_page(terminal, SOUND_ONLY.call) as hearing,
    ):
        terminal.do(A, SOUND_ONLY, microphone="on")
        await asyncio.gather(join(seeing, terminal), hearing.offer())
        await hearing.until(lambda: hearing.samples > 0)
        terminal.show(Showing.DOCUMENT, 1)
        await terminal.until(lambda report: report.camera is Lamp.HERE)
        await seeing.until(lambda: STILL_SIZE in seeing.sizes)
        await terminal.until(lambda report: (report.camera, report.screen) == (Lamp.OFF, Lamp.ON))
        width, height = await app.size(TILE)
        assert width / height == STILL_SIZE[0] / STILL_SIZE[1]
        assert set(app.rings) == {TILE, f"{A.call}/camera"}
        terminal.show(Showing.DOCUMENT, 1, peers=(A, B, SOUND_ONLY))
        await join(late, terminal)
        await late.until(lambda: STILL_SIZE in late.sizes, timeout_s=3)
        assert (seeing.sizes, late.sizes, hearing.sizes) == ({STILL_SIZE}, {STILL_SIZE}, set())
        terminal.show(Showing.NOTHING, 1)
        await app.until(lambda: TILE not in app.rings)
        await terminal.until(lambda report: report.screen is Lamp.OFF)


async def test_a_pause_and_an_end_stop_the_packets(tmp_path: Path) -> None:
    """At once, and the room's own tile goes with them; after the pause the same still is back."""
    async with (
        running_terminal(tmp_path) as terminal,
        app_of(terminal) as app,
        open_page(terminal, A.call, has_camera=False) as page,
    ):
        terminal.do(A)
        await page.offer()
        terminal.show(Showing.DOCUMENT, 1)
        await page.until(lambda: page.frames > 1)
        for showing, is_paused in ((Showing.DOCUMENT, True), (Showing.NOTHING, False)):
            terminal.show(Showing.DOCUMENT, 1, is_paused=False)
            await app.until(lambda: TILE in app.rings)
            frames = page.frames
            await page.until(lambda frames=frames: page.frames > frames)  # type: ignore[misc]
            terminal.show(showing, 1, is_paused=is_paused)
            await app.until(lambda: TILE not in app.rings)
            await terminal.until(lambda report: report.screen is Lamp.OFF)
            stopped = page.arrivals["video"]
            goal = terminal.reports + 2
            await terminal.until(lambda _, goal=goal: terminal.reports >= goal)  # type: ignore[misc]
            assert page.arrivals["video"] == stopped


def clip(path: Path) -> None:
    """A second of a laptop's screen in 1280x800: a window, and a pointer that moves."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=10)
        stream.width, stream.height, stream.pix_fmt = 1280, 800, "yuv420p"
        for number in range(10):
            frame = av.VideoFrame(1280, 800, "yuv420p")
            for index in (1, 2):
                plane_array(frame, index)[:] = 128
            luma = plane_array(frame, 0)
            luma[:], luma[100:700, 200:1080] = 60, 235
            luma[400:430, 300 + 40 * number :][:, :20] = 16
            frame.pts, frame.time_base = number, Fraction(1, 10)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


async def test_a_laptop_that_is_plugged_in_late_is_shown(tmp_path: Path) -> None:
    """First the reason in a word, then its picture as it is, at five a second or more, beside the camera's."""
    plug = tmp_path / "laptop.mkv"
    async with (
        running_terminal(tmp_path, laptop=str(plug)) as terminal,
        app_of(terminal) as app,
        open_page(terminal, A.call) as page,
    ):
        terminal.do(A, camera="on")
        await terminal.until(lambda report: not report.has_laptop)
        await join(page, terminal)
        terminal.show(Showing.LAPTOP)
        report = await terminal.until(lambda report: report.screen is Lamp.FAULT)
        assert report.screen_reason is Reason.LAPTOP_MISSING
        part = tmp_path / "part.mkv"
        clip(part)
        part.rename(plug)
        report = await terminal.until(lambda report: report.has_laptop and report.screen is Lamp.ON)
        assert report.screen_reason is None
        await page.until(lambda: page.sizes == {(640, 360), (1280, 800)})
        assert await app.size(TILE) == (1280, 800)
        sequence = app.rings[TILE].sequence
        goal = terminal.reports + 2
        await terminal.until(lambda _: terminal.reports >= goal)
        assert app.rings[TILE].sequence - sequence >= 5


def memory_mb(terminal: Terminal) -> int:
    """What the media process takes up, its share of what is shared."""
    assert terminal.process
    lines = Path(f"/proc/{terminal.process.pid}/smaps_rollup").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("Pss:")) // 1024


async def test_what_was_shown_leaves_no_memory_behind(tmp_path: Path) -> None:
    """Stills of five megapixels and their encoders: gone when nothing is shown, not kept for the next."""
    async with (
        running_terminal(tmp_path, codec="h264") as terminal,
        app_of(terminal) as app,
        open_page(terminal, A.call, has_camera=False) as page,
    ):
        terminal.do(A)
        await page.offer()
        taken = []
        for still in range(1, 5):
            seen = page.frames + 2  # the first one may be the last of the still before
            terminal.show(Showing.DOCUMENT, still)
            await page.until(lambda seen=seen: page.frames >= seen)  # type: ignore[misc]
            shown_mb = memory_mb(terminal)
            terminal.show(Showing.NOTHING, still)
            await app.until(lambda: TILE not in app.rings)
            goal = terminal.reports + 2
            await terminal.until(lambda _, goal=goal: terminal.reports >= goal)  # type: ignore[misc]
            taken.append(memory_mb(terminal))
        assert taken[-1] < taken[0] + 15, taken
        assert taken[-1] < shown_mb - 20, (taken, shown_mb)
