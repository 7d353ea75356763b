"""A receiver in place of aiortc's: the same packets for a fraction of the work, and it lives through everything.

Takes packets without a coroutine each; asks again for lost ones and for keyframes by what the network is like; decodes
nothing while it is hidden; begins anew where an m-line carries another stream; and outlives an RTCP BYE. Knows neither
sockets nor tiles. On the loop only.
"""

import asyncio
import struct
from collections.abc import Callable
from typing import Any, NamedTuple, TypeAlias

from aiortc import RTCRtpReceiver, RTCRtpTransceiver
from aiortc.codecs import is_rtx
from aiortc.jitterbuffer import JitterBuffer, JitterFrame
from aiortc.rtcrtpparameters import RTCRtpCodecParameters, RTCRtpReceiveParameters
from aiortc.rtcrtpreceiver import TimestampMapper
from aiortc.rtp import RTCP_PSFB_APP, AnyRtcpPacket, RtcpByePacket, RtcpPsfbPacket, pack_remb_fci

from kiosk.media.rtp.counting import StreamCounter
from kiosk.media.rtp.decoding import Decoder
from kiosk.media.rtp.delay import Inbound
from kiosk.media.rtp.packet import Packet
from kiosk.media.rtp.parity import Parity, Types
from kiosk.media.rtp.payload import Unpack, begun_vp8, unpack_of, unpack_vp8
from kiosk.media.rtp.pictures import Pictures

_MAX_STREAMS = 16
"""SSRCs that one line counts; who invents more is not listened to."""
_BURST_BYTES = 10_000
_ESTIMATE_S = 0.2
"""Between two looks at when packets came: a queue on the way that fills within less is over again as soon. One look
costs as much as ten packets."""
_NUMBER = struct.Struct("!H").unpack_from

DueS: TypeAlias = Callable[[int, int], float]
"""SSRC and RTP time of a picture that is whole now, to when it is to be shown (monotonic)."""


class _Form(NamedTuple):
    """What a payload type means on this line."""

    codec: RTCRtpCodecParameters
    name: str
    """The codec's; it makes it anew whenever it is asked."""
    unpack: Unpack | None
    original: "_Form | None"
    """Of a retransmission: what it carries."""
    is_red: bool = False


def _forms_of(codecs: list[RTCRtpCodecParameters], parity: Types | None) -> dict[int, _Form]:
    forms = {
        _type_of(codec): _Form(codec, codec.name, unpack_of(codec.name), None) for codec in codecs if not is_rtx(codec)
    }
    if parity:
        red = RTCRtpCodecParameters(mimeType="video/red", clockRate=90_000, payloadType=parity.red)
        forms[parity.red] = _Form(red, red.name, None, None, is_red=True)
        if parity.again is not None:
            forms[parity.again] = _Form(red, red.name, None, forms[parity.red])
    for codec in codecs:
        apt = codec.parameters.get("apt") if is_rtx(codec) else None
        if isinstance(apt, int) and apt in forms:
            forms[_type_of(codec)] = _Form(codec, codec.name, None, forms[apt])
    return forms


def _type_of(codec: RTCRtpCodecParameters) -> int:
    assert codec.payloadType is not None
    return codec.payloadType


