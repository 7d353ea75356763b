"""Transport-wide feedback between our own peer connections, and what it rests on in aiortc."""

import asyncio
import logging
import struct
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager

import av
import pytest
from aiortc import RTCBundlePolicy, RTCConfiguration, RTCPeerConnection
from aiortc.codecs import CODECS, HEADER_EXTENSIONS, get_capabilities
from aiortc.rtp import (
    RTCP_PSFB_PLI,
    RTCP_RTPFB_NACK,
    RtcpPacket,
    RtcpPsfbPacket,
    RtcpReceiverInfo,
    RtcpRrPacket,
    RtcpRtpfbPacket,
    RtpPacket,
)

from kiosk.contract.configuration import Codec
from kiosk.media.rtp import feedback, steering, twcc
from kiosk.media.rtp.incoming import Incoming
from kiosk.media.rtp.packet import Packet
from kiosk.media.sending.clock import TIME_BASE
from kiosk.media.sending.content import Content
from kiosk.media.sending.packets import Packet as Encoded
from kiosk.media.sending.packets import PacketTrack
from kiosk.media.sending.sizes import Size
from kiosk.media.sending.video_encoder import open_encoder
from kiosk.media.sending.video_track import VideoTrack
from kiosk.runtime.log import Refusals


@pytest.fixture
def stock() -> list[str]:
    """aiortc as it is, and what it knows of transport-wide feedback; afterwards it is as it was."""
    return [extension.uri for extensions in HEADER_EXTENSIONS.values() for extension in extensions]


@pytest.fixture(autouse=True)
def negotiated(stock: list[str]) -> Iterator[None]:
    """Asked for in offers and answers, for as long as a test runs."""
    extensions = {kind: list(found) for kind, found in HEADER_EXTENSIONS.items()}
    codecs = [(codec, list(codec.rtcpFeedback), dict(codec.parameters)) for found in CODECS.values() for codec in found]
    steering.negotiate()
    yield
    for kind, found in extensions.items():
        HEADER_EXTENSIONS[kind][:] = found
    for codec, feedbacks, parameters in codecs:
        codec.rtcpFeedback[:], codec.parameters = feedbacks, parameters


def test_stock_knows_no_transport_wide_feedback(stock: list[str]) -> None:
    """When this fails, aiortc has learned it. Asking twice for it asks once."""
    assert twcc.EXTENSION not in stock
    steering.negotiate()
    for kind in ("audio", "video"):
        uris = [extension.uri for extension in get_capabilities(kind).headerExtensions]
        assert uris.count(twcc.EXTENSION) == 1


def test_stock_would_choke_on_libwebrtcs_feedback() -> None:
    """It is padded to 32 bits by RTCP padding; aiortc then drops the report beside it as well. Ours is taken out."""
    report, padded, fci = padded_feedback()
    with pytest.raises(ValueError, match="length"):
        RtcpPacket.parse(report + padded)
    assert steering._take_out(padded + report) == (report, [fci])
    assert steering._take_out(report + padded[:-4]) == (report + padded[:-4], [])


