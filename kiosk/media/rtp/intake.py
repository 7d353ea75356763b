"""The way from the socket to a receiver, without asyncio's and aiortc's queues, tasks and copies in between.

A busy socket is emptied every few milliseconds; a media packet is decrypted in place, read and given to its receiver at
once. The rest (STUN, DTLS) takes aiortc's way, where nothing that a peer sends may end the connection: stock
aiortc closes it on a datagram that is empty, or larger than 1500 bytes, or has an extension of the wrong length.
RTCP is `steering`'s.
"""

import asyncio
import ctypes
import struct
import time
from collections.abc import Callable
from functools import partial
from typing import Any

from aiortc.rtcdtlstransport import RTCDtlsTransport, State
from pylibsrtp._binding import ffi, lib  # type: ignore[import-not-found]

from kiosk.media.rtp import consent, sweep
from kiosk.media.rtp.datagrams import MOST, stamp
from kiosk.media.rtp.packet import Packet, parse
from kiosk.media.rtp.receiver import Receiver

MAX_BYTES = 1500
_MOST_EARLY = 256
"""Packets that may come before the connection is ready for them; a first picture in 720p has some fifty."""
_EARLY_S = 0.5
"""So long a line may take to be known to the router; one that is not used never is."""
_LOOK_S = 0.002
_MOST_TURNS = 4
"""So often one socket is looked at while the others wait: a document's picture has more packets than fit at once."""
_REPLAY, _REPLAY_OLD = 9, 10
"""libsrtp's reasons to refuse a packet. Replayed ones are doubles that networks make, and no refusal."""
_OLDEST_S = 0.5
"""A packet that waited longer did so because this process was held up, or the wall clock was set."""
ERRORS = (ValueError, IndexError, KeyError, struct.error, OverflowError)
"""What aiortc and aioice raise on bytes that they did not expect."""
_CONNECTED = State.CONNECTED
_address_of = partial(ffi.cast, "uintptr_t")
_unprotect = ctypes.PYFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p)(
    int(_address_of(ffi.addressof(lib, "srtp_unprotect")))
)
"""libsrtp's own. By cffi each packet would let the decoders' threads go first, and wait until they are done."""


class Intake:
    """Of one DTLS transport. `attach` when its ICE candidates are gathered; ends with the transport."""

    def __init__(self, dtls: RTCDtlsTransport, on_refused: Callable[[str], None]) -> None:
        """`on_refused` gets the reason, for a datagram that is dropped."""
        self._dtls, self._on_refused = dtls, on_refused
        self.connection: Any = dtls.transport._connection
        self._picture_came = sweep.running().picture_came
        datagrams = sweep.running().datagrams
        self._places, self._addresses = datagrams.places, datagrams.addresses
        self._length = ctypes.c_int()
        self._length_address = ctypes.addressof(self._length)
        self._session: Any = None
        self._srtp = 0
        self._early: list[tuple[bytes, float]] = []
        self._early_s = 0.0
        self._timer: asyncio.Handle | None = None
        self.is_ready = False
        """Connected, and the lines are known; until then packets wait."""
        self._ids = dtls._rtp_header_extensions_map._HeaderExtensionsMap__ids  # type: ignore[attr-defined]
        self.receivers: list[Receiver] = []
        self.on_packet: Callable[[Packet, float], None] | None = None
        """Called with each media packet and its time of arrival (monotonic), before it is routed."""

    def attach(self) -> None:
        """Take over the sockets, also those at relays."""
        for protocol in self.connection._protocols:
            _Inlet(self, protocol).attach()

    def send(self, message: bytes) -> None:
        """One RTCP message to the peer, at once; lost while there is no way to it."""
        pair = self.connection._nominated.get(1)
        if pair and self._dtls._state is State.CONNECTED:
            pair.protocol.transport.sendto(self._dtls._tx_srtp.protect_rtcp(message), pair.remote_addr)

    def refuse(self, reason: str) -> None:
        self._on_refused(reason)

    def put(self, data: bytes, now_s: float) -> None:
        """A media packet that is somewhere else, and when it came (monotonic)."""
        self._places[MOST][: len(data)] = data
        self.take(MOST, len(data), now_s)

    def take(self, at: int, length: int, now_s: float) -> None:
        """The media packet in the first `length` bytes of that place of the datagrams."""
        dtls, view = self._dtls, self._places[at]
        if not self.is_ready:
            self._keep(bytes(view[:length]), now_s)
            return
        session = dtls._rx_srtp
        if session is not self._session:
            self._session, self._srtp = session, int(_address_of(session._srtp[0]))
        if dtls._state is not _CONNECTED:
            return
        self._length.value = length
        status = _unprotect(self._srtp, self._addresses[at], self._length_address)
        if status:
            if status not in (_REPLAY, _REPLAY_OLD):
                self._on_refused(f"a packet that is not of the peer, or damaged ({status})")
            return
        try:
            packet = parse(view, self._length.value, self._ids)
        except ERRORS as error:
            self._on_refused(f"no RTP packet: {error}")
            return
        if self.on_packet:
            self.on_packet(packet, now_s)
        receiver = dtls._rtp_router.ssrc_table.get(packet.ssrc)
        if receiver.__class__ is Receiver:
            receiver.take(packet, now_s)
            if packet.marker and receiver.is_video:
                self._picture_came(packet.ssrc, now_s)
        else:
            self._route(packet, now_s)

    def _keep(self, data: bytes, now_s: float) -> None:
        """A peer sends as soon as it can, and its first picture is one that all others need: it must not be lost."""
        if len(self._early) < _MOST_EARLY:
            self._early.append((data, now_s))
        self._early_s = self._early_s or now_s
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_soon(self._begin)

    def _begin(self) -> None:
        """Takes what came early, as soon as it can be decrypted and every line is known to the router."""
        self._timer = None
        dtls, waited_s = self._dtls, time.monotonic() - self._early_s
        is_connected = dtls._rx_srtp is not None and dtls._state is State.CONNECTED
        if is_connected and (waited_s > _EARLY_S or dtls._rtp_router.receivers.issuperset(self.receivers)):
            self.is_ready = True
            early, self._early = self._early, []
            for data, came_s in early:
                self.put(data, came_s)
        elif dtls._state not in (State.CLOSED, State.FAILED):
            self._timer = asyncio.get_running_loop().call_later(_LOOK_S, self._begin)

    def _route(self, packet: Packet, now_s: float) -> None:
        """The first packet of a stream that the description did not name."""
        router = self._dtls._rtp_router
        receiver = router.route_rtp(packet)  # type: ignore[arg-type]
        if isinstance(receiver, Receiver):
            receiver.take(packet, now_s)
        elif router.receivers.issuperset(self.receivers):  # else it is only early
            self._on_refused("a stream that belongs to no line")


