"""One peer connection, from an offer to its end. Answers only, and never renegotiates."""

import asyncio
import logging
from collections.abc import Callable
from functools import partial

import av
from aioice.ice import get_host_addresses
from aiortc import RTCBundlePolicy, RTCConfiguration, RTCPeerConnection, RTCRtpTransceiver, RTCSessionDescription

from kiosk.contract.configuration import Codec
from kiosk.contract.errors import MalformedError
from kiosk.contract.media import Wish
from kiosk.media.engine.candidates import REFUSALS, Candidates
from kiosk.media.engine.gates import Gates
from kiosk.media.engine.outgoing import Feeds, Outgoing
from kiosk.media.engine.waist import Line
from kiosk.media.playback.voice import Voice
from kiosk.media.rtp import sound, steering
from kiosk.media.rtp.incoming import Incoming
from kiosk.media.rtp.lip_sync import LipSync
from kiosk.media.rtp.receiver import Receiver
from kiosk.media.rtp.sdp import Offer, finish_answer
from kiosk.media.rtp.statistics import Counters, begun, counters_of, own_address
from kiosk.runtime.log import Refusals

_logger = logging.getLogger(__name__)


class Connection:
    """Owns one RTCPeerConnection and the tracks that feed it."""

    def __init__(
        self,
        group: asyncio.TaskGroup,
        configuration: RTCConfiguration,
        feeds: Feeds | None,
        on_state: Callable[["Connection"], None],
        on_frame: Callable[[Line, av.VideoFrame], None],
        voice: Voice,
        refusals: Refusals | None = None,
    ) -> None:
        """`feeds`: what is sent, None where the peer only sends.

        `on_state` when `is_up` or `is_over` have changed; `on_frame` with decoded pictures, in any thread, one at a
        time a line; `voice` gets the sound; `refusals` count what of the peer's packets is dropped.
        """
        self._group, self._refusals = group, refusals
        self._outgoing = Outgoing(feeds) if feeds else None
        self._on_state, self._on_frame, self._voice = on_state, on_frame, voice
        self._lips = LipSync(voice)
        # Balanced, aiortc's own choice, leaves the second video line of a bundle on a transport that never connects.
        assert configuration.bundlePolicy is RTCBundlePolicy.MAX_BUNDLE
        self._pc = RTCPeerConnection(configuration)
        self._pc.on("connectionstatechange", self._state_changed)
        self._tasks: list[asyncio.Task[None]] = []
        self._candidates = Candidates(group, self._pc)
        self._receivers: dict[Line, Receiver] = {}
        self.is_up = False
        self.is_over = False

    @property
    def audio_packets_sent(self) -> int:
        return self._outgoing.audio_packets_sent if self._outgoing else 0

    @property
    def frames_sent(self) -> int:
        return self._outgoing.frames_sent if self._outgoing else 0

    @property
    def screen_frames_sent(self) -> int:
        return self._outgoing.screen_frames_sent if self._outgoing else 0

    def count(self) -> Counters:
        """What came and went so far, and how the way is."""
        return counters_of(self._pc, list(self._receivers.values()), self._receivers.get(Line.CAMERA))

    def begun(self) -> int:
        """See `kiosk.media.rtp.statistics`."""
        return begun(self._receivers.get(Line.CAMERA))

    async def answer(self, offer: Offer, source: str) -> str:
        """Sets everything up for `offer`; returns the answer with all candidates of ours.

        Raises:
            MalformedError: aiortc refuses the offer after all.
        """
        try:
            await self._pc.setRemoteDescription(RTCSessionDescription(offer.sdp, "offer"))
            self._candidates.open()
            incoming = Incoming(self._pc, offer.retransmissions, self._refusals, offer.parity)
            for transceiver in self._pc.getTransceivers():
                self._prepare(transceiver, offer, incoming)
            steering.of(self._pc.getTransceivers()[0].receiver.transport).is_server = self._outgoing is None
            await self._pc.setLocalDescription(await self._pc.createAnswer())
            incoming.start()
        except REFUSALS as error:
            raise MalformedError(source, f"{type(error).__name__}: {error}") from None
        return finish_answer(self._pc.localDescription.sdp, offer)

    def _prepare(self, transceiver: RTCRtpTransceiver, offer: Offer, incoming: Incoming) -> None:
        line = offer.lines[transceiver.mid or ""]
        if self._outgoing:
            transceiver.direction = "sendrecv"
            self._outgoing.attach(transceiver.sender, line, offer.codecs.get(line, Codec.VP8))
        if transceiver.receiver.track:
            due_s = self._lips.due_s if line is Line.CAMERA else None
            self._receivers[line] = incoming.attach(transceiver, partial(self._on_frame, line), due_s)
        if line is Line.MICROPHONE and transceiver.receiver.track:
            sound.install(transceiver.receiver, self._voice)
        if line is not Line.SCREEN and transceiver.receiver.track:
            self._lips.listen(transceiver.receiver)

    def add_candidate(self, mid: str, text: str, source: str) -> None:
        """One candidate line of the peer. Raises MalformedError: no candidate, or too many."""
        if not self.is_over:
            self._candidates.add(mid, text, source)

    def set_gates(self, gates: Gates) -> None:
        """What crosses from now on."""
        if self._outgoing:
            self._outgoing.set_gates(gates)
        for line, found in self._receivers.items():
            found._enabled = line is Line.MICROPHONE or line in gates.taken

    def wish(self, wish: Wish) -> None:
        """How tall the peer shows what we send."""
        if self._outgoing:
            self._outgoing.wish(wish)

    def has_lost_address(self) -> bool:
        """Whether it goes by way of an address of ours that this machine has no longer."""
        own = own_address(self._pc)
        return own is not None and own not in get_host_addresses(use_ipv4=True, use_ipv6=True)

    def _state_changed(self) -> None:
        state = self._pc.connectionState
        if state == "failed" and not self.is_over and self._has_wrong_keys():
            self._note(MalformedError("handshake", "another key than was offered, or no cipher that both know"))
        self.is_up = state == "connected"
        self.is_over = self.is_over or state in ("failed", "closed")
        self._on_state(self)

    def _has_wrong_keys(self) -> bool:
        """The handshake came to its end, and nothing of it; else there is no path."""
        transports = [one.receiver.transport for one in self._pc.getTransceivers()]
        return any(transport.state == "failed" and transport.encrypted for transport in transports)

    def _note(self, error: MalformedError) -> None:
        if self._refusals:
            self._refusals.note(error)

    def stop(self) -> None:
        """Nothing is sent any more from this moment; `close` does the rest."""
        self.is_up, self.is_over = False, True
        self.set_gates(Gates())
        if self._outgoing:
            self._outgoing.stop()

    async def close(self) -> None:
        """Say goodbye to the peer and let go of everything."""
        self.stop()
        self._pc.remove_all_listeners()
        self._candidates.stop()
        self._lips.stop()
        for task in self._tasks:
            task.cancel()
        await self._pc.close()
