"""What we add to aiortc, each beside what aiortc does by itself: fails when upstream changes, or has repaired it."""

import asyncio
import inspect
import random
import time
from typing import Any

import aioice.ice
import aioice.stun
import aiortc.rtcrtpreceiver
import aiortc.rtcrtpsender
import aiortc.rtp
import pytest
from aiortc import MediaStreamTrack, RTCBundlePolicy, RTCConfiguration, RTCPeerConnection, RTCRtpSender
from aiortc.codecs import CODECS
from aiortc.jitterbuffer import JitterBuffer
from aiortc.rate import RateCounter
from aiortc.rtcdtlstransport import RtpRouter
from aiortc.rtcrtpreceiver import RemoteStreamTrack
from aiortc.rtp import RTCP_PSFB_APP, RTCP_PSFB_PLI, RtcpPsfbPacket, RtpPacket, pack_remb_fci

from kiosk.contract.configuration import Codec
from kiosk.media.rtp import bandwidth, consent, feedback, history, routing

VP8 = CODECS["video"][0]
RTX_PT, VIDEO_PT = 98, 97


def packet(number: int, timestamp: int = 0, *, marker: int = 0, ssrc: int = 1, pt: int = VIDEO_PT) -> RtpPacket:
    found = RtpPacket(payload_type=pt, sequence_number=number, timestamp=timestamp, ssrc=ssrc, marker=marker)
    found._data = bytes([number % 256])  # type: ignore[attr-defined]
    return found


def test_retransmissions_are_routed_with_two_video_lines() -> None:
    """Stock: the retransmission's SSRC is unknown and two receivers own its payload type, so it is dropped."""
    for router, is_routed in ((RtpRouter(), False), (routing.Router({"1": (12,), "2": (22,)}), True)):
        camera, screen = object(), object()
        router.register_receiver(camera, [11], [VIDEO_PT, RTX_PT], "1")  # type: ignore[arg-type]
        router.register_receiver(screen, [21], [VIDEO_PT, RTX_PT], "2")  # type: ignore[arg-type]
        found = [router.route_rtp(packet(1, ssrc=ssrc, pt=RTX_PT)) for ssrc in (12, 22)]
        assert found == ([camera, screen] if is_routed else [None, None])
        assert router.route_rtp(packet(1, ssrc=11)) is camera


def test_a_stream_without_a_declared_ssrc_is_known_by_its_mid() -> None:
    """Stock keeps a table of mids and never looks at it."""
    for router, is_routed in ((RtpRouter(), False), (routing.Router({}), True)):
        camera, screen = object(), object()
        router.register_receiver(camera, [], [VIDEO_PT], "1")  # type: ignore[arg-type]
        router.register_receiver(screen, [], [VIDEO_PT], "2")  # type: ignore[arg-type]
        first = packet(1, ssrc=5)
        first.extensions.mid = "2"
        assert router.route_rtp(first) is (screen if is_routed else None)
        assert router.route_rtp(packet(2, ssrc=5)) is (screen if is_routed else None)
        wrong = packet(1, ssrc=6, pt=50)
        wrong.extensions.mid = "2"
        assert router.route_rtp(wrong) is None


def test_the_bandwidth_report_has_a_start_and_a_floor() -> None:
    """The first packet is answered with a useful rate, and no congestion leads below the floor."""
    shared = bandwidth.SharedEstimator()
    first = shared.add(arrival_time_ms=1000, abs_send_time=0, payload_size=1000, ssrc=1)
    assert first is not None
    assert first[0] >= 1_000_000
    least = first[0]
    for count in range(2000):
        delay = count * count // 100
        sent = int(count * 0.02 * (1 << 18)) & 0xFFFFFF
        report = shared.add(1000 + count * 20 + delay, sent, 100, ssrc=1 + count % 2)
        least = min(least, report[0] if report else least)
    assert least == bandwidth.FLOOR_BPS
    assert set(shared.ssrcs) == {1, 2}


@pytest.mark.parametrize("codec", list(Codec))
async def test_a_peers_wishes_reach_an_encoder_elsewhere(codec: Codec) -> None:
    """Keyframe requests and bandwidth reports, through aiortc's own handling of RTCP."""
    connection = RTCPeerConnection()
    sender = connection.addTransceiver("video").sender
    keyframes: list[int] = []
    reports: list[int] = []
    feedback.install(sender, codec, lambda: keyframes.append(1), reports.append)
    await sender._handle_rtcp_packet(RtcpPsfbPacket(fmt=RTCP_PSFB_PLI, ssrc=1, media_ssrc=sender._ssrc))
    report = pack_remb_fci(300_000, [sender._ssrc])
    await sender._handle_rtcp_packet(RtcpPsfbPacket(fmt=RTCP_PSFB_APP, ssrc=1, media_ssrc=0, fci=report))
    assert len(keyframes) == 1
    assert reports[0] == pytest.approx(300_000, rel=0.01)
    await connection.close()