class _Inlet:
    """One local candidate's datagrams."""

    def __init__(self, intake: Intake, protocol: Any) -> None:
        self._intake, self._protocol = intake, protocol
        self._stock_datagram = protocol.datagram_received
        self._loop: Any = asyncio.get_running_loop()
        self._sweep = sweep.running()
        self._datagrams = self._sweep.datagrams
        self._socket: Any = None

    def attach(self) -> None:
        self._protocol.datagram_received = self.take
        self._socket = getattr(self._protocol.transport, "_sock", None)
        if self._socket is not None:  # else at a relay, whose socket is aioice's
            stamp(self._socket)
            self.rest()

    def rest(self) -> None:
        if not self._protocol.transport.is_closing():
            self._loop._remove_reader(self._socket.fileno())
            self._loop._add_reader(self._socket.fileno(), self._wake)

    def _wake(self) -> None:
        if not self._intake.is_ready:  # while it connects each datagram is waited for
            self.empty()
            return
        self._loop._remove_reader(self._socket.fileno())
        self._sweep.join(self)
        self.empty()

    def empty(self) -> bool:
        if self._protocol.transport.is_closing():
            self._sweep.leave(self)
            return False
        for turn in range(_MOST_TURNS):
            count = self._take_waiting()
            if count < MOST:
                return turn > 0 or count > 0
        return True

    def _take_waiting(self) -> int:
        """How many there were, up to `MOST`; an error of the network counts as one."""
        datagrams = self._datagrams
        wall_s, now_s = time.time(), time.monotonic()
        try:
            count = datagrams.take(self._socket.fileno())
        except OSError as error:
            self._protocol.error_received(error)
            return 1
        if not count:
            return 0
        places, take = datagrams.places, self._intake.take
        lengths, stamps_s = datagrams.lengths(count), datagrams.stamps_s(count, wall_s)
        for at, length in enumerate(lengths):
            place = places[at]
            if 127 < place[0] < 192 and not 192 <= place[1] <= 223 and 12 < length <= MAX_BYTES:
                waited_s = wall_s - stamps_s[at]
                take(at, length, now_s - min(waited_s, _OLDEST_S) if waited_s > 0.0 else now_s)
            else:
                self.take(bytes(place[:length]), datagrams.address(at))
        consent.hear(self._intake.connection, now_s)
        return count

    def take(self, data: bytes, address: Any) -> None:
        """A datagram of any kind (RFC 7983), from aioice or from the socket."""
        if not data or len(data) > MAX_BYTES:
            self._intake.refuse(f"a datagram of {len(data)} bytes" if not data else "a datagram that is too large")
        elif 127 < data[0] < 192 and len(data) > 12 and not 192 <= data[1] <= 223:
            self._intake.put(data, time.monotonic())
        else:
            try:
                self._stock_datagram(data, address)
            except ERRORS as error:
                self._intake.refuse(f"a datagram that cannot be read: {error}")
