"""Our way in beside stock aiortc's, at a real aiortc sender over a real wire."""

import asyncio
import ctypes
import fractions
import logging
import struct
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

import av
import numpy as np
import pytest
from aiortc import MediaStreamTrack, RTCBundlePolicy, RTCConfiguration, RTCPeerConnection
from aiortc.rtp import RtcpByePacket, RtpPacket
from pylibsrtp import Policy, Session

from kiosk.media.rtp import intake, sweep
from kiosk.media.rtp.datagrams import MOST
from kiosk.media.rtp.incoming import Incoming
from kiosk.runtime.log import Refusals
from tests.unit.media.rtp.lossy_pipe import RATE
from tests.unit.media.rtp.protecting import MEDIA, RED, TYPES, ULPFEC, in_red, parity_of

DEADLINE_S = 8.0


class Picture(MediaStreamTrack):
    """A picture that moves, in the size that is set."""

    kind = "video"

    def __init__(self) -> None:
        super().__init__()
        self.size = (320, 180)
        self._number = 0

    async def recv(self) -> av.VideoFrame:
        await asyncio.sleep(1 / RATE)
        width, height = self.size
        planes = np.full((height * 3 // 2, width), self._number * 8 % 256, dtype=np.uint8)
        frame = av.VideoFrame.from_ndarray(planes, format="yuv420p")
        self._number += 1
        frame.pts, frame.time_base = self._number, fractions.Fraction(1, RATE)
        return frame


class Link:
    """A stock sender and a receiving side with our way in, or without."""

    def __init__(self) -> None:
        configuration = RTCConfiguration(bundlePolicy=RTCBundlePolicy.MAX_BUNDLE)
        self.far, self.near = RTCPeerConnection(configuration), RTCPeerConnection(configuration)
        self.picture = Picture()
        self.sender = self.far.addTransceiver(self.picture, "sendonly").sender
        self.refusals = Refusals(logging.getLogger(__name__))
        self.sizes: list[tuple[int, int]] = []
        self._news = asyncio.Condition()
        self.receiver: Any = None

    async def connect(self, *, is_ours: bool, has_parity: bool) -> None:
        await self.far.setLocalDescription(await self.far.createOffer())
        await self.near.setRemoteDescription(self.far.localDescription)
        parity = {str(self.near.getTransceivers()[0].mid): TYPES} if has_parity else {}
        incoming = Incoming(self.near, {}, self.refusals, parity) if is_ours else None
        if incoming:
            self.receiver = incoming.attach(self.near.getTransceivers()[0], self._see)
        await self.near.setLocalDescription(await self.near.createAnswer())
        if incoming:
            incoming.start()
        await self.far.setRemoteDescription(self.near.localDescription)
        await self.until(lambda: self.far.connectionState == self.near.connectionState == "connected")

    def _see(self, frame: av.VideoFrame) -> None:
        self.sizes.append((frame.width, frame.height))

    async def until(self, holds: Callable[[], bool]) -> None:
        """Looks again with each turn of a timer: there is no event for most of it."""
        tick = asyncio.Event()
        async with asyncio.timeout(DEADLINE_S):
            while not holds():
                asyncio.get_running_loop().call_later(0.01, tick.set)
                await tick.wait()
                tick.clear()

    async def more(self, count: int = 3) -> None:
        """Pictures still come."""
        seen = len(self.sizes)
        await self.until(lambda: len(self.sizes) >= seen + count)

    def has_come(self, size: tuple[int, int]) -> bool:
        return size in self.sizes[-3:]

    async def raw(self, data: bytes) -> None:
        """A datagram as it is."""
        await self.sender.transport.transport._send(data)

    async def packet(self, data: bytes) -> None:
        """Encrypted."""
        await self.sender.transport._send_rtp(data)

    @property
    def refused(self) -> int:
        return self.refusals.total


@asynccontextmanager
async def linked(*, is_ours: bool = True, has_parity: bool = False) -> AsyncIterator[Link]:
    link = Link()
    try:
        await link.connect(is_ours=is_ours, has_parity=has_parity)
        yield link
    finally:
        await link.far.close()
        await link.near.close()


def rtp(flags: int = 0, rest: bytes = b"", *, ssrc: int = 4711, payload_type: int = 97, number: int = 9) -> bytes:
    return struct.pack("!BBHLL", 0x80 | flags, payload_type, number, 1, ssrc) + rest


def broken(ssrc: int, extension_id: int) -> list[bytes]:
    """Media packets and RTCP of a peer that makes mistakes, or means harm. Only the goodbye is of a known stream."""
    wrong_length = bytes([extension_id << 4]) + b"\1\0\0"
    return [
        rtp(number=1, flags=0x10, rest=b"\xbe\xde\0\1" + wrong_length),
        rtp(number=2, payload_type=33, rest=b"x"),
        rtp(number=3, rest=b""),
        rtp(number=4, rest=b"\x90"),
        rtp(number=5, rest=b"\x10" + b"\xff" * 1100),
        struct.pack("!BBHLL4sBBH", 0x80 | 15, 206, 4, 1, 0, b"REMB", 9, 0, 1),
        struct.pack("!BBHL", 0x80 | 31, 201, 1, 1),
        struct.pack("!BBHL", 0x80, 202, 900, 1),
        bytes(RtcpByePacket(sources=[ssrc])),
    ]


async def test_nothing_that_a_peer_sends_ends_the_line():
    """Oversized, cut, of no line, of no stream, with extensions and reports of the wrong length, a goodbye."""
    async with linked() as link:
        await link.more()
        ids = link.receiver.transport._rtp_header_extensions_map._HeaderExtensionsMap__ids
        for data in (
            b"",
            b"\x80",
            b"\x80" * 12,
            b"\x80" * 1500,
            b"\x80" * 4000,
            b"\0\1\0\0",
            b"\x16" * 50,
            b"\xff" * 9,
        ):
            await link.raw(data)
        for data in broken(link.sender._ssrc, ids.abs_send_time):
            await link.packet(data)
        await link.until(lambda: link.refused >= 8)
        await link.more(10)
        assert link.near.connectionState == "connected"


@pytest.mark.parametrize("is_ours", [True, False])
async def test_stock_aiortc_does_not_survive_a_large_datagram(is_ours, caplog):
    """The reason for going between it and the socket."""
    async with linked(is_ours=is_ours) as link:
        transport = link.near.getTransceivers()[0].receiver.transport
        await link.raw(b"\x80" * 2000)
        if is_ours:
            await link.more()
            assert transport.state == "connected"
        else:
            await link.until(lambda: transport.state == "closed")
            assert "packet is too long" in caplog.text


async def test_what_is_hidden_is_counted_and_not_decoded():
    """Shown again, it begins with a keyframe, which is asked for."""
    async with linked() as link:
        await link.more()
        link.receiver._enabled = False
        came = link.receiver.bytes_received
        await link.until(lambda: link.receiver.bytes_received > came)
        seen, asked = len(link.sizes), link.receiver.pictures.keyframes_asked
        came = link.receiver.bytes_received
        await link.until(lambda: link.receiver.bytes_received > came + 200)
        assert len(link.sizes) <= seen + 1
        link.receiver._enabled = True
        await link.more()
        assert link.receiver.pictures.keyframes_asked == asked + 1


async def test_a_picture_may_change_its_size_up_to_4k():
    """On the fly, in both directions."""
    async with linked() as link:
        for size in ((320, 180), (3840, 2160), (640, 360)):
            link.picture.size = size
            await link.until(partial(link.has_come, size))
        assert link.refused == 0


async def test_a_line_may_carry_another_stream():
    """A media server gives a line that is free to whoever comes; stock aiortc stands still, without an error."""
    async with linked() as link:
        await link.more()
        transceiver, before = link.near.getTransceivers()[0], link.sender._ssrc
        near: Any = link.near
        parameters = near._RTCPeerConnection__remoteRtp(transceiver)
        link.sender._ssrc = before ^ 1
        for encoding in parameters.encodings:
            encoding.ssrc = before ^ 1
        for _ in range(20):
            await asyncio.sleep(0.005)  # what is still under way is of the old stream
        await link.receiver.receive(parameters)
        router = link.receiver.transport._rtp_router
        assert (before in router.ssrc_table, before ^ 1 in router.ssrc_table) == (False, True)
        link.sender._send_keyframe()
        await link.more(10)
        assert list(link.receiver._streams) == [before ^ 1]
        await link.receiver.receive(parameters)


async def test_an_unknown_stream_of_the_line_is_taken():
    """By its mid; packets that are retransmitted before anything else came do no harm."""
    async with linked() as link:
        await link.more()
        stray = RtpPacket(payload_type=98, sequence_number=1, ssrc=link.sender._rtx_ssrc, payload=b"\0\1\x10\0")
        await link.packet(stray.serialize())
        link.sender._ssrc ^= 2
        link.sender._send_keyframe()
        await link.more(10)


class Protecting:
    """Puts each packet into RED with parity behind it, and loses every third: in turn the packet and its parity."""

    def __init__(self, transport: Any) -> None:
        self._send, self._number, self._count = transport._send_rtp, -1, 0
        self.lost = 0
        transport._send_rtp = self.send

    async def send(self, data: bytes) -> None:
        if data[1] & 0x7F != MEDIA:
            return
        if self._number < 0:  # SRTP goes on with the numbers there are
            self._number = struct.unpack_from("!H", data, 2)[0]
        data = data[:2] + struct.pack("!H", self._number & 0xFFFF) + data[4:]
        for packet in (in_red(data), in_red(parity_of([data], number=self._number + 1))):
            self._number += 1
            self._count += 1
            if self._count % 3:
                ssrc = data[8:12]
                await self._send(packet[:8] + ssrc + packet[12:])
            else:
                self.lost += 1


async def test_what_is_lost_is_made_from_parity():
    """No retransmission, no keyframe: nobody answers such requests here, and no picture is missing."""
    async with linked(has_parity=True) as link:
        await link.more()
        link.sender.transport._rtp_router.unregister_sender(link.sender)
        protecting = Protecting(link.sender.transport)
        link.sender._send_keyframe()
        await link.until(lambda: protecting.lost > 20)
        await link.more()
        shown, asked = len(link.sizes), link.receiver.pictures.keyframes_asked
        await link.until(lambda: protecting.lost > 60)
        assert len(link.sizes) > shown + 30
        assert link.receiver.pictures.keyframes_asked == asked
        assert link.receiver._parity.made > 20
        assert link.refused == 0


async def test_red_that_makes_no_sense_is_counted():
    """Empty, cut, with a codec that was not agreed on inside; pictures go on."""
    async with linked(has_parity=True) as link:
        await link.more()
        for number, rest in enumerate((b"", b"\x80x", bytes([ULPFEC, 1]), bytes([33]) + b"x", bytes([RED, MEDIA, 1]))):
            await link.packet(rtp(rest=rest, payload_type=RED, number=number))
        await link.until(lambda: link.refused >= 5)
        link.sender._send_keyframe()
        await link.more()


async def test_busy_sockets_are_emptied_together_and_left_when_quiet():
    """The loop waits for a socket only while nothing comes."""
    async with linked() as link:
        await link.more()
        rounds = sweep.running()._quiet_rounds
        assert len(rounds) == 1
        link.receiver._enabled = True
        link.sender.replaceTrack(None)
        link.picture.stop()
        await link.until(lambda: not rounds)
        await link.packet(rtp(rest=b"\x10\0"))
        await link.until(lambda: len(rounds) == 1)
    await link.until(lambda: not rounds)


async def test_a_socket_is_emptied_to_the_end():
    """Also of more than fit at once, as the first picture of a document has them."""
    async with linked() as link:
        await link.more()
        (inlet,) = sweep.running()._quiet_rounds
        link.receiver._enabled = False
        for number in range(2 * MOST + 5):
            await link.packet(rtp(number=number, rest=b"\x10\0"))
        inlet.empty()
        await link.until(lambda: link.receiver._streams[4711].packets_received == 2 * MOST + 5)
        assert not link.refused


async def test_libsrtp_is_reached_without_cffi():
    """What is called by its address is what cffi calls: the same packet, once by each."""
    key = bytes(range(46))
    far = Session(Policy(key=key, ssrc_type=Policy.SSRC_ANY_OUTBOUND))
    near, again = (Session(Policy(key=key, ssrc_type=Policy.SSRC_ANY_INBOUND)) for _ in range(2))
    data = far.protect(rtp(rest=b"payload"))
    room, length = ctypes.create_string_buffer(data, 2048), ctypes.c_int(len(data))
    srtp = int(intake._address_of(near._srtp[0]))
    assert intake._unprotect(srtp, ctypes.addressof(room), ctypes.addressof(length)) == 0
    assert room.raw[: length.value] == again.unprotect(data) == rtp(rest=b"payload")
    assert intake._unprotect(srtp, ctypes.addressof(room), ctypes.addressof(length)) != 0


async def test_the_private_names_of_the_way_in_are_there():
    """Names of asyncio, aioice and pylibsrtp; a changed one would be an error at the first call, not before."""
    loop: Any = asyncio.get_running_loop()
    assert callable(loop._add_reader)
    assert callable(loop._remove_reader)
    binding: Any = intake
    assert binding.ffi.typeof(binding.lib.srtp_unprotect).kind == "function"
    async with linked() as link:
        ice: Any = link.near.getTransceivers()[0].receiver.transport.transport
        pair = ice._connection._nominated[1]
        assert pair.protocol in ice._connection._protocols
        assert pair.protocol.transport._sock.fileno() > 0
        assert pair.remote_candidate.type in ("host", "prflx")
