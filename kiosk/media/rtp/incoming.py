"""All that one peer connection receives: its way in, its router, its receivers. Knows no lines and no tiles."""

import logging
from collections.abc import Callable
from typing import Any

from aiortc import RTCPeerConnection, RTCRtpReceiver, RTCRtpTransceiver

from kiosk.contract.errors import MalformedError
from kiosk.media.rtp import bandwidth, receiver, routing, steering
from kiosk.media.rtp.intake import Intake
from kiosk.media.rtp.parity import Types
from kiosk.media.rtp.receiver import DueS, Receiver
from kiosk.runtime.log import Refusals

_logger = logging.getLogger(__name__)


class Incoming:
    """Made when the connection has its first description, `attach` for each line, `start` before it connects."""

    def __init__(
        self,
        connection: RTCPeerConnection,
        retransmissions: dict[str, tuple[int, ...]],
        refusals: Refusals | None = None,
        parity: dict[str, Types] | None = None,
    ) -> None:
        """`retransmissions`: the SSRCs of each mid that carry them; may grow. `refusals` count what is dropped.

        `parity`: the payload types of each mid for which it was agreed on.
        """
        self._parity = parity or {}
        self._refusals = refusals or Refusals(_logger)
        dtls = connection.getTransceivers()[0].receiver.transport
        routing.install(dtls, retransmissions)
        self.intake = Intake(dtls, self._refuse)
        steered = steering.of(dtls)
        self.intake.on_packet, steered.on_refused = steered.came, self._refuse
        self._inbound = steered.inbound
        steered.say = self.intake.send
        self._connection = connection
        self.receivers = self.intake.receivers

    def _refuse(self, reason: str) -> None:
        self._refusals.note(MalformedError("media", reason))

    def attach(
        self, transceiver: RTCRtpTransceiver, on_frame: Callable[[Any], None], due_s: DueS | None = None
    ) -> Receiver:
        """Our receiver in place of aiortc's, once the remote description gave it a track.

        `on_frame` is called in the decoder's thread; `due_s` says when each picture is to be shown, if not at once.
        """
        parity = self._parity.get(transceiver.mid or "")
        inbound = self._inbound
        found = receiver.install(transceiver, self.intake.send, on_frame, self.intake.refuse, inbound, parity, due_s)
        self.receivers.append(found)
        return found

    def start(self) -> None:
        """After `setLocalDescription`, which has gathered the candidates; again changes nothing."""
        video: list[RTCRtpReceiver] = [found for found in self.receivers if found.track.kind == "video"]
        has_feedback = steering.has_feedback(self._connection.getTransceivers())
        (bandwidth.leave_out if has_feedback else bandwidth.install)(video)
        self.intake.attach()
