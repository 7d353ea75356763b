"""What there is to say about the way to one peer: counters of its connections to figures of the last second.

`counters_of` reads them from aiortc and our receivers; the rest is pure.
"""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from aiortc import RTCPeerConnection, RTCRtpSender

from kiosk.contract.media import PeerStats, Route
from kiosk.media.rtp import steering
from kiosk.media.rtp.receiver import Receiver

WINDOW_S = 1.0
FROZEN_S = 0.2
"""A picture older than this stands still."""
_BEGUN = 3
"""So many pictures begun, or one packet lost, and none shown: they were due. A camera that is off sends none."""


class Counters(NamedTuple):
    """Of one peer connection since it was made, or as it stands. Bytes of payload."""

    in_bytes: int = 0
    out_bytes: int = 0
    expected: int = 0
    """Packets, without retransmissions."""
    received: int = 0
    retransmitted: int = 0
    keyframes_asked: int = 0
    out_loss_pct: float = 0.0
    round_trip_ms: float = 0.0
    jitter_ms: float = 0.0
    codec: str = ""
    route: Route = Route.NONE
    available_bps: int = 0


def counters_of(
    connection: RTCPeerConnection, receivers: Sequence[Receiver] = (), camera: Receiver | None = None
) -> Counters:
    """All receivers of ours; `camera` is the one whose pictures count."""
    senders = [found.sender for found in connection.getTransceivers()]
    steered = steering.of(senders[0].transport) if senders else None
    streams = [(found, stream) for found in receivers for stream in found.original_streams]
    return Counters(
        in_bytes=sum(found.bytes_received for found in receivers),
        out_bytes=sum(_private(sender, "octet_count") for sender in senders),
        expected=sum(stream.packets_expected for _, stream in streams),
        received=sum(min(stream.packets_received, stream.packets_expected) for _, stream in streams),
        retransmitted=sum(found.retransmitted for found in receivers),
        keyframes_asked=sum(found.pictures.keyframes_asked for found in receivers),
        out_loss_pct=max([steered.out_loss * 100 if steered else 0.0, *map(_out_loss_pct, senders)]),
        round_trip_ms=min((rtt * 1000 for rtt in map(_round_trip_s, senders) if rtt), default=0.0),
        jitter_ms=max((stream.jitter_ms for found, stream in streams if found.track.kind == "audio"), default=0.0),
        codec=camera.codec_name if camera else "",
        route=_route_of(connection),
        available_bps=steered.available_bps if steered else 0,
    )


def _private(sender: RTCRtpSender, name: str) -> Any:
    return getattr(sender, f"_RTCRtpSender__{name}")


def _round_trip_s(sender: RTCRtpSender) -> float:
    return max(0.0, _private(sender, "rtt") or 0.0)


def _out_loss_pct(sender: RTCRtpSender) -> float:
    report = _private(sender, "stats").get(f"remote-inbound-rtp_{id(sender)}")
    return report.fractionLost / 2.56 if report else 0.0


def _pair_of(connection: RTCPeerConnection) -> Any:
    """aioice's candidate pair by which all lines go; None before there is one."""
    transceivers = connection.getTransceivers()
    if not transceivers:
        return None
    ice: Any = transceivers[0].receiver.transport.transport
    return ice._connection._nominated.get(1)


def own_address(connection: RTCPeerConnection) -> str | None:
    """The local address by which it goes; None before it goes, or where a relay stands for it."""
    pair = _pair_of(connection)
    return str(pair.local_candidate.host) if pair and pair.local_candidate.type == "host" else None


def _route_of(connection: RTCPeerConnection) -> Route:
    pair = _pair_of(connection)
    if pair is None:
        return Route.NONE
    is_relayed = "relay" in (pair.local_candidate.type, pair.remote_candidate.type)
    return Route.RELAY if is_relayed else Route.DIRECT


def begun(camera: Receiver | None) -> int:
    """Goes up by one with each camera picture that has begun to come, and by more with each packet that did not."""
    streams = camera.original_streams if camera else []
    return sum(stream.timestamps + _BEGUN * max(0, stream.packets_lost) for stream in streams)


