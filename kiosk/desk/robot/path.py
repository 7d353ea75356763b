"""One peer connection to a media server: offered to send, or answered to receive. Knows no server."""

import asyncio
import contextlib
import logging
import re
import time
from collections.abc import Callable
from typing import Any

from aiortc import (
    RTCBundlePolicy,
    RTCConfiguration,
    RTCIceServer,
    RTCIceTransportPolicy,
    RTCPeerConnection,
    RTCSessionDescription,
)
from aiortc.exceptions import InternalError, InvalidAccessError, InvalidStateError, OperationError
from aiortc.mediastreams import MediaStreamError
from aiortc.sdp import candidate_from_sdp

from kiosk.contract.media import IceServer
from kiosk.desk.robot.loops import H264, VP8, Repertoire
from kiosk.desk.robot.report import PeerCounts
from kiosk.desk.robot.tracks import LoopTrack

_logger = logging.getLogger(__name__)

LINES = ("microphone", "camera", "screen")
REFUSALS = (ValueError, KeyError, IndexError, InternalError, InvalidAccessError, InvalidStateError, OperationError)
"""What aiortc raises for descriptions and candidates that it cannot use."""


def configuration_with(ice_servers: tuple[IceServer, ...], *, is_relay_only: bool) -> RTCConfiguration:
    """For a peer connection of ours."""
    return RTCConfiguration(
        iceServers=[RTCIceServer(list(one.urls), one.username or None, one.credential or None) for one in ice_servers],
        # With another policy aiortc 1.16 never starts the third line.
        bundlePolicy=RTCBundlePolicy.MAX_BUNDLE,
        iceTransportPolicy=RTCIceTransportPolicy.RELAY if is_relay_only else RTCIceTransportPolicy.ALL,
    )


class Path:
    """On the loop; `on_change` after every change of `is_up` and `is_over`."""

    def __init__(self, configuration: RTCConfiguration, on_change: Callable[[], None]) -> None:
        self._pc = RTCPeerConnection(configuration)
        self._on_change = on_change
        self._tracks: dict[str, LoopTrack] = {}
        self._early: list[dict[str, Any]] | None = []
        self._tasks: list[asyncio.Task[None]] = []
        self.is_up = self.is_over = False
        self._pc.on("connectionstatechange", self._changed)

    def _changed(self) -> None:
        self.is_up = self._pc.connectionState == "connected"
        self.is_over = self.is_over or self._pc.connectionState in ("failed", "closed")
        self._on_change()

    async def offer(self, lines: tuple[str, ...]) -> str:
        """An offer to send these lines."""
        for line in lines:
            self._tracks[line] = LoopTrack("audio" if line == "microphone" else "video")
            self._pc.addTransceiver(self._tracks[line], direction="sendonly")
        await self._pc.setLocalDescription(await self._pc.createOffer())
        return self._pc.localDescription.sdp

    async def accept(self, sdp: str, repertoire: Repertoire) -> None:
        """Takes the answer and plays what it wants in the codecs it names. Raises one of REFUSALS."""
        prepare(self._tracks, first_codecs(sdp), repertoire)
        await self._pc.setRemoteDescription(RTCSessionDescription(sdp, "answer"))
        for line, transceiver in zip(self._tracks, self._pc.getTransceivers(), strict=True):
            if line != "microphone":
                transceiver.sender._send_keyframe = self._tracks[line].restart  # type: ignore[method-assign]
        await self._take_early()

    def set_gates(self, gates: dict[str, bool]) -> None:
        """What is sent from now on, by line."""
        for line, track in self._tracks.items():
            track.set_open(gates[line])

    async def answer(self, sdp: str, line_of: dict[str, str], counts: PeerCounts, since_s: float) -> str:
        """The answer to an offer of what somebody sends; `line_of`: media line to one of LINES. Raises of REFUSALS."""
        await self._pc.setRemoteDescription(RTCSessionDescription(sdp, "offer"))
        for transceiver in self._pc.getTransceivers():
            line = line_of.get(transceiver.mid or "")
            if line and transceiver.receiver.track:
                counting = count(line, transceiver.receiver.track, counts, since_s)
                self._tasks.append(asyncio.create_task(counting, name=f"count-{line}"))
        await self._pc.setLocalDescription(await self._pc.createAnswer())
        await self._take_early()
        return self._pc.localDescription.sdp

    async def _take_early(self) -> None:
        early, self._early = self._early or [], None
        for candidate in early:
            await self._add(candidate)

    def take_candidate(self, init: dict[str, Any]) -> None:
        """A candidate as in RTCIceCandidateInit; it may come before the description it belongs to."""
        if self._early is not None:
            self._early.append(init)
        else:
            self._tasks.append(asyncio.create_task(self._add(init), name="candidate"))

    async def _add(self, init: dict[str, Any]) -> None:
        text = str(init.get("candidate", "")).removeprefix("candidate:")
        if not text or self.is_over:
            return
        try:
            candidate = candidate_from_sdp(text)
            candidate.sdpMid = str(init.get("sdpMid", ""))
            await self._pc.addIceCandidate(candidate)
        except (*REFUSALS, AssertionError, OSError) as error:
            _logger.info("a candidate cannot be used: %s", type(error).__name__)

    async def close(self) -> None:
        self.is_over = True
        for task in self._tasks:
            task.cancel()
        self._pc.remove_all_listeners()
        await self._pc.close()


def prepare(tracks: dict[str, LoopTrack], codecs: list[str], repertoire: Repertoire) -> None:
    """What is never sent is never made: encoding a screen takes up to a second in which no answer is handled."""
    _, camera, screen = (codec if codec in (VP8, H264) else VP8 for codec in (*codecs, VP8, VP8, VP8)[:3])
    loops = {
        "microphone": repertoire.microphone,
        "camera": lambda: repertoire.camera(camera),
        "screen": lambda: repertoire.screen(screen),
    }
    for line, track in tracks.items():
        track.play(loops[line])


async def count(line: str, track: Any, counts: PeerCounts, since_s: float) -> None:
    """Counts what a receiver gives until it ends; `since_s` (monotonic): from when the first picture is timed."""
    with contextlib.suppress(MediaStreamError):
        while True:
            await track.recv()
            if line == "microphone":
                counts.audio_packets += 1
            elif line == "screen":
                counts.screen_frames += 1
            else:
                counts.frames += 1
                counts.first_frame_s = counts.first_frame_s or time.monotonic() - since_s


def first_codecs(sdp: str) -> list[str]:
    """The name of each media line's first codec, in upper case."""
    codecs = []
    for section in re.split(r"(?m)^m=", sdp)[1:]:
        payload_type = section.split(None, 4)[3]
        found = re.search(rf"(?m)^a=rtpmap:{re.escape(payload_type)} (\w+)/", section)
        codecs.append(found.group(1).upper() if found else "")
    return codecs
