"""Transport-wide feedback of one peer connection, both ways: one estimate for all its lines.

The sending side reckons (Chromium, Janus, we): we report when the peer's packets came, and steer what we send by the
peer's reports. aiortc 1.16 knows nothing of it. Peers that know only REMB: see `bandwidth`.
"""

import asyncio
import random
import struct
import time
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Iterator
from functools import partial
from typing import Any, NamedTuple, Protocol, TypeAlias

from aiortc import RTCRtpSender, RTCRtpTransceiver
from aiortc.codecs import CODECS, HEADER_EXTENSIONS
from aiortc.rtcdtlstransport import RTCDtlsTransport
from aiortc.rtcrtpparameters import RTCRtcpFeedback, RTCRtpHeaderExtensionParameters
from aiortc.rtp import RTCP_RTPFB, RTCP_SDES, RtcpPacket, is_rtcp

from kiosk.media.rtp import history, patience, probing, twcc
from kiosk.media.rtp.congestion import START_BPS, Estimator
from kiosk.media.rtp.delay import Inbound
from kiosk.media.rtp.extensions import Extensions, place_of
from kiosk.media.rtp.intake import ERRORS
from kiosk.media.rtp.pacing import Pacer
from kiosk.media.rtp.packet import Packet
from kiosk.media.rtp.patience import Patience
from kiosk.media.rtp.repeats import Repeats

_FEEDBACK, _NAMES = bytes([RTCP_RTPFB]), bytes([RTCP_SDES])
"""Types of RTCP packets."""
_REPORT_S = 0.05
_SELDOM_S = 0.25
"""Between reports to a media server: Janus asks for them, and sends what it was asked for whatever they say."""
_LOOK_S = 0.1
_NUMBER_ID, _PATIENCE_ID = 5, 6
"""Free in aiortc's own numbering, which counts only in our own offers."""
_CHROMIUM_START_KBPS = 1000
"""What Chromium's sender begins with, instead of 300; others do not know the word."""
_SOUND_BPS = 60_000
"""Set aside for the microphone, headers included."""
_SCREEN_SHARE, _IDLE_SHARE = 0.7, 0.1
"""The screen's share while its packets have to wait, and while they do not."""
_BUSY_S = 1.0
_REPEATS_SHARE = 0.6
"""Of what may be sent; retransmissions of everything that a full queue has dropped would keep it full."""
_LEAST_SHARE = 0.4
"""For new pictures, however much has to be repeated."""
_LOSSY_WAIT_S, _LOSSY_BPS = 0.2, 1_500_000
"""On a way so lossy that pictures are held back longer than the first: fewer packets are fewer pictures with a hole."""
_HEAD_BYTES = 40
"""Of a repeated packet, before its payload."""
_APART_S = 0.01
"""Between copies of one packet."""
_PACE = {True: 1.15, False: 2.5}
"""Of a line's share: a screen's picture may be as large as a second's worth, a camera's has to be there soon."""


Repeat: TypeAlias = Callable[[int], Awaitable[None]]


def negotiate() -> None:
    """Once a process, before the first peer connection: offers and answers ask for transport-wide feedback."""
    for kind, codecs in CODECS.items():
        extensions = HEADER_EXTENSIONS[kind]
        if any(extension.uri == twcc.EXTENSION for extension in extensions):
            continue
        extensions.append(RTCRtpHeaderExtensionParameters(id=_NUMBER_ID, uri=twcc.EXTENSION))
        if kind == "video":
            extensions.append(RTCRtpHeaderExtensionParameters(id=_PATIENCE_ID, uri=patience.EXTENSION))
        for codec in codecs:
            if codec.name.lower() in ("opus", "vp8", "h264"):
                codec.rtcpFeedback.append(RTCRtcpFeedback(type="transport-cc"))
            if codec.name.lower() in ("vp8", "h264"):
                codec.parameters["x-google-start-bitrate"] = _CHROMIUM_START_KBPS


