"""Transport-wide feedback (draft-holmer-rmcat-transport-wide-cc-extensions-01): its bytes, and what there is to report.

Knows no socket, no clock and no aiortc. Times are seconds of the receiving side's own clock.
"""

import struct
from collections.abc import Iterator
from typing import NamedTuple

FORMAT = 15
"""FMT of RTCP packet type 205."""
EXTENSION = "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01"
_REFERENCE_S = 0.064
_TICK_S = 0.00025
_MAX_PACKETS = 1000
"""In one report; a longer gap is no gap but a new beginning."""
_MOST_REPORTED = 2000
"""Packets that a peer may report at once: more than leave in 3 s, after which a way is taken for lost. 26 bytes can
speak of 65 535, which would keep everybody's packets waiting for 0.15 s."""
_KEPT_S = 0.5
_RUN, _SHORT, _LONG = 7, 14, 7
"""From this many equal symbols on a run-length chunk pays; symbols in a vector of one and of two bits."""


class Arrival(NamedTuple):
    """One of the packets that a report is about."""

    number: int
    """Transport-wide sequence number, 16 bits."""
    arrival_s: float | None
    """On the peer's clock, in steps of 0.25 ms; None: has not come."""


def unwrap(number: int, near: int) -> int:
    """The 16-bit `number` continued beyond its end: the one that is nearest to `near`."""
    return near + (number - near + 0x8000) % 0x10000 - 0x8000


def parse(fci: bytes) -> list[Arrival]:
    """A report's packets in order of their numbers. Raises ValueError: truncated, or more than it has room for."""
    if len(fci) < 8:
        raise ValueError("transport feedback is truncated")
    base, count, reference = struct.unpack_from("!HHL", fci)
    if count > _MOST_REPORTED:
        raise ValueError(f"transport feedback of {count} packets")
    reference_s = ((reference >> 8) ^ 0x800000) - 0x800000
    at, symbols = 8, bytearray()
    while len(symbols) < count:
        if at + 2 > len(fci):
            raise ValueError("transport feedback has too few chunks")
        symbols += _symbols((fci[at] << 8) | fci[at + 1])
        at += 2
    now, found = reference_s * round(_REFERENCE_S / _TICK_S), []
    for index, symbol in enumerate(symbols[:count]):
        if symbol not in (1, 2):
            found.append(Arrival((base + index) & 0xFFFF, None))
            continue
        if at + symbol > len(fci):
            raise ValueError("transport feedback has too few deltas")
        now += fci[at] if symbol == 1 else struct.unpack_from("!h", fci, at)[0]
        at += symbol
        found.append(Arrival((base + index) & 0xFFFF, now * _TICK_S))
    return found


def _symbols(chunk: int) -> bytes:
    if not chunk & 0x8000:
        return bytes([(chunk >> 13) & 3]) * (chunk & 0x1FFF)
    if not chunk & 0x4000:
        return bytes((chunk >> bit) & 1 for bit in range(13, -1, -1))
    return bytes((chunk >> bit) & 3 for bit in range(12, -1, -2))


def build(base: int, arrivals: list[float | None], count: int) -> bytes:
    """The FCI for packets from number `base` on; `count` is the report's own number. Padded to 32 bits.

    Raises:
        ValueError: nothing has come, or two neighbours came more than 8 s apart.
    """
    first_s = next((one for one in arrivals if one is not None), None)
    if first_s is None:
        raise ValueError("nothing has come")
    reference = int(first_s // _REFERENCE_S)
    now, symbols, deltas = reference * round(_REFERENCE_S / _TICK_S), bytearray(), bytearray()
    for arrival_s in arrivals:
        if arrival_s is None:
            symbols.append(0)
            continue
        delta = round(arrival_s / _TICK_S) - now
        now += delta
        if 0 <= delta <= 255:
            symbols.append(1)
            deltas.append(delta)
        elif -0x8000 <= delta < 0x8000:
            symbols.append(2)
            deltas += struct.pack("!h", delta)
        else:
            raise ValueError("too far apart for one report")
    head = struct.pack("!HHL", base & 0xFFFF, len(arrivals), (reference & 0xFFFFFF) << 8 | count & 0xFF)
    data = head + b"".join(_chunks(bytes(symbols))) + deltas
    return data + bytes(-len(data) % 4)


def _chunks(symbols: bytes) -> Iterator[bytes]:
    at = 0
    while at < len(symbols):
        run = len(symbols) - at - len(symbols[at:].lstrip(symbols[at : at + 1]))
        run = min(run, 0x1FFF)
        if run >= _RUN or run == len(symbols) - at:
            yield struct.pack("!H", symbols[at] << 13 | run)
            at += run
            continue
        vector = symbols[at : at + _SHORT]
        bits, start = (1, 0x8000) if 2 not in vector else (2, 0xC000)
        vector = vector[: _SHORT if bits == 1 else _LONG]
        chunk = start
        for place, symbol in enumerate(vector, 1):
            chunk |= symbol << (14 - place * bits)
        yield struct.pack("!H", chunk)
        at += len(vector)


class Arrivals:
    """What has come over one transport, until it is reported."""

    def __init__(self) -> None:
        self._seen: dict[int, float] = {}
        self._next: int | None = None
        self._newest = 0
        self._oldest_unreported: int | None = None
        self._count = 0

    def note(self, number: int, now_s: float) -> None:
        """A packet with this 16-bit number has come."""
        if self._next is None:
            self._next = self._newest = number
        full = self._newest + 1
        if full & 0xFFFF != number:  # seldom
            full = unwrap(number, self._newest)
        if full in self._seen or full < self._newest - _MAX_PACKETS:
            return
        if full > self._newest + _MAX_PACKETS:
            self._next = full
            self._seen.clear()
            self._oldest_unreported = None
        self._seen[full] = now_s
        if full > self._newest:
            self._newest = full
        if self._oldest_unreported is None or full < self._oldest_unreported:
            self._oldest_unreported = full

    def report(self) -> bytes | None:
        """The FCI for everything that came since the last report, and for what is missing; None: nothing new."""
        if self._oldest_unreported is None or self._next is None:
            return None
        base = max(min(self._next, self._oldest_unreported), self._newest - _MAX_PACKETS)
        arrivals = [self._seen.get(number) for number in range(base, self._newest + 1)]
        self._next, self._oldest_unreported = self._newest + 1, None
        kept_s = self._seen[self._newest] - _KEPT_S
        self._seen = {number: at_s for number, at_s in self._seen.items() if at_s >= kept_s}
        self._count += 1
        try:
            return build(base, arrivals, self._count - 1)
        except ValueError:
            return None  # seconds of silence between two packets: nobody waits for this report any more
