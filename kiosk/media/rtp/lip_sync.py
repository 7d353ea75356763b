"""Pictures wait for the sound that belongs to them, where sound is behind; by the sender's reports (RFC 3550, 6.4.1).
They wait for each other as well, see `evenness`; where that takes long, sound comes later too.

Stock aiortc forgets which time of the sender an RTP time stands for. A picture is never held longer than 250 ms, and
for its sound not at all while nobody is heard.
"""

import time
from collections.abc import Callable

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
_SOUND_MOST_S = 0.2
"""Sound waits for pictures no longer than this: who talks with somebody notices more."""
_SOUND_STEP_S = 0.0015
"""A picture; so little at a time that nobody hears it."""
_SOUND_SLACK_S = 0.02
_UNSEEN_S, _SOUND_LET_GO_S = 1.0, 0.05
"""Without pictures for so long; at each of the sender's reports."""
_ABSURD_S = 5.0
"""Further apart than this the reports are wrong."""
_APART_S, _CATCH_UP_S = 0.016, 0.1
"""What waited behind a missing packet is shown in quick motion, not all at once: else the next hole is seen, too."""
_SMOOTHING = 0.15
_UNHEARD_S = 0.15


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
    """Says when each picture of one peer's camera is to be shown. On the loop."""

    def __init__(self, voice: Voice, clock: Callable[[], float] = time.monotonic) -> None:
        """`clock` in seconds, the one by which the voice is pulled."""
        self._voice, self._clock = voice, clock
        self._times = SenderTimes()
        self._evenness = evenness.Evenness()
        self._came_s = self._due_s = 0.0
        self.hold_s = 0.0
        """How long pictures wait now."""
        self.sound_behind_s: float | None = None
        """How far behind its picture sound would be if pictures did not wait; None while that is not known."""

    def listen(self, receiver: RTCRtpReceiver) -> None:
        """To the reports about sound or picture."""
        handle = receiver._handle_rtcp_packet

        async def noted(packet: AnyRtcpPacket) -> None:
            if isinstance(packet, RtcpSrPacket):
                self._times.note(packet.ssrc, packet.sender_info.rtp_timestamp, packet.sender_info.ntp_timestamp)
                self._let_go_of_sound()
            await handle(packet)

        receiver._handle_rtcp_packet = noted  # type: ignore[method-assign]

    def due_s(self, ssrc: int, timestamp: int) -> float:
        """When the picture that is whole now is to be shown, by its stream and RTP time; always in order."""
        now_s = self._came_s = self._clock()
        hold_s = self.hold_for(self._times.time_s(ssrc, timestamp, _PICTURE_HZ), now_s)
        hold_s = max(hold_s, self._evenness.wait_s(timestamp / _PICTURE_HZ, now_s, self._most_ahead_s()))
        self._delay_sound()
        due_s = now_s + hold_s
        self._due_s = max(self._due_s, due_s, min(self._due_s + _APART_S, due_s + _CATCH_UP_S))
        return self._due_s

    def _most_ahead_s(self) -> float:
        """How long pictures may wait for each other before their sound is too far ahead."""
        if self.sound_behind_s is None:
            return evenness.MOST_S
        return max(0.0, self.sound_behind_s + self._evenness.mean_s + _AHEAD_S)

    def _delay_sound(self) -> None:
        """A little later where pictures need to wait longer than sound may be ahead, a little sooner where not."""
        lacking_s = self._evenness.target_s - self._most_ahead_s()
        voice = self._voice
        if lacking_s > 0 and self.sound_behind_s is not None:
            voice.least_delay_s = min(max(voice.least_delay_s, voice.delay_ms / 1000) + _SOUND_STEP_S, _SOUND_MOST_S)
        elif lacking_s < -_SOUND_SLACK_S and voice.least_delay_s:
            voice.least_delay_s = max(0.0, voice.least_delay_s - _SOUND_STEP_S)

    def _let_go_of_sound(self) -> None:
        """While no pictures come it waits for nothing."""
        if self._clock() - self._came_s > _UNSEEN_S:
            self._voice.least_delay_s = max(0.0, self._voice.least_delay_s - _SOUND_LET_GO_S)

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

    def stop(self) -> None:
        """No more pictures come."""
        self._voice.least_delay_s = 0.0
