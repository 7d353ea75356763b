"""One bandwidth estimate for all video a peer sends, with a floor and a start.

Stock aiortc has an estimator a receiver. Chromium takes each report as the cap for the whole connection, so camera and
screen pull each other down; 103 kbit/s were seen. It believes the first report at once, so the first is a useful one.
"""

import time

from aiortc import RTCRtpReceiver
from aiortc.rate import RemoteBitrateEstimator

START_BPS = 2_000_000
FLOOR_BPS = 250_000


class SharedEstimator(RemoteBitrateEstimator):
    """The estimator of one peer connection."""

    def __init__(self) -> None:
        super().__init__()
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
