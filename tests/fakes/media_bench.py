"""Both neighbours of the media process: an agent on its link, and partners' pages made of plain aiortc."""

import asyncio
import contextlib
import os
import sys
import time
from collections.abc import AsyncIterator, Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from aiortc import MediaStreamTrack, RTCBundlePolicy, RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from aiortc.mediastreams import MediaStreamError
from msgspec.structs import replace

from kiosk.contract.links import FromMedia, Role
from kiosk.contract.media import MediaReport, PeerReport, Plan, PlannedPeer, Sending, Showing, Signal, SignalKind, Wish
from kiosk.contract.self_test import Examined
from kiosk.runtime import link
from tests.fakes.patience import PATIENCE_S

FRAMES_PER_SECOND = 20
CONFIGURATION = """
[terminal]
name = "nord.r1"
room = "Zimmer 1"
[mqtt]
host = "localhost"
ca_file = "{ca_file}"
certificate_file = "terminal.pem"
[room]
pin_factory = "mock"
[links]
media_socket = "{folder}/media.sock"
frames_socket = "{folder}/frames.sock"
[media]
camera = "{camera}"
microphone = "{microphone}"
loudspeaker = "{loudspeaker}"
laptop = "{laptop}"
width_px = 640
height_px = 360
frames_per_second = 20
codec = "{codec}"
is_relay_only = {is_relay_only}
"""


class Terminal:
    """A media process, and the agent's end of its link."""

    def __init__(self, folder: Path, **media: str) -> None:
        """`media`: camera, microphone, loudspeaker, laptop and codec where they are not the usual ones."""
        self.folder = folder
        self._file = folder / "terminal.toml"
        usual = {
            "ca_file": "ca.pem",
            "is_relay_only": "false",
            "camera": "pattern",
            "microphone": "tone",
            "loudspeaker": "none",
            "laptop": "none",
            "codec": "vp8",
        }
        self._file.write_text(CONFIGURATION.format(folder=folder, **(usual | media)))
        self.prefix: tuple[str, ...] = ()
        """Put before the command line, for example to start it in another network namespace."""
        self.module = "kiosk.media"
        self.environment: dict[str, str] = {}
        """Beside that of the test."""
        self.plan = Plan()
        self.report = MediaReport()
        self.reports = 0
        self.pages: dict[str, Page] = {}
        self.stray: list[Signal] = []
        self.examined: asyncio.Queue[Examined] = asyncio.Queue()
        """Answers to the self-test."""
        self.link: link.Link | None = None
        self.process: asyncio.subprocess.Process | None = None
        self._news = asyncio.Condition()

    async def start(self) -> None:
        command = [*self.prefix, sys.executable, "-m", self.module, str(self._file)]
        self.process = await asyncio.create_subprocess_exec(*command, env=os.environ | self.environment)

    async def stop(self) -> int:
        assert self.process
        if self.process.returncode is None:
            self.process.terminate()
        return await asyncio.wait_for(self.process.wait(), 5)

    async def kill(self) -> None:
        assert self.process
        self.process.kill()
        await self.process.wait()

    @contextlib.asynccontextmanager
    async def agent(self) -> AsyncIterator[None]:
        """The agent runs while this context is open."""
        path = self.folder / "media.sock"
        async with link.listen(path, Role.AGENT, Role.MEDIA, os.getuid(), self._serve):
            yield

    async def _serve(self, connected: link.Link) -> None:
        self.link = connected
        connected.send(self.plan)
        try:
            while True:
                message = await connected.receive(FromMedia)
                if isinstance(message, MediaReport):
                    self.report, self.reports = message, self.reports + 1
                elif isinstance(message, Examined):
                    self.examined.put_nowait(message)
                elif isinstance(message, Signal):
                    self._pass_on(message)
                async with self._news:
                    self._news.notify_all()
        finally:
            self.link = None

    def _pass_on(self, signal: Signal) -> None:
        page = self.pages.get(signal.target)
        if page:
            page.inbox.put_nowait(signal)
        else:
            self.stray.append(signal)

    def send(self, message: object) -> None:
        """To media, which must be there."""
        assert self.link, "media is not connected to the agent"
        self.link.send(message)

    def do(self, *peers: PlannedPeer, camera: str = "off", microphone: str = "off", is_paused: bool = False) -> None:
        """A new plan."""
        self.plan = Plan(
            camera=Sending(camera), microphone=Sending(microphone), is_paused=is_paused, peers=tuple(peers)
        )
        if self.link:
            self.link.send(self.plan)

    def show(self, showing: Showing, still: int = 0, **changes: Any) -> None:
        """The plan of before, but for what the room shows; and `changes`."""
        self.plan = replace(self.plan, screen=showing, still=still, **changes)
        self.send(self.plan)

    async def until(self, holds: Callable[[MediaReport], bool], timeout_s: float = PATIENCE_S) -> MediaReport:
        """Waits for a report for which this holds; the last report is in the failure.

        It does not hold for a report without the peer that it asks for.
        """

        def is_so() -> bool:
            try:
                return self.link is not None and bool(self.reports) and holds(self.report)
            except IndexError:
                return False

        try:
            async with asyncio.timeout(timeout_s), self._news:
                await self._news.wait_for(is_so)
        except TimeoutError:
            raise AssertionError(f"not within {timeout_s} s; last report: {self.report}") from None
        return self.report

    def peer(self, call: str) -> PeerReport:
        return next(peer for peer in self.report.peers if peer.call == call)


