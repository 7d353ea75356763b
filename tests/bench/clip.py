"""A partner of nothing but packets: sends the same encoded clip to whoever is its turn, as a process of its own.

`python -m tests.bench.clip` makes an offer for each name that it reads, and sends to the name that it reads after that;
JSON, one value a line. The pictures are encoded once, so sending costs next to nothing.
"""

import asyncio
import fractions
import json
import sys
from typing import Any

import av
import numpy as np
from aiortc import MediaStreamTrack, RTCBundlePolicy, RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from numpy.typing import NDArray

WIDTH, HEIGHT, RATE, BITS = 1280, 720, 30, 1_500_000
FRAMES = 90
NOISY = 176
"""The corner that changes all the time is what costs bits."""
LINES = ("audio", "video", "video")
_SOUND_RATE, _SOUND_SAMPLES = 48_000, 960


def pictures() -> list[bytes]:
    """Three seconds of VP8 at the full rate: a texture that moves."""
    encoder: Any = av.CodecContext.create("libvpx", "w")
    encoder.width, encoder.height, encoder.pix_fmt = WIDTH, HEIGHT, "yuv420p"
    encoder.bit_rate, encoder.time_base = BITS, fractions.Fraction(1, RATE)
    encoder.options = {"deadline": "realtime", "cpu-used": "-12", "minrate": str(BITS), "maxrate": str(BITS)}
    encoder.gop_size = FRAMES
    dice = np.random.default_rng(1)
    texture = np.kron(dice.integers(0, 255, (HEIGHT // 16, WIDTH // 16)), np.ones((16, 16))).astype(np.uint8)
    picture: NDArray[np.uint8] = np.full((HEIGHT * 3 // 2, WIDTH), 128, dtype=np.uint8)
    encoded = []
    for number in range(FRAMES):
        picture[:HEIGHT] = np.roll(texture, number * 4, axis=1)
        picture[:NOISY, :NOISY] += dice.integers(0, 16, (NOISY, NOISY), dtype=np.uint8)
        frame = av.VideoFrame.from_ndarray(picture, format="yuv420p")
        frame.pts = number
        encoded += [bytes(packet) for packet in encoder.encode(frame)]
    bits = sum(map(len, encoded)) * 8 * RATE / FRAMES
    assert 0.7 < bits / BITS < 1.3, f"a clip of {bits:.0f} bit/s"
    return encoded


def sounds() -> list[bytes]:
    """One second of Opus."""
    encoder: Any = av.CodecContext.create("libopus", "w")
    encoder.sample_rate, encoder.layout, encoder.format, encoder.bit_rate = _SOUND_RATE, "stereo", "s16", 32_000
    times = np.arange(_SOUND_RATE) / _SOUND_RATE
    tone = (np.sin(times * 440 * 6.283) * 8000).astype(np.int16)
    encoded = []
    for start in range(0, _SOUND_RATE, _SOUND_SAMPLES):
        samples = np.repeat(tone[start : start + _SOUND_SAMPLES], 2).reshape(1, -1)
        frame = av.AudioFrame.from_ndarray(samples, format="s16", layout="stereo")
        frame.sample_rate, frame.pts = _SOUND_RATE, start
        encoded += [bytes(packet) for packet in encoder.encode(frame)]
    return encoded


class Loop(MediaStreamTrack):
    """Encoded packets from the first on, while it is this peer's turn; otherwise nothing."""

    def __init__(self, kind: str, packets: list[bytes]) -> None:
        super().__init__()
        self.kind = kind
        self._packets = packets
        self._per_s = RATE if kind == "video" else _SOUND_RATE // _SOUND_SAMPLES
        self._turn = asyncio.Event()
        self._at = self._pts = 0
        self._due_s = 0.0

    def turn(self, is_on: bool) -> None:
        if is_on:
            self._at, self._due_s = 0, asyncio.get_running_loop().time()
            self._turn.set()
        else:
            self._turn.clear()

    async def recv(self) -> Any:
        await self._turn.wait()
        self._due_s += 1 / self._per_s
        await asyncio.sleep(self._due_s - asyncio.get_running_loop().time())
        packet = av.Packet(self._packets[self._at % len(self._packets)])
        self._at += 1
        self._pts += 1
        packet.pts, packet.time_base = self._pts, fractions.Fraction(1, self._per_s)
        return packet


async def _lines() -> Any:
    reader = asyncio.StreamReader(limit=1 << 20)
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while line := await reader.readline():
        yield json.loads(line)


async def main() -> None:
    """Names to offer to, then answers by name, then whose turn it is."""
    clips = {"audio": sounds(), "video": pictures()}
    peers: dict[str, RTCPeerConnection] = {}
    tracks: dict[str, list[Loop]] = {}
    async for said in _lines():
        if isinstance(said, dict):
            for name, sdp in said.items():
                await peers[name].setRemoteDescription(RTCSessionDescription(sdp, "answer"))
        elif said in peers or said == "":
            for name, own in tracks.items():
                for track in own:
                    track.turn(name == said)
        else:
            peer = peers[said] = RTCPeerConnection(RTCConfiguration(bundlePolicy=RTCBundlePolicy.MAX_BUNDLE))
            tracks[said] = [Loop(kind, clips[kind]) for kind in LINES]
            for track in tracks[said]:
                peer.addTransceiver(track, "sendonly")
            await peer.setLocalDescription(await peer.createOffer())
            print(json.dumps(peer.localDescription.sdp), flush=True)
    await asyncio.gather(*(peer.close() for peer in peers.values()))


if __name__ == "__main__":
    asyncio.run(main())
