"""One peer connection after the other to the room or to another partner, by the page's rules (`page/peer.js`)."""

import asyncio
import contextlib
import logging
import re
import time
from collections.abc import Callable
from typing import Any

import aioice.ice
from aiortc import RTCBundlePolicy, RTCConfiguration, RTCIceServer, RTCPeerConnection, RTCSessionDescription
from aiortc.exceptions import InternalError, InvalidAccessError, InvalidStateError, OperationError
from aiortc.mediastreams import MediaStreamError
from aiortc.sdp import candidate_from_sdp

from kiosk.contract.media import IceServer, Signal, SignalKind
from kiosk.desk.robot.loops import H264, VP8, Repertoire
from kiosk.desk.robot.report import PeerCounts
from kiosk.desk.robot.tracks import LoopTrack

_logger = logging.getLogger(__name__)

LINES = ("microphone", "camera", "screen")
_FIRST_TRY_S, _LONGEST_TRY_S, _SETTLED_S = 5.0, 12.0, 2.0
_CONSENT_INTERVAL_S, _CONSENT_FAILURES = 0.8, 3
_REFUSALS = (ValueError, KeyError, IndexError, InternalError, InvalidAccessError, InvalidStateError, OperationError)


def notice_lost_paths_soon() -> None:
    """Once a process: a path that is gone fails after about 4 s instead of aioice's 30."""
    aioice.ice.CONSENT_INTERVAL = _CONSENT_INTERVAL_S  # type: ignore[assignment]
    aioice.ice.CONSENT_FAILURES = _CONSENT_FAILURES


class Peer:
    """Everything on the loop; signals and news of the connection are dealt with one after the other."""

    def __init__(
        self,
        id: str,
        *,
        offers: bool,
        ice_servers: tuple[IceServer, ...],
        repertoire: Repertoire,
        counts: PeerCounts,
        since_s: float,
        send: Callable[[SignalKind, int, str, str], None],
    ) -> None:
        """`since_s` (monotonic): from when the first picture is timed. `send`: kind, generation, SDP, media line.

        `id` is `room`, or the call of another partner.
        """
        self.id, self._offers, self._repertoire, self._counts = id, offers, repertoire, counts
        self._since_s, self._send = since_s, send
        servers = [RTCIceServer(list(one.urls), one.username or None, one.credential or None) for one in ice_servers]
        # With another policy aiortc 1.16 never starts the third line.
        self._configuration = RTCConfiguration(iceServers=servers, bundlePolicy=RTCBundlePolicy.MAX_BUNDLE)
        self._pc: RTCPeerConnection | None = None
        self._generation, self._tries, self._built_s = 0, 0, 0.0
        self._gates = dict.fromkeys(LINES, False)
        self._tracks: dict[str, LoopTrack] = {}
        self._receiving: list[asyncio.Task[None]] = []
        self._inbox: asyncio.Queue[Signal | str] = asyncio.Queue()
        self._task = asyncio.create_task(self._run(), name=f"peer-{id}")

    def take(self, signal: Signal) -> None:
        self._inbox.put_nowait(signal)

    def set_gates(self, **gates: bool) -> None:
        """What is sent from now on: `microphone`, `camera`, `screen`."""
        self._gates.update(gates)
        for line, track in self._tracks.items():
            track.set_open(self._gates[line])

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
            self._send(SignalKind.RECONNECT, self._generation, "", "")

    async def _handle(self, signal: Signal) -> None:
        kind, generation = signal.kind, signal.generation
        is_old = generation < self._generation
        try:
            if kind is SignalKind.RECONNECT:
                _logger.info("%s: asked to offer again after generation %d", self.id, generation)
                is_settling = time.monotonic() - self._built_s < _SETTLED_S
                if self._offers and not (is_old and self._counts.link != "up" and is_settling):
                    await self._offer()
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
        except _REFUSALS as error:
            _logger.warning("%s: %s refused (%s)", self.id, kind, type(error).__name__)

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
        self._send(SignalKind.OFFER, self._generation, pc.localDescription.sdp, "")

    async def _answer(self, generation: int, sdp: str) -> None:
        pc = await self._build(generation)
        await self._accept(pc, RTCSessionDescription(sdp, "offer"))
        await pc.setLocalDescription(await pc.createAnswer())
        self._send(SignalKind.ANSWER, self._generation, pc.localDescription.sdp, "")

    async def _accept(self, pc: RTCPeerConnection, description: RTCSessionDescription) -> None:
        """Takes the far side's description, then knows what to play in which codec, and listens."""
        codecs = _first_codecs(description.sdp)
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
                task = asyncio.create_task(self._count(line, transceiver.receiver.track), name=f"count-{line}")
                self._receiving.append(task)
        if description.type == "offer":
            self._prepare(codecs)

    def _prepare(self, codecs: list[str]) -> None:
        """What is never sent is never made: encoding a screen takes up to a second in which no answer is handled."""
        _, camera, screen = (codec if codec in (VP8, H264) else VP8 for codec in (*codecs, VP8, VP8, VP8)[:3])
        self._tracks["microphone"].play(self._repertoire.microphone)
        self._tracks["camera"].play(lambda: self._repertoire.camera(camera))
        self._tracks["screen"].play(lambda: self._repertoire.screen(screen))
        for line, track in self._tracks.items():
            track.set_open(self._gates[line])

    async def _count(self, line: str, track: Any) -> None:
        with contextlib.suppress(MediaStreamError):
            while True:
                await track.recv()
                if line == "microphone":
                    self._counts.audio_packets += 1
                elif line == "screen":
                    self._counts.screen_frames += 1
                else:
                    self._counts.frames += 1
                    self._counts.first_frame_s = self._counts.first_frame_s or time.monotonic() - self._since_s

    async def _drop(self) -> None:
        pc, self._pc = self._pc, None
        for task in self._receiving:
            task.cancel()
        self._receiving.clear()
        if pc is not None:
            pc.remove_all_listeners()
            await pc.close()


def _first_codecs(sdp: str) -> list[str]:
    """The name of each media line's first codec, in upper case."""
    codecs = []
    for section in re.split(r"(?m)^m=", sdp)[1:]:
        payload_type = section.split(None, 4)[3]
        found = re.search(rf"(?m)^a=rtpmap:{re.escape(payload_type)} (\w+)/", section)
        codecs.append(found.group(1).upper() if found else "")
    return codecs
