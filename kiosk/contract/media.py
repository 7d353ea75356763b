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


class Showing(StrEnum):
    """What the room shows on its screen line; at most one thing."""

    NOTHING = "nothing"
    LAPTOP = "laptop"
    """The picture of the HDMI grabber."""
    DOCUMENT = "document"
    """A still of the camera in its full resolution."""


class Seat(Struct, frozen=True, kw_only=True):
    """One participant's place in one VideoRoom; the token is made for one session, one room and one person.

    How consent is enforced by the server: a round has two rooms on the same server. In the one of `seat` sound and
    pictures cross; only who sees and is seen has a token for it. In the one of `sound_seat` nothing but sound may
    cross: it takes no video codec that a client of ours sends, and who publishes a picture is kicked. Everybody has a
    token for it while somebody takes part by sound only, and whoever has both seats publishes the microphone in both,
    under the same feed. A peer is heard in one of them: with `has_picture` by way of `seat`, without by way of
    `sound_seat`; so nobody is heard twice.

    How to sit down: `join` as publisher with `room`, `id` = feed, `token`, never a `display`; publish microphone,
    camera, screen as mids `0`, `1`, `2` (only the microphone in the room of `sound_seat`). Subscribe with the
    `private_id` of `joined`, within the same Janus session: rooms want it (`require_pvtid`), and by it a kick ends
    subscriptions, too. Subscribe to planned feeds only, whatever else the room announces.

    How to get up: close the peer connections and the socket, and the agent kicks the feed. Never `leave`, `detach` or
    `destroy` a publisher; a lost path is mended by `unpublish` and `publish` on the same handle. Janus keeps the
    session of a lost socket for `kiosk.runtime.janus.LINGER_S`, so that it can be claimed and so that the kick finds
    it. A feed that is gone before it was kicked is taken for one that listens on in secret: the agent then exchanges
    both rooms, and everybody gets new seats. After a lost socket: `claim` the session; on error 458 join anew; on
    error 436 (the id exists) try again in 0.5 s.
    """

    url: str
    """WebSocket address of the media server, `ws://` or `wss://`."""
    room: str
    """Random; names nobody."""
    token: str
    feed: str
    """Random; under this id the participant publishes."""


class PlannedPeer(Struct, frozen=True, kw_only=True):
    """A peer that may be connected: the customer has said yes."""

    call: str
    has_picture: bool = True
    """False when the customer said "sound only": neither picture crosses, either way."""
    feed: str = ""
    """Under which id this peer publishes on the media server; empty: peer to peer. A peer with a feed is met there
    only: where the seat is still missing, wait for it."""


class Plan(Struct, frozen=True, kw_only=True, tag="plan"):
    """Agent → media, on every change: everything media is to do. A peer not named here is closed at once."""

    camera: Sending = Sending.OFF
    microphone: Sending = Sending.OFF
    is_paused: bool = False
    """Private pause: nothing is sent and nothing is played, connections stay."""
    peers: tuple[PlannedPeer, ...] = ()
    volume_pct: int = 80
    screen: Showing = Showing.NOTHING
    still: int = 0
    """How many stills were asked for in this session; a higher number than before takes a new one."""
    seat: Seat | None = None
    """The room's own place on a media server, where pictures cross; see `Seat`. None in both: peer to peer."""
    sound_seat: Seat | None = None
    """The place among those who take part by sound only, None when there is nobody."""


class SignalKind(StrEnum):
    OFFER = "offer"
    ANSWER = "answer"
    CANDIDATE = "candidate"
    """`sdp` holds the candidate line, `mid` its media line; an empty line ends them."""
    RECONNECT = "reconnect"
    """The answering side lost the path: please offer again with the next generation."""
    WISH = "wish"
    """How tall the sender of this signal shows the receiver's pictures: `Signal.wish`."""


class Wish(Struct, frozen=True, kw_only=True):
    """Heights in pixels of the screen; 0: not shown, so nothing needs to be sent."""

    camera_px: int = 720
    screen_px: int = 1080


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
    wish: Wish | None = None


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


