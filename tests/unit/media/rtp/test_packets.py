"""Packets as peers send them, whole and broken, beside what aiortc makes of them."""

import struct
import time
from itertools import pairwise
from typing import Any

import pytest
from aiortc.codecs.h264 import H264Encoder, h264_depayload
from aiortc.codecs.vpx import VpxPayloadDescriptor, vp8_depayload
from aiortc.jitterbuffer import JitterBuffer
from aiortc.rtp import HeaderExtensions, RtcpPacket, RtcpRtpfbPacket, RtpPacket

from kiosk.media.rtp.assembly import CAPACITY, VideoJitterBuffer
from kiosk.media.rtp.gaps import Gaps, nack
from kiosk.media.rtp.packet import Packet, parse
from kiosk.media.rtp.payload import unpack_h264, unpack_of, unpack_vp8

IDS: Any = HeaderExtensions(mid=1, abs_send_time=3, transport_sequence_number=5)


def packet(number: int, timestamp: int = 0, *, marker: int = 0, is_key: bool = False) -> Packet:
    found = Packet(97, marker, number & 0xFFFF, timestamp, 1, bytes([number % 256]))
    found.starts_keyframe = is_key
    return found


def read(data: bytes) -> Packet:
    """As it lies in a larger buffer."""
    return parse(memoryview(bytearray(data + b"\xff" * 40)), len(data), IDS)


def head(*, flags: int = 0, rest: bytes = b"") -> bytes:
    return struct.pack("!BBHLL", 0x80 | flags, 0x80 | 97, 65535, 4_000_000_000, 7) + rest


ONE_BYTE = b"\xbe\xde\0\3" + b"\x10A" + b"\x32\1\2\3" + b"\0" + b"\x51\xab\xcd" + b"\0\0"
TWO_BYTES = b"\x10\0\0\4" + b"\1\1A" + b"\3\3\1\2\3" + b"\0" + b"\5\2\xab\xcd" + b"\0\0\0"


@pytest.mark.parametrize("extensions", [ONE_BYTE, TWO_BYTES])
def test_a_packet_is_read_as_aiortc_reads_it(extensions):
    """Sources, extensions of both kinds, padding."""
    found = read(head(flags=0x32, rest=b"\0\0\0\1\0\0\0\2" + extensions + b"payload" + b"\0\0\3"))
    assert (found.payload, found.padding_size, found.marker, found.payload_type) == (b"payload", 3, 1, 97)
    assert (found.sequence_number, found.timestamp, found.ssrc) == (65535, 4_000_000_000, 7)
    assert found.extensions == HeaderExtensions(mid="A", abs_send_time=0x010203, transport_sequence_number=0xABCD)
    stock = RtpPacket.parse(head(flags=0x02, rest=b"\0\0\0\1\0\0\0\2payload"))
    assert read(head(flags=0x02, rest=b"\0\0\0\1\0\0\0\2payload")).payload == stock.payload


@pytest.mark.parametrize(
    "data",
    [
        head()[:11],
        head(flags=0x0F),
        head(flags=0x10),
        head(flags=0x10, rest=b"\xbe\xde\0\2\0\0\0\0"),
        head(flags=0x10, rest=b"\xbe\xde\0\1\x3f\0\0\0"),
        head(flags=0x10, rest=b"\xbe\xde\0\1\x31\1\2\0"),
        head(flags=0x10, rest=b"\xbe\xde\0\1\x52\1\2\3"),
        head(flags=0x10, rest=b"\xbe\xde\0\1\x11\xff\xff\0"),
        head(flags=0x10, rest=b"\x10\0\0\1\0\0\0\5"),
        head(flags=0x10, rest=b"\x10\0\0\1\5\xff\0\0"),
        head(flags=0x20),
        head(flags=0x20, rest=b"\0"),
        head(flags=0x20, rest=b"abc\5"),
    ],
)
def test_a_broken_packet_is_a_value_error(data):
    """Never anything else: stock aiortc ends the connection on an extension of the wrong length."""
    with pytest.raises(ValueError):
        read(data)


