"""What the room says to desks and guests: in the open where it names nobody, else in a box for one visit."""

from collections.abc import Callable, Collection
from typing import Protocol

from device.seals import Seals
from kiosk.consultation import commands, help_call, invitations, invited, room_view, roster, rung
from kiosk.contract.media import IceServer, Signal
from kiosk.contract.partner import HelpCall, Invitations, RoomToPartner, RoomView, Sealed
from kiosk.contract.state import State
from kiosk.runtime import sealing


class Broker(Protocol):
    """What is needed of `device.broker.client.Client`; topics are below the terminal."""

    def tell(self, topic: str, message: object) -> None:
        """Once, in order."""

    def keep(self, topic: str, message: object | None) -> None:
        """Retained."""


class ToPartners:
    """Speaks for the room that people call `room`."""

    def __init__(
        self,
        state: Callable[[], State],
        broker: Broker,
        seals: Seals,
        room: str,
        is_relay_only: bool = False,
        help_desks: Collection[str] = (),
    ) -> None:
        """`help_desks`: who may answer a call for help, see `kiosk.contract.configuration.Help`."""
        self._state = state
        self._is_relay_only = is_relay_only
        self._broker = broker
        self._seals = seals
        self._room = room
        self._secret = ""
        self._public = ""
        self._help_desks = help_desks
        self._invited: dict[str, Invitations] = {}
        self._help: HelpCall | None = None
        self.ice_servers: tuple[IceServer, ...] = ()

    def tell(self, command: commands.TellDesk) -> None:
        self._say(command.desk, command.message)

    def ring(self, command: commands.SendRung) -> None:
        message = rung(self._state(), command.desk, self._room, self._public_key())
        if message:
            self._say(command.desk, message)

    def send_view(self, command: commands.SendView) -> None:
        view = room_view(self._state(), command.call, self._room, self.ice_servers, self._is_relay_only)
        if view:
            self.say_sealed(command.call, view)

    def say_sealed(self, call: str, message: Signal | RoomView) -> None:
        """In a box that only the page of this visit can open; nothing is said to a visit that is over."""
        state = self._state()
        partner = roster.by_call(state, call)
        if partner:
            box = self._seals.of(state, call).close(message)
            self._say(partner.id, Sealed(call=call, box=box))

    def invite(self, state: State) -> None:
        """Everybody who is expected has a standing invitation, taken back when it is over; a viewer of the hub."""
        expected = {desk: invitations(state, desk, self._room, self._public_key()) for desk in invited(state)}
        for desk in self._invited.keys() | expected.keys():
            message = expected.get(desk)
            if message != self._invited.get(desk):
                self._broker.keep(f"desk/{desk}/invitations", message)
        self._invited = expected

    def call_help(self, state: State) -> None:
        """To every desk that may come, for as long as help is asked for; a viewer of the hub."""
        call = help_call(state, self._room, self._public_key()) if self._help_desks else None
        if call != self._help:
            self._help = call
            for desk in self._help_desks:
                self._broker.keep(f"desk/{desk}/help-call", call)

    def _say(self, desk: str, message: RoomToPartner) -> None:
        self._broker.tell(f"desk/{desk}/{message.__struct_config__.tag}", message)

    def _public_key(self) -> str:
        secret = self._state().key
        if secret != self._secret:
            self._secret, self._public = secret, sealing.public_of(secret)
        return self._public
