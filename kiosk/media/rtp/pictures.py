"""The packets of one video stream to whole pictures: what is missing is asked for again, what cannot be repaired anew.

On the loop only. Knows no decoder: a picture is handed on, and refused where the decoder is too slow.
"""

import asyncio
from collections.abc import Callable
from typing import Protocol

from aiortc.jitterbuffer import JitterFrame
from aiortc.rtcrtpparameters import RTCRtpCodecParameters
from aiortc.rtp import RTCP_PSFB_PLI, RtcpPsfbPacket

from kiosk.media.rtp.assembly import EncodedPicture, VideoJitterBuffer
from kiosk.media.rtp.counting import Numbers
from kiosk.media.rtp.delay import Inbound
from kiosk.media.rtp.gaps import Gaps, nack
from kiosk.media.rtp.packet import Packet

_LOOK_S = 0.005
"""How often missing packets are looked after, while there are any."""
_STUCK_S = 0.4
_STUCK_ROUND_TRIPS = 9
"""After this a keyframe is asked for, in case it is quicker than the missing packets. On a narrow and lossy way it is
not: a browser that sends one, with its parity, sends nothing else for a quarter of a second."""
_ASK_S = 0.3
"""Between two requests for a keyframe, or two round trips where that is more."""
_FULL_ASK_S = 1.5
"""The same on a way that is full: a keyframe keeps it busy for a second, and one more behind it keeps it full."""
_FIRST_S = 0.2
"""A stream that begins with something else than a keyframe has this time to send one."""
_SILENT_S = 1.0
"""Nothing is asked of a peer that does not send."""
_JUMP = 5000
"""Numbers further apart are a new beginning of the stream."""


class Timer(Protocol):
    def cancel(self) -> None: ...


class Clock(Protocol):
    """What is used of a loop."""

    def time(self) -> float: ...

    def call_later(self, delay: float, callback: Callable[[], None], /) -> Timer: ...


class Pictures:
    """One line's; `begin` before the first packet, and where another stream takes its place."""

    def __init__(
        self,
        decode: Callable[[RTCRtpCodecParameters, JitterFrame], bool],
        send: Callable[[bytes], None],
        rtcp_ssrc: int,
        inbound: Inbound,
        clock: Clock | None = None,
    ) -> None:
        """`decode` says whether it takes a picture; `send` takes RTCP; `clock`: the running loop, if none is given."""
        self._inbound = inbound
        self._clock: Clock = clock or asyncio.get_running_loop()
        self._give, self._send, self._rtcp_ssrc = decode, send, rtcp_ssrc
        self._timer: Timer | None = None
        self.keyframes_asked = 0
        self.begin(0, 0.0)

    def begin(self, ssrc: int, now_s: float, *, is_urgent: bool = False) -> None:
        """Forgets all that was collected; nothing is decoded before a keyframe. `is_urgent`: ask for it now."""
        self._ssrc = ssrc
        self._numbers, self._gaps, self._buffer = Numbers(), Gaps(), VideoJitterBuffer()
        self._needs_keyframe = self._wants_keyframe = True
        self._forgotten = 0
        self._whole_s = self._came_s = now_s
        self._looked_s = now_s - _LOOK_S
        self._asked_s = now_s - (_SILENT_S if is_urgent else _ASK_S - _FIRST_S)

    @property
    def round_trip_s(self) -> float:
        """From asking for a packet to having it."""
        return self._gaps.round_trip_s

    def take(
        self, packet: Packet, codec: RTCRtpCodecParameters, now_s: float, *, is_again: bool, is_made: bool = False
    ) -> None:
        """One packet, its payload unpacked. `is_again`: by retransmission, `is_made`: by parity."""
        numbers, buffer = self._numbers, self._buffer
        edge, newest = buffer.edge, numbers.newest
        if newest is not None and edge == newest + 1 == newest + (packet.sequence_number - newest & 0xFFFF):
            numbers.newest = self._gaps.newest = edge  # almost always: it follows the last one, and nothing is missing
            pictures = buffer.append(packet)
        else:
            found = self._take_uneven(packet, now_s, is_again=is_again, is_made=is_made)
            if found is None:
                return
            pictures = found
        self._came_s = now_s
        for picture in pictures:
            self._whole_s = now_s
            self._hand_on(picture, codec, now_s)
        if self._wants_keyframe or self._gaps or self._buffer.is_stuck:
            self._look(now_s)

    def _take_uneven(
        self, packet: Packet, now_s: float, *, is_again: bool, is_made: bool
    ) -> tuple[EncodedPicture, ...] | None:
        """The first one, or one behind or before a hole. None: it is of no use."""
        before = self._numbers.newest
        number = self._numbers.extend(packet.sequence_number)
        if before is not None and abs(number - before) > _JUMP:
            if is_again or is_made:
                return None
            self.begin(self._ssrc, now_s)
            number = self._numbers.extend(packet.sequence_number)
        self._gaps.came(number, now_s, is_again=is_again, is_made=is_made)
        pictures = self._buffer.add(number, packet)
        if self._gaps and self._buffer.edge_at_jump > self._forgotten:
            self._forgotten = self._buffer.edge_at_jump
            self._gaps.forget_before(self._forgotten)
        return pictures

    def _hand_on(self, picture: EncodedPicture, codec: RTCRtpCodecParameters, now_s: float) -> None:
        if picture.is_keyframe:
            self._needs_keyframe = self._wants_keyframe = False
        if self._needs_keyframe:
            self._wants_keyframe = True
        elif not self._give(codec, picture):
            self._needs_keyframe = self._wants_keyframe = True

    def fail(self) -> None:
        """The decoder could not use a picture."""
        self._wants_keyframe = True
        self._look(self._clock.time())

    def _look(self, now_s: float) -> None:
        if now_s - self._looked_s < _LOOK_S:
            self._look_later()
            return
        self._looked_s = now_s
        queue_s = self._inbound.queue_s
        numbers = self._gaps.due(now_s, queue_s)
        if numbers:
            self._send(nack(self._rtcp_ssrc, self._ssrc, numbers))
        if self._buffer.shed() or self._gaps.is_hopeless:
            self._needs_keyframe, self._gaps.is_hopeless = True, False
        round_trip_s = self._gaps.round_trip_s
        stuck_s = _FULL_ASK_S if queue_s else max(_STUCK_S, _STUCK_ROUND_TRIPS * round_trip_s)
        is_stuck = self._buffer.is_stuck and now_s - self._whole_s > stuck_s
        self._wants_keyframe |= self._needs_keyframe
        ask_s = _FULL_ASK_S if queue_s else max(_ASK_S, 2 * round_trip_s)
        if (self._wants_keyframe or is_stuck) and now_s - self._asked_s >= ask_s:
            self._asked_s = now_s
            self.keyframes_asked += 1
            self._send(bytes(RtcpPsfbPacket(fmt=RTCP_PSFB_PLI, ssrc=self._rtcp_ssrc, media_ssrc=self._ssrc)))
        if self._wants_keyframe or self._gaps or self._buffer.is_stuck:
            self._look_later()

    def _look_later(self) -> None:
        if self._timer is None:
            self._timer = self._clock.call_later(_LOOK_S, self._look_again)

    def _look_again(self) -> None:
        self._timer = None
        now_s = self._clock.time()
        if now_s - self._came_s < _SILENT_S:
            self._look(now_s)

    def stop(self) -> None:
        """Nothing is asked for any more."""
        if self._timer:
            self._timer.cancel()
            self._timer = None