def test_vp8_is_unpacked_as_by_aiortc():
    """Every form of the descriptor; a keyframe is told by its first packet."""
    for picture_id, index, layer, key in ((None, None, None, None), (5, None, None, None), (300, 7, (1, 1), 3)):
        for start in (1, 0):
            descriptor = VpxPayloadDescriptor(start, 0, picture_id, index, layer, key)
            payload = bytes(descriptor) + b"\x10data"
            assert unpack_vp8(payload) == (vp8_depayload(payload), bool(start))
    assert unpack_vp8(b"\x10\x11data") == (b"\x11data", False)


def test_h264_is_unpacked_as_by_aiortc():
    """Single, in pieces, several in one; keyframes by parameter set or IDR slice."""
    units = [b"\x67params", b"\x68more", b"\x65" + b"i" * 4000, b"\x41p"]
    payloads = [unit for unit in units if len(unit) < 100] + H264Encoder._packetize_fu_a(units[2])
    payloads.append(b"\x78\0\7\x67params\0\2\x41p")
    for payload in payloads:
        assert unpack_h264(payload)[0] == h264_depayload(payload)
    starts = [unpack_h264(payload)[1] for payload in payloads]
    assert starts == [True, False, False, True, False, False, False, True]


@pytest.mark.parametrize("payload", [b"", b"\x90", b"\x90\x80", b"\x90\x80\x80", b"\x90\xf0\1\2", b"\x10"])
def test_cut_vp8_is_refused(payload):
    """With an error that the receiver knows."""
    with pytest.raises((ValueError, IndexError)):
        unpack_vp8(payload)


@pytest.mark.parametrize("payload", [b"", b"\x41", b"\x1f\0", b"\x78\0\x09abc", b"\x78\0"])
def test_cut_h264_is_refused(payload):
    """With an error that the receiver knows."""
    with pytest.raises((ValueError, IndexError)):
        unpack_h264(payload)
    assert unpack_of("h264") is unpack_h264
    assert unpack_of("opus") is None


def test_a_picture_is_released_at_its_marker():
    """Stock waits for the first packet of the next picture."""
    stock, ours = JitterBuffer(capacity=512, is_video=True), VideoJitterBuffer()
    for number in (1, 2):
        one: Any = packet(number, 90, marker=number - 1)
        held = stock.add(one)[1]
        pictures = ours.add(number, one)
    assert held is None
    assert [(found.data, found.timestamp) for found in pictures] == [(b"\1\2", 90)]


def test_packets_out_of_order_make_whole_pictures():
    """All that a late packet completes comes out at once; doubles, padding and missing markers do no harm."""
    buffer = VideoJitterBuffer()
    padding = packet(4, 1)
    padding._data = b""
    early = [(3, packet(3, 1, marker=1)), (5, packet(5, 2)), (4, padding), (3, packet(3)), (0, packet(0))]
    states = []
    for number, one in [(1, packet(1, 1)), *early]:
        assert buffer.add(number, one) == ()
        states.append(buffer.is_stuck)
    assert [found.data for found in buffer.add(2, packet(2, 1))] == [b"\1\2\3"]
    assert [*states, buffer.is_stuck] == [False, *[True] * 5, False]
    assert [found.data for found in buffer.add(6, packet(6, 3, marker=1))] == [b"\5", b"\6"]


def test_a_whole_keyframe_ends_the_wait():
    """The hole before it, and what refers to it, is forgotten; later packets of what is over come too late."""
    buffer = VideoJitterBuffer()
    buffer.add(1, packet(1, 1))
    for number in (3, 4, 6):
        assert buffer.add(number, packet(number, number, marker=1)) == ()
    assert buffer.add(9, packet(9, 8, marker=1)) == ()
    assert buffer.add(7, packet(7, 8, is_key=True)) == ()
    pictures = buffer.add(8, packet(8, 8))
    assert [(found.data, found.is_keyframe) for found in pictures] == [(b"\7\x08\x09", True)]
    assert buffer.edge_at_jump == 7
    assert buffer.add(2, packet(2, 1, marker=1)) == ()
    assert [found.is_keyframe for found in buffer.add(10, packet(10, 9, marker=1))] == [False]