@contextlib.asynccontextmanager
async def running_terminal(
    folder: Path, prefix: tuple[str, ...] = (), environment: dict[str, str] | None = None, **media: str
) -> AsyncIterator[Terminal]:
    """A media process with an agent, connected to each other."""
    terminal = Terminal(folder, **media)
    terminal.prefix, terminal.environment = prefix, environment or {}
    async with terminal.agent():
        await terminal.start()
        try:
            await terminal.until(lambda report: True)
            yield terminal
        finally:
            await terminal.stop()


class Picture(MediaStreamTrack):
    """A partner's camera: noise, in motion, of one colour."""

    kind = "video"

    def __init__(self, width: int = 640, height: int = 360, luma: int = 100) -> None:
        super().__init__()
        rng = np.random.default_rng(1)
        self._noise = rng.integers(luma - 5, luma + 5, (height, width), dtype=np.uint8)
        self._start_s, self._count = 0.0, 0

    async def recv(self) -> av.VideoFrame:
        if self.readyState != "live":
            raise MediaStreamError
        self._start_s = self._start_s or time.monotonic()
        self._count += 1
        await asyncio.sleep(max(0.0, self._start_s + self._count / FRAMES_PER_SECOND - time.monotonic()))
        height, width = self._noise.shape
        data = np.full((height * 3 // 2, width), 128, np.uint8)
        data[:height] = np.roll(self._noise, self._count * 2, 1)
        frame = av.VideoFrame.from_ndarray(data, format="yuv420p")
        frame.pts, frame.time_base = self._count * 90_000 // FRAMES_PER_SECOND, Fraction(1, 90_000)
        return frame


class Voice(MediaStreamTrack):
    """A partner's microphone."""

    kind = "audio"

    def __init__(self, amplitude: int = 8000) -> None:
        super().__init__()
        self._block = (np.sin(np.arange(960) * 2 * np.pi * 500 / 48_000) * amplitude).astype(np.int16).reshape(1, -1)
        self._start_s, self._count = 0.0, 0

    async def recv(self) -> av.AudioFrame:
        if self.readyState != "live":
            raise MediaStreamError
        self._start_s = self._start_s or time.monotonic()
        self._count += 1
        await asyncio.sleep(max(0.0, self._start_s + self._count * 0.02 - time.monotonic()))
        frame = av.AudioFrame.from_ndarray(self._block, format="s16", layout="mono")
        frame.sample_rate, frame.pts, frame.time_base = 48_000, self._count * 960, Fraction(1, 48_000)
        return frame


class Page:
    """A partner's page: offers, and offers again when it is asked to."""

    def __init__(self, terminal: Terminal, call: str, *, has_camera: bool = True, has_screen: bool = False) -> None:
        self.terminal, self.call = terminal, call
        self.inbox: asyncio.Queue[Signal] = asyncio.Queue()
        self.has_camera, self.has_screen = has_camera, has_screen
        self.generation = -1
        self.pc = RTCPeerConnection()
        self.frames = 0
        self.samples = 0
        """Blocks of 20 ms of sound."""
        self.sound = np.zeros(0, np.int16)
        """The last second of it, left channel."""
        self.sizes: set[tuple[int, int]] = set()
        self.arrivals: dict[str, float] = {}
        """Kind to the time the last RTP packet arrived, by `time.monotonic`."""
        self.asked_to_reconnect = 0
        self.wish: Wish | None = None
        """How tall the room last said that it shows us."""
        self.is_answering = self.is_applying = True
        self.answer = ""
        self._tasks: set[asyncio.Task[None]] = set()
        self._news = asyncio.Condition()

    async def until(self, holds: Callable[[], bool], timeout_s: float = PATIENCE_S) -> None:
        """Waits for a frame, or a signal, after which this holds."""
        try:
            async with asyncio.timeout(timeout_s), self._news:
                await self._news.wait_for(holds)
        except TimeoutError:
            raise AssertionError(f"{self.frames} pictures, {self.samples} sounds after {timeout_s} s") from None

    async def _tell(self) -> None:
        async with self._news:
            self._news.notify_all()

    async def offer(self, change: Callable[[str], str] = lambda sdp: sdp) -> None:
        """A new peer connection, offered to the room; `change` may alter the text of it."""
        await self.pc.close()
        self.generation += 1
        self.pc = pc = RTCPeerConnection(RTCConfiguration(bundlePolicy=RTCBundlePolicy.MAX_BUNDLE))
        pc.on("track", self._receive)
        pc.addTransceiver(self._voice(), "sendrecv")
        for has_picture, luma in ((self.has_camera, 100), (self.has_screen, 200)):
            pc.addTransceiver(self._picture(luma) if has_picture else "video", "sendrecv")
        await pc.setLocalDescription(await pc.createOffer())
        sdp = pc.localDescription.sdp
        assert "a=candidate:" in sdp, (
            "ICE has no address to use: aiortc offers no 127.0.0.1. Run the tests by tests/run.sh, or "
            "bash provisioning/namespace.sh python -m pytest …"
        )
        self.signal(SignalKind.OFFER, change(sdp))

    def _voice(self) -> MediaStreamTrack:
        return Voice()

    def _picture(self, luma: int) -> MediaStreamTrack:
        return Picture(luma=luma)

    def signal(self, kind: SignalKind, sdp: str = "", mid: str = "", wish: Wish | None = None) -> None:
        generation = max(self.generation, 0)
        signal = Signal(source=self.call, target="room", kind=kind, generation=generation, sdp=sdp, mid=mid, wish=wish)
        self.terminal.send(signal)

    async def run(self) -> None:
        while True:
            signal = await self.inbox.get()
            if signal.kind is SignalKind.RECONNECT:
                self.asked_to_reconnect += 1
                if self.is_answering and signal.generation >= max(self.generation, 0):
                    await self.offer()
            elif signal.kind is SignalKind.WISH:
                self.wish = signal.wish
            elif signal.kind is SignalKind.ANSWER and signal.generation == self.generation:
                self.answer = signal.sdp
                if self.is_applying:
                    await self.pc.setRemoteDescription(RTCSessionDescription(signal.sdp, "answer"))
                self._watch_packets()
            await self._tell()

    def _watch_packets(self) -> None:
        for transceiver in self.pc.getTransceivers():
            receiver: Any = transceiver.receiver
            self._note_arrivals(receiver, transceiver.kind)

    def _note_arrivals(self, receiver: Any, kind: str) -> None:
        handle = receiver._handle_rtp_packet

        async def noted(packet: Any, arrival_time_ms: int) -> None:
            self.arrivals[kind] = time.monotonic()
            await handle(packet, arrival_time_ms)

        receiver._handle_rtp_packet = noted

    def _receive(self, track: MediaStreamTrack) -> None:
        task = asyncio.create_task(self._count(track))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _count(self, track: MediaStreamTrack) -> None:
        try:
            while True:
                frame = await track.recv()
                if isinstance(frame, av.VideoFrame):
                    self.frames += 1
                    self.sizes.add((frame.width, frame.height))
                elif isinstance(frame, av.AudioFrame):
                    self.samples += 1
                    block = np.frombuffer(memoryview(frame.planes[0]), np.int16)[:1920:2]
                    self.sound = np.concatenate([self.sound, block])[-48_000:]
                await self._tell()
        except MediaStreamError:
            pass

    async def close(self) -> None:
        await self.pc.close()
        for task in tuple(self._tasks):
            task.cancel()


@contextlib.asynccontextmanager
async def open_page(
    terminal: Terminal, call: str, *, has_camera: bool = True, has_screen: bool = False
) -> AsyncIterator[Page]:
    """A page that takes signals, and has not offered yet."""
    page = Page(terminal, call, has_camera=has_camera, has_screen=has_screen)
    terminal.pages[call] = page
    task = asyncio.create_task(page.run())
    try:
        yield page
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        terminal.pages.pop(call, None)
        await page.close()
