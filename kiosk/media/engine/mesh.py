"""Peer to peer: one peer connection to each planned peer. Nobody else gets as far as a peer connection."""

from collections.abc import Mapping

from kiosk.contract.errors import MalformedError, Reason
from kiosk.contract.media import PeerReport, Plan, Signal
from kiosk.media.engine.layers import heights_worth
from kiosk.media.engine.peer import OFFER_TIMEOUT_S, ROOM, Peer
from kiosk.media.engine.surroundings import Surroundings
from kiosk.media.engine.waist import Line

_FIRST_OFFER_TIMEOUT_S = 0.1
"""Peers in the very first plan were connected to a process that has died: they have to offer anew, soon."""


class Mesh:
    """Peers that offer to us; refuses signals of anybody else."""

    def __init__(self, around: Surroundings) -> None:
        self._around = around
        self._peers: dict[str, Peer] = {}
        self._has_plan = False

    def apply(self, plan: Plan) -> None:
        planned = {peer.call: peer for peer in plan.peers}
        for call in set(self._peers) - set(planned):
            self._peers.pop(call).close()
        for call, peer in planned.items():
            if call not in self._peers:
                timeout_s = OFFER_TIMEOUT_S if self._has_plan else _FIRST_OFFER_TIMEOUT_S
                self._peers[call] = Peer(call, self._around, timeout_s)
            self._peers[call].apply(plan, peer)
        self._has_plan = True

    def take(self, signal: Signal) -> None:
        peer = self._peers.get(signal.source)
        try:
            if peer is None or signal.target != ROOM:
                raise MalformedError("signal", f"{signal.kind} of a peer that is not planned", Reason.NOT_AUTHORISED)
            peer.take(signal)
        except MalformedError as error:
            self._around.refusals.note(error)
            self._around.on_change()

    def network_changed(self) -> None:
        for peer in self._peers.values():
            peer.network_changed()

    def show(self, heights: Mapping[str, int]) -> None:
        cameras = heights_worth(self._peers, heights)
        for call, peer in self._peers.items():
            peer.show(cameras[call], heights.get(f"{call}/{Line.SCREEN}", 0))

    def reports(self) -> tuple[PeerReport, ...]:
        return tuple(peer.report() for peer in self._peers.values())