class Receiver(RTCRtpReceiver):
    """Registered with aiortc's router and described by its SDP as any receiver is."""

    def __init__(
        self,
        stock: RTCRtpReceiver,
        rtcp_ssrc: int,
        send: Callable[[bytes], None],
        on_frame: Callable[[Any], None],
        on_refused: Callable[[str], None],
        inbound: Inbound,
        parity: Types | None = None,
        due_s: DueS | None = None,
    ) -> None:
        """`send` takes RTCP to the peer at once, `on_refused` a reason; `inbound` is the way to us.

        `on_frame` takes decoded pictures or sound, in the decoder's thread; `due_s` is asked on the loop.
        """
        kind = stock.track.kind
        super().__init__(kind, stock.transport)
        self._track = stock._track
        self._set_rtcp_ssrc(rtcp_ssrc)
        self._rtcp_ssrc, self._send_now, self._on_frame, self._on_refused = rtcp_ssrc, send, on_frame, on_refused
        self.is_video, self._inbound, self._due_s = kind == "video", inbound, due_s
        self._parity_types = parity
        self._parity: Parity | None = None
        private: Any = self
        self._streams: dict[int, Any] = private._RTCRtpReceiver__remote_streams
        self._private = private
        self._forms: dict[int, _Form] = {}
        self._originals: dict[int, int] = {}
        self._declared: set[int] = set()
        self._decoder: Decoder | None = None
        self._reports: asyncio.Task[None] | None = None
        self._ssrc = self._burst_bytes = 0
        self._estimated_s = 0.0
        self._is_open = self._is_idle = False
        self.pictures = Pictures(self._decode, self._send_now, rtcp_ssrc, inbound)
        self.bytes_received = 0
        self.retransmitted = 0
        """Packets that came by retransmission."""
        self.codec_name = ""
        """Of what came last."""

    async def receive(self, parameters: RTCRtpReceiveParameters) -> None:
        """Also for a line that is described anew, as Janus does when it gives it to another publisher."""
        ssrcs = {encoding.ssrc for encoding in parameters.encodings}
        originals = {encoding.rtx.ssrc: encoding.ssrc for encoding in parameters.encodings if encoding.rtx}
        is_first = self._reports is None
        if not is_first and (originals, ssrcs) == (self._originals, self._declared):
            return
        self._forms, self._originals, self._declared = (
            _forms_of(parameters.codecs, self._parity_types),
            originals,
            ssrcs,
        )
        if is_first:
            self._is_open = True
            self._reports = asyncio.ensure_future(self._run_rtcp())
        else:
            self.transport._unregister_rtp_receiver(self)
            self._streams.clear()
        self.transport._register_rtp_receiver(self, parameters)
        for form in self._forms:  # those of parity, which aiortc does not know
            self.transport._rtp_router.payload_type_table.setdefault(form, set()).add(self)

    async def stop(self) -> None:
        """For good."""
        reports, self._reports = self._reports, None
        if reports:
            self.transport._unregister_rtp_receiver(self)
            reports.cancel()
            await self._private._RTCRtpReceiver__rtcp_exited.wait()
        self._handle_disconnect()

    def _handle_disconnect(self) -> None:
        self._is_open = False
        self.pictures.stop()
        decoder, self._decoder = self._decoder, None
        if decoder:
            decoder.close()

    async def _handle_rtcp_packet(self, packet: AnyRtcpPacket) -> None:
        """A goodbye ends nothing: the line may be used again. What ends it is the end of the connection."""
        if not isinstance(packet, RtcpByePacket):
            await super()._handle_rtcp_packet(packet)

    async def _handle_rtp_packet(self, packet: Any, arrival_time_ms: int) -> None:
        """aiortc's own way in, for packets that came before ours was laid."""
        lean = Packet(
            packet.payload_type, packet.marker, packet.sequence_number, packet.timestamp, packet.ssrc, packet.payload
        )
        lean.abs_send_time = packet.extensions.abs_send_time
        self.take(lean, asyncio.get_running_loop().time())

    def take(self, packet: Packet, now_s: float) -> None:
        """One packet that the router has found to be of this line. `now_s` by the monotonic clock."""
        form = self._forms.get(packet.payload_type)
        counter = self._streams.get(packet.ssrc)
        if counter is None and form:
            counter = self._count(packet.ssrc, form.codec.clockRate)
        if form is None or counter is None:
            self._on_refused("a payload type or a source that was not agreed on")
            return
        counter.add(packet.sequence_number, packet.timestamp, now_s)
        self.bytes_received += len(packet.payload)
        if packet.abs_send_time is not None:
            self._burst_bytes += len(packet.payload) + packet.padding_size
            is_whole = packet.marker or self._burst_bytes > _BURST_BYTES
            if is_whole and now_s - self._estimated_s > _ESTIMATE_S:
                self._estimate(packet.abs_send_time, packet.ssrc, now_s)
        if not self._enabled or not self._is_open:
            self._is_idle = True
        elif form.original is None:
            self._take_original(packet, form, now_s, is_again=False)
        elif len(packet.payload) > 2:  # else padding
            self._unwrap(packet, form.original, now_s)

    @property
    def original_streams(self) -> list[StreamCounter]:
        """Without those of retransmissions. Any thread."""
        return [stream for ssrc, stream in list(self._streams.items()) if ssrc not in self._originals]

    def _count(self, ssrc: int, clock_rate: int) -> StreamCounter | None:
        if len(self._streams) >= _MAX_STREAMS:
            return None
        counter: StreamCounter = self._streams.setdefault(ssrc, StreamCounter(clock_rate, self._inbound))
        return counter

    def _unwrap(self, packet: Packet, form: _Form, now_s: float) -> None:
        """RFC 4588: the original's number, then its payload."""
        ssrc = self._originals.get(packet.ssrc, self._ssrc)
        packet.ssrc, packet.payload_type = ssrc, _type_of(form.codec)
        packet.sequence_number = _NUMBER(packet.payload)[0]
        packet.payload = packet.payload[2:]
        if ssrc == self._ssrc:  # else of a stream that is over, or has not begun
            self.retransmitted += 1
            self._take_original(packet, form, now_s, is_again=True)

    def _open(self, packet: Packet, now_s: float, *, is_again: bool) -> None:
        """What is in RED, and what parity gives back."""
        assert self._parity
        try:
            opened = self._parity.open(packet, is_again=is_again)
        except ValueError as error:
            self._on_refused(str(error))
            return
        for one, is_made in opened:
            form = self._forms.get(one.payload_type) if one.payload else next(iter(self._forms.values()))
            if form is None or form.is_red or form.original:
                self._on_refused("a payload type inside RED that was not agreed on")
                continue
            if form.unpack is unpack_vp8:
                one.begins = begun_vp8(one.payload)
            self._take_original(one, form, now_s, is_again=is_again, is_made=is_made)

    def _take_original(
        self, packet: Packet, form: _Form, now_s: float, *, is_again: bool, is_made: bool = False
    ) -> None:
        if packet.ssrc != self._ssrc or self._is_idle:
            self._begin(packet.ssrc, now_s)
        if form.is_red:
            self._open(packet, now_s, is_again=is_again)
            return
        self.codec_name = form.name
        if form.unpack and packet.payload:
            try:
                packet._data, packet.starts_keyframe = form.unpack(packet.payload)
            except (ValueError, IndexError):
                packet._data = b""
                self._on_refused(f"a payload that is no {form.name}")
        else:
            packet._data = packet.payload
        if self.is_video:
            self.pictures.take(packet, form.codec, now_s, is_again=is_again, is_made=is_made)
        else:
            _, frame = self._private._RTCRtpReceiver__jitter_buffer.add(packet)
            if frame is not None:
                self._decode(form.codec, frame)

    def _begin(self, ssrc: int, now_s: float) -> None:
        """Another stream than before, or the same after a time in which nobody looked."""
        is_other, self._ssrc, self._is_idle = ssrc != self._ssrc, ssrc, False
        if is_other:
            self._private._RTCRtpReceiver__timestamp_mapper = TimestampMapper()
        if self._parity_types:
            ids = self._private.transport._rtp_header_extensions_map._HeaderExtensionsMap__ids
            self._parity = Parity(self._parity_types, ids)
        if self.is_video:
            self.pictures.begin(ssrc, now_s, is_urgent=not is_other)
        elif type(self._private._RTCRtpReceiver__jitter_buffer) is JitterBuffer:  # else it is the voice's
            self._private._RTCRtpReceiver__jitter_buffer = JitterBuffer(capacity=16, prefetch=4)

    def _decode(self, codec: RTCRtpCodecParameters, frame: JitterFrame) -> bool:
        due_s = self._due_s(self._ssrc, frame.timestamp) if self._due_s else 0.0
        frame.timestamp = self._private._RTCRtpReceiver__timestamp_mapper.map(frame.timestamp)
        if self._decoder is None:  # not before: sound is decoded elsewhere
            self._decoder = Decoder("video" if self.is_video else "audio", self._on_frame, self.pictures.fail)
        return self._decoder.put(codec, frame, due_s)

    def _estimate(self, sent: int, ssrc: int, now_s: float) -> None:
        """For a peer that has no transport-wide feedback. A picture's packets count as one, as they do in there."""
        size, self._burst_bytes, self._estimated_s = self._burst_bytes, 0, now_s
        estimator = self._private._RTCRtpReceiver__remote_bitrate_estimator
        report = estimator and estimator.add(
            abs_send_time=sent, arrival_time_ms=int(now_s * 1000), payload_size=size, ssrc=ssrc
        )
        if report:
            fci = pack_remb_fci(*report)
            self._send_now(bytes(RtcpPsfbPacket(fmt=RTCP_PSFB_APP, ssrc=self._rtcp_ssrc, media_ssrc=0, fci=fci)))


def install(
    transceiver: RTCRtpTransceiver,
    send: Callable[[bytes], None],
    on_frame: Callable[[Any], None],
    on_refused: Callable[[str], None],
    inbound: Inbound,
    parity: Types | None = None,
    due_s: DueS | None = None,
) -> Receiver:
    """Once the remote description gave the transceiver's receiver a track, before it connects. `parity`: if agreed."""
    stock = transceiver.receiver
    ours = Receiver(stock, transceiver.sender._ssrc, send, on_frame, on_refused, inbound, parity, due_s)
    transceiver._RTCRtpTransceiver__receiver = ours  # type: ignore[attr-defined]
    return ours
