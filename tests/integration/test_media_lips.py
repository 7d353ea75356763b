"""A partner whose sound comes late: what is seen and what is heard together, on a real connection."""

import asyncio
import time
from typing import Any

import av
import pytest
from aiortc import RTCBundlePolicy, RTCConfiguration

from kiosk.contract.configuration import Codec
from kiosk.contract.media import Signal, SignalKind
from kiosk.media.engine.connection import Connection
from kiosk.media.engine.gates import Gates
from kiosk.media.engine.waist import Line
from kiosk.media.playback.loudspeaker import _in_vain
from kiosk.media.playback.mixer import Mixer
from kiosk.media.playback.voice import Voice
from kiosk.media.rtp.sdp import read_offer
from tests.fakes.media_bench import Page, Picture
from tests.fakes.media_bench import Voice as Speech

CALL = "a" * 16
OPUS = 96
"""The payload type by which a page of plain aiortc sends sound."""
TOGETHER_S = 0.08


class Desk:
    """Passes signals between page and connection."""

    def __init__(self) -> None:
        self.offer: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    def send(self, signal: Signal) -> None:
        if signal.kind is SignalKind.OFFER:
            self.offer.set_result(signal.sdp)


class Ear(Voice):
    """Notes with which RTP time the stream begins."""

    begin: int | None = None

    def insert(self, ssrc: int, sequence: int, timestamp: int, payload: bytes, arrival_s: float) -> None:
        self.begin = timestamp if self.begin is None else self.begin
        super().insert(ssrc, sequence, timestamp, payload, arrival_s)


class Latencies:
    """How old picture and sound are when they are seen and heard, by the page's own clocks."""

    def __init__(self, page: Page, ear: Ear) -> None:
        self.page, self.ear = page, ear
        self.between_s: list[float] = []
        self.seen = asyncio.Event()

    def show(self, line: Line, frame: av.VideoFrame) -> None:
        tracks: list[Any] = [sender.track for sender in self.page.pc.getSenders()]
        speech = next(track for track in tracks if isinstance(track, Speech))
        picture = next(track for track in tracks if isinstance(track, Picture))
        now_s, heard = time.monotonic(), self.ear.heard
        if not heard or self.ear.begin is None or frame.pts is None:
            return
        said_s = speech._start_s + 0.02 + (heard.timestamp - self.ear.begin) / 48_000 + now_s - heard.at_s
        seen_s = picture._start_s + 0.05 + frame.pts / 90_000
        self.between_s.append(seen_s - said_s)
        self.seen.set()

    async def last(self, count: int) -> float:
        """The mean of the next pictures."""
        self.between_s.clear()
        while len(self.between_s) < count:
            self.seen.clear()
            await self.seen.wait()
        return sum(self.between_s) / len(self.between_s)


def delay_sound(page: Page, delay_s: float) -> None:
    """The network brings sound later than pictures; reports come in time."""
    transport: Any = page.pc.getSenders()[0].transport
    send, loop, sending = transport._send_rtp, asyncio.get_running_loop(), set()

    async def delayed(data: bytes) -> None:
        if data[1] & 0x7F != OPUS:
            await send(data)
            return

        def later() -> None:
            task = loop.create_task(send(data))
            sending.add(task)
            task.add_done_callback(sending.discard)

        loop.call_later(delay_s, later)

    transport._send_rtp = delayed


@pytest.mark.parametrize("delay_s", [0.0, 0.15])
async def test_lips_and_words_belong_together(delay_s: float) -> None:
    """With sound 150 ms late pictures wait, and both are together again within a few reports."""
    desk, mixer = Desk(), Mixer(make_voice=Ear)
    ear: Any = mixer.voice(CALL)
    page = Page(desk, CALL)  # type: ignore[arg-type]
    latencies = Latencies(page, ear)
    running = asyncio.create_task(page.run())
    async with asyncio.timeout(20), asyncio.TaskGroup() as group:
        bundle = RTCConfiguration(iceServers=[], bundlePolicy=RTCBundlePolicy.MAX_BUNDLE)
        connection = Connection(group, bundle, None, lambda _: None, latencies.show, ear)
        await page.offer()
        answer = await connection.answer(read_offer(await desk.offer, Codec.VP8, "offer"), "offer")
        connection.set_gates(Gates(taken=frozenset({Line.CAMERA})))
        delay_sound(page, delay_s)
        page.inbox.put_nowait(Signal(source="room", target=CALL, kind=SignalKind.ANSWER, sdp=answer))
        with _in_vain(mixer):
            while connection._lips.sound_behind_s is None:
                await latencies.last(1)
            await latencies.last(15)
            for _ in range(6):  # a busy machine delays a few for a while
                apart_s = abs(await latencies.last(20))
                if apart_s <= TOGETHER_S:
                    break
            assert apart_s <= TOGETHER_S
            assert connection._lips.hold_s >= delay_s / 2
        await connection.close()
        running.cancel()
        await page.close()
