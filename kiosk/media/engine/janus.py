"""By way of a media server: the room publishes once, and subscribes to each planned peer.

There are up to two rooms on the server, one where pictures cross and one for sound only, see
`kiosk.contract.media.Seat`.
"""

from collections.abc import Iterator, Mapping, Sequence

from kiosk.contract.media import PeerLink, PeerReport, Plan, PlannedPeer, Seat
from kiosk.media.engine.gates import Gates, gates_of
from kiosk.media.engine.layers import heights_worth
from kiosk.media.engine.publisher import Publisher
from kiosk.media.engine.subscription import Subscription
from kiosk.media.engine.surroundings import Surroundings
from kiosk.media.engine.videoroom import VideoRoom
from kiosk.media.engine.waist import Line


class _Place:
    """A seat that is taken."""

    def __init__(self, seat: Seat, lines: Sequence[Line], around: Surroundings) -> None:
        self.seat = seat
        self.room = VideoRoom(seat, around)
        self.publisher = Publisher(self.room, lines)

    def close(self) -> None:
        self.publisher.close()
        self.room.close()


class Janus:
    """Peers that are met on the server. Without a seat they wait for one."""

    def __init__(self, around: Surroundings) -> None:
        self._around = around
        self._place: _Place | None = None
        self._sound_place: _Place | None = None
        self._planned: dict[str, PlannedPeer] = {}
        self._peers: dict[str, Subscription] = {}
        self._links: dict[str, PeerLink] = {}
        """Of peers that wait."""
        self._heights: Mapping[str, int] | None = None

    @property
    def lost_room(self) -> str:
        """The room whose server does not answer any more."""
        return next((place.seat.room for place in self._places() if place.room.is_lost), "")

    def _places(self) -> Iterator[_Place]:
        return (place for place in (self._place, self._sound_place) if place)

    def apply(self, plan: Plan) -> None:
        self._planned = {peer.call: peer for peer in plan.peers}
        for call, peer in tuple(self._peers.items()):
            if not self._is_right(peer, plan):
                self._leave(call)
        self._place = self._take(self._place, plan.seat, tuple(Line))
        self._sound_place = self._take(self._sound_place, plan.sound_seat, (Line.MICROPHONE,))
        self._set_gates(plan)
        self._links = {call: link for call, link in self._links.items() if call in self._planned}
        for call, planned in self._planned.items():
            self._subscribe(call, planned)
            if call in self._peers:
                self._peers[call].apply(plan, planned)
            else:
                self._around.tally_of(call).take_pictures(False)

    def _is_right(self, peer: Subscription, plan: Plan) -> bool:
        """Whether this peer is still met where it was."""
        planned = self._planned.get(peer.call)
        seat = plan.seat if planned and planned.has_picture else plan.sound_seat
        return planned is not None and planned.feed == peer.feed and peer.room.seat == seat

    def _take(self, place: _Place | None, seat: Seat | None, lines: Sequence[Line]) -> _Place | None:
        if place and place.seat == seat:
            return place
        if place:
            place.close()
        return _Place(seat, lines, self._around) if seat else None

    def _set_gates(self, plan: Plan) -> None:
        """Nothing is sent where nobody may get it."""
        gates = gates_of(plan, has_picture=True, shown=frozenset())
        for place, has_picture in ((self._place, True), (self._sound_place, False)):
            is_anybody = any(peer.has_picture is has_picture for peer in self._planned.values())
            if place:
                place.publisher.set_gates(gates if is_anybody else Gates())

    def _subscribe(self, call: str, planned: PlannedPeer) -> None:
        place = self._place if planned.has_picture else self._sound_place
        if call in self._peers or place is None:
            return
        link = self._links.pop(call, PeerLink.CONNECTING)
        self._peers[call] = peer = Subscription(planned, place.room, place.publisher, link)
        if self._heights is not None:
            self._show(peer, self._heights)

    def _leave(self, call: str) -> None:
        peer = self._peers.pop(call)
        peer.close()
        self._links[call] = peer.link

    def network_changed(self) -> None:
        for peer in self._peers.values():
            peer.network_changed()
        for place in self._places():
            place.publisher.network_changed()
            self._around.say_goodbye(place.room.network_changed())

    def show(self, heights: Mapping[str, int]) -> None:
        self._heights = heights
        for peer in self._peers.values():
            self._show(peer, heights)

    def _show(self, peer: Subscription, heights: Mapping[str, int]) -> None:
        camera_px = heights_worth(self._planned, heights).get(peer.call, 0)
        peer.show(camera_px, heights.get(f"{peer.call}/{Line.SCREEN}", 0))

    def reports(self) -> tuple[PeerReport, ...]:
        return tuple(self._report(call) for call in self._planned)

    def _report(self, call: str) -> PeerReport:
        peer = self._peers.get(call)
        if peer:
            return peer.report()
        return self._around.tally_of(call).report(self._links.get(call, PeerLink.CONNECTING))
