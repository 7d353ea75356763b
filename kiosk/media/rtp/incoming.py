"""All that one peer connection receives: its way in, its router, its receivers. Knows no lines and no tiles."""

import logging
from collections.abc import Callable
from typing import Any

from aiortc import RTCPeerConnection, RTCRtpReceiver, RTCRtpTransceiver

from kiosk.contract.errors import MalformedError
from kiosk.media.rtp import bandwidth, receiver, routing, steering
from kiosk.media.rtp.intake import Intake
from kiosk.media.rtp.receiver import Receiver
from kiosk.runtime.log import Refusals

_logger = logging.getLogger(__name__)


class Incoming:
    """Made when the connection has its first description, `attach` for each line, `start` before it connects."""

    def __init__(
        self,
        connection: RTCPeerConnection,
        retransmissions: dict[str, tuple[int, ...]],
        refusals: Refusals | None = None,
    ) -> None:
        """`retransmissions`: the SSRCs of each mid that carry them; may grow. `refusals` count what is dropped."""
        self._refusals = refusals or Refusals(_logger)
        dtls = connection.getTransceivers()[0].receiver.transport
        routing.install(dtls, retransmissions)
        self.intake = Intake(dtls, self._refuse)
        self.intake.on_packet = steering.of(dtls).came
        self._connection = connection
        self.receivers = self.intake.receivers

    def _refuse(self, reason: str) -> None:
        self._refusals.note(MalformedError("media", reason))

    def attach(self, transceiver: RTCRtpTransceiver, on_frame: Callable[[Any], None]) -> Receiver:
        """Our receiver in place of aiortc's, once the remote description gave it a track. `on_frame` on the loop."""
        found = receiver.install(transceiver, self.intake.send, on_frame, self.intake.refuse)
        self.receivers.append(found)
        return found

    def start(self) -> None:
        """After `setLocalDescription`, which has gathered the candidates; again changes nothing."""
        video: list[RTCRtpReceiver] = [found for found in self.receivers if found.track.kind == "video"]
        has_feedback = steering.has_feedback(self._connection.getTransceivers())
        (bandwidth.leave_out if has_feedback else bandwidth.install)(video)
        self.intake.attach()
