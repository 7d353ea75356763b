"""Debian's Chromium as a kiosk, or as a partner on the far side; all its processes but that for the graphics card."""

import asyncio
import contextlib
import os
import shlex
import time
import uuid
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

from playwright.async_api import Page, async_playwright

from kiosk.contract.media import PlannedPeer, Seat, Signal, SignalKind
from kiosk.desk import pages
from kiosk.runtime.janus import Jsep, connected
from tests.bench.rivals import cost
from tests.bench.rivals.cast import Shown
from tests.fakes.bad_wire import far_side

_PAGES = (Path(__file__).with_name("page"), Path(pages.__file__).with_name("page"))
"""Ours, and the desk page, whose modules it uses."""
_ADDRESS = "http://localhost/rival.html"
_CODED_EACH = 5
"""Reading a code back from the picture costs time, so only each fifth is read."""
_LIMIT_S = 20.0
_OWN = "own"
_TYPES = {".js": "text/javascript", ".html": "text/html"}


class Chromium:
    """A `Rival`. `hear` and `on_signal` as a terminal has them."""

    name = "chromium"

    def __init__(self, tab: Page, marker: str) -> None:
        self.tab = tab
        self.on_signal: Callable[[Signal], None] = lambda signal: None
        self.source = "room"
        """How it calls itself in signals; a partner's call where it plays a partner."""
        self._main = next(
            int(path.name) for path in Path("/proc").glob("[0-9]*") if marker in cost.command_line(int(path.name))
        )
        self._stack = contextlib.AsyncExitStack()
        self._steps: asyncio.Queue[Signal] = asyncio.Queue()
        self._offset_s = time.time() - time.monotonic()

    async def start(self) -> None:
        await self.tab.expose_function("say", self._say)
        await self.tab.expose_function("lost", self._lost)
        await self.tab.route("**/*", _serve)
        await self.tab.goto(_ADDRESS)

    def _say(self, call: str, kind: str, sdp: str, mid: str, generation: int) -> None:
        target = call if self.source == "room" else "room"
        fields: dict[str, Any] = {"kind": SignalKind(kind), "sdp": sdp, "mid": mid, "generation": generation}
        self.on_signal(Signal(source=self.source, target=target, **fields))

    def _lost(self, call: str) -> None:
        self._say(call, SignalKind.RECONNECT, "", "", 0)

    def hear(self, signal: Signal) -> None:
        self._steps.put_nowait(signal)

    async def run(self) -> None:
        """Takes signals, one after the other."""
        while True:
            signal = await self._steps.get()
            call = signal.source if self.source == "room" else self.source
            if signal.kind is SignalKind.OFFER:
                await self._do("offered", call, signal.sdp, signal.generation)
            elif signal.kind is SignalKind.ANSWER:
                await self._do("answered", call, signal.sdp)
            elif signal.kind is SignalKind.CANDIDATE:
                await self._do("candidate", call, signal.sdp, signal.mid)
            elif signal.kind is SignalKind.RECONNECT and self.source != "room":
                await self._do("offer", call, signal.generation + 1)

    async def _do(self, what: str, *values: Any) -> Any:
        return await self.tab.evaluate("([what, values]) => rival[what](...values)", [what, list(values)])

    async def join(self, calls: list[str], *, publishes: bool) -> None:
        if publishes:
            await self._do("open")
        await self._do("expect", calls)

    async def sit(self, seat: Seat, peers: list[PlannedPeer], *, publishes: bool) -> None:
        session = await self._stack.enter_async_context(connected(seat.url))
        own = await session.attach(lambda event: None)
        body = {"request": "join", "ptype": "publisher", "room": seat.room, "id": seat.feed, "token": seat.token}
        joined = await own.request(body)
        if publishes:
            await self._do("open")
            offer = Jsep(type="offer", sdp=await self._do("publish"))
            answer = await own.request({"request": "publish"}, offer)
            assert answer.jsep
            await self._do("answered", _OWN, answer.jsep.sdp)
        await self._do("expect", [peer.call for peer in peers])
        handle = await session.attach(lambda event: None)
        streams = [{"feed": peer.feed} for peer in peers]
        wanted = {"request": "join", "ptype": "subscriber", "room": seat.room, "streams": streams}
        offered = await handle.request(wanted | {"private_id": joined.data["private_id"]})
        assert offered.jsep
        calls = {peer.feed: peer.call for peer in peers}
        lines = [(calls[one["feed_id"]], one["type"], one["mid"]) for one in offered.data["streams"]]
        sdp = await self._do("subscribed", offered.jsep.sdp, lines)
        await handle.request({"request": "start"}, Jsep(type="answer", sdp=sdp))

    async def offer(self) -> None:
        """As a partner."""
        await self._do("expect", [self.source])
        await self._do("heed", self.source)
        await self._do("offer", self.source, 0)

    async def clock(self, width: int, height: int, per_s: int) -> None:
        """A camera whose pictures tell the time."""
        await self._do("clock", width, height, per_s)

    async def leave(self) -> None:
        await self._do("leave")
        await self._stack.aclose()

    async def first_pictures(self, calls: list[str]) -> float:
        async with asyncio.timeout(_LIMIT_S):
            while True:
                firsts = await self._do("firsts")
                if len(firsts) == len(calls) and all(firsts):
                    return float(max(firsts)) / 1000 - self._offset_s
                await asyncio.sleep(0.01)

    async def watch(self, calls: list[str], seconds: float) -> list[Shown]:
        await self._do("watch", calls, _CODED_EACH)
        await asyncio.sleep(seconds)
        return [Shown(call, at_ms / 1000 - self._offset_s, code) for call, at_ms, code, *_ in await self._do("watched")]

    async def stats(self) -> list[dict[str, Any]]:
        """`getStats()` of all connections."""
        found: list[dict[str, Any]] = await self._do("stats")
        return found

    def pids(self) -> list[int]:
        return [pid for pid in cost.family(self._main) if "--type=gpu-process" not in cost.command_line(pid)]


async def _serve(route: Any) -> None:
    name = Path(route.request.url).name
    file = next((folder / name for folder in _PAGES if (folder / name).is_file()), None)
    if file:
        await route.fulfill(body=file.read_bytes(), content_type=_TYPES[file.suffix])
    else:
        await route.fulfill(status=404)


@contextlib.asynccontextmanager
async def chromium(folder: Path, camera: Path | None = None, *, is_far: bool = False) -> AsyncIterator[Chromium]:
    """A browser with the page open. `camera`: a Y4M file in place of the fake camera."""
    marker = f"--rival={uuid.uuid4().hex}"
    options = [
        "--no-sandbox",
        "--kiosk",
        "--use-fake-ui-for-media-stream",
        "--use-fake-device-for-media-stream",
        marker,
    ]
    options += ["--autoplay-policy=no-user-gesture-required"]
    if camera:
        options.append(f"--use-file-for-fake-video-capture={camera}")
    program = Path("/usr/bin/chromium")
    if is_far:
        program = folder / "far-chromium"
        program.write_text(f'#!/bin/sh\nexec {shlex.join(far_side("/usr/bin/chromium"))} "$@"\n')
        program.chmod(0o700)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=program, args=options, env={**os.environ, "TMPDIR": str(folder)}
        )
        context = await browser.new_context(viewport={"width": 1280, "height": 800})
        rival = Chromium(await context.new_page(), marker)
        await rival.start()
        task = asyncio.create_task(rival.run())
        try:
            yield rival
        finally:
            task.cancel()
            await browser.close()
