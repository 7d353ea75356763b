"""Transport-wide feedback of one peer connection, both ways: one estimate for all its lines.

The sending side reckons (Chromium, Janus, we): we report when the peer's packets came, and steer what we send by the
peer's reports. aiortc 1.16 knows nothing of it. Peers that know only REMB: see `bandwidth`.
"""

import asyncio
import random
import struct
import time
from collections.abc import Iterable
from typing import Any, NamedTuple, Protocol

from aiortc import RTCRtpSender, RTCRtpTransceiver
from aiortc.codecs import CODECS, HEADER_EXTENSIONS
from aiortc.rtcdtlstransport import RTCDtlsTransport
from aiortc.rtcrtpparameters import RTCRtcpFeedback, RTCRtpHeaderExtensionParameters
from aiortc.rtp import RTCP_RTPFB, HeaderExtensions, HeaderExtensionsMap, is_rtcp

from kiosk.media.rtp import twcc
from kiosk.media.rtp.congestion import START_BPS, Estimator
from kiosk.media.rtp.pacing import Pacer, Repeats
from kiosk.media.rtp.packet import Packet

_REPORT_S = 0.05
_LOOK_S = 0.1
_EXTENSION_ID = 5
"""Free in aiortc's own numbering, which counts only in our own offers."""
_CHROMIUM_START_KBPS = 1000
"""What Chromium's sender begins with, instead of 300; others do not know the word."""
_SOUND_BPS = 60_000
"""Set aside for the microphone, headers included."""
_SCREEN_SHARE, _IDLE_SHARE = 0.7, 0.1
"""The screen's share while its packets have to wait, and while they do not."""
_BUSY_S = 1.0
_REPEATS_SHARE = 0.5
"""Of what may be sent; retransmissions of everything that a full queue has dropped would keep it full."""
_PACE = {True: 1.15, False: 2.5}
"""Of a line's share: a screen's picture may be as large as a second's worth, a camera's has to be there soon."""


def negotiate() -> None:
    """Once a process, before the first peer connection: offers and answers ask for transport-wide feedback."""
    for kind, codecs in CODECS.items():
        extensions = HEADER_EXTENSIONS[kind]
        if any(extension.uri == twcc.EXTENSION for extension in extensions):
            continue
        extensions.append(RTCRtpHeaderExtensionParameters(id=_EXTENSION_ID, uri=twcc.EXTENSION))
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
    track: PictureTrack
    pacer: Pacer
    is_screen: bool


class _Again(NamedTuple):
    line: _Line
    again: Repeats


class _Numbered(HeaderExtensionsMap):
    """Leaves room for the transport-wide number in every packet; it is filled in when the packet leaves."""

    def set(self, values: HeaderExtensions) -> tuple[int, bytes]:
        values.transport_sequence_number = 0
        return super().set(values)