class PictureTrack(Protocol):
    """A video line's track, as far as bandwidth goes."""

    budget_bps: int
    """What it may send; set from here."""
    limit_bps: int
    """What the peer, or a media server, itself says that it may (REMB); 0: nothing."""

    @property
    def is_open(self) -> bool: ...


class _Line(NamedTuple):
    sender: RTCRtpSender
    repeat: Repeat
    """Sends one packet again, whatever the limits."""
    track: PictureTrack
    pacer: Pacer
    repeats: Repeats
    is_screen: bool


class Steering:
    """Of one transport, from before it connects. Loop's thread only."""

    def __init__(self, transport: RTCDtlsTransport) -> None:
        """Makes the transport's own way out and its RTCP go by way of this."""
        self._transport = transport
        self._stock_send, self._stock_rtcp = transport._send_rtp, transport._handle_rtcp_data
        transport._send_rtp = self.send  # type: ignore[method-assign]
        transport._handle_rtcp_data = self.hear  # type: ignore[method-assign]
        self.on_refused: Callable[[str], None] = lambda reason: None
        """Called with the reason, for RTCP that is dropped."""
        self._estimator, self._patience = Estimator(), Patience()
        self.hears_reports = False
        """The peer has said which packets came."""
        self.is_server = False
        """A media server says by REMB what its room allows. A browser that reports each packet says it by mistake: one
        REMB of the first moment, 250 kbit/s, was seen to hold a whole call down."""
        self._lines: dict[int, _Line] = {}
        self._repeating: dict[int, _Line] = {}
        """By the SSRC of the line's retransmissions."""
        self._number = random.randrange(0x8000)
        self._looked_s, self._sent = 0.0, 0
        self._arrivals = twcc.Arrivals()
        self.inbound = Inbound()
        self._ssrc = 0
        self._tasks: set[asyncio.Task[None]] = set()
        self.say: Callable[[bytes], None] = lambda packet: self._do(self._stock_send(packet), "transport-feedback")
        """How RTCP of ours gets to the peer; `Incoming` has a cheaper way."""
        self._timer: asyncio.TimerHandle | None = None

    def attach(self, sender: RTCRtpSender, track: PictureTrack | None, *, is_screen: bool = False) -> None:
        """One sender, before it connects; `track` is None for sound, which is numbered but never waits."""
        sender._RTCRtpSender__rtp_header_extensions_map = Extensions(self._patience)  # type: ignore[attr-defined]
        if track:
            pacer, repeats = Pacer(START_BPS, time.monotonic), Repeats(START_BPS, time.monotonic)
            line = self._lines[sender._ssrc] = _Line(sender, sender._retransmit, track, pacer, repeats, is_screen)
            self._repeating[sender._rtx_ssrc] = line
            sender._retransmit = partial(self._repeat, line)  # type: ignore[method-assign]
            self._share()

    @property
    def available_bps(self) -> int:
        """What the way to the peer is believed to carry, all lines together."""
        limits = [line.track.limit_bps for line in self._lines.values() if line.track.limit_bps]
        if not self.hears_reports:
            return max(limits, default=START_BPS)
        return min([self._estimator.target_bps, *limits])

    @property
    def out_loss(self) -> float:
        """Share of our packets of the last second that did not come; 0 where the peer does not report."""
        return self._estimator.loss

    def came(self, packet: Packet, now_s: float) -> None:
        """A media packet of the peer's is here. `now_s` by the monotonic clock."""
        if packet.abs_send_time is not None:
            self.inbound.came(packet.abs_send_time, now_s)
        if packet.transport_sequence_number is None:
            return
        self._ssrc = packet.ssrc
        self._arrivals.note(packet.transport_sequence_number, now_s)
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(
                _SELDOM_S if self.is_server else _REPORT_S, self._report
            )

    def _report(self) -> None:
        self._timer = None
        fci = self._arrivals.report()
        if fci is None:
            return
        own = next(iter(self._lines), 1)
        words = 2 + len(fci) // 4
        packet = struct.pack("!BBHLL", 0x80 | twcc.FORMAT, RTCP_RTPFB, words, own, self._ssrc) + fci
        self.say(packet)

    def _do(self, what: Coroutine[Any, Any, None], name: str) -> None:
        task = asyncio.create_task(_unless_closed(what), name=name)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _repeat(self, line: _Line, number: int) -> None:
        """In place of the sender's `_retransmit`, which aiortc asks for packet 65 536 where it means 0."""
        number &= 0xFFFF
        packet = history.kept(line.sender, number)
        if packet is None:
            return
        size = len(packet.payload) + _HEAD_BYTES
        for copy in range(line.repeats.copies(number, size, self._estimator.round_trip_s, self._estimator.loss)):
            if copy:  # what was lost was perhaps not lost alone
                self._do(_later(copy * _APART_S, line.repeat, number), "copy")
            else:
                await line.repeat(number)

    async def _probe(self, line: _Line, rate_bps: int) -> None:
        """Tries whether the way carries so much, with packets that the peer has already."""
        packets = history.largest(line.sender, probing.MOST_PACKETS)
        start_s, bits, first = time.monotonic(), 0, self._sent
        for count, packet in enumerate(packets):
            if count >= probing.LEAST_PACKETS and bits > rate_bps * probing.SPAN_S:
                break
            await asyncio.sleep(max(0.0, start_s + bits / rate_bps - time.monotonic()))
            await line.repeat(packet.sequence_number)
            bits += (len(packet.payload) + _HEAD_BYTES) * 8
        self._estimator.probed(self._sent - first)

    async def send(self, data: bytes) -> None:
        """In place of the transport's `_send_rtp`: pictures wait for their turn, everything gets its number."""
        if not is_rtcp(data):
            ssrc = int.from_bytes(data[8:12], "big")
            line, repeated = self._lines.get(ssrc), self._repeating.get(ssrc)
            if repeated and not repeated.track.is_open:
                return  # closed: nothing leaves
            if line:
                await line.pacer.turn(len(data))
                if not line.track.is_open:
                    return  # closed while it waited
            data = self._numbered(data)
        await self._stock_send(data)

    def _numbered(self, data: bytes) -> bytes:
        at = place_of(data, extension_id(self._transport))
        if not at:
            return data
        number, self._number = self._number, (self._number + 1) & 0xFFFF
        self._sent += 1
        now_s = time.monotonic()
        self._estimator.sent(number, len(data), now_s)
        if now_s - self._looked_s > _LOOK_S:
            self._looked_s = now_s
            self._estimator.look(now_s)
            self._patience.look(self._estimator.chance_loss(now_s), self._estimator.round_trip_s, now_s)
            self._share()
            self._try_more(now_s)
        return data[:at] + number.to_bytes(2, "big") + data[at + 2 :]

    def _try_more(self, now_s: float) -> None:
        """A media server would pass what it gets twice on to everybody."""
        could = (one for one in self._lines.values() if one.track.is_open)
        line = next((one for one in could if history.has(one.sender, probing.LEAST_PACKETS)), None)
        rate_bps = self._estimator.probe_bps(now_s) if line and not self.is_server else 0
        if line and rate_bps:
            self._do(self._probe(line, rate_bps), "probe")

    async def hear(self, data: bytes) -> None:
        """In place of `_handle_rtcp_data`: takes transport feedback out, which aiortc would choke on.

        Nothing may read the RTCP before: where something did, Chromium's padded reports, nine of ten, were refused.
        """
        rest, reports = _take_out(data)
        for fci in reports:
            try:
                feedback = twcc.parse(fci)
            except ValueError as error:
                self.on_refused(str(error))
                continue  # a broken report is as good as one that was lost
            self.hears_reports = True
            self._estimator.hear(feedback, time.monotonic())
            self._share()
        if rest:
            await self._hear_rest(rest)

    async def _hear_rest(self, data: bytes) -> None:
        """Each packet by itself: one that cannot be read says nothing of the requests beside it."""
        good = b""
        for packet in _split(data):
            if packet[1:2] == _NAMES and _is_whole(packet):
                continue  # nobody here reads them, and aiortc does so wrongly where they are of several sources
            try:
                RtcpPacket.parse(packet)  # which the stock way does too, but says nothing
                good += packet
            except ERRORS as error:
                self.on_refused(f"RTCP that cannot be read: {error}")
        try:
            await self._stock_rtcp(good)
        except ERRORS as error:
            self.on_refused(f"RTCP that cannot be read: {error}")

    def _share(self) -> None:
        if self.hears_reports and not self.is_server:
            for line in self._lines.values():
                line.track.limit_bps = 0
        repeats_bps = sum(line.repeats.spent_bps for line in self._lines.values())
        sendable_bps = max(self.available_bps - _SOUND_BPS, _SOUND_BPS)
        pictures_bps = max(sendable_bps - repeats_bps, _LEAST_SHARE * sendable_bps)
        if self._patience.wait_s > _LOSSY_WAIT_S:
            pictures_bps = min(pictures_bps, _LOSSY_BPS)
        now_s = time.monotonic()
        taken = 0.0
        for line in self._lines.values():
            if line.is_screen and line.track.is_open:
                is_busy = now_s - line.pacer.waited_s < _BUSY_S
                taken = _SCREEN_SHARE if is_busy else _IDLE_SHARE
        for line in self._lines.values():
            # A screen that has been idle begins with its full share, and has the camera give way from then on.
            budget_bps = int(pictures_bps * (_SCREEN_SHARE if line.is_screen else 1 - taken))
            line.pacer.rate_bps = int(budget_bps * _PACE[line.is_screen])
            line.track.budget_bps = budget_bps if self.hears_reports else 0
            line.repeats.rate_bps = sendable_bps * _REPEATS_SHARE


