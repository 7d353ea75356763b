"""A video jitter buffer that gives a picture out when it is complete. Knows no clock and no network.

Stock aiortc waits for the first packet of the next picture: one picture later than need be, 200 ms with a shared screen
of 5 pictures a second. It walks all packets of a picture at each packet, gives out one picture a packet, and stands
still behind a lost packet until 512 newer ones have come (3 s). Ours goes on with a complete keyframe behind the hole.
"""

from aiortc.jitterbuffer import JitterFrame

from kiosk.media.rtp.packet import Packet

CAPACITY = 1024
"""Packets that may wait behind a hole: 3 s of 720p, or one keyframe of a document."""
_LARGEST = 4 * CAPACITY
"""Packets of one picture, 5 MB. A sender that never ends a picture would fill the memory."""
_NOTHING: tuple["EncodedPicture", ...] = ()


class EncodedPicture(JitterFrame):
    """What a decoder takes."""

    def __init__(self, packets: list[Packet]) -> None:
        super().__init__(b"".join([packet._data for packet in packets]), packets[0].timestamp)
        self.is_keyframe = any(packet.starts_keyframe for packet in packets)


class VideoJitterBuffer:
    """Packets in any order to whole pictures in order. `number` is a place in the stream that never wraps."""

    def __init__(self) -> None:
        self.edge: int | None = None
        """The next number without which nothing goes on; None before the first packet."""
        self._run: list[Packet] = []
        """The packets before the edge that are no whole picture yet."""
        self._ahead: dict[int, Packet] = {}
        self._starts: list[int] = []
        """Where keyframes start ahead."""
        self.edge_at_jump = 0
        """Nothing before this number is of use any more."""
        self._picture = -1
        """The last picture's number, see `Packet.begins`."""

    @property
    def is_stuck(self) -> bool:
        """Packets wait behind a missing one."""
        return bool(self._ahead)

    def add(self, number: int, packet: Packet) -> tuple[EncodedPicture, ...]:
        """The pictures that are whole now; most often none or one. A number that is there or over does nothing."""
        if self.edge is None:
            self.edge = number
        if number == self.edge and not self._ahead:
            return self.append(packet)
        if number < self.edge or number in self._ahead:
            return _NOTHING
        self._ahead[number] = packet
        if packet.starts_keyframe:
            self._starts.append(number)
        pictures = self._go_on()
        if self._picture >= 0:
            pictures += self._step()
        return pictures + self._jump() if self._starts else pictures

    def append(self, packet: Packet) -> tuple[EncodedPicture, ...]:
        """The same for the packet at the edge, while none wait behind it."""
        assert self.edge is not None
        self.edge += 1
        run = self._run
        whole = _NOTHING
        if run and packet.timestamp != run[0].timestamp:  # a sender without marker bits
            whole = self._finish()
        if packet._data:  # else padding, which probes the way
            if len(self._run) >= _LARGEST:
                self._run = []  # the rest of it is no picture, as the decoder will say
            self._run.append(packet)
        if packet.marker and self._run:
            whole += self._finish()
        return whole

    def _finish(self) -> tuple[EncodedPicture, ...]:
        run, self._run = self._run, []
        self._picture = run[0].begins
        return (EncodedPicture(run),)

    def _go_on(self) -> tuple[EncodedPicture, ...]:
        pictures = _NOTHING
        while self.edge in self._ahead:
            pictures += self.append(self._ahead.pop(self.edge))
        return pictures

    def _step(self) -> tuple[EncodedPicture, ...]:
        """Over numbers between two pictures that follow each other: parity or padding was lost, which nobody misses."""
        pictures = _NOTHING
        while self._ahead and not self._run:
            first = min((number for number, packet in self._ahead.items() if packet._data), default=-1)
            if first < 0 or self._ahead[first].begins != (self._picture + 1) & 0x7FFF:
                break
            self._ahead = {number: packet for number, packet in self._ahead.items() if number >= first}
            self.edge = self.edge_at_jump = first
            pictures += self._go_on()
        return pictures

    def _jump(self) -> tuple[EncodedPicture, ...]:
        assert self.edge is not None
        edge = self.edge
        self._starts = [start for start in self._starts if start >= edge]
        looked_at: set[int] = set()
        for start in reversed(self._starts):
            timestamp = self._ahead[start].timestamp
            if timestamp in looked_at:
                continue  # the same picture: in H.264 each slice of it may be a start
            looked_at.add(timestamp)
            first = self._first_of_picture(start)
            if self._is_whole(first):
                self._start_at(first)
                return self._go_on()
        return _NOTHING

    def _first_of_picture(self, number: int) -> int:
        timestamp = self._ahead[number].timestamp
        while number - 1 in self._ahead and self._ahead[number - 1].timestamp == timestamp:
            number -= 1
        return number

    def _is_whole(self, number: int) -> bool:
        timestamp = self._ahead[number].timestamp
        while (packet := self._ahead.get(number)) is not None:
            if packet.marker or packet.timestamp != timestamp:
                return True
            number += 1
        return False

    def _start_at(self, number: int) -> None:
        self.edge = self.edge_at_jump = number
        self._run = []
        self._ahead = {place: packet for place, packet in self._ahead.items() if place >= number}
        self._starts = [start for start in self._starts if start >= number]

    def shed(self) -> bool:
        """Forgets what waits when it is too much. True: pictures are missing from now on until a keyframe."""
        if len(self._ahead) <= CAPACITY:
            return False
        newest = max(self._ahead)
        behind = [start for start in self._starts if start > newest - CAPACITY // 2]
        self._start_at(min(behind) if behind else newest + 1)
        return True
