"""Media and touch app, with a stand-in for the agent that plans a session and shows it."""

import asyncio
import contextlib
import os
import sys
import time
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import NamedTuple

import msgspec

from kiosk.contract.links import FromMedia, FromUi, Role, Snapshot
from kiosk.contract.media import MediaReport, PeerReport, Plan, PlannedPeer, Seat, Sending, Signal
from kiosk.contract.state import Consent, Partner, Phase, Session, Standing, State
from kiosk.runtime import link
from kiosk.runtime.frames import FrameRingReader
from kiosk.runtime.tiles import FrameClient
from provisioning.demo.lines import Lines
from provisioning.demo.waiting import until
from tests.bench.rivals import barcode
from tests.bench.rivals.cast import Shown

_CONFIGURATION = """
[terminal]
name = "nord.r1"
room = "Zimmer 1"
[mqtt]
host = "localhost"
ca_file = "ca.pem"
certificate_file = "terminal.pem"
[room]
pin_factory = "mock"
[links]
ui_socket = "{folder}/ui.sock"
media_socket = "{folder}/media.sock"
frames_socket = "{folder}/frames.sock"
[ui]
is_fullscreen = false
hands_socket = "{folder}/hands.sock"
[media]
camera = "{camera}"
microphone = "tone"
loudspeaker = "none"
"""
_LOOK_S = 0.004
_LIMIT_S = 20.0
_PLACES = 3
"""So many partners have a place on the screen at once, whatever their number."""


class _Glass(NamedTuple):
    """The newest picture of a tile that is on the screen, and since when (monotonic)."""

    number: int = 0
    at_s: float = 0.0