class Quality(StrEnum):
    """One word for people."""

    GOOD = "good"
    WEAK = "weak"
    INTERRUPTED = "interrupted"


class Route(StrEnum):
    """How packets get to a peer."""

    NONE = ""
    DIRECT = "direct"
    RELAY = "relay"
    SERVER = "server"
    """By way of a media server."""


class PeerStats(Struct, frozen=True, kw_only=True):
    """Figures of the last second, but for the counters that say so. "In" is what comes to the room."""

    in_bps: int = 0
    out_bps: int = 0
    in_loss_pct: float = 0.0
    """Packets that did not come at first, before retransmission."""
    out_loss_pct: float = 0.0
    """As the peer reports it."""
    jitter_ms: float = 0.0
    """Of the sound that comes in (RFC 3550)."""
    round_trip_ms: float = 0.0
    frames_per_second: float = 0.0
    """Camera pictures that came."""
    frozen_s: float = 0.0
    """Counter: time in which the camera's last picture was older than 200 ms while pictures were due."""
    concealed_s: float = 0.0
    """Counter: sound made up because none had come."""
    width_px: int = 0
    height_px: int = 0
    codec: str = ""
    """Of the camera's picture that comes in: `VP8`, `H264`."""
    route: Route = Route.NONE
    available_bps: int = 0
    """What the way to the peer is believed to carry."""
    retransmitted: int = 0
    """Counter: packets that came by retransmission."""
    keyframes_asked: int = 0
    """Counter: keyframes asked of the peer."""


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
    """Of the camera."""
    screen_frames_sent: int = 0
    screen_frames_received: int = 0
    audio_packets_received: int = 0
    audio_packets_sent: int = 0
    first_frame_s: float = 0.0
    """From the plan that first named the peer to its first decoded picture; 0 before."""
    quality: Quality = Quality.GOOD
    stats: PeerStats = PeerStats()


class MediaReport(Struct, frozen=True, kw_only=True, tag="report"):
    """Media → agent on every change of a state, and once a second in a call for the counters."""

    camera: Lamp = Lamp.OFF
    camera_reason: Reason | None = None
    microphone: Lamp = Lamp.OFF
    microphone_reason: Reason | None = None
    loudspeaker_reason: Reason | None = None
    camera_name: str = ""
    microphone_name: str = ""
    loudspeaker_name: str = ""
    screen: Lamp = Lamp.OFF
    """What is shown to the partners, `Plan.screen`."""
    screen_reason: Reason | None = None
    has_laptop: bool = False
    """A grabber is configured and plugged in."""
    encoder: str = ""
    engine: str = "mesh"
    """`mesh` or `janus`."""
    lost_room: str = ""
    """The `Seat.room` whose media server does not answer any more."""
    peers: tuple[PeerReport, ...] = ()
    refused: int = 0
    """Messages and descriptions refused since media started."""


class TileRing(Struct, frozen=True, kw_only=True, tag="ring"):
    """Media → touch app on `frames.sock`, with the descriptor of a sealed memory file as ancillary data.

    `tile` is `self`, `self/screen` (what the room shows), `{call}/camera` or `{call}/screen`; see
    `kiosk.runtime.frames` for the layout.
    """

    tile: str
    size: int


class TileGone(Struct, frozen=True, kw_only=True, tag="gone"):
    """Media → touch app: drop the ring of this tile."""

    tile: str


class TileHeights(Struct, frozen=True, kw_only=True, tag="heights"):
    """Touch app → media on `frames.sock`, on every change: tile to its height on the panel in pixels.

    A tile that is not named, or has 0, is not shown: it is neither asked for nor decoded.
    """

    heights: dict[str, int]


class Levels(Struct, frozen=True, kw_only=True, tag="levels"):
    """Media → touch app on `frames.sock`, ten times a second while the microphone is open."""

    microphone_pct: int
    """Loudness of what the microphone hears, 0 to 100 on a scale of decibels."""
