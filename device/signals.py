"""Signaling between the room and its partners: who may say what to whom is decided here, once for all directions."""

from collections.abc import Callable

from kiosk.consultation import may_signal, roster, rounds
from kiosk.consultation.partner_view import ROOM
from kiosk.contract.errors import MalformedError, Reason
from kiosk.contract.media import Signal, SignalKind
from kiosk.contract.state import State

MAX_SDP_BYTES = 65_536
"""A description of three media lines has about 8 KiB."""


class Signals:
    """Passes signals on, between peers that are admitted."""

    def __init__(
        self,
        state: Callable[[], State],
        to_media: Callable[[Signal], None],
        to_partner: Callable[[str, Signal], None],
    ) -> None:
        """`to_partner` seals for a call and sends."""
        self._state = state
        self._to_media = to_media
        self._to_partner = to_partner
        self._generations: dict[str, int] = {}

    def from_media(self, signal: Signal) -> None:
        """Raises MalformedError when it may not pass."""
        self._pass_on(ROOM, signal, "link media")

    def from_partner(self, call: str, signal: Signal) -> None:
        """`call` is whose box it came in. Raises MalformedError when it may not pass."""
        self._pass_on(call, signal, "desk sealed")

    def ask_again(self) -> None:
        """Media is new and knows no peer connection: every partner at the table is asked to offer anew."""
        if rounds.in_use(self._state()):
            return  # nothing is peer to peer
        for partner in roster.all_admitted(self._state()):
            generation = self._generations.get(partner.call, 0)
            signal = Signal(source=ROOM, target=partner.call, kind=SignalKind.RECONNECT, generation=generation)
            self._to_partner(partner.call, signal)

    def forget(self) -> None:
        self._generations.clear()

    def _pass_on(self, sender: str, signal: Signal, source: str) -> None:
        if signal.source != sender:
            raise MalformedError(source, "a signal in somebody else's name", Reason.NOT_AUTHORISED)
        if len(signal.sdp) > MAX_SDP_BYTES:
            raise MalformedError(source, f"a description of {len(signal.sdp)} characters", Reason.OVERSIZED)
        if not may_signal(self._state(), sender, signal.target):
            raise MalformedError(source, "a signal between peers that are not both admitted", Reason.NOT_AUTHORISED)
        if ROOM in (sender, signal.target):
            call = signal.target if sender == ROOM else sender
            self._generations[call] = max(signal.generation, self._generations.get(call, 0))
        if signal.target == ROOM:
            self._to_media(signal)
        else:
            self._to_partner(signal.target, signal)
