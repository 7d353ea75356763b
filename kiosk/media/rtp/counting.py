"""What a receiver counts of one stream, for its reports to the sender (RFC 3550, 6.4 and A.3) and for statistics."""

from kiosk.media.rtp.delay import Inbound


class Numbers:
    """Sequence numbers of 16 bits, made to go on and on."""

    def __init__(self) -> None:
        self.newest: int | None = None

    def extend(self, number: int) -> int:
        """The packet's place in its stream; moves `newest`."""
        newest = self.newest
        if newest is None:
            self.newest = number + 0x10000
            return self.newest
        ahead = (number - newest) & 0xFFFF
        if ahead < 0x8000:
            self.newest = newest + ahead
            return self.newest
        return newest + ahead - 0x10000


class StreamCounter:
    """In place of aiortc's `StreamStatistics`, whose clock and number are read at each packet. One SSRC."""

    def __init__(self, clock_rate: int, inbound: Inbound) -> None:
        """`clock_rate` of the RTP timestamps, in Hz."""
        self._inbound = inbound
        self._dropped = 0
        """Packets that the queue of a full way has dropped. They are not reported as lost: a browser gives half of what
        it may send to parity against losses, for ten seconds, which only keeps the way full. Its rate does not follow
        from this report, but from the one of all arrivals."""
        self.packets_received = 0
        self.timestamps = 0
        """How many there were, of pictures: how many have begun."""
        self._clock_rate = clock_rate
        self._numbers = Numbers()
        self._first = 0
        self._jitter_q4 = 0
        self._arrival = self._timestamp = 0
        self._expected_before = self._lost_before = 0

    def add(self, number: int, timestamp: int, arrival_s: float) -> None:
        """One packet. `arrival_s` by any clock that only goes forward."""
        self.packets_received += 1
        numbers = self._numbers
        before = numbers.newest
        if before is not None and (number - before) & 0xFFFF == 1:  # almost always
            numbers.newest = before + 1
        else:
            place = numbers.extend(number)
            if before is None:
                self._first = place
            elif place <= before:
                return
            elif self._inbound.queue_s:
                self._dropped += place - before - 1
        if timestamp != self._timestamp:
            arrival = int(arrival_s * self._clock_rate)
            if before is not None:
                moved = (timestamp - self._timestamp + 0x80000000 & 0xFFFFFFFF) - 0x80000000
                self._jitter_q4 += abs(arrival - self._arrival - moved) - (self._jitter_q4 + 8 >> 4)
            self._arrival, self._timestamp = arrival, timestamp
            self.timestamps += 1

    @property
    def max_seq(self) -> int:
        """Extended highest sequence number, modulo 2³²."""
        return ((self._numbers.newest or 0x10000) - 0x10000) & 0xFFFFFFFF

    @property
    def jitter(self) -> int:
        """In units of the timestamp."""
        return self._jitter_q4 >> 4

    @property
    def jitter_ms(self) -> float:
        return (self._jitter_q4 >> 4) * 1000 / self._clock_rate

    @property
    def packets_expected(self) -> int:
        newest = self._numbers.newest
        return 0 if newest is None else newest - self._first + 1

    @property
    def packets_lost(self) -> int:
        """As a receiver report carries it: 24 bits with sign."""
        lost = self.packets_expected - self.packets_received
        return max(-0x800000, min(0x7FFFFF, max(min(lost, 0), lost - self._dropped)))

    @property
    def fraction_lost(self) -> int:
        """Of 256, since this was asked the last time."""
        expected, lost = self.packets_expected, self.packets_lost
        due, more = expected - self._expected_before, lost - self._lost_before
        self._expected_before, self._lost_before = expected, lost
        return min(255, (more << 8) // due) if due > 0 and more > 0 else 0
