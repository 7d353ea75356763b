"""Lost packets made from the others: RED (RFC 2198) with ULPFEC (RFC 5109), as browsers send it beside VP8.

On a way of 100 ms a retransmission comes too late for an even picture, and may be lost again. Parity packets share the
numbers of the stream, and nobody sends them twice. Knows no clock, no decoder and no network.
"""

import struct
from collections.abc import Iterable
from typing import NamedTuple

from kiosk.media.rtp.packet import Ids, Packet, parse

_KEPT = 192
"""Packets that may still help; a parity packet covers 48 at most."""
_UNUSED = 1000
"""Packets without parity among them: on a good way a browser sends none, and nothing is kept for it."""
_MOST_WAITING = 24
"""Parity packets that miss more than one of theirs."""
_MOST_BYTES = 1500
_HEAD = struct.Struct("!BBHLH").unpack_from
_HEAD_BYTES = 10
_SHORT, _LONG = struct.Struct("!HH").unpack_from, struct.Struct("!HHL").unpack_from
_RTP = struct.Struct("!BBHLL").pack
_IS_LONG = 0x40
_FLAGS = 0x3F
"""Padding, extension and number of sources: what of the first byte is protected."""
_MORE_BLOCKS = 0x80


class Types(NamedTuple):
    """The payload types of one line."""

    red: int
    ulpfec: int
    again: int | None
    """Retransmissions of the former."""


class _Covered(NamedTuple):
    """One packet as its sender protected it, before it went into RED."""

    flags: int
    kind: int
    """Marker and payload type."""
    timestamp: int
    tail: bytes
    """All that follows the first twelve bytes."""


class _Parity(NamedTuple):
    covered: tuple[int, ...]
    sums: _Covered
    length: int
    """Of all tails, by exclusive or."""


class Parity:
    """Of one stream."""

    def __init__(self, types: Types, ids: Ids) -> None:
        self._types, self._ids = types, ids
        self._seen: dict[int, _Covered] = {}
        self._waiting: list[_Parity] = []
        self._ssrc = self._without = 0
        self.made = 0
        """Packets that came by nothing but parity."""

    def open(self, packet: Packet, *, is_again: bool) -> list[tuple[Packet, bool]]:
        """What is in one RED packet, empty where it is parity, and the packets that it makes known (True), in order.

        Retransmissions make nothing known: their extensions are not those that were protected.

        Raises:
            ValueError: cut, of several blocks, or parity that makes no sense.
        """
        payload = packet.payload
        if not payload or payload[0] & _MORE_BLOCKS:
            raise ValueError("a RED packet that is empty or of several blocks")
        packet.payload, packet.payload_type, self._ssrc = payload[1:], payload[0], packet.ssrc
        if payload[0] == self._types.ulpfec:
            packet.payload, self._without = b"", 0
            self._waiting.append(_read(payload[1:]))
            del self._waiting[:-_MOST_WAITING]
            return [*((made, True) for made in self._make()), (packet, False)]
        self._without += 1
        if self._without > _UNUSED:
            self._seen.clear()
            self._waiting.clear()
        elif not is_again:
            self._keep(packet.sequence_number, self._as_protected(packet))
        return [(packet, False), *((made, True) for made in self._make())]

    def _as_protected(self, packet: Packet) -> _Covered:
        padding = bytes(packet.padding_size - 1) + bytes((packet.padding_size,)) if packet.padding_size else b""
        tail = _at_rest(packet, self._ids) + packet.payload + padding
        return _Covered(packet.head_flags, packet.marker << 7 | packet.payload_type, packet.timestamp, tail)

    def _keep(self, number: int, covered: _Covered) -> None:
        self._seen.pop(number, None)
        self._seen[number] = covered
        if len(self._seen) > _KEPT:
            del self._seen[next(iter(self._seen))]

    def _make(self) -> Iterable[Packet]:
        """Each packet that is made may be what another one waited for."""
        is_news = True
        while is_news and self._waiting:
            is_news = False
            for parity in list(self._waiting):
                missing = [number for number in parity.covered if number not in self._seen]
                if len(missing) > 1:
                    continue
                self._waiting.remove(parity)
                made = self._solve(parity, missing[0]) if missing else None
                if made:
                    is_news = True
                    self.made += 1
                    yield made

    def _solve(self, parity: _Parity, missing: int) -> Packet | None:
        flags, kind, timestamp, tail = parity.sums
        length, sums = parity.length, int.from_bytes(tail, "big")
        for number in parity.covered:
            if number != missing:
                other = self._seen[number]
                flags, kind, timestamp = flags ^ other.flags, kind ^ other.kind, timestamp ^ other.timestamp
                length ^= len(other.tail)
                sums ^= int.from_bytes(other.tail[: len(tail)].ljust(len(tail), b"\0"), "big")
        if length > len(tail):
            return None
        covered = _Covered(flags, kind, timestamp, sums.to_bytes(len(tail), "big")[:length])
        data = _RTP(0x80 | flags, kind, missing, timestamp, self._ssrc) + covered.tail
        try:
            packet = parse(memoryview(data), len(data), self._ids)
        except ValueError:
            return None
        packet.transport_sequence_number = packet.abs_send_time = None
        self._keep(missing, covered)
        return packet


def _read(data: bytes) -> _Parity:
    """Level 0 only, which is all that browsers send."""
    if len(data) < _HEAD_BYTES + 4:
        raise ValueError("a parity packet that is cut")
    flags, kind, base, timestamp, lengths = _HEAD(data)
    if flags & _IS_LONG:
        if len(data) < _HEAD_BYTES + 8:
            raise ValueError("a parity packet that is cut")
        size, high, low = _LONG(data, _HEAD_BYTES)
        mask, bits, at = high << 32 | low, 48, _HEAD_BYTES + 8
    else:
        size, mask = _SHORT(data, _HEAD_BYTES)
        bits, at = 16, _HEAD_BYTES + 4
    tail = data[at : at + size]
    if not mask or not size or size > _MOST_BYTES or len(tail) < size:
        raise ValueError("a parity packet that protects nothing, or is cut")
    covered = tuple((base + bit) & 0xFFFF for bit in range(bits) if mask >> (bits - 1 - bit) & 1)
    return _Parity(covered, _Covered(flags & _FLAGS, kind, timestamp, tail), lengths)


def _at_rest(packet: Packet, ids: Ids) -> bytes:
    """Sources and extensions, with zeros where the sender wrote after it had made the parity."""
    start = 4 * (packet.head_flags & 0x0F)
    written = {ids.transport_sequence_number, ids.abs_send_time} - {None}
    if packet.head[start : start + 2] != b"\xbe\xde":
        return packet.head
    found, at = bytearray(packet.head), start + 4
    while at < len(found):
        end = at + 1 + (found[at] & 0x0F) + 1 if found[at] else at + 1
        if found[at] and found[at] >> 4 in written:
            found[at + 1 : end] = bytes(end - at - 1)
        at = end
    return bytes(found)
