"""Packets that nobody sent again, made from the others; parity as RFC 5109 says it, worked out byte by byte here."""

import struct
from itertools import chain

import pytest
from aiortc.rtp import HeaderExtensions

from kiosk.media.rtp.assembly import VideoJitterBuffer
from kiosk.media.rtp.packet import Packet, parse
from kiosk.media.rtp.parity import Parity, Types
from kiosk.media.rtp.payload import begun_vp8
from tests.unit.media.rtp.protecting import MEDIA, RED, TYPES, ULPFEC, in_red, parity_of, plain

IDS = HeaderExtensions(mid=1, abs_send_time=3, transport_sequence_number=5)


def read(data: bytes) -> Packet:
    return parse(memoryview(data), len(data), IDS)


def opened(parity: Parity, data: bytes, *, is_again: bool = False) -> list[tuple[int, bytes, bool]]:
    return [(one.sequence_number, one.payload, made) for one, made in parity.open(read(data), is_again=is_again)]


def sent(count: int, first: int = 65533) -> list[bytes]:
    """Packets of different lengths and times, the first with a mid, the last with a marker; over the end of 16 bits."""
    found = []
    for index in range(count):
        extension = b"\xbe\xde\0\3" + b"\x32\0\0\0" + b"\x51\0\0" + (b"\x10A" if index == 0 else b"\0\0") + b"\0\0\0"
        payload = bytes([index]) * (40 + 7 * index % 11)
        found.append(plain(first + index, 9000 * (index // 3), payload, extension, marker=index == count - 1))
    return found


@pytest.mark.parametrize("count", [2, 5, 16, 30])
def test_each_packet_can_be_made_from_all_others(count: int) -> None:
    """Whatever was lost, its bytes, its time and its marker are back; what is written on the way is nothing's."""
    packets = sent(count)
    sums = parity_of(packets)
    for lost in range(count):
        parity = Parity(TYPES, IDS)
        for index, data in enumerate(packets):
            if index != lost:
                assert len(opened(parity, in_red(data, stamp=index + 1))) == 1
        (made, is_made), (place, _) = parity.open(read(in_red(sums)), is_again=False)
        assert is_made
        found = read(packets[lost])
        for name in ("payload", "payload_type", "marker", "timestamp", "sequence_number", "ssrc", "mid"):
            assert getattr(made, name) == getattr(found, name), name
        assert (made.transport_sequence_number, made.abs_send_time) == (None, None)
        assert (place.payload, place.marker) == (b"", 0)
        assert parity.made == 1


def test_parity_that_comes_early_waits_and_one_packet_made_may_make_the_next() -> None:
    """Two are lost of what the first covers, one of them of what the second covers, which comes later."""
    packets = sent(4)
    parity = Parity(TYPES, IDS)
    assert len(opened(parity, in_red(parity_of(packets, number=7)))) == 1
    assert len(opened(parity, in_red(packets[0]))) == 1
    assert len(opened(parity, in_red(packets[3]))) == 1
    found = opened(parity, in_red(parity_of(packets[:2], number=8)))
    assert [(number, made) for number, _, made in found] == [(65534, True), (65535, True), (8, False)]
    assert opened(parity, in_red(packets[1])) == [(65534, read(packets[1]).payload, False)]


def test_a_retransmission_makes_nothing_known() -> None:
    """Its extensions may be others than those that were protected; it is taken, and that is all."""
    packets = sent(3)
    parity = Parity(TYPES, IDS)
    opened(parity, in_red(packets[0]))
    opened(parity, in_red(parity_of(packets)))
    assert opened(parity, in_red(packets[1]), is_again=True) == [(65534, read(packets[1]).payload, False)]
    assert len(opened(parity, in_red(packets[2]))) == 2


def test_red_and_parity_that_are_cut_or_nonsense_are_refused() -> None:
    """With a reason; and what waits has a bound."""
    whole = in_red(parity_of(sent(3)))
    parity = Parity(TYPES, IDS)
    head = len(whole) - len(read(whole).payload)
    for length in range(head, len(whole)):
        with pytest.raises(ValueError, match=r"RED|parity"):
            opened(parity, whole[:length])
    several = bytearray(whole)
    several[head] |= 0x80
    with pytest.raises(ValueError, match="several"):
        opened(parity, bytes(several))
    for number in range(200):
        opened(parity, in_red(parity_of(sent(3, first=1000 + 10 * number), number=number)))
    assert len(parity._waiting) < 50
    for number in range(1000):
        opened(parity, in_red(plain(number, 0, b"x", b"")))
    assert len(parity._seen) < 500


def test_where_no_parity_comes_nothing_is_kept() -> None:
    """As on a good way; with the first parity it begins again, at the cost of what that one covers."""
    parity = Parity(TYPES, IDS)
    for number in range(2000):
        opened(parity, in_red(plain(number, 0, b"x", b"")))
    assert not parity._seen
    for turn, is_whole in ((0, False), (1, True)):
        packets = sent(3, first=3000 + 10 * turn)
        for data in packets[1:]:
            opened(parity, in_red(data))
        found = opened(parity, in_red(parity_of(packets, number=5 + turn)))
        assert any(made for _, _, made in found) is is_whole


def test_lies_about_lengths_make_nothing() -> None:
    """A sum of lengths that is longer than what is protected; a packet that would be none."""
    packets = sent(2)
    for place, value in ((8, 0xFF), (0, 0x0F)):
        sums = bytearray(parity_of(packets))
        sums[12 + place] ^= value
        parity = Parity(TYPES, IDS)
        opened(parity, in_red(packets[0]))
        assert len(opened(parity, in_red(bytes(sums)))) == 1


def test_what_a_browser_counts_is_read() -> None:
    """Fifteen bits, where a picture begins; nothing else is."""
    assert begun_vp8(b"\x90\x80\x81\x02data") == 0x102
    for payload in (b"\x80\x80\x81\x02", b"\x91\x80\x81\x02", b"\x90\x80\x01\x02", b"\x90\x40\x81\x02", b"\x90", b""):
        assert begun_vp8(payload) == -1


def pictures_of(numbers: list[tuple[int, int, int, bytes]]) -> list[int]:
    """Times of the pictures that come of (number, time, begins, data); each is one packet."""
    buffer = VideoJitterBuffer()
    whole = []
    for number, timestamp, begins, data in numbers:
        packet = Packet(MEDIA, int(bool(data)), number, timestamp, 1, data)
        packet.begins = begins
        whole += [picture.timestamp for picture in buffer.add(number, packet)]
    return whole


def test_lost_parity_holds_nothing_up() -> None:
    """Its number is missing between two pictures that follow each other by the sender's count."""
    picture = [(number, number, count, b"x") for number, count in ((1, 32767), (4, 0), (9, 1))]
    assert pictures_of(picture) == [1, 4, 9]
    assert pictures_of([picture[0], (3, 1, -1, b""), *picture[1:]]) == [1, 4, 9]
    assert pictures_of([picture[0], (6, 4, -1, b""), picture[2], picture[1]]) == [1, 4, 9]


def test_any_number_of_pictures_may_wait_with_parity_lost_between() -> None:
    """As many as there is room for, behind one that comes last."""
    waiting = [(4 + 2 * count, count, count, b"x") for count in range(2, 900)]
    assert pictures_of([(1, 0, 0, b"x"), *waiting, (3, 1, 1, b"x")]) == list(range(900))


def test_a_lost_picture_is_waited_for() -> None:
    """The next one's count says that one is missing; so it is where pictures are not counted."""
    assert pictures_of([(1, 1, 5, b"x"), (4, 4, 7, b"x")]) == [1]
    assert pictures_of([(1, 1, 5, b"x"), (4, 4, 7, b"x"), (2, 2, 6, b"x")]) == [1, 2, 4]
    assert pictures_of([(1, 1, -1, b"x"), (3, 3, -1, b"x")]) == [1]


def test_the_types_are_those_of_the_line() -> None:
    """RED with something else inside is passed on as that, whatever it is."""
    parity = Parity(Types(RED, ULPFEC, None), IDS)
    data = bytes(chain(plain(1, 0, b"y", b"")))
    found = parity.open(read(in_red(data, kind=33)), is_again=False)
    assert [one.payload_type for one, _ in found] == [33]
    assert struct.unpack_from("!B", data, 1)[0] == MEDIA