class Terminal:
    """A `Rival`, and a peer for signals as `Chromium` is one."""

    name = "terminal"

    def __init__(self, folder: Path, camera: str, *, has_app: bool) -> None:
        self.folder = folder
        self._file = folder / "terminal.toml"
        self._file.write_text(_CONFIGURATION.format(folder=folder, camera=camera))
        self._modules = ("kiosk.media", "kiosk.ui") if has_app else ("kiosk.media",)
        self._processes: list[asyncio.subprocess.Process] = []
        self.on_signal: Callable[[Signal], None] = lambda signal: None
        self.report = MediaReport()
        self.plan = Plan()
        self._media: link.Link | None = None
        self._ui: link.Link | None = None
        self._is_here = asyncio.Event()
        self._rings: dict[str, FrameRingReader] = {}
        self._client = FrameClient(folder / "frames.sock", os.getuid(), self._add, self._drop)
        self._finger: Lines | None = None
        self._taken_s: dict[int, list[float]] = {}
        self._bits: dict[str, int] = {}
        self._reported_s = time.monotonic()
        self._partners: tuple[Partner, ...] = ()

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator["Terminal"]:
        uid, folder = os.getuid(), self.folder
        async with contextlib.AsyncExitStack() as stack:
            for name, role, serve in (("media", Role.MEDIA, self._serve_media), ("ui", Role.UI, self._serve_ui)):
                await stack.enter_async_context(link.listen(folder / f"{name}.sock", Role.AGENT, role, uid, serve))
            for module in self._modules:
                environment = os.environ | {"KIVY_GL_BACKEND": "mock"}
                command = (sys.executable, "-m", module, str(self._file))
                self._processes.append(await asyncio.create_subprocess_exec(*command, env=environment))
            client = asyncio.create_task(self._client.run())
            try:
                await asyncio.wait_for(self._is_here.wait(), _LIMIT_S)
                if len(self._modules) > 1:
                    await until((folder / "hands.sock").exists, _LIMIT_S, "the app")
                    self._finger = Lines(folder / "hands.sock")
                yield self
            finally:
                client.cancel()
                for process in self._processes:
                    process.terminate()
                await asyncio.gather(*(process.wait() for process in self._processes))

    async def _serve_media(self, connected: link.Link) -> None:
        self._media = connected
        connected.send(self.plan)
        self._is_here.set()
        while True:
            message = await connected.receive(FromMedia)
            if isinstance(message, MediaReport):
                self.report = message
                self._count_bits()
                self._show()
            elif isinstance(message, Signal):
                self.on_signal(message)

    def _count_bits(self) -> None:
        now_s, before_s = time.monotonic(), self._reported_s
        self._reported_s = now_s
        for peer in self.report.peers:
            self._bits[peer.call] = self._bits.get(peer.call, 0) + int(peer.stats.in_bps * (now_s - before_s))

    async def _serve_ui(self, connected: link.Link) -> None:
        self._ui = connected
        self._show()
        while True:
            await connected.receive(FromUi)

    def _show(self) -> None:
        now = datetime.now(UTC)
        session = Session(
            id="s" * 16,
            started=now,
            ends=now + timedelta(minutes=30),
            choice=Consent.ALL,
            camera_wanted=self.plan.camera is Sending.ON,
            microphone_wanted=self.plan.microphone is Sending.ON,
            partners=self._partners,
        )
        state = State(now=now, phase=Phase.SESSION, session=session, media=self.report, is_media_here=True)
        if self._ui:
            self._ui.send(Snapshot(state=msgspec.structs.replace(state, is_broker_here=True)))

    async def join(self, calls: list[str], *, publishes: bool) -> None:
        sending = Sending.ON if publishes else Sending.OFF
        await self.do(Plan(camera=sending, microphone=sending, peers=tuple(PlannedPeer(call=call) for call in calls)))

    async def sit(self, seat: Seat, peers: list[PlannedPeer], *, publishes: bool) -> None:
        sending = Sending.ON if publishes else Sending.OFF
        await self.do(Plan(camera=sending, microphone=sending, peers=tuple(peers), seat=seat))

    async def do(self, plan: Plan) -> None:
        """Any other plan."""
        self.plan = plan
        calls = [peer.call for peer in plan.peers]
        self._partners = tuple(
            Partner(id=f"desk-{n}", call=call, name=f"P {n}", standing=Standing.ADMITTED, consent=Consent.ALL)
            for n, call in enumerate(calls)
        )
        if not self._finger:  # without an app nobody says how tall the tiles are
            self.show_heights({f"{call}/{line}": 720 for call in calls for line in ("camera", "screen")})
        assert self._media
        self._media.send(self.plan)
        self._show()

    def show_heights(self, heights: dict[str, int]) -> None:
        """In place of an app."""
        self._client.send_heights(heights)

    async def leave(self) -> None:
        await self.do(Plan())

    def hear(self, signal: Signal) -> None:
        assert self._media
        self._media.send(signal)

    async def first_pictures(self, calls: list[str]) -> float:
        missing = {f"{call}/camera" for call in calls}
        limit_s = time.monotonic() + _LIMIT_S
        for _ in count():
            glass = await self._on_glass()
            if len(missing & glass.keys()) >= min(len(missing), _PLACES):
                return max(glass[tile].at_s for tile in missing & glass.keys())
            assert time.monotonic() < limit_s, f"no picture within {_LIMIT_S:g} s"
            await asyncio.sleep(_LOOK_S)
        raise AssertionError

    async def _on_glass(self) -> dict[str, "_Glass"]:
        """By tile; without an app what is in the rings, from the moment it was seen there."""
        if self._finger:
            state = await self._finger.ask(do="state")
            return {tile: _Glass(state["shown"][tile], at_s) for tile, at_s in state["shown_s"].items()}
        now_s = time.monotonic()
        return {tile: _Glass(ring.sequence, now_s) for tile, ring in self._rings.items() if ring.sequence}

    async def watch(self, calls: list[str], seconds: float) -> list[Shown]:
        end_s = time.monotonic() + seconds
        found: list[Shown] = []
        codes: dict[tuple[str, int], int] = {}
        last = await self._on_glass()
        while time.monotonic() < end_s:
            self._note_own()
            for call in calls:
                self._note(f"{call}/camera", codes)
            now = await self._on_glass()
            for call in calls:
                tile = f"{call}/camera"
                shown = now.get(tile, _Glass())
                if shown.number != last.get(tile, _Glass()).number:
                    found.append(Shown(call, shown.at_s, codes.pop((tile, shown.number), -1)))
            last = now
            await asyncio.sleep(_LOOK_S)
        return found

    def _note_own(self) -> None:
        """When the room's own camera gave which picture."""
        ring = self._rings.get("self")
        frame = ring.latest() if ring else None
        if frame:
            code = barcode.read(frame.planes[0], frame.width, frame.height, frame.y_stride)
            if code is not None:
                times = self._taken_s.setdefault(code, [])
                if times[-1:] != [at_s := frame.timestamp_ns / 1e9]:
                    times.append(at_s)

    def _note(self, tile: str, codes: dict[tuple[str, int], int]) -> None:
        """The code of the newest picture in the ring, before it gets onto the glass."""
        ring = self._rings.get(tile)
        if ring is None or (tile, ring.sequence) in codes:
            return
        frame = ring.latest()
        if frame:
            code = barcode.read(frame.planes[0], frame.width, frame.height, frame.y_stride)
            codes[tile, frame.sequence] = -1 if code is None else code

    def taken_s(self, shown: Shown) -> float | None:
        """When the camera gave the picture that somebody has seen; None when that was too long ago."""
        times = [at_s for at_s in self._taken_s.get(shown.number, []) if at_s < shown.at_s]
        return times[-1] if times else None

    def bits_received(self, call: str) -> int:
        """So far, by the media process's own count."""
        return self._bits.get(call, 0)

    def peer(self, call: str) -> PeerReport:
        return next(peer for peer in self.report.peers if peer.call == call)

    def pids(self) -> list[int]:
        return [process.pid for process in self._processes]

    def _add(self, tile: str, ring: FrameRingReader) -> None:
        self._rings[tile] = ring

    def _drop(self, tile: str) -> None:
        self._rings.pop(tile, None)
