"""A video line's packets for one peer, in the codec it takes, of the layer it gets, and what it says about them."""

from collections.abc import Callable

from kiosk.contract.configuration import Codec
from kiosk.media.sending.packets import Packet, PacketTrack
from kiosk.media.sending.sizes import SMALL_WISH_PX, Layer, Wanting

START_BPS = 1_000_000
"""Believed in until somebody has reckoned or reported."""


class VideoTrack(PacketTrack):
    """Loop's thread only, but for `wanted`, which the feed sets."""

    def __init__(self, codec: Codec, want_keyframe: Callable[["VideoTrack"], None]) -> None:
        """`want_keyframe` gets this track when its peer cannot go on without one."""
        super().__init__("video", lambda: want_keyframe(self))
        self.codec = codec
        self.budget_bps = 0
        """This line's share of what the way to the peer carries; 0: not reckoned."""
        self.limit_bps = 0
        """The peer's last bandwidth report (REMB); 0: none yet."""
        self.wish_px = SMALL_WISH_PX + 1
        self.layer = self.wanted = Layer.LARGE
        """What is sent, and what is to be sent from that layer's next keyframe on."""
        self._last_pts = -1

    @property
    def is_listening(self) -> bool:
        """Whether anything has to be encoded for this peer."""
        return self.is_open and self.is_taken and self.wish_px > 0

    @property
    def allowed_bps(self) -> int:
        known = [bitrate_bps for bitrate_bps in (self.budget_bps, self.limit_bps) if bitrate_bps]
        return min(known, default=START_BPS)

    @property
    def wanting(self) -> Wanting:
        return Wanting(self.wish_px, self.allowed_bps, self.wanted)

    def ask_keyframe(self) -> None:
        """The peer has lost a picture (PLI, FIR)."""
        if self.is_open:
            self._want_keyframe()

    def limit(self, bitrate_bps: int) -> None:
        """The peer's bandwidth report (REMB)."""
        self.limit_bps = bitrate_bps

    def wish(self, height_px: int) -> None:
        """How tall the peer shows this line, in pixels of its screen; 0: not at all, so nothing is sent."""
        was_px, self.wish_px = self.wish_px, height_px
        if bool(was_px) is not bool(height_px):
            self._forget()
            if height_px:
                self.ask_keyframe()

    def take(self, layer: Layer, packet: Packet) -> None:
        """One packet of this codec, of whatever layer."""
        if not self.is_listening:
            return
        if layer is not self.layer:
            if layer is not self.wanted or not packet.is_keyframe:
                return
            self.layer = layer
        if packet.pts is not None and packet.pts > self._last_pts:
            self._last_pts = packet.pts
            self.offer(packet)
