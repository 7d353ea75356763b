"""Pictures wait for the sound that belongs to them, where sound is behind; by the sender's reports (RFC 3550, 6.4.1).
They wait for each other as well, see `evenness`.

Stock aiortc forgets which time of the sender an RTP time stands for. A picture is never held longer than 200 ms, and
not at all while nobody is heard.
"""

import asyncio
import time
from collections import deque
from collections.abc import Callable
from typing import Any

import av
from aiortc import RTCRtpReceiver
from aiortc.rtp import AnyRtcpPacket, RtcpSrPacket

from kiosk.media.playback.voice import Voice
from kiosk.media.rtp import evenness

_SOUND_HZ, _PICTURE_HZ = 48_000, 90_000
TOLERANCE_S = 0.04
"""Sound this far behind is not noticed, so nothing waits for it. 80 ms are (ITU-R BT.1359: 125; the issue: 80)."""
MOST_S = 0.2
_AHEAD_S = 0.07
"""Sound this far ahead is not noticed."""
_ABSURD_S = 5.0
"""Further apart than this the reports are wrong."""
_SMOOTHING = 0.15
_UNHEARD_S = 0.15
_MOST_WAITING = 8
_SOON_S = 0.004


class SenderTimes:
    """RTP times to the sender's own time, by SSRC."""

    def __init__(self) -> None:
        self._reports: dict[int, tuple[int, float]] = {}

    def note(self, ssrc: int, rtp: int, ntp: int) -> None:
        """From a sender report; `ntp` in its 64 bits."""
        if ntp and (ssrc in self._reports or len(self._reports) < 16):
            self._reports[ssrc] = (rtp, ntp / 2**32)

    def time_s(self, ssrc: int, rtp: int, rate_hz: int) -> float | None:
        """When that was captured; None before the first report."""
        if ssrc not in self._reports:
            return None
        reported, at_s = self._reports[ssrc]
        return at_s + ((rtp - reported + 2**31) % 2**32 - 2**31) / rate_hz


class LipSync:
    """Between the decoder of one peer's camera and its tile. Loop's thread only."""

    def __init__(
        self, voice: Voice, show: Callable[[av.VideoFrame], None], clock: Callable[[], float] = time.monotonic
    ) -> None:
        """`show` gets each picture at its time. `clock` in seconds, the one by which the voice is pulled."""
        self._voice, self._show, self._clock = voice, show, clock
        self._times = SenderTimes()
        self._camera: Any = None
        self._waiting: deque[tuple[float, av.VideoFrame]] = deque()
        self._timer: asyncio.TimerHandle | None = None
        self._evenness = evenness.Evenness()
        self.hold_s = 0.0
        """How long pictures wait now."""
        self.sound_behind_s: float | None = None
        """How far behind its picture sound would be if pictures did not wait; None while that is not known."""

    def listen(self, receiver: RTCRtpReceiver) -> None:
        """To the reports about sound or picture; of a video receiver pictures will come."""
        handle = receiver._handle_rtcp_packet
        if receiver.track.kind == "video":
            self._camera = receiver

        async def noted(packet: AnyRtcpPacket) -> None:
            if isinstance(packet, RtcpSrPacket):
                self._times.note(packet.ssrc, packet.sender_info.rtp_timestamp, packet.sender_info.ntp_timestamp)
            await handle(packet)

        receiver._handle_rtcp_packet = noted  # type: ignore[method-assign]

    def take(self, frame: av.VideoFrame) -> None:
        """A decoded picture: shown now, or as soon as its sound is heard; always in order."""
        now_s = self._clock()
        hold_s = self.hold_for(self._captured_s(frame), now_s)
        if frame.pts is not None:
            hold_s = max(hold_s, self._evenness.wait_s(frame.pts / _PICTURE_HZ, now_s, self._most_ahead_s()))
        due_s = now_s + hold_s
        if self._waiting:
            due_s = max(due_s, self._waiting[-1][0])
        elif due_s - now_s < _SOON_S:
            self._show(frame)
            return
        self._waiting.append((due_s, frame))
        while len(self._waiting) > _MOST_WAITING:
            self._show(self._waiting.popleft()[1])
        self._wait(now_s)

    def _most_ahead_s(self) -> float:
        """How long pictures may wait for each other before their sound is too far ahead."""
        if self.sound_behind_s is None:
            return evenness.MOST_S
        return max(0.0, self.sound_behind_s + self._evenness.mean_s + _AHEAD_S)

    def _captured_s(self, frame: av.VideoFrame) -> float | None:
        origin = self._camera._RTCRtpReceiver__timestamp_mapper._origin if self._camera else None
        if frame.pts is None or origin is None:
            return None
        return self._times.time_s(self._camera._ssrc, frame.pts + origin, _PICTURE_HZ)

    def hold_for(self, captured_s: float | None, now_s: float) -> float:
        """How long a picture of that time is to wait."""
        heard = self._voice.heard
        heard_s = self._times.time_s(heard.ssrc, heard.timestamp, _SOUND_HZ) if heard else None
        if heard is None or heard_s is None or captured_s is None or now_s - heard.at_s > _UNHEARD_S:
            self.hold_s, self.sound_behind_s = 0.0, None
            return 0.0
        behind_s = captured_s - (heard_s + now_s - heard.at_s)
        if abs(behind_s) > _ABSURD_S:
            self.hold_s, self.sound_behind_s = 0.0, None
            return 0.0
        if self.sound_behind_s is not None:
            behind_s = self.sound_behind_s + (behind_s - self.sound_behind_s) * _SMOOTHING
        self.sound_behind_s = behind_s
        self.hold_s = min(max(behind_s - TOLERANCE_S, 0.0), MOST_S)
        return self.hold_s

    def _wait(self, now_s: float) -> None:
        if self._timer is None and self._waiting:
            delay_s = max(0.0, self._waiting[0][0] - now_s)
            self._timer = asyncio.get_running_loop().call_later(delay_s, self._release)

    def _release(self) -> None:
        self._timer = None
        now_s = self._clock()
        while self._waiting and self._waiting[0][0] - now_s < _SOON_S:
            self._show(self._waiting.popleft()[1])
        self._wait(now_s)

    def stop(self) -> None:
        """What waits is forgotten."""
        self._waiting.clear()
        if self._timer:
            self._timer.cancel()
            self._timer = None
