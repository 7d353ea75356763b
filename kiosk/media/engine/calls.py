"""All calls of the room: each peer by the engine that the plan names for it, peer to peer or by way of a server.

A peer that changes from one to the other keeps its tile, its place in the mix and its counters.
"""

import asyncio
from collections.abc import Mapping, Sequence

import msgspec
from aiortc import RTCIceServer

from kiosk.contract.errors import MalformedError
from kiosk.contract.media import IceServer, PeerReport, Plan, Signal
from kiosk.media.engine import relays
from kiosk.media.engine.janus import Janus
from kiosk.media.engine.mesh import Mesh
from kiosk.media.engine.relays import Relays
from kiosk.media.engine.surroundings import Surroundings
from kiosk.media.engine.waist import Line
from kiosk.media.rtp import consent, history, steering

_NEW_S = 2.0
"""So long a new peer counts as shown, before anybody says so."""
_NEW_PX = 720


class Calls:
    """An `Engine`; see the waist."""

    def __init__(self, around: Surroundings) -> None:
        consent.install()
        history.install()
        steering.negotiate()
        self._around = around
        self._mesh, self._janus = Mesh(around), Janus(around)
        self._relays = Relays(around.group, around.ca_file, self._use_found)
        around.on_lost = lambda: self._relays.look_again(is_urgent=False)
        self._plan = Plan()
        self._heights: Mapping[str, int] | None = None
        self._new: set[str] = set()

    @property
    def name(self) -> str:
        return "janus" if self._plan.seat or self._plan.sound_seat else "mesh"

    @property
    def refused(self) -> int:
        return self._around.refusals.total

    @property
    def lost_room(self) -> str:
        return self._janus.lost_room

    def apply(self, plan: Plan) -> None:
        new = {peer.call for peer in plan.peers} - {peer.call for peer in self._plan.peers}
        self._plan = plan
        self._new = (self._new | new) & {peer.call for peer in plan.peers}
        for call in new:
            asyncio.get_running_loop().call_later(_NEW_S, self._settle, call)
        near = tuple(peer for peer in plan.peers if not peer.feed)
        far = tuple(peer for peer in plan.peers if peer.feed)
        self._mesh.apply(msgspec.structs.replace(plan, peers=near))
        self._janus.apply(msgspec.structs.replace(plan, peers=far))
        if new:
            self._show_all()
        self._around.keep_tallies({peer.call for peer in plan.peers})

    def take(self, signal: Signal) -> None:
        if any(peer.call == signal.source and peer.feed for peer in self._plan.peers):
            return  # its page has not heard yet that it is met on the server now
        self._mesh.take(signal)

    def use_servers(self, servers: Sequence[IceServer]) -> None:
        usable = []
        for server in servers:
            urls = [url for url in server.urls if self._is_known(url)]
            if urls:
                usable.append(RTCIceServer(urls, server.username or None, server.credential or None))
        self._relays.use(usable)

    def _is_known(self, url: str) -> bool:
        try:
            relays.check(url)
        except ValueError as error:
            self._around.refusals.note(MalformedError("ice-servers", str(error)))
            return False
        return True

    def _use_found(self, servers: list[RTCIceServer]) -> None:
        self._around.use_servers(servers)
        if self._around.is_relay_only:  # what is under way without them leads nowhere
            self._mesh.network_changed()

    def network_changed(self) -> None:
        self._relays.look_again(is_urgent=True)
        self._mesh.network_changed()
        self._janus.network_changed()

    def show(self, heights: Mapping[str, int]) -> None:
        self._heights = heights
        self._new = {call for call in self._new if f"{call}/{Line.CAMERA}" not in heights}
        self._show_all()

    def _show_all(self) -> None:
        """The app has yet to make a place for who is new; meanwhile a first picture must not be missed."""
        if self._heights is None:
            return
        new = {f"{call}/{Line.CAMERA}": _NEW_PX for call in self._new}
        self._mesh.show({**new, **self._heights})
        self._janus.show({**new, **self._heights})

    def _settle(self, call: str) -> None:
        self._new.discard(call)
        self._show_all()

    def reports(self) -> tuple[PeerReport, ...]:
        return self._mesh.reports() + self._janus.reports()

    async def close(self) -> None:
        self.apply(Plan())
        await self._around.goodbyes_said()
