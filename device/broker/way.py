"""How good the way to the broker is: what the kernel counts of the connection (tcp(7), TCP_INFO). Sends nothing."""

import socket
import struct
from collections import deque

from msgspec import Struct

# From `struct tcp_info` of linux/tcp.h; it only ever grows at its end.
_ROUND_TRIP = struct.Struct("=I")
_ROUND_TRIP_AT, _RETRANSMITTED_AT, _SENT_AT = 68, 100, 136
_BYTES = 140
_LOOKS = 10
_LEAST = 10
"""Of fewer segments no share is said."""


class Way(Struct, frozen=True, kw_only=True):
    """One look."""

    round_trip_ms: float = 0.0
    loss_pct: float = 0.0
    """Segments that were sent again, of those sent over the last looks."""


class WayMeter:
    """Remembers the counters of the last looks; a new connection begins anew."""

    def __init__(self) -> None:
        self._looks: deque[tuple[int, int]] = deque(maxlen=_LOOKS)

    def read(self, sock: socket.socket) -> Way | None:
        """None where the kernel does not say."""
        try:
            info = sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _BYTES)
        except OSError:
            return None
        if len(info) < _BYTES:
            return None
        round_trip_us, again, sent = (
            _ROUND_TRIP.unpack_from(info, at)[0] for at in (_ROUND_TRIP_AT, _RETRANSMITTED_AT, _SENT_AT)
        )
        if self._looks and sent < self._looks[-1][0]:
            self._looks.clear()
        self._looks.append((sent, again))
        segments, lost = sent - self._looks[0][0], again - self._looks[0][1]
        loss_pct = 100 * lost / segments if segments >= _LEAST else 0.0
        return Way(round_trip_ms=round_trip_us / 1000, loss_pct=round(loss_pct, 1))
