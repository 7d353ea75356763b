"""What we add to aiortc, each beside what aiortc does by itself: fails when upstream changes, or has repaired it."""

import inspect
from typing import Any

import aioice.ice
import aiortc.rtcrtpreceiver
import pytest
from aiortc import MediaStreamTrack, RTCBundlePolicy, RTCConfiguration, RTCPeerConnection
from aiortc.codecs import CODECS
from aiortc.jitterbuffer import JitterBuffer, JitterFrame
from aiortc.rtcdtlstransport import RtpRouter
from aiortc.rtcrtpreceiver import NackGenerator, RemoteStreamTrack
from aiortc.rtp import RTCP_PSFB_APP, RTCP_PSFB_PLI, RtcpPsfbPacket, RtpPacket, pack_remb_fci

from kiosk.contract.configuration import Codec
from kiosk.media.rtp import bandwidth, consent, feedback, jitter, nack, queues, routing

VP8 = CODECS["video"][0]
RTX_PT, VIDEO_PT = 98, 97


class Clock:
    """Time that the test moves."""

    def __init__(self) -> None:
        self.now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


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


def test_a_picture_is_released_at_its_marker() -> None:
    """Stock waits for the first packet of the next picture."""
    stock, ours = JitterBuffer(capacity=512, is_video=True), jitter.VideoJitterBuffer(pytest.fail)
    for buffer, at_marker in ((stock, False), (ours, True)):
        assert buffer.add(packet(1, 90)) == (False, None)
        _, frame = buffer.add(packet(2, 90, marker=1))
        assert (frame is not None) is at_marker
        _, next_frame = buffer.add(packet(3, 180))
        found = frame or next_frame
        assert found
        assert (found.data, found.timestamp) == (b"\1\2", 90)


def test_packets_out_of_order_make_whole_pictures() -> None:
    """Also without a marker bit, and over the end of the sequence numbers."""
    buffer = jitter.VideoJitterBuffer(pytest.fail)
    assert buffer.add(packet(65534, 1))[1] is None
    assert buffer.add(packet(0, 1, marker=1))[1] is None
    frame = buffer.add(packet(65535, 1))[1]
    assert frame
    assert frame.data == b"\xfe\xff\0"
    assert buffer.add(packet(1, 2))[1] is None
    assert buffer.add(packet(2, 3))[1] is not None


def test_a_picture_with_a_hole_is_given_up_after_250_ms() -> None:
    """Stock stands still until 512 newer packets have come. Ours asks for a keyframe and goes on with the newest."""
    clock, gaps = Clock(), []
    ours = jitter.VideoJitterBuffer(lambda: gaps.append(clock.now_s), clock)
    stock = JitterBuffer(capacity=512, is_video=True)
    released = {0: 0, 1: 0}
    asked = 0
    for number in range(40):
        if number == 3:
            continue
        clock.now_s += 0.02
        for index, buffer in enumerate((stock, ours)):
            is_lost, frame = buffer.add(packet(number, number, marker=1))
            released[index] += frame is not None
            asked += is_lost
    assert released[0] == 2
    assert released[1] > 20
    assert (asked, len(gaps)) == (1, 1)


def test_a_lost_packet_is_asked_for_again() -> None:
    """Stock asks once. Ours every 40 ms while packets come, for 250 ms."""
    clock = Clock()
    ours, stock = nack.PatientNackGenerator(clock), NackGenerator()
    asked = {0: 0, 1: 0}
    for number in range(40):
        clock.now_s += 0.01
        if number in (5, 6):
            continue
        for index, generator in enumerate((stock, ours)):
            asked[index] += generator.add(packet(number))
    assert asked[0] == 1
    assert 5 <= asked[1] <= 7
    assert (stock.missing, ours.missing) == ({5, 6}, set())


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


async def test_a_slow_decoder_loses_the_old_and_waits_for_a_keyframe() -> None:
    """Stock queues have no bound. Ours forgets, and has a keyframe asked for until one comes."""
    receiver = receiver_of("video")
    encoded = queues.install(receiver, "video")
    key, delta = JitterFrame(b"\0", 0), JitterFrame(b"\1", 0)
    for _ in range(queues.MAX_ENCODED_VIDEO):
        encoded.put((VP8, delta))
    encoded.put((VP8, delta))
    assert encoded.qsize() == 0
    assert receiver._RTCRtpReceiver__decoder_error.is_set()
    encoded.put((VP8, key))
    encoded.put((VP8, delta))
    assert encoded.qsize() == 2
    encoded.put(None)
    assert encoded.get() is None


async def test_an_unread_track_keeps_the_newest() -> None:
    """And the end of the track gets through."""
    receiver = receiver_of("audio")
    encoded = queues.install(receiver, "audio")
    for number in range(100):
        encoded.put((VP8, number))
        await receiver.track._queue.put(number)
    assert encoded.qsize() == queues.MAX_ENCODED_AUDIO
    assert [await receiver.track._queue.get() for _ in range(queues.MAX_DECODED_AUDIO)] == list(range(90, 100))
    await receiver.track._queue.put(None)
    assert await receiver.track._queue.get() is None


def test_keyframes_are_told_from_the_rest() -> None:
    """VP8 by its first bit, H.264 by its units."""
    assert queues.is_keyframe("VP8", b"\x10")
    assert not queues.is_keyframe("VP8", b"\x11")
    assert not queues.is_keyframe("VP8", b"")
    assert queues.is_keyframe("H264", b"\0\0\0\1\x67abc\0\0\0\1\x65abc")
    assert not queues.is_keyframe("H264", b"\0\0\0\1\x41abc")
    assert not queues.is_keyframe("H264", b"\0\0\1")


def receiver_of(kind: str) -> Any:
    """A receiver as it is when an offer has been applied."""
    connection = RTCPeerConnection()
    receiver = connection.addTransceiver(kind).receiver
    receiver._track = RemoteStreamTrack(kind=kind)
    return receiver


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
    receiver = RTCPeerConnection().addTransceiver("video").receiver
    sender = RTCPeerConnection().addTransceiver("video").sender
    for name in ("jitter_buffer", "nack_generator", "remote_bitrate_estimator", "decoder_queue", "decoder_error"):
        assert hasattr(receiver, f"_RTCRtpReceiver__{name}"), name
    assert hasattr(receiver, "_enabled")
    assert hasattr(sender, "_RTCRtpSender__encoder")
    assert hasattr(receiver.transport, "_rtp_router")
    source = inspect.getsource(aiortc.rtcrtpreceiver)
    for use in ("self.__jitter_buffer.add(", "self.__nack_generator.missing", "self.__decoder_queue.put("):
        assert use in source, use


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
    """aioice reads its constants at each round."""
    assert "CONSENT_INTERVAL *" in inspect.getsource(aioice.ice.Connection.query_consent)
    assert "CONSENT_FAILURES" in inspect.getsource(aioice.ice.Connection.query_consent)
    consent.install()
    assert aioice.ice.CONSENT_FAILURES * (aioice.ice.CONSENT_INTERVAL + 0.5) <= 3.5


def test_a_sender_still_waits_in_recv() -> None:
    """The reason why a gate and not `replaceTrack(None)` mutes; see `kiosk.media.sending.packets`."""
    source = inspect.getsource(aiortc.RTCRtpSender)
    assert "await self.__track.recv()" in source
    assert "(asyncio.CancelledError, ConnectionError, MediaStreamError)" in source
    assert issubclass(RemoteStreamTrack, MediaStreamTrack)