class Statistics:
    """Of one peer, over all its connections. Times in seconds of any clock."""

    def __init__(self) -> None:
        self._before = Counters()
        self._looked_s: float | None = None
        self._source: object = None
        self._pictures = self._pictures_before = 0
        self._picture_s: float | None = None
        self._begun = 0
        self.begun: Callable[[], int] = lambda: 0
        """Of the connection that is up: the function above."""
        self._size = (0, 0)
        self._frozen_s = 0.0
        self._kept = (0, 0)
        """Retransmitted packets and keyframes asked for on connections that are no more."""
        self.stats = PeerStats()

    def see(self, width_px: int, height_px: int, now_s: float) -> None:
        """A camera picture is shown."""
        self._frozen_s += self._standing_s(now_s)
        self._pictures += 1
        self._size, self._picture_s, self._begun = (width_px, height_px), now_s, self.begun()

    def blind(self) -> None:
        """No pictures are due: they may not come, or nobody looks."""
        self._picture_s = None

    def _standing_s(self, now_s: float) -> float:
        """How long the picture stands still already, if pictures were due."""
        if self._picture_s is None or now_s - self._picture_s <= FROZEN_S:
            return 0.0
        begun = self.begun()
        is_due = not 0 <= begun - self._begun < _BEGUN  # a new connection counts from zero
        return now_s - self._picture_s - FROZEN_S if is_due else 0.0

    def is_due(self, source: object, now_s: float) -> bool:
        """Whether a look would find anything new: the second is over, or the counters come from elsewhere."""
        is_other, self._source = source != self._source, source
        return is_other or self._looked_s is None or now_s - self._looked_s >= WINDOW_S

    def look(self, counters: Counters | None, now_s: float, concealed_s: float = 0.0) -> PeerStats:
        """The figures of the last second, or those of before where it is not over. None: there is no connection."""
        counters = counters or Counters()
        if counters.expected < self._before.expected or counters.out_bytes < self._before.out_bytes:
            self._begin_anew()
        before, looked_s = self._before, self._looked_s
        passed_s = now_s - looked_s if looked_s is not None else 0.0
        if looked_s is not None and passed_s < WINDOW_S:
            return self.stats
        self._before, self._looked_s = counters, now_s
        if passed_s:
            self.stats = self._figures(before, counters, passed_s, now_s, concealed_s)
        self._pictures_before = self._pictures
        return self.stats

    def _begin_anew(self) -> None:
        """Another connection, which counts from zero."""
        kept, asked = self._kept
        self._kept = (kept + self._before.retransmitted, asked + self._before.keyframes_asked)
        self._before = Counters()

    def _figures(self, before: Counters, now: Counters, passed_s: float, now_s: float, concealed_s: float) -> PeerStats:
        expected, received = now.expected - before.expected, now.received - before.received
        return PeerStats(
            in_bps=int((now.in_bytes - before.in_bytes) * 8 / passed_s),
            out_bps=int((now.out_bytes - before.out_bytes) * 8 / passed_s),
            in_loss_pct=round(max(0, expected - received) * 100 / expected, 1) if expected > 0 else 0.0,
            out_loss_pct=round(now.out_loss_pct, 1),
            jitter_ms=round(now.jitter_ms, 1),
            round_trip_ms=round(now.round_trip_ms, 1),
            frames_per_second=round((self._pictures - self._pictures_before) / passed_s, 1),
            frozen_s=round(self._frozen_s + self._standing_s(now_s), 2),
            concealed_s=round(concealed_s, 2),
            width_px=self._size[0],
            height_px=self._size[1],
            codec=now.codec,
            route=now.route,
            available_bps=now.available_bps,
            retransmitted=self._kept[0] + now.retransmitted,
            keyframes_asked=self._kept[1] + now.keyframes_asked,
        )


def by_server(incoming: Counters, outgoing: Counters | None = None) -> Counters:
    """Where a media server is in between: one connection brings, one for all peers takes away."""
    counters = incoming._replace(route=Route.SERVER)
    if outgoing is None:
        return counters
    return counters._replace(
        out_bytes=outgoing.out_bytes,
        out_loss_pct=outgoing.out_loss_pct,
        round_trip_ms=outgoing.round_trip_ms,
        available_bps=outgoing.available_bps,
    )
