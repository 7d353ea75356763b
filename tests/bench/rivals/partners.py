"""Partners in a process of their own: each offers one peer connection, plays the clip and counts what comes.

JSON lines. In: `{"join": CALL, "obeys": bool}` (whether it sends smaller pictures when asked to),
`{"join": CALL, "seat": …}` (by a media server), `{"look": CALL, "feed": FEED}`,
`{"signal": …}`, `{"leave": CALL}`, `{"tell": true}`. Out: `{"signal": …}`, and on
`tell` what was sent when and how many pictures came. Nothing is decoded or encoded here: the rivals are measured.
"""

import asyncio
import json
import sys
import time
from typing import Any

import msgspec
from aiortc import MediaStreamTrack, RTCBundlePolicy, RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from aiortc.rate import RemoteBitrateEstimator

from kiosk.contract.media import Seat, Signal, SignalKind, Wish
from kiosk.desk.robot.loops import Loop, encode_tone
from kiosk.desk.robot.tracks import LoopTrack
from tests.bench.rivals import clip
from tests.fakes.janus_partner import JanusPartner

_KEPT_S = 20.0
_PLENTY_BPS = 3_000_000


class _ClipTrack(LoopTrack):
    """Notes when it sent which picture."""

    def __init__(self, kind: str) -> None:
        super().__init__(kind)
        self.sent: list[tuple[int, float]] = []

    def _piece(self, loop: Loop) -> Any:
        now_s = time.monotonic()
        self.sent.append((self._next, now_s))
        if len(self.sent) > 2 * _KEPT_S * loop.per_s:
            del self.sent[: len(self.sent) // 2]
        return super()._piece(loop)


class SeatedPartner(JanusPartner):
    """The same by way of a media server, where each gets what the room gets."""

    def __init__(self, call: str, seat: Seat, tone: Loop, camera: Loop) -> None:
        super().__init__(seat, call)
        self.pictures = 0
        self.camera, self._microphone = _ClipTrack("video"), LoopTrack("audio")
        self._microphone.play(lambda: tone)
        self.camera.play(lambda: camera)

    def _voice(self) -> MediaStreamTrack:
        self._microphone.set_open(True)
        return self._microphone

    def _picture(self, luma: int) -> MediaStreamTrack:
        self.camera.set_open(True)
        return self.camera

    async def begin(self) -> None:
        await self.__aenter__()
        await self.publish()
        self.pc.getTransceivers()[1].sender._send_keyframe = self.camera.restart  # type: ignore[method-assign]

    async def look(self, feed: str) -> None:
        """Counts the rival's pictures."""
        await self.subscribe(feed)
        for transceiver in self.received[feed].getTransceivers():
            transceiver.receiver._enabled = False
            if transceiver.kind == "video":
                count(self, transceiver.receiver)
                break

    async def leave(self) -> None:
        await self.__aexit__()


class Partner:
    """One peer connection to the rival."""

    def __init__(self, call: str, tone: Loop, clips: dict[int, Loop], *, obeys: bool) -> None:
        """`clips` by height; the largest is played until the rival wishes for another."""
        self.call, self._clips, self._obeys = call, clips, obeys
        self._height = clip.HEIGHT
        self.pictures = 0
        self.camera = _ClipTrack("video")
        self._microphone, self._screen = LoopTrack("audio"), LoopTrack("video")
        self._microphone.play(lambda: tone)
        self.camera.play(lambda: clips[self._height])
        self._pc = RTCPeerConnection(RTCConfiguration(bundlePolicy=RTCBundlePolicy.MAX_BUNDLE))

    async def offer(self) -> None:
        for track in (self._microphone, self.camera, self._screen):
            self._pc.addTransceiver(track, "sendrecv")
        await self._pc.setLocalDescription(await self._pc.createOffer())
        _say(self.call, SignalKind.OFFER, self._pc.localDescription.sdp)

    async def accept(self, sdp: str) -> None:
        await self._pc.setRemoteDescription(RTCSessionDescription(sdp, "answer"))
        transceivers = self._pc.getTransceivers()
        for transceiver in transceivers:
            transceiver.receiver._enabled = False
        transceivers[1].sender._send_keyframe = self.camera.restart  # type: ignore[method-assign]
        self._report_plenty([transceiver.receiver for transceiver in transceivers[1:]])
        count(self, transceivers[1].receiver)
        self._microphone.set_open(True)
        self.camera.set_open(True)

    def heed(self, wish: Wish) -> None:
        """The smallest clip that is at least as tall as the tile, or nearly so; none for a hidden one."""
        if not self._obeys:
            return
        self.camera.set_open(wish.camera_px > 0)
        height = next((one for one in sorted(self._clips) if one * 1.2 >= wish.camera_px), clip.HEIGHT)
        if height != self._height:
            self._height = height
            self.camera.restart()

    def _report_plenty(self, receivers: list[Any]) -> None:
        """One estimate for all lines, and a start that holds nobody down."""
        shared = RemoteBitrateEstimator()
        shared.rate_control.set_estimate(_PLENTY_BPS, int(time.time() * 1000))
        for receiver in receivers:
            receiver._RTCRtpReceiver__remote_bitrate_estimator = shared

    async def leave(self) -> None:
        await self._pc.close()


def count(partner: Partner | SeatedPartner, receiver: Any) -> None:
    """By the last packet of each picture."""
    handle = receiver._handle_rtp_packet

    async def counted(packet: Any, arrival_time_ms: int) -> None:
        partner.pictures += packet.marker
        await handle(packet, arrival_time_ms)

    receiver._handle_rtp_packet = counted


def _say(call: str, kind: SignalKind, sdp: str) -> None:
    signal = Signal(source=call, target="room", kind=kind, sdp=sdp)
    print(json.dumps({"signal": msgspec.to_builtins(signal)}), flush=True)


async def _run() -> None:
    tone, clips = encode_tone(), {height: clip.encode(height) for height in clip.BITRATES_BPS}
    partners: dict[str, Any] = {}
    reader = asyncio.StreamReader(limit=1 << 20)
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    print(json.dumps({"ready": True}), flush=True)
    while line := await reader.readline():
        match json.loads(line):
            case {"join": call, "obeys": obeys}:
                partners[call] = Partner(call, tone, clips, obeys=obeys)
                await partners[call].offer()
            case {"join": call, "seat": seat}:
                partners[call] = SeatedPartner(call, msgspec.convert(seat, Seat), tone, clips[clip.HEIGHT])
                await partners[call].begin()
            case {"look": call, "feed": feed}:
                await partners[call].look(feed)
            case {"leave": call}:
                await partners.pop(call).leave()
            case {"tell": _}:
                told = {call: {"sent": one.camera.sent, "pictures": one.pictures} for call, one in partners.items()}
                print(json.dumps({"told": told}), flush=True)
            case {"signal": fields}:
                signal = msgspec.convert(fields, Signal)
                if signal.kind is SignalKind.ANSWER and signal.target in partners:
                    await partners[signal.target].accept(signal.sdp)
                elif signal.wish and signal.target in partners:
                    partners[signal.target].heed(signal.wish)


if __name__ == "__main__":
    asyncio.run(_run())
