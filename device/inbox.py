"""Where each message of the broker goes. What is malformed or not allowed is counted by its kind of topic, no more."""

from collections.abc import Callable

from device.broker.commands import Commands
from device.broker.connection import Arrival
from device.documents import DIRECTORY, SCHEDULE, Documents
from device.from_partners import FromPartners
from kiosk.consultation import events
from kiosk.contract import codec, topics
from kiosk.contract.directory import DeskPresence
from kiosk.contract.errors import MalformedError, RundtischError
from kiosk.contract.links import IceServers, MediaServers
from kiosk.runtime.log import Refusals


class Inbox:
    """`take` never raises for what comes from outside."""

    def __init__(
        self,
        documents: Documents,
        commands: Commands,
        partners: FromPartners,
        dispatch: Callable[[events.Event], None],
        use_relays: Callable[[IceServers], None],
        use_media_servers: Callable[[MediaServers], None],
        refusals: Refusals,
    ) -> None:
        self._documents = documents
        self._commands = commands
        self._partners = partners
        self._dispatch = dispatch
        self._use_relays = use_relays
        self._use_media_servers = use_media_servers
        self._refusals = refusals

    def take(self, arrival: Arrival) -> None:
        try:
            self._route(arrival)
        except RundtischError as error:
            self._refusals.note(error)

    def _route(self, arrival: Arrival) -> None:
        match topics.split(arrival.topic):
            case ["directory"]:
                self._documents.take(DIRECTORY, arrival.payload)
            case ["terminals", _, "desired", part]:
                self._want(part, arrival.payload)
            case ["terminals", _, "command", kind, number]:
                self._commands.take(kind, number, arrival, is_for_all=False)
            case ["all", "command", kind, number]:
                self._commands.take(kind, number, arrival, is_for_all=True)
            case ["desks", desk, "presence"] if topics.is_id(desk):
                self._note_presence(desk, arrival)
            case ["desks", desk, "terminal", _, kind] if topics.is_id(desk):
                self._partners.take(desk, kind, arrival.payload)
            case _:
                raise MalformedError("topic other", "nothing is expected there")

    def _want(self, part: str, payload: bytes) -> None:
        if part == SCHEDULE:
            self._documents.take(SCHEDULE, payload)
        elif part == "ice-servers":
            self._use_relays(codec.decode(payload, IceServers, "topic ice-servers") if payload else IceServers())
        elif part == "media-servers":
            servers = codec.decode(payload, MediaServers, "topic media-servers") if payload else MediaServers()
            self._use_media_servers(servers)
        else:
            raise MalformedError("topic desired", "no such part")

    def _note_presence(self, desk: str, arrival: Arrival) -> None:
        presence: DeskPresence | None = None
        if arrival.payload:
            presence = codec.decode(arrival.payload, DeskPresence, "topic presence")
        valid_s = events.PRESENCE_S if arrival.expiry_s is None else float(arrival.expiry_s)
        self._dispatch(events.PresenceChanged(desk=desk, presence=presence, valid_s=valid_s))
