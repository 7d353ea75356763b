"""One peer connection after the other to the room or to another partner, by the page's rules (`page/peer.js`)."""

import asyncio
import logging
import time
from collections.abc import Callable
from typing import Any

import aioice.ice
from aiortc import RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from aiortc.sdp import candidate_from_sdp

from kiosk.contract.media import Signal, SignalKind, Wish
from kiosk.desk.robot.loops import Repertoire
from kiosk.desk.robot.path import LINES, REFUSALS, count, first_codecs, prepare
from kiosk.desk.robot.report import PeerCounts
from kiosk.desk.robot.tracks import LoopTrack

_logger = logging.getLogger(__name__)

_FIRST_TRY_S, _LONGEST_TRY_S, _SETTLED_S = 5.0, 12.0, 2.0
_CONSENT_INTERVAL_S, _CONSENT_FAILURES = 0.8, 3
_SMALL = Wish(camera_px=180, screen_px=180)
"""What a robot asks for: it only counts."""


def notice_lost_paths_soon() -> None:
    """Once a process: a path that is gone fails after about 4 s instead of aioice's 30."""
    aioice.ice.CONSENT_INTERVAL = _CONSENT_INTERVAL_S  # type: ignore[assignment]
    aioice.ice.CONSENT_FAILURES = _CONSENT_FAILURES


