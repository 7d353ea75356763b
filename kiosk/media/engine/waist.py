"""The small waist between calls and the rest of media: an engine takes the plan, gives pictures, sound and reports.

An engine knows neither tiles nor loudspeaker, camera nor microphone; who drives it knows no aiortc.
"""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Protocol

import av

from kiosk.contract.media import IceServer, PeerReport, Plan, Signal
from kiosk.media.playback.voice import Voice


class Line(StrEnum):
    """The three media lines between two peers, in the order in which they are offered."""

    MICROPHONE = "microphone"
    CAMERA = "camera"
    SCREEN = "screen"


class Sinks(Protocol):
    """Where an engine puts what the peers send. Called on the loop, but for `picture`."""

    def picture(self, call: str, line: Line, frame: av.VideoFrame) -> None:
        """A decoded picture of `CAMERA` or `SCREEN`, yuv420p. Any thread; never beside another call for that peer."""

    def voice(self, call: str) -> Voice:
        """Where this peer's packets of sound go (`rtp.sound.install`), over all its connections, until `gone`."""

    def no_pictures(self, call: str) -> None:
        """This peer's pictures may be shown no longer."""

    def gone(self, call: str) -> None:
        """The peer is no more: forget its pictures and sound."""


class Engine(Protocol):
    """A way of calling. All methods on the loop; none waits for the network."""

    @property
    def name(self) -> str:
        """`mesh` or `janus`, as in `MediaReport.engine`."""

    @property
    def lost_room(self) -> str:
        """As in `MediaReport.lost_room`."""

    @property
    def refused(self) -> int:
        """Signals and descriptions refused so far."""

    def apply(self, plan: Plan) -> None:
        """Connect, keep and close peers as the plan says; open and close what is sent to them."""

    def take(self, signal: Signal) -> None:
        """One step of signaling from a peer. What is not of a planned peer is refused."""

    def use_servers(self, servers: Sequence[IceServer]) -> None:
        """STUN and TURN servers for peer connections made from now on."""

    def network_changed(self) -> None:
        """A cable is back, or an address is new: what is not connected tries at once, relays are tried anew."""

    def show(self, heights: Mapping[str, int]) -> None:
        """Tile (`{call}/camera`, `{call}/screen`) to its height on the panel in pixels; one not named is hidden."""

    def reports(self) -> tuple[PeerReport, ...]:
        """Every planned peer as it is now."""

    async def close(self) -> None:
        """Close all peers, and see that they hear of it, within a second."""