class Steering:
    """Of one transport, from before it connects. Loop's thread only."""

    def __init__(self, transport: RTCDtlsTransport) -> None:
        """Makes the transport's own way out and its RTCP go by way of this."""
        self._transport = transport
        self._stock_send, self._stock_rtcp = transport._send_rtp, transport._handle_rtcp_data
        transport._send_rtp = self.send  # type: ignore[method-assign]
        transport._handle_rtcp_data = self.hear  # type: ignore[method-assign]
        self._estimator = Estimator()
        self._hears_reports = False
        self.is_server = False
        """A media server says by REMB what its room allows. A browser that reports each packet says it by mistake: one
        REMB of the first moment, 250 kbit/s, was seen to hold a whole call down."""
        self._lines: dict[int, _Line] = {}
        self._again: dict[int, _Again] = {}
        self._number = random.randrange(0x8000)
        self._looked_s = 0.0
        self._arrivals = twcc.Arrivals()
        self._ssrc = 0
        self._tasks: set[asyncio.Task[None]] = set()
        self._timer: asyncio.TimerHandle | None = None

    def attach(self, sender: RTCRtpSender, track: PictureTrack | None, *, is_screen: bool = False) -> None:
        """One sender, before it connects; `track` is None for sound, which is numbered but never waits."""
        sender._RTCRtpSender__rtp_header_extensions_map = _Numbered()  # type: ignore[attr-defined]
        if track:
            line = self._lines[sender._ssrc] = _Line(track, Pacer(START_BPS, time.monotonic), is_screen)
            self._again[sender._rtx_ssrc] = _Again(line, Repeats(START_BPS, time.monotonic))
            self._share()

    @property
    def available_bps(self) -> int:
        """What the way to the peer is believed to carry, all lines together."""
        limits = [line.track.limit_bps for line in self._lines.values() if line.track.limit_bps]
        if not self._hears_reports:
            return max(limits, default=START_BPS)
        return min([self._estimator.target_bps, *limits])

    @property
    def out_loss(self) -> float:
        """Share of our packets of the last second that did not come; 0 where the peer does not report."""
        return self._estimator.loss

    def came(self, packet: Packet, now_s: float) -> None:
        """A media packet of the peer's is here. `now_s` by the monotonic clock."""
        if packet.transport_sequence_number is None:
            return
        self._ssrc = packet.ssrc
        self._arrivals.note(packet.transport_sequence_number, now_s)
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(_REPORT_S, self._report)

    def _report(self) -> None:
        self._timer = None
        fci = self._arrivals.report()
        if fci is None:
            return
        own = next(iter(self._lines), 1)
        words = 2 + len(fci) // 4
        packet = struct.pack("!BBHLL", 0x80 | twcc.FORMAT, RTCP_RTPFB, words, own, self._ssrc) + fci
        task = asyncio.create_task(self._say(packet), name="transport-feedback")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _say(self, packet: bytes) -> None:
        try:
            await self._stock_send(packet)
        except ConnectionError:
            pass  # closed meanwhile

    async def send(self, data: bytes) -> None:
        """In place of the transport's `_send_rtp`: pictures wait for their turn, everything gets its number."""
        if not is_rtcp(data):
            ssrc = int.from_bytes(data[8:12], "big")
            line, repeats = self._lines.get(ssrc), self._again.get(ssrc)
            if repeats and not (
                repeats.line.track.is_open and repeats.again.may_leave(data, self._estimator.round_trip_s)
            ):
                return  # closed: nothing leaves; else the peer asks once more, if it still wants it
            if line:
                await line.pacer.turn(len(data))
                if not line.track.is_open:
                    return  # closed while it waited
            data = self._numbered(data)
        await self._stock_send(data)

    def _numbered(self, data: bytes) -> bytes:
        at = _place_of(data, extension_id(self._transport))
        if not at:
            return data
        number, self._number = self._number, (self._number + 1) & 0xFFFF
        now_s = time.monotonic()
        self._estimator.sent(number, len(data), now_s)
        if now_s - self._looked_s > _LOOK_S:
            self._looked_s = now_s
            self._estimator.look(now_s)
            self._share()
        return data[:at] + number.to_bytes(2, "big") + data[at + 2 :]

    async def hear(self, data: bytes) -> None:
        """In place of `_handle_rtcp_data`: takes transport feedback out, which aiortc would choke on."""
        rest, reports = _take_out(data)
        for fci in reports:
            try:
                feedback = twcc.parse(fci)
            except ValueError:
                continue  # a broken report is as good as one that was lost
            self._hears_reports = True
            self._estimator.hear(feedback, time.monotonic())
            self._share()
        if rest:
            await self._stock_rtcp(rest)

    def _share(self) -> None:
        if self._hears_reports and not self.is_server:
            for line in self._lines.values():
                line.track.limit_bps = 0
        pictures_bps = max(self.available_bps - _SOUND_BPS, _SOUND_BPS)
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
            line.track.budget_bps = budget_bps if self._hears_reports else 0
        for one in self._again.values():
            one.again.rate_bps = pictures_bps * _REPEATS_SHARE


def extension_id(transport: RTCDtlsTransport) -> int:
    """Under which number packets carry their transport-wide one; 0: not agreed on."""
    ids = transport._rtp_header_extensions_map._HeaderExtensionsMap__ids  # type: ignore[attr-defined]
    return ids.transport_sequence_number or 0


def _place_of(data: bytes, wanted: int) -> int:
    """Where in our own packet the extension's two bytes are; 0: nowhere. One-byte heads, as aiortc writes them."""
    if not wanted or not data[0] & 0x10:
        return 0
    at = 12 + 4 * (data[0] & 0x0F)
    end = at + 4 + 4 * int.from_bytes(data[at + 2 : at + 4], "big")
    if data[at : at + 2] != b"\xbe\xde":
        return 0
    at += 4
    while at < end:
        head = data[at]
        if head >> 4 == wanted:
            return at + 1
        at += (head & 0x0F) + 2 if head else 1
    return 0


def _take_out(data: bytes) -> tuple[bytes, list[bytes]]:
    """A compound packet without its transport feedback, and the feedback."""
    at, rest, reports = 0, b"", []
    while at + 4 <= len(data):
        end = at + 4 + 4 * int.from_bytes(data[at + 2 : at + 4], "big")
        if data[at + 1] == RTCP_RTPFB and data[at] & 0x1F == twcc.FORMAT and end <= len(data):
            reports.append(data[at + 12 : end])
        else:
            rest += data[at:end]
        at = end
    return rest + data[at:], reports


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
