"""One bandwidth estimate for all video a peer sends, with a floor and a start.

Stock aiortc has an estimator a receiver. Chromium takes each report as the cap for the whole connection, so camera and
screen pull each other down; 103 kbit/s were seen. It believes the first report at once, so the first is a useful one.
"""

import time
from collections import deque

from aiortc import RTCRtpReceiver
from aiortc.rate import RateCounter, RemoteBitrateEstimator

START_BPS = 2_000_000
FLOOR_BPS = 250_000


class Rate(RateCounter):
    """Bits a second over the last second. aiortc's walks through every millisecond, and makes a thousand objects."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        self._since_ms: int | None = None
        self._came: deque[tuple[int, int]] = deque()
        self._bytes = 0

    def add(self, value: int, now_ms: int) -> None:
        """So many bytes have come."""
        if self._since_ms is None:
            self._since_ms = now_ms
        self._came.append((now_ms, value))
        self._bytes += value

    def rate(self, now_ms: int) -> int | None:
        """None where nothing has come, or all of it just now."""
        if self._since_ms is None:
            return None
        self._since_ms = max(self._since_ms, now_ms - 999)
        while self._came and self._came[0][0] < self._since_ms:
            self._bytes -= self._came.popleft()[1]
        passed_ms = now_ms - self._since_ms + 1
        return round(8000 * self._bytes / passed_ms) if self._came and passed_ms > 1 else None


class SharedEstimator(RemoteBitrateEstimator):
    """The estimator of one peer connection."""

    def __init__(self) -> None:
        super().__init__()
        self.incoming_bitrate = Rate()
        self.rate_control.set_estimate(START_BPS, int(time.time() * 1000))

    def add(
        self, arrival_time_ms: int, abs_send_time: int, payload_size: int, ssrc: int
    ) -> tuple[int, list[int]] | None:
        report = super().add(arrival_time_ms, abs_send_time, payload_size, ssrc)
        if report is None:
            return None
        if report[0] < FLOOR_BPS:
            self.rate_control.current_bitrate = FLOOR_BPS
        return max(report[0], FLOOR_BPS), report[1]


def leave_out(receivers: list[RTCRtpReceiver]) -> None:
    """On the video receivers of a peer that has transport-wide feedback: a report would only be one more limit."""
    for receiver in receivers:
        receiver._RTCRtpReceiver__remote_bitrate_estimator = None  # type: ignore[attr-defined]


def install(receivers: list[RTCRtpReceiver]) -> None:
    """On all video receivers of one peer connection, before it connects."""
    shared = SharedEstimator()
    for receiver in receivers:
        receiver._RTCRtpReceiver__remote_bitrate_estimator = shared  # type: ignore[attr-defined]
