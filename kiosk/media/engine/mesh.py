"""Peer to peer: one peer connection to each planned peer. Nobody else gets as far as a peer connection."""

import asyncio
from collections.abc import Callable, Mapping, Sequence

from aiortc import RTCIceServer
from aiortc.rtcicetransport import parse_stun_turn_uri

from kiosk.contract.configuration import Codec
from kiosk.contract.errors import MalformedError, Reason
from kiosk.contract.media import IceServer, PeerReport, Plan, Signal
from kiosk.media.engine.layers import heights_worth
from kiosk.media.engine.outgoing import Feeds
from kiosk.media.engine.peer import OFFER_TIMEOUT_S, ROOM, Peer, Surroundings, configuration_with
from kiosk.media.engine.waist import Line, Sinks
from kiosk.media.rtp import consent

_FIRST_OFFER_TIMEOUT_S = 0.1
"""Peers in the very first plan were connected to a process that has died: they have to offer anew, soon."""
_GOODBYE_S = 1.0


class Mesh:
    """An `Engine`; see the waist."""

    def __init__(
        self,
        group: asyncio.TaskGroup,
        codec: Codec,
        feeds: Feeds,
        sinks: Sinks,
        send: Callable[[Signal], None],
        on_change: Callable[[], None],
    ) -> None:
        """`send` takes signals to the peers, `on_change` is called when a report would say something new."""
        consent.install()
        self._around = Surroundings(group, codec, feeds, sinks, send)
        self._around.on_change = on_change
        self._peers: dict[str, Peer] = {}
        self._has_plan = False

    @property
    def refused(self) -> int:
        return self._around.refusals.total

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

    def use_servers(self, servers: Sequence[IceServer]) -> None:
        usable = []
        for server in servers:
            try:
                for url in server.urls:
                    parse_stun_turn_uri(url)
            except ValueError as error:
                self._around.refusals.note(MalformedError("ice-servers", str(error)))
                continue
            usable.append(RTCIceServer(list(server.urls), server.username or None, server.credential or None))
        self._around.configuration = configuration_with(usable)

    def show(self, heights: Mapping[str, int]) -> None:
        cameras = heights_worth(self._peers, heights)
        for call, peer in self._peers.items():
            peer.show(cameras[call], heights.get(f"{call}/{Line.SCREEN}", 0))

    def reports(self) -> tuple[PeerReport, ...]:
        return tuple(peer.report() for peer in self._peers.values())

    async def close(self) -> None:
        self.apply(Plan())
        if self._around.goodbyes:
            await asyncio.wait(self._around.goodbyes, timeout=_GOODBYE_S)
