"""What a sender does that protects its packets: RED (RFC 2198) and parity (RFC 5109). Slow, and near to the text."""

import struct
from collections.abc import Sequence
from functools import reduce

from kiosk.media.rtp.parity import Types

MEDIA, RED, ULPFEC = 97, 119, 121
TYPES = Types(RED, ULPFEC, 120)
SSRC = 11
_HEAD = 12


def plain(number: int, timestamp: int, payload: bytes, extension: bytes, *, marker: bool = False) -> bytes:
    """An RTP packet of the line, before anything is written into its extensions on the way."""
    first, second = 0x80 | (0x10 if extension else 0), MEDIA | (0x80 if marker else 0)
    return struct.pack("!BBHLL", first, second, number & 0xFFFF, timestamp, SSRC) + extension + payload


def _extension_end(data: bytes) -> int:
    return _HEAD + (4 + 4 * struct.unpack_from("!H", data, _HEAD + 2)[0] if data[0] & 0x10 else 0)


def in_red(data: bytes, *, stamp: int = 0, kind: int | None = None) -> bytes:
    """As it leaves: in RED, with `stamp` as its time of sending and transport-wide number where there is room."""
    inner = data[1] & 0x7F if kind is None else kind
    end = _extension_end(data)
    head = bytearray(data[:end])
    head[1] = RED | data[1] & 0x80
    if end > _HEAD and stamp:
        head[_HEAD + 5 : _HEAD + 8] = stamp.to_bytes(3, "big")
        head[_HEAD + 9 : _HEAD + 11] = stamp.to_bytes(2, "big")
    return bytes(head) + bytes([inner]) + data[end:]


def parity_of(packets: Sequence[bytes], number: int = 7) -> bytes:
    """One packet of parity for all of `packets`, whose numbers follow each other."""
    base = struct.unpack_from("!H", packets[0], 2)[0]
    is_long = len(packets) > 16
    size = max(len(data) for data in packets) - _HEAD
    flags = reduce(lambda found, data: found ^ data[0], packets, 0) & 0x3F | (0x40 if is_long else 0)
    kind = reduce(lambda found, data: found ^ data[1], packets, 0)
    timestamp = reduce(lambda found, data: found ^ struct.unpack_from("!L", data, 4)[0], packets, 0)
    length = reduce(lambda found, data: found ^ (len(data) - _HEAD), packets, 0)
    bits = 48 if is_long else 16
    mask = sum(1 << (bits - 1 - index) for index in range(len(packets))).to_bytes(bits // 8, "big")
    sums = bytearray(size)
    for data in packets:
        for index, byte in enumerate(data[_HEAD:]):
            sums[index] ^= byte
    body = struct.pack("!BBHLH", flags, kind, base, timestamp, length) + struct.pack("!H", size) + mask + sums
    return struct.pack("!BBHLL", 0x80, ULPFEC, number & 0xFFFF, 0, SSRC) + body