def test_a_keyframe_of_many_slices_behind_a_hole_is_no_work():
    """Each of its packets may be where a keyframe starts; without care for that it took 8 s of everybody's time."""
    buffer, slices, begin_s = VideoJitterBuffer(), 600, time.process_time()
    buffer.add(0, packet(0))
    for number in range(2, slices + 1):
        assert buffer.add(number, packet(number, 90, is_key=True)) == ()
    (picture,) = buffer.add(slices + 1, packet(slices + 1, 90, marker=1))
    assert (len(picture.data), picture.is_keyframe) == (slices, True)
    assert time.process_time() - begin_s < 2


def test_what_waits_has_a_bound():
    """And a keyframe that is on its way survives."""
    buffer = VideoJitterBuffer()
    buffer.add(0, packet(0))
    for number in range(2, CAPACITY + 3):
        buffer.add(number, packet(number, min(number, 1000), marker=int(number < 1000), is_key=number == 1000))
        assert buffer.shed() is (number == CAPACITY + 2)
    assert buffer.edge_at_jump == 1000
    assert not buffer.shed()


def test_a_picture_without_end_has_a_bound():
    """Neither a marker nor another time stamp ever comes."""
    buffer = VideoJitterBuffer()
    for number in range(10 * CAPACITY):
        assert buffer.add(number, packet(number, 90, is_key=number == 0)) == ()
    (picture,) = buffer.add(10 * CAPACITY, packet(10 * CAPACITY, 90, marker=1))
    assert len(picture.data) <= 4 * CAPACITY
    assert not picture.is_keyframe


def test_a_gap_is_asked_for_again_and_given_up():
    """First at once where nothing ever came late, then by the round trip; after 1.5 s no more."""
    gaps, asked = Gaps(), []
    for number in (1, 2, 5):
        gaps.came(number, 0.0, is_again=False)
    for tick in range(200):
        numbers = gaps.due(tick / 100)
        assert numbers in ([], [3, 4])
        asked += [tick / 100] * bool(numbers)
    assert asked[0] == 0.0
    assert all(0.03 < later - earlier < 0.05 for earlier, later in pairwise(asked))
    assert asked[-1] < 1.6
    assert len(gaps) == 0


def test_a_late_packet_teaches_patience_and_a_retransmission_the_round_trip():
    """Both within bounds."""
    gaps = Gaps()
    gaps.came(0, 0.0, is_again=False)
    for number in range(2, 200, 2):
        at_s = number * 0.1
        gaps.came(number, at_s, is_again=False)
        gaps.came(number - 1, at_s + 0.01, is_again=False)
    assert gaps.wait_s == pytest.approx(0.01, abs=0.002)
    for number in range(200, 400, 2):
        at_s = number * 0.1
        gaps.came(number, at_s, is_again=False)
        assert gaps.due(at_s + 0.03) == [number - 1]
        gaps.came(number - 1, at_s + 0.23, is_again=True)
    assert gaps.round_trip_s == pytest.approx(0.2, abs=0.01)


def test_too_many_missing_are_hopeless():
    """A keyframe is cheaper."""
    gaps = Gaps()
    gaps.came(0, 0.0, is_again=False)
    gaps.came(2000, 0.0, is_again=False)
    assert gaps.is_hopeless
    assert gaps.due(1.0) == []


def test_requests_are_read_by_aiortc():
    """Over the end of the numbers too, where stock aiortc cannot even write them."""
    numbers = [65530, 65531, 65546, 65547, 65600, 65536 + 80]
    (said,) = RtcpPacket.parse(nack(1, 2, numbers))
    assert isinstance(said, RtcpRtpfbPacket)
    assert [number & 0xFFFF for number in said.lost] == [number & 0xFFFF for number in numbers]
    with pytest.raises(ValueError):
        bytes(RtcpRtpfbPacket(fmt=1, ssrc=1, media_ssrc=2, lost=[65535, 0]))