class Peer:
    """Everything on the loop; signals and news of the connection are dealt with one after the other."""

    def __init__(
        self,
        call: str,
        id: str,
        *,
        offers: bool,
        configuration: RTCConfiguration,
        repertoire: Repertoire,
        counts: PeerCounts,
        since_s: float,
        send: Callable[[Signal], None],
    ) -> None:
        """`since_s` (monotonic): from when the first picture is timed.

        `call` is the robot's own, `id` is `room`, or the call of another partner.
        """
        self._call, self.id, self._offers, self._repertoire, self._counts = call, id, offers, repertoire, counts
        self._since_s, self._send = since_s, send
        self._configuration = configuration
        self._pc: RTCPeerConnection | None = None
        self._generation, self._tries, self._built_s = 0, 0, 0.0
        self._gates = dict.fromkeys(LINES, False)
        self._wish = Wish()
        self._tracks: dict[str, LoopTrack] = {}
        self._receiving: list[asyncio.Task[None]] = []
        self._inbox: asyncio.Queue[Signal | str] = asyncio.Queue()
        self._task = asyncio.create_task(self._run(), name=f"peer-{id}")

    def take(self, signal: Signal) -> None:
        self._inbox.put_nowait(signal)

    def set_gates(self, **gates: bool) -> None:
        """What is sent from now on: `microphone`, `camera`, `screen`."""
        self._gates.update(gates)
        self._open_gates()

    async def close(self) -> None:
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        await self._drop()
        self._counts.link = "closed"

    async def _run(self) -> None:
        if self._offers:
            await self._offer()
        retry_s = self._retry_s()
        while True:
            try:
                async with asyncio.timeout(None if self._counts.link == "up" else retry_s):
                    news = await self._inbox.get()
            except TimeoutError:
                news = "failed"
            if isinstance(news, Signal):
                await self._handle(news)
            elif news == "connected":
                self._tries, self._counts.link = 0, "up"
                self._say(SignalKind.WISH, wish=_SMALL)
            elif news == "failed":
                await self._again()
            retry_s = self._retry_s()

    def _retry_s(self) -> float:
        patience_s = min(_LONGEST_TRY_S, _FIRST_TRY_S + 1.5 * self._tries)
        return max(0.05, self._built_s + patience_s - time.monotonic()) if self._built_s else patience_s

    async def _again(self) -> None:
        self._tries += 1
        _logger.info("%s: no path in generation %d", self.id, self._generation)
        if self._counts.link == "up":
            self._counts.link = "lost"
        if self._offers:
            await self._offer()
        else:
            self._built_s = time.monotonic()
            self._say(SignalKind.RECONNECT)

    async def _handle(self, signal: Signal) -> None:
        kind, generation = signal.kind, signal.generation
        is_old = generation < self._generation
        try:
            if kind is SignalKind.RECONNECT:
                _logger.info("%s: asked to offer again after generation %d", self.id, generation)
                is_settling = time.monotonic() - self._built_s < _SETTLED_S
                if self._offers and not (is_old and self._counts.link != "up" and is_settling):
                    await self._offer()
            elif kind is SignalKind.WISH:
                self._wish = signal.wish or Wish()
                self._open_gates()
            elif is_old:
                return
            elif kind is SignalKind.OFFER and not self._offers:
                if generation > self._generation or self._pc is None:
                    await self._answer(generation, signal.sdp)
            elif self._pc is None or generation != self._generation:
                return
            elif kind is SignalKind.ANSWER and self._pc.signalingState == "have-local-offer":
                await self._accept(self._pc, RTCSessionDescription(signal.sdp, "answer"))
            elif kind is SignalKind.CANDIDATE and signal.sdp:
                candidate = candidate_from_sdp(signal.sdp.removeprefix("candidate:"))
                candidate.sdpMid = signal.mid
                await self._pc.addIceCandidate(candidate)
        except REFUSALS as error:
            _logger.warning("%s: %s refused (%s)", self.id, kind, type(error).__name__)

    def _say(self, kind: SignalKind, sdp: str = "", wish: Wish | None = None) -> None:
        generation = self._generation
        self._send(Signal(source=self._call, target=self.id, kind=kind, generation=generation, sdp=sdp, wish=wish))

    async def _build(self, generation: int) -> RTCPeerConnection:
        await self._drop()
        self._generation = self._counts.generation = generation
        self._built_s = time.monotonic()
        pc = RTCPeerConnection(self._configuration)
        self._pc = pc

        def changed() -> None:
            if pc is self._pc and pc.connectionState in ("connected", "failed", "closed"):
                self._inbox.put_nowait("failed" if pc.connectionState == "closed" else pc.connectionState)

        pc.on("connectionstatechange", changed)
        self._tracks = {line: LoopTrack("audio" if line == "microphone" else "video") for line in LINES}
        return pc

    async def _offer(self) -> None:
        pc = await self._build(self._generation + (1 if self._pc else 0))
        for line in LINES:
            pc.addTransceiver(self._tracks[line], direction="sendrecv")
        await pc.setLocalDescription(await pc.createOffer())
        self._say(SignalKind.OFFER, pc.localDescription.sdp)

    async def _answer(self, generation: int, sdp: str) -> None:
        pc = await self._build(generation)
        await self._accept(pc, RTCSessionDescription(sdp, "offer"))
        await pc.setLocalDescription(await pc.createAnswer())
        self._say(SignalKind.ANSWER, pc.localDescription.sdp)

    async def _accept(self, pc: RTCPeerConnection, description: RTCSessionDescription) -> None:
        """Takes the far side's description, then knows what to play in which codec, and listens."""
        codecs = first_codecs(description.sdp)
        if description.type == "answer":
            self._prepare(codecs)
        await pc.setRemoteDescription(description)
        estimator: Any = None
        for line, transceiver in zip(LINES, pc.getTransceivers(), strict=False):
            transceiver.direction = "sendrecv"
            if description.type == "offer":
                transceiver.sender.replaceTrack(self._tracks[line])
            if line != "microphone":
                transceiver.sender._send_keyframe = self._tracks[line].restart  # type: ignore[method-assign]
                # One estimate a connection: Chromium takes the smallest of several as the cap for everything.
                name = "_RTCRtpReceiver__remote_bitrate_estimator"
                estimator = estimator or getattr(transceiver.receiver, name)
                setattr(transceiver.receiver, name, estimator)
            if transceiver.receiver.track:
                counting = count(line, transceiver.receiver.track, self._counts, self._since_s)
                self._receiving.append(asyncio.create_task(counting, name=f"count-{line}"))
        if description.type == "offer":
            self._prepare(codecs)

    def _prepare(self, codecs: list[str]) -> None:
        prepare(self._tracks, codecs, self._repertoire)
        self._open_gates()

    def _open_gates(self) -> None:
        """What is allowed, and what the far side shows at all."""
        shown = {"microphone": True, "camera": self._wish.camera_px > 0, "screen": self._wish.screen_px > 0}
        for line, track in self._tracks.items():
            track.set_open(self._gates[line] and shown[line])

    async def _drop(self) -> None:
        pc, self._pc = self._pc, None
        for task in self._receiving:
            task.cancel()
        self._receiving.clear()
        if pc is not None:
            pc.remove_all_listeners()
            await pc.close()
