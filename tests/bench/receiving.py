"""What a received media packet costs the main thread: our receive path beside stock aiortc's, in the same process.

A partner in another process sends the same encoded stream (Opus and two 720p30 lines of VP8, 1.5 Mbit/s each) to the
one, then to the other, again and again. Counted is the main thread's processor time, from the socket to the decoded
picture: stock aiortc hands it to the loop, ours goes to the screen from its decoder's thread. Decoders have threads of
their own on both sides, and those are not counted.
"""

import asyncio
import json
import os
import statistics
import sys
import time
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from aiortc import RTCBundlePolicy, RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from aiortc.mediastreams import MediaStreamError

from kiosk.contract.configuration import Codec
from kiosk.media.playback.voice import Voice
from kiosk.media.rtp import sound
from kiosk.media.rtp.incoming import Incoming
from kiosk.media.rtp.sdp import read_offer
from tests.bench import figures

TURN_S = 1.5
"""One measurement."""
_SETTLE_S = 0.4
"""The keyframe at the start of a turn is no part of it."""
_LEAST_PACKETS = 100


class Side:
    """One peer connection that receives."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._pc = RTCPeerConnection(RTCConfiguration(bundlePolicy=RTCBundlePolicy.MAX_BUNDLE))
        self._pc.on("connectionstatechange", self._state_changed)
        self.is_up = asyncio.Event()
        self.frames = 0
        self.costs_us: list[float] = []
        self._readers: list[asyncio.Task[None]] = []

    def _state_changed(self) -> None:
        if self._pc.connectionState == "connected":
            self.is_up.set()

    async def answer(self, offer: str) -> str:
        """What the offering side needs."""
        read = read_offer(offer, Codec.VP8, "offer")
        await self._pc.setRemoteDescription(RTCSessionDescription(read.sdp, "offer"))
        start = self._lay_stock() if self.name == "stock" else self._lay_ours(read.retransmissions)
        await self._pc.setLocalDescription(await self._pc.createAnswer())
        start()
        return self._pc.localDescription.sdp

    def _lay_stock(self) -> Callable[[], None]:
        for transceiver in self._pc.getTransceivers():
            self._readers.append(asyncio.create_task(self._read(transceiver.receiver.track)))
        return lambda: None

    async def _read(self, track: Any) -> None:
        try:
            while True:
                self._count(await track.recv())
        except MediaStreamError:
            pass

    def _lay_ours(self, retransmissions: dict[str, tuple[int, ...]]) -> Callable[[], None]:
        incoming = Incoming(self._pc, retransmissions)
        for transceiver in self._pc.getTransceivers():
            receiver = incoming.attach(transceiver, self._count)
            if transceiver.kind == "audio":
                sound.install(receiver, Voice())
        return incoming.start

    def _count(self, frame: Any) -> None:
        self.frames += frame.__class__.__name__ == "VideoFrame"

    @property
    def packets(self) -> int:
        """Media packets that came so far."""
        found = 0
        for receiver in self._pc.getReceivers():
            streams: dict[int, Any] = receiver._RTCRtpReceiver__remote_streams  # type: ignore[attr-defined]
            found += sum(stream.packets_received for stream in streams.values())
        return found

    async def measure(self) -> None:
        """One turn, while packets come."""
        await asyncio.sleep(_SETTLE_S)
        packets, frames, spent_s = self.packets, self.frames, time.thread_time()
        await asyncio.sleep(TURN_S)
        spent_s = time.thread_time() - spent_s
        came, shown = self.packets - packets, self.frames - frames
        assert came >= _LEAST_PACKETS, f"{self.name}: only {came} packets came"
        assert shown >= 40 * TURN_S, f"{self.name}: only {shown} pictures of two lines came in {TURN_S} s"
        self.costs_us.append(spent_s / came * 1e6)

    async def close(self) -> None:
        await self._pc.close()
        for reader in self._readers:
            reader.cancel()


@asynccontextmanager
async def partner() -> AsyncIterator[Any]:
    """The process that sends."""
    command = [sys.executable, "-m", "tests.bench.clip"]
    process = await asyncio.create_subprocess_exec(*command, stdin=PIPE, stdout=PIPE, limit=1 << 20, env=os.environ)
    try:
        yield process
    finally:
        assert process.stdin is not None
        process.stdin.close()
        async with asyncio.timeout(10):
            await process.wait()


def _say(process: Any, value: object) -> None:
    process.stdin.write(json.dumps(value).encode() + b"\n")


async def bench(rounds: int) -> figures.Result:
    """Each side in turn, `rounds` times."""
    sides = [Side("stock"), Side("ours")]
    async with partner() as process:
        for side in sides:
            _say(process, side.name)
            answer = await side.answer(json.loads(await process.stdout.readline()))
            _say(process, {side.name: answer})
            async with asyncio.timeout(10):
                await side.is_up.wait()
        for number in range(rounds):
            for side in sides:
                _say(process, side.name)
                await side.measure()
                figures.say(f"round {number + 1} of {rounds}: {side.name} {side.costs_us[-1]:.0f} µs a packet")
        _say(process, "")
        await asyncio.gather(*(side.close() for side in sides))
    stock_us, ours_us = (statistics.median(side.costs_us) for side in sides)
    return {
        "ours_us": round(ours_us, 1),
        "stock_us": round(stock_us, 1),
        "ratio_to_stock": round(ours_us / stock_us, 3),
        "rounds": rounds,
    }


if __name__ == "__main__":
    said = figures.options(__doc__ or "", "n", 8, "how many rounds")
    figures.run(lambda: bench(said.n), is_json=said.json)