def padded_feedback() -> tuple[bytes, bytes, bytes]:
    """A report of aiortc's kind, one as libwebrtc makes it, and what that one says."""
    report = bytes(RtcpRrPacket(ssrc=1, reports=[RtcpReceiverInfo(2, 0, 0, 0, 0, 0, 0)]))
    fci = twcc.build(1, [1.0], 0)[:-1] + b"\1"
    return report, bytes((0xA0 | twcc.FORMAT, 205, 0, 2 + len(fci) // 4)) + bytes(8) + fci, fci


@pytest.mark.parametrize("is_early", [True, False])
async def test_libwebrtcs_feedback_is_heard_whoever_came_first(is_early: bool) -> None:
    """The figures of a call may ask for the steering before anything is received. What is broken is counted."""
    connection = RTCPeerConnection()
    transport = connection.addTransceiver("video").receiver.transport
    if is_early:
        steering.of(transport)
    refusals = Refusals(logging.getLogger(__name__))
    Incoming(connection, {}, refusals)
    report, padded, _ = padded_feedback()
    await transport._handle_rtcp_data(padded + report)
    assert steering.of(transport).hears_reports
    assert refusals.total == 0
    await transport._handle_rtcp_data(padded[:16])
    await transport._handle_rtcp_data(report + padded[:-4])
    assert refusals.total == 2
    await connection.close()


class Track(VideoTrack):
    """Says when it is given a budget."""

    def __init__(self, want_keyframe: Callable[[VideoTrack], None]) -> None:
        self.has_budget = asyncio.Event()
        super().__init__(Codec.VP8, want_keyframe)

    def __setattr__(self, name: str, value: object) -> None:
        super().__setattr__(name, value)
        if name == "budget_bps" and value:
            self.has_budget.set()


class Pair:
    """A sender of pictures and its receiver; both are peer connections of aiortc with our steering."""

    def __init__(self) -> None:
        configuration = RTCConfiguration(bundlePolicy=RTCBundlePolicy.MAX_BUNDLE)
        self.near, self.far = RTCPeerConnection(configuration), RTCPeerConnection(configuration)
        self.is_taken, self._news = asyncio.Event(), asyncio.Event()
        self.track = Track(lambda track: self.is_taken.set())
        self.sound = PacketTrack("audio", lambda: None)
        self.came: list[Packet] = []

    async def connect(self) -> None:
        for line in (self.sound, self.track):
            self.near.addTransceiver(line, "sendonly")
        sound, video = (transceiver.sender for transceiver in self.near.getTransceivers())
        feedback.install(video, Codec.VP8, lambda: None, self.track.limit)
        steering.of(sound.transport).attach(sound, None)
        steering.of(video.transport).attach(video, self.track)
        await self.near.setLocalDescription(await self.near.createOffer())
        await self.far.setRemoteDescription(self.near.localDescription)
        await self.far.setLocalDescription(await self.far.createAnswer())
        self._watch()
        await self.near.setRemoteDescription(self.far.localDescription)
        self.track.set_open(True)
        self.sound.set_open(True)
        await asyncio.wait_for(self.is_taken.wait(), 10)

    def _watch(self) -> None:
        transport = self.far.getTransceivers()[0].receiver.transport
        found = steering.of(transport)
        route = transport._rtp_router.route_rtp

        def noted(packet: RtpPacket) -> object:
            lean = Packet(packet.payload_type, 0, packet.sequence_number, packet.timestamp, packet.ssrc)
            lean.transport_sequence_number = packet.extensions.transport_sequence_number
            self.came.append(lean)
            self._news.set()
            found.came(lean, time.monotonic())
            return route(packet)

        transport._rtp_router.route_rtp = noted  # type: ignore[method-assign, assignment]

    async def until(self, count: int, ssrc: int | None = None) -> None:
        """So many packets have come, of this stream where one is named."""
        while sum(ssrc in (None, packet.ssrc) for packet in self.came) < count:
            self._news.clear()
            await self._news.wait()

    def say(self, pts: int) -> None:
        """20 ms of sound."""
        packet: Encoded = av.Packet(b"opus")
        packet.pts, packet.time_base = pts, TIME_BASE
        self.sound.offer(packet)

    @property
    def steering(self) -> steering.Steering:
        return steering.of(self.near.getTransceivers()[0].sender.transport)


@asynccontextmanager
async def connected() -> AsyncIterator[Pair]:
    pair = Pair()
    await pair.connect()
    try:
        yield pair
    finally:
        await pair.near.close()
        await pair.far.close()


def pictures(count: int) -> list[Encoded]:
    encoder = open_encoder(Codec.VP8, Size(320, 180), 30, 500_000, Content.MOTION)
    frame = av.VideoFrame(320, 180, "yuv420p")
    return [one for number in range(count) for one in encoder.encode(frame, number * 3000, is_keyframe=number == 0)]


@pytest.mark.parametrize("is_server", [False, True])
async def test_a_media_server_hears_seldom_what_came(is_server: bool) -> None:
    """It does nothing about it; a browser does, and soon. No packet is left out."""
    pc, reports, is_said = RTCPeerConnection(), [], asyncio.Event()
    found = steering.of(pc.addTransceiver("video").receiver.transport)
    found.is_server = is_server

    def say(packet: bytes) -> None:
        reports.append(packet)
        is_said.set()

    found.say = say
    packet = Packet(97, 0, 1, 1, 4711)
    for number in range(1, 4):
        packet.transport_sequence_number = number
        found.came(packet, time.monotonic())
    assert found._timer
    assert (found._timer.when() - asyncio.get_running_loop().time() > 0.1) == is_server
    async with asyncio.timeout(5):
        await is_said.wait()
    assert [one.number for one in twcc.parse(reports[0][12:])] == [1, 2, 3]
    await pc.close()


async def test_every_packet_has_its_number_and_is_reported() -> None:
    """Sound and pictures count together; the reports come soon, and from then on the track has a budget."""
    async with connected() as pair, asyncio.timeout(10):
        for packet in pictures(9):
            pair.track.offer(packet)
            pair.say(packet.pts or 0)
        await pair.until(18)
        await pair.track.has_budget.wait()
        numbers = [packet.transport_sequence_number or 0 for packet in pair.came]
        assert len({packet.ssrc for packet in pair.came}) == 2
        assert numbers == [numbers[0] + index for index in range(len(numbers))]
        assert steering.has_feedback(pair.far.getTransceivers())
        assert pair.steering.out_loss == 0
        assert pair.track.budget_bps <= pair.steering.available_bps


@pytest.mark.parametrize("is_server", [False, True])
async def test_only_a_media_server_limits_what_its_own_reports_allow(is_server: bool) -> None:
    """A browser that reports each packet may still have said REMB in the first moment; that must not stick."""
    async with connected() as pair, asyncio.timeout(10):
        pair.steering.is_server = is_server
        pair.track.limit(250_000)
        for packet in pictures(9):
            pair.track.offer(packet)
        await pair.track.has_budget.wait()
        assert (pair.steering.available_bps <= 250_000) == is_server


async def test_nothing_leaves_when_the_gate_has_closed() -> None:
    """Also not the rest of a large picture whose packets still wait for their turn."""
    async with connected() as pair, asyncio.timeout(10):
        large: Encoded = av.Packet(bytes(pictures(1)[0]) + bytes(100_000))
        large.pts, large.time_base, large.is_keyframe = 90_000, TIME_BASE, True
        pair.track.offer(large)
        await pair.until(8)
        pair.track.set_open(False)
        pair.say(0)  # comes after whatever left before
        sound = pair.near.getTransceivers()[0].sender._ssrc
        await pair.until(1, sound)
        before = len(pair.came)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(pair.until(before + 1), 0.2)
        assert before < 60


async def test_nothing_is_sent_again_when_the_gate_has_closed() -> None:
    """What a peer asks for late was seen by the camera when it was on; it stays here all the same."""
    async with connected() as pair, asyncio.timeout(10):
        for packet in pictures(2):
            pair.track.offer(packet)
        await pair.until(2)
        sender = pair.near.getTransceivers()[1].sender
        before, after = (packet.sequence_number for packet in pair.came if packet.ssrc == sender._ssrc)
        await sender._retransmit(before)
        await pair.until(1, sender._rtx_ssrc)
        pair.track.set_open(False)
        await sender._retransmit(after)
        pair.say(0)
        await pair.until(1, pair.near.getTransceivers()[0].sender._ssrc)
        assert sum(packet.ssrc == sender._rtx_ssrc for packet in pair.came) == 1


async def test_a_request_over_the_end_of_the_numbers_is_answered() -> None:
    """It names a packet, and which of the 16 behind it; aiortc counts those on, beyond 65 535."""
    over = RtcpRtpfbPacket.parse(struct.pack("!LLHH", 1, 2, 0xFFFF, 1), RTCP_RTPFB_NACK)
    assert over.lost == [0xFFFF, 0x10000]
    async with connected() as pair, asyncio.timeout(10):
        for packet in pictures(1):
            pair.track.offer(packet)
        await pair.until(1)
        sender = pair.near.getTransceivers()[1].sender
        number = next(packet.sequence_number for packet in pair.came if packet.ssrc == sender._ssrc)
        await sender._retransmit(number + 0x10000)
        await pair.until(1, sender._rtx_ssrc)


async def test_repeats_are_taken_off_what_pictures_may_take() -> None:
    """Else a full way would get both, and stay full."""
    async with connected() as pair, asyncio.timeout(10):
        sender = pair.near.getTransceivers()[1].sender
        pair.steering.is_server = True  # else the way is tried out with repeats as well
        for packet in pictures(4):
            pair.track.offer(packet)
        await pair.until(4, sender._ssrc)
        await pair.track.has_budget.wait()
        assert pair.track.budget_bps == pair.steering.available_bps - 60_000
        # The last ones are small: a whole keyframe again may be more than repeats are let through on a busy machine.
        numbers = [packet.sequence_number for packet in pair.came if packet.ssrc == sender._ssrc][-3:]
        for number in numbers:
            await sender._retransmit(number)
            await sender._retransmit(number)  # too soon
        await pair.until(len(numbers), sender._rtx_ssrc)
        pair.track.has_budget.clear()
        pair.say(0)
        await pair.track.has_budget.wait()
        assert pair.track.budget_bps < pair.steering.available_bps - 60_000
        assert sum(packet.ssrc == sender._rtx_ssrc for packet in pair.came) == len(numbers)


async def test_a_way_is_tried_out_with_what_was_sent_before() -> None:
    """More than pictures need is believed in soon, though nothing was asked for again."""
    async with connected() as pair, asyncio.timeout(20):
        sender = pair.near.getTransceivers()[1].sender
        for packet in pictures(20):
            pair.track.offer(packet)
        await pair.until(20, sender._ssrc)
        await pair.track.has_budget.wait()
        for index in range(350):  # each packet is an occasion
            pair.say(index * 1800)
            if pair.steering.available_bps >= 1_200_000:
                break
            await pair.until(len(pair.came) + 1)
            pair.track.has_budget.clear()
            await pair.track.has_budget.wait()
        again = {packet.sequence_number for packet in pair.came if packet.ssrc == sender._rtx_ssrc}
        assert len(again) >= 5
        assert pair.steering.available_bps >= 1_200_000


async def test_broken_feedback_harms_nothing() -> None:
    """Cut, of unknown numbers, or of none."""
    async with connected() as pair:
        head = bytes((0x80 | twcc.FORMAT, 205))
        good = twcc.build(9, [1.0, None, 2.0], 0)
        for fci in (good, good[:4], b"", bytes(12), b"\xff" * 64):
            body = bytes(8) + fci + bytes(-len(fci) % 4)
            await pair.steering.hear(head + (len(body) // 4).to_bytes(2, "big") + body)
            await pair.steering.hear((head + (len(body) // 4).to_bytes(2, "big") + body)[:-3])
        assert pair.steering.available_bps == 1_000_000


async def test_one_report_that_cannot_be_read_costs_no_other() -> None:
    """Nor do names of two sources (RFC 3550, 6.5), which aiortc reads past their end, before a picture is asked for."""
    async with connected() as pair, asyncio.timeout(10):
        refused, asked = list[str](), list[None]()
        pair.steering.on_refused = refused.append
        sender = pair.near.getTransceivers()[1].sender
        feedback.install(sender, Codec.VP8, lambda: asked.append(None), pair.track.limit)
        names = b"".join(ssrc + b"\1\1x\0" for ssrc in (b"\0\0\0\1", b"\xff\0\0\2"))
        asking = bytes(RtcpPsfbPacket(fmt=RTCP_PSFB_PLI, ssrc=1, media_ssrc=sender._ssrc))
        await pair.steering.hear(bytes((0x82, 202, 0, len(names) // 4)) + names + asking)
        assert (len(asked), len(refused)) == (1, 0)
        await pair.steering.hear(bytes((0x81, 201, 0, 1)) + bytes(4) + asking + asking[:-2])
        assert (len(asked), len(refused)) == (2, 2)
