"""What agent and media say to each other. The plan is the whole wish, the report the whole truth."""

from enum import StrEnum

from msgspec import Struct

from kiosk.contract.errors import Reason


class Sending(StrEnum):
    """What a capture may be used for."""

    OFF = "off"
    """Closed: the device itself is not open."""
    HERE = "here"
    """Open for the picture on our own screen only; not sent to anybody."""
    ON = "on"
    """Open and sent to every admitted partner."""


class Lamp(StrEnum):
    """What a capture really does, measured at the capture and at the senders."""

    OFF = "off"
    HERE = "here"
    ON = "on"
    FAULT = "fault"


class PlannedPeer(Struct, frozen=True, kw_only=True):
    """A peer that may be connected: the customer has said yes."""

    call: str
    has_picture: bool = True
    """False when the customer said "sound only": neither picture crosses, either way."""


class Plan(Struct, frozen=True, kw_only=True, tag="plan"):
    """Agent → media, on every change: everything media is to do. A peer not named here is closed at once."""

    camera: Sending = Sending.OFF
    microphone: Sending = Sending.OFF
    is_paused: bool = False
    """Private pause: nothing is sent and nothing is played, connections stay."""
    peers: tuple[PlannedPeer, ...] = ()
    volume_pct: int = 80


class SignalKind(StrEnum):
    OFFER = "offer"
    ANSWER = "answer"
    CANDIDATE = "candidate"
    """`sdp` holds the candidate line, `mid` its media line; an empty line ends them."""
    RECONNECT = "reconnect"
    """The answering side lost the path: please offer again with the next generation."""


class Signal(Struct, frozen=True, kw_only=True, tag="signal"):
    """One step of signaling between two peers. The room is the peer called `room`, a partner is its call id.

    The partner offers to the room; of two partners the one admitted later offers. One offer has three media lines,
    in this order: microphone, camera, screen. They stay for the life of the peer connection: mute, camera off and
    sharing change what a line carries, never the lines. A new peer connection has the next `generation`.
    """

    source: str
    target: str
    kind: SignalKind
    generation: int = 0
    sdp: str = ""
    mid: str = ""


class IceServer(Struct, frozen=True, kw_only=True):
    """One STUN or TURN server, as in WebRTC's RTCIceServer."""

    urls: tuple[str, ...]
    username: str = ""
    credential: str = ""


class PeerLink(StrEnum):
    CONNECTING = "connecting"
    UP = "up"
    LOST = "lost"
    """Was up, is being built anew."""


class PeerReport(Struct, frozen=True, kw_only=True):
    """One peer as media sees it; counters since the peer was first connected, over all its peer connections."""

    call: str
    link: PeerLink = PeerLink.CONNECTING
    is_speaking: bool = False
    has_camera_picture: bool = False
    """A camera picture arrived within the last 2 s."""
    has_screen_picture: bool = False
    frames_received: int = 0
    frames_sent: int = 0
    screen_frames_received: int = 0
    audio_packets_received: int = 0
    audio_packets_sent: int = 0
    first_frame_s: float = 0.0
    """From the plan that first named the peer to its first decoded picture; 0 before."""


class MediaReport(Struct, frozen=True, kw_only=True, tag="report"):
    """Media → agent on every change of a state, and once a second in a call for the counters."""

    camera: Lamp = Lamp.OFF
    camera_reason: Reason | None = None
    microphone: Lamp = Lamp.OFF
    microphone_reason: Reason | None = None
    loudspeaker_reason: Reason | None = None
    camera_name: str = ""
    microphone_name: str = ""
    encoder: str = ""
    peers: tuple[PeerReport, ...] = ()
    refused: int = 0
    """Messages and descriptions refused since media started."""


class TileRing(Struct, frozen=True, kw_only=True, tag="ring"):
    """Media → touch app on `frames.sock`, with the descriptor of a sealed memory file as ancillary data.

    `tile` is `self`, `{call}/camera` or `{call}/screen`; see `kiosk.runtime.frames` for the layout.
    """

    tile: str
    size: int


class TileGone(Struct, frozen=True, kw_only=True, tag="gone"):
    """Media → touch app: drop the ring of this tile."""

    tile: str
