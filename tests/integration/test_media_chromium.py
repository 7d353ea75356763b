"""A call with Debian's Chromium: its own offer, codecs, retransmissions and bandwidth reports."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from playwright.async_api import Page as Tab
from playwright.async_api import async_playwright

from kiosk.contract.media import PeerLink, PlannedPeer, Signal, SignalKind
from tests.fakes.media_bench import Terminal, running_terminal

A = PlannedPeer(call="a" * 16)
CHROMIUM = "/usr/bin/chromium"
OPTIONS = ["--no-sandbox", "--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"]
SCRIPT = """
async () => {
  const video_wish = {width: 640, height: 360, frameRate: 20};
  const media = await navigator.mediaDevices.getUserMedia({audio: true, video: video_wish});
  const pc = window.pc = new RTCPeerConnection({bundlePolicy: 'max-bundle'});
  const canvas = Object.assign(document.createElement('canvas'), {width: 1280, height: 720});
  const pen = canvas.getContext('2d');
  window.drawing = setInterval(() => {
    pen.fillStyle = '#0a0'; pen.fillRect(0, 0, 1280, 720);
    pen.fillStyle = '#fff'; pen.fillRect(Date.now() % 1280, 0, 9, 99);
  }, 100);
  pc.addTransceiver(media.getAudioTracks()[0], {direction: 'sendrecv'});
  pc.addTransceiver(media.getVideoTracks()[0], {direction: 'sendrecv'});
  const screen = pc.addTransceiver('video', {direction: 'sendrecv'});
  window.share = () => screen.sender.replaceTrack(canvas.captureStream(10).getVideoTracks()[0]);
  pc.onicecandidate = (e) => window.say('candidate', e.candidate?.candidate ?? '', e.candidate?.sdpMid ?? '');
  const video = document.createElement('video');
  video.muted = true; video.autoplay = true; document.body.append(video);
  pc.ontrack = (e) => { if (e.transceiver.mid === '1') { video.srcObject = new MediaStream([e.track]); } };
  window.hear = async (sdp) => pc.setRemoteDescription({type: 'answer', sdp});
  await pc.setLocalDescription();
  await window.say('offer', pc.localDescription.sdp, '');
}
"""
COUNT = """
async () => {
  const found = {frames: 0, width: 0, samples: 0, limit: 0};
  for (const s of (await window.pc.getStats()).values()) {
    if (s.type === 'inbound-rtp' && s.kind === 'audio') { found.samples = s.packetsReceived; }
    if (s.type === 'candidate-pair' && s.nominated) { found.limit = s.availableOutgoingBitrate || 0; }
    if (s.type === 'inbound-rtp' && s.kind === 'video' && s.mid === '1') {
      found.frames = s.framesDecoded || 0; found.width = s.frameWidth || 0;
    }
  }
  return found;
}
"""


class Browser:
    """A tab with a partner's peer connection, and the signals between it and the terminal."""

    def __init__(self, terminal: Terminal, tab: Tab) -> None:
        self.terminal, self.tab = terminal, tab
        self.inbox: asyncio.Queue[Signal] = asyncio.Queue()

    def say(self, kind: str, sdp: str, mid: str) -> None:
        self.terminal.send(Signal(source=A.call, target="room", kind=SignalKind(kind), sdp=sdp, mid=mid))

    async def run(self) -> None:
        while True:
            signal = await self.inbox.get()
            if signal.kind is SignalKind.ANSWER:
                await self.tab.evaluate("sdp => window.hear(sdp)", signal.sdp)

    async def counts(self) -> dict[str, Any]:
        found: dict[str, Any] = await self.tab.evaluate(COUNT)
        return found


@contextlib.asynccontextmanager
async def browser_in_call(terminal: Terminal) -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        chromium = await playwright.chromium.launch(executable_path=CHROMIUM, args=OPTIONS)
        tab = await chromium.new_page()
        page = Browser(terminal, tab)
        terminal.pages[A.call] = page  # type: ignore[assignment]
        task = asyncio.create_task(page.run())
        await tab.route("**/*", lambda route: route.fulfill(body="<body></body>", content_type="text/html"))
        await tab.goto("http://127.0.0.1/")
        await tab.expose_function("say", page.say)
        await tab.evaluate(SCRIPT)
        try:
            yield page
        finally:
            task.cancel()
            await chromium.close()


async def test_chromium_and_the_terminal_see_and_hear_each_other(tmp_path: Path) -> None:
    """15 pictures a second each way, sound, and a shared screen that is put on its line without a new offer."""
    async with running_terminal(tmp_path) as terminal:
        terminal.do(A, camera="on", microphone="on")
        async with browser_in_call(terminal) as browser:
            await terminal.until(lambda report: report.peers[0].frames_received > 20, timeout_s=15)
            before, theirs, start_s = terminal.peer(A.call), await browser.counts(), time.monotonic()
            goal = terminal.reports + 4
            await terminal.until(lambda _: terminal.reports >= goal)
            after, counted, seconds = terminal.peer(A.call), await browser.counts(), time.monotonic() - start_s
            assert after.link is PeerLink.UP
            assert (after.frames_received - before.frames_received) / seconds >= 15
            assert (counted["frames"] - theirs["frames"]) / seconds >= 15
            assert (counted["samples"] - theirs["samples"]) / seconds >= 45
            assert counted["width"] == 640
            await browser.tab.evaluate("() => window.share()")
            await terminal.until(lambda report: report.peers[0].screen_frames_received > 10, timeout_s=5)
            terminal.do(A, camera="on")
            silent = (await browser.counts())["samples"]
            goal = terminal.reports + 3
            await terminal.until(lambda _: terminal.reports >= goal)
            assert (await browser.counts())["samples"] - silent <= 5
            assert (await browser.counts())["limit"] > 500_000, "bandwidth reports hold the browser down"