async def _unless_closed(what: Coroutine[Any, Any, None]) -> None:
    try:
        await what
    except ConnectionError:
        pass


async def _later(wait_s: float, repeat: Repeat, number: int) -> None:
    await asyncio.sleep(wait_s)
    await repeat(number)


def extension_id(transport: RTCDtlsTransport) -> int:
    """Under which number packets carry their transport-wide one; 0: not agreed on."""
    ids = transport._rtp_header_extensions_map._HeaderExtensionsMap__ids  # type: ignore[attr-defined]
    return ids.transport_sequence_number or 0


def _split(data: bytes) -> Iterator[bytes]:
    """The packets of a compound one, the last of them perhaps cut."""
    at = 0
    while at < len(data):
        end = at + 4 + 4 * int.from_bytes(data[at + 2 : at + 4], "big")
        yield data[at:end]
        at = end


def _is_whole(packet: bytes) -> bool:
    return len(packet) == 4 + 4 * int.from_bytes(packet[2:4], "big")


def _take_out(data: bytes) -> tuple[bytes, list[bytes]]:
    """A compound packet without its transport feedback, and the feedback."""
    rest, reports = b"", []
    for packet in _split(data):
        if packet[1:2] == _FEEDBACK and packet[0] & 0x1F == twcc.FORMAT and _is_whole(packet):
            reports.append(packet[12:])
        else:
            rest += packet
    return rest, reports


def of(transport: RTCDtlsTransport) -> Steering:
    """The one of this transport, made when it is asked for first: before the transport connects."""
    held: Any = transport
    if not hasattr(held, "steering"):
        held.steering = Steering(transport)
    steering: Steering = held.steering
    return steering


def has_feedback(transceivers: Iterable[RTCRtpTransceiver]) -> bool:
    """Whether the peer takes and gives transport-wide feedback; known once its description is."""
    return any(extension.uri == twcc.EXTENSION for one in transceivers for extension in one._headerExtensions)