async def test_the_private_names_we_replace_are_there() -> None:
    """A name that upstream has changed would be replaced in vain, without any error."""
    receiver: Any = RTCPeerConnection().addTransceiver("video").receiver
    sender = RTCPeerConnection().addTransceiver("video").sender
    names = ("jitter_buffer", "remote_bitrate_estimator", "remote_streams", "timestamp_mapper", "rtcp_exited")
    for name in names:
        assert hasattr(receiver, f"_RTCRtpReceiver__{name}"), name
    assert type(receiver._RTCRtpReceiver__jitter_buffer) is JitterBuffer
    for name in ("stats", "rtt", "octet_count"):
        assert hasattr(sender, f"_RTCRtpSender__{name}"), name
    assert hasattr(receiver, "_enabled")
    assert hasattr(sender, "_RTCRtpSender__encoder")
    assert hasattr(receiver.transport, "_rtp_router")
    source = inspect.getsource(aiortc.rtcrtpreceiver.RTCRtpReceiver._run_rtcp)
    for use in ("self.__remote_streams.items()", ".fraction_lost", ".packets_lost", ".max_seq", ".jitter"):
        assert use in source, use
    assert '"remote-inbound-rtp_" + str(id(self))' in inspect.getsource(RTCRtpSender)


async def test_one_bundle_needs_the_right_policy() -> None:
    """Stock: of two video lines the second answers with port 9, on a transport of its own that never connects."""
    for policy, is_whole in ((RTCBundlePolicy.BALANCED, False), (RTCBundlePolicy.MAX_BUNDLE, True)):
        near, far = RTCPeerConnection(RTCConfiguration(bundlePolicy=policy)), RTCPeerConnection()
        for kind in ("audio", "video", "video"):
            far.addTransceiver(kind)
        await far.setLocalDescription(await far.createOffer())
        await near.setRemoteDescription(far.localDescription)
        transports = {transceiver.receiver.transport for transceiver in near.getTransceivers()}
        assert (len(transports) == 1) is is_whole
        await near.close()
        await far.close()


def test_a_dead_path_is_noticed_in_about_3_s() -> None:
    """aioice asks by a method that can be replaced, and forgets its task where it ends by itself."""
    source = inspect.getsource(aioice.ice.Connection)
    assert "asyncio.create_task(self.query_consent())" in source
    assert "self._query_consent_task = None" in source
    consent.install()
    assert consent.FAILURES * (consent.INTERVAL_S + 0.5) <= 3.5


class Pair:
    """A way that is gone after a while."""

    remote_addr = ("192.0.2.1", 9)

    def __init__(self, gone_s: float) -> None:
        self.protocol, self.answered, self.unanswered, self._gone_s = self, 0, 0, gone_s

    async def request(self, *_: object, **__: object) -> None:
        if time.monotonic() < self._gone_s:
            self.answered += 1
        else:
            self.unanswered += 1
            raise aioice.stun.TransactionTimeout


class Way(aioice.ice.Connection):
    """As far as consent goes."""

    def __init__(self, pair: Pair) -> None:
        super().__init__(ice_controlling=True)
        self._nominated: Any = {1: pair}
        self.remote_password, self.is_closed = "secret", False

    def build_request(self, pair: Any, nominate: bool) -> Any:
        return None

    async def close(self) -> None:
        self.is_closed = True


async def test_who_sends_is_asked_seldom_and_who_falls_silent_often() -> None:
    """aioice would have asked three times or four while packets came."""
    consent.install()
    gone_s = time.monotonic() + 0.75
    way = Way(pair := Pair(gone_s))
    consent.hear(way, gone_s)
    await asyncio.wait_for(way.query_consent(), 5)
    assert way.is_closed
    assert pair.answered == 1
    assert pair.unanswered == consent.FAILURES


async def test_a_rate_is_what_aiortc_reckons() -> None:
    """Whatever comes when, in a hundredth of the time."""
    dice, ours, stock = random.Random(1), bandwidth.Rate(), RateCounter(1000, 8000)
    now_ms = 0
    for _ in range(500):
        now_ms += dice.choice((0, 1, 5, 33, 400, 1500))
        assert ours.rate(now_ms) == stock.rate(now_ms)
        size = dice.randrange(1500)
        ours.add(size, now_ms)
        stock.add(size, now_ms)


def test_a_sender_still_waits_in_recv() -> None:
    """The reason why a gate and not `replaceTrack(None)` mutes; see `kiosk.media.sending.packets`."""
    source = inspect.getsource(aiortc.RTCRtpSender)
    assert "await self.__track.recv()" in source
    assert "(asyncio.CancelledError, ConnectionError, MediaStreamError)" in source
    assert issubclass(RemoteStreamTrack, MediaStreamTrack)


def test_a_sender_keeps_what_it_sent_for_long_enough() -> None:
    """Stock: 128 packets, less than one keyframe of a document. Read at each packet."""
    source = inspect.getsource(aiortc.rtcrtpsender.RTCRtpSender)
    assert source.count("% RTP_HISTORY_SIZE") == 2
    assert aiortc.rtp.RTP_HISTORY_SIZE == 128
    history.install()
    module: Any = aiortc.rtcrtpsender
    assert module.RTP_HISTORY_SIZE == history.PACKETS
