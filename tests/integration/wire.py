"""What really leaves the terminal: every RTP packet as the kernel saw it on loopback, with the kernel's time.

Reads headers only, which SRTP leaves in the open. Needs CAP_NET_RAW, which a namespace of our own has.
"""

import asyncio
import contextlib
import socket
import struct
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_ETH_P_ALL = 0x0003
_PACKET_OUTGOING = 4
_SO_TIMESTAMPNS = 35
_TIMESPEC = struct.Struct("@qq")
_ETHERNET, _IPV4, _UDP = 14, 0x0800, 17
_RTCP = range(192, 224)
"""Second byte of an RTCP packet on a port shared with RTP, see RFC 5761."""
_BUFFER_BYTES = 8 * 1024 * 1024


@dataclass(frozen=True)
class Packet:
    """One RTP packet. `at_s` by `time.time`, from the kernel."""

    at_s: float
    source_port: int
    ssrc: int
    size: int


class Wire:
    """Listens as long as its context is open; `packets` grows."""

    def __init__(self) -> None:
        self.packets: list[Packet] = []
        self._socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(_ETH_P_ALL))
        self._socket.setsockopt(socket.SOL_SOCKET, _SO_TIMESTAMPNS, 1)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _BUFFER_BYTES)
        self._socket.setblocking(False)

    def take(self) -> None:
        """Reads what the kernel has kept; the time of a packet does not depend on when this is called."""
        with contextlib.suppress(BlockingIOError):
            while True:
                data, ancillary, _, address = self._socket.recvmsg(2048, 64)
                if address[2] == _PACKET_OUTGOING:  # on loopback every packet comes by twice
                    self._note(data, _seconds(ancillary))

    def _note(self, data: bytes, at_s: float) -> None:
        ip = data[_ETHERNET:]
        if struct.unpack_from("!H", data, 12)[0] != _IPV4 or len(ip) < 20 or ip[9] != _UDP:
            return
        udp = ip[(ip[0] & 0x0F) * 4 :]
        rtp = udp[8:]
        if len(rtp) < 12 or rtp[0] >> 6 != 2 or rtp[1] in _RTCP:
            return
        port: int = struct.unpack_from("!H", udp)[0]
        ssrc: int = struct.unpack_from("!I", rtp, 8)[0]
        self.packets.append(Packet(at_s, port, ssrc, len(rtp)))

    def of(self, pid: int, ssrc: int) -> list[Packet]:
        """What a process has sent of one stream, oldest first."""
        return [one for one in self.sent_by(pid) if one.ssrc == ssrc]

    def sent_by(self, pid: int, since_s: float = 0.0) -> list[Packet]:
        """What a process has sent, oldest first."""
        self.take()
        ports = _udp_ports(pid)
        return [one for one in self.packets if one.source_port in ports and one.at_s >= since_s]

    def close(self) -> None:
        self._socket.close()


@contextlib.contextmanager
def listening() -> Iterator[Wire]:
    """A wire that is listened to all the time."""
    wire = Wire()
    loop = asyncio.get_running_loop()
    loop.add_reader(wire._socket, wire.take)
    try:
        yield wire
    finally:
        loop.remove_reader(wire._socket)
        wire.close()


def _seconds(ancillary: list[tuple[int, int, bytes]]) -> float:
    for level, kind, data in ancillary:
        if (level, kind) == (socket.SOL_SOCKET, _SO_TIMESTAMPNS):
            seconds, nanoseconds = _TIMESPEC.unpack(data[: _TIMESPEC.size])
            return float(seconds + nanoseconds / 1e9)
    return time.time()


def _udp_ports(pid: int) -> set[int]:
    """Local UDP ports of a process."""
    inodes = set()
    for descriptor in Path(f"/proc/{pid}/fd").iterdir():
        with contextlib.suppress(OSError):
            inodes.add(descriptor.readlink().name)
    rows = [line.split() for line in Path(f"/proc/{pid}/net/udp").read_text().splitlines()[1:]]
    return {int(row[1].rpartition(":")[2], 16) for row in rows if f"socket:[{row[9]}]" in inodes}
