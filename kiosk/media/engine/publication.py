"""What the room gives to a media server: one peer connection that sends, offered by us, and never renegotiated."""

import asyncio
from collections.abc import Callable, Sequence

from aioice.ice import get_host_addresses
from aiortc import RTCConfiguration, RTCPeerConnection, RTCRtpSender, RTCSessionDescription
from aiortc.rtcrtpparameters import RTCRtpCodecCapability

from kiosk.contract.configuration import Codec
from kiosk.contract.errors import MalformedError
from kiosk.media.engine.candidates import REFUSALS, Candidates
from kiosk.media.engine.gates import Gates
from kiosk.media.engine.outgoing import Feeds, Outgoing
from kiosk.media.engine.waist import Line
from kiosk.media.rtp import steering
from kiosk.media.rtp.statistics import Counters, counters_of, own_address


class Publication:
    """Owns one RTCPeerConnection and the tracks that feed it."""

    def __init__(
        self,
        group: asyncio.TaskGroup,
        configuration: RTCConfiguration,
        feeds: Feeds,
        lines: Sequence[Line],
        codec: Codec,
        on_state: Callable[["Publication"], None],
    ) -> None:
        """`lines` become mids 0, 1, 2 in this order. `on_state` when `is_up` or `is_over` have changed."""
        self._outgoing, self._on_state = Outgoing(feeds), on_state
        self._pc = RTCPeerConnection(configuration)
        self._candidates = Candidates(group, self._pc)
        self._pc.on("connectionstatechange", self._state_changed)
        for line in lines:
            transceiver = self._pc.addTransceiver("audio" if line is Line.MICROPHONE else "video", "sendonly")
            transceiver.setCodecPreferences(_codecs(transceiver.kind, codec))
            self._outgoing.attach(transceiver.sender, line, codec)
        steering.of(self._pc.getTransceivers()[0].sender.transport).is_server = True
        self.is_up = False
        self.is_over = False

    @property
    def audio_packets_sent(self) -> int:
        return self._outgoing.audio_packets_sent

    @property
    def frames_sent(self) -> int:
        return self._outgoing.frames_sent

    @property
    def screen_frames_sent(self) -> int:
        return self._outgoing.screen_frames_sent

    @property
    def counters(self) -> Counters:
        """What went so far, and how the way is."""
        return counters_of(self._pc)

    async def offer(self) -> str:
        """The description to publish with, all our candidates in it."""
        await self._pc.setLocalDescription(await self._pc.createOffer())
        sdp: str = self._pc.localDescription.sdp
        return sdp

    async def accept(self, answer: str, source: str) -> None:
        """The server's answer. Raises MalformedError when it is none that can be used."""
        try:
            await self._pc.setRemoteDescription(RTCSessionDescription(answer, "answer"))
        except REFUSALS as error:
            raise MalformedError(source, f"{type(error).__name__}: {error}") from None
        self._candidates.open()

    def add_candidate(self, mid: str, text: str, source: str) -> None:
        """One candidate line of the server. Raises MalformedError: no candidate, or too many."""
        if not self.is_over:
            self._candidates.add(mid, text, source)

    def set_gates(self, gates: Gates) -> None:
        """What is sent from now on."""
        self._outgoing.set_gates(gates)

    def has_lost_address(self) -> bool:
        """Whether it goes by way of an address of ours that this machine has no longer."""
        own = own_address(self._pc)
        return own is not None and own not in get_host_addresses(use_ipv4=True, use_ipv6=True)

    def _state_changed(self) -> None:
        state = self._pc.connectionState
        self.is_up = state == "connected"
        self.is_over = self.is_over or state in ("failed", "closed")
        self._on_state(self)

    def stop(self) -> None:
        """Nothing is sent any more from this moment; `close` does the rest."""
        self.is_up, self.is_over = False, True
        self._outgoing.stop()

    async def close(self) -> None:
        """Say goodbye to the server and let go of everything."""
        self.stop()
        self._candidates.stop()
        self._pc.remove_all_listeners()
        await self._pc.close()


def _codecs(kind: str, codec: Codec) -> list[RTCRtpCodecCapability]:
    """One codec, since the packets come encoded, and retransmission."""
    wanted = "opus" if kind == "audio" else codec.value
    codecs = RTCRtpSender.getCapabilities(kind).codecs
    return [one for one in codecs if one.name.lower() in (wanted, "rtx")]
