"""Who is put through to whom: pages on one side, rooms on the other. Sees boxes, never what is in them.

No bytes, no sockets, no waiting: it is told what happened and publishes or sends what follows.
"""

from collections.abc import Callable
from datetime import datetime, timedelta

from kiosk.contract.directory import Directory
from kiosk.contract.errors import InvitationError, MalformedError, Reason, RundtischError
from kiosk.contract.mqtt import RevokedLinks
from kiosk.contract.partner import (
    Door,
    FromPage,
    FromRoom,
    Heartbeat,
    HelpCall,
    HelpOver,
    Invitations,
    Knock,
    Leave,
    Refused,
    Resume,
    RingAnswer,
    RingEnd,
    RingOver,
    RoomToPartner,
    Rung,
    Sealed,
    SetPresence,
    ToRoom,
    Welcome,
)
from kiosk.contract.state import Standing
from kiosk.desk import from_rooms, outgoing
from kiosk.desk.from_rooms import RoomWord
from kiosk.desk.outgoing import Outgoing
from kiosk.desk.presence import PresenceBoard
from kiosk.desk.rings import Rings
from kiosk.desk.rules import Rules
from kiosk.desk.visits import Page, Visits, desk_of
from kiosk.runtime import invitation
from kiosk.runtime.invitation import GuestLink, Link
from kiosk.runtime.log import Refusals

GRACE_S = 2.0
"""A lost socket may come back so long before anybody notices."""
NEW = timedelta(seconds=60)
"""So long after its start a server takes a page's word for a call it goes on with; pages are back in a few seconds."""
RETAINED_S = 10.0
"""So long after a new connection the broker is given to say again all that is retained."""
MAX_PAGES = 8
"""Pages open with one link."""

Later = Callable[[float, Callable[[], None]], object]
"""Calls a function after some seconds, as `loop.call_later` does."""


class Switchboard:
    """All of a desk server's memory; nothing of it outlives the process."""

    def __init__(
        self, publish: Callable[[Outgoing], None], now: Callable[[], datetime], later: Later, refusals: Refusals
    ) -> None:
        self._publish = publish
        self._now = now
        self._later = later
        self.refusals = refusals
        self.presence = PresenceBoard(publish, now)
        self.pages: set[Page] = set()
        self.revoked: frozenset[str] = frozenset()
        self._directory = Directory()
        self._invitations: dict[tuple[str, str], Invitations] = {}
        self._helps: dict[tuple[str, str], HelpCall] = {}
        self._unsaid: set[tuple[str, str, str]] = set()
        self._rings = Rings()
        self._visits = Visits()
        started = now()
        self._rules = Rules(self._visits, self._rings, self._invitations, self._helps, lambda: now() - started < NEW)

    # The broker's side.

    def connected(self) -> None:
        """The broker says all that is retained once more. What was taken back while it was away it never says."""
        kinds = ((self._invitations, "invitations"), (self._helps, "help-call"))
        unsaid = self._unsaid = {(*place, kind) for known, kind in kinds for place in known}

        def forget() -> None:
            for terminal, desk, kind in unsaid if unsaid is self._unsaid else ():
                self._taken_back(RoomWord(terminal=terminal, desk=desk, kind=kind, message=None))

        self._later(RETAINED_S, forget)

    def heard(self, topic: str, payload: bytes) -> None:
        """One MQTT message; one that is malformed is noted and changes nothing."""
        try:
            word = from_rooms.decode(topic, payload)
        except MalformedError as error:
            self.refusals.note(error)
            return
        match word:
            case RoomWord():
                self._room_said(word)
            case Directory():
                self._directory = word
                for page in self.pages:
                    page.send(self._welcome(page.link))
            case RevokedLinks():
                self.revoked = frozenset(word.links)
                self.sweep()

    def _room_said(self, word: RoomWord) -> None:
        self._unsaid.discard((word.terminal, word.desk, word.kind))
        match word.message:
            case None:
                self._taken_back(word)
                return
            case Invitations():
                self._invitations[word.terminal, word.desk] = word.message
            case HelpCall():
                self._helps[word.terminal, word.desk] = word.message
            case Rung():
                self._rings.add(word.desk, word.terminal, word.message)
            case RingOver():
                self._rings.stop(word.desk, word.terminal, word.message.ring)
        for page in tuple(self.pages):
            self._pass_on(page, word.terminal, word.desk, word.message)
        if isinstance(word.message, Door):
            is_over = word.message.standing in (Standing.DECLINED, Standing.LEFT)
            self._visits.room_spoke(word.terminal, word.desk, word.message.call, is_over=is_over)
            visit = self._visits.get(word.message.call)
            if is_over and visit and (visit.terminal, visit.desk) == (word.terminal, word.desk):
                self._visits.end(visit.call)

    def _taken_back(self, word: RoomWord) -> None:
        place = word.terminal, word.desk
        gone: RoomToPartner | None = None
        if word.kind == "invitations" and (invited := self._invitations.pop(place, None)):
            gone = Invitations(room=invited.room, key=invited.key)
        elif word.kind == "help-call" and (called := self._helps.pop(place, None)):
            gone = HelpOver(help=called.help)
        for page in tuple(self.pages):
            if gone:
                self._pass_on(page, *place, gone)

    def _pass_on(self, page: Page, terminal: str, desk: str, message: RoomToPartner) -> None:
        if desk_of(page.link) != desk:
            return
        if isinstance(message, Door | Sealed):
            if self._visits.owned(message.call, terminal, page):
                page.send(FromRoom(terminal=terminal, message=message))
        elif not isinstance(page.link, GuestLink):
            page.send(FromRoom(terminal=terminal, message=message))
        elif isinstance(message, Invitations) and terminal == page.link.terminal:
            items = tuple(item for item in message.items if item.number == page.link.number)
            mine = Invitations(room=message.room, key=message.key, items=items)
            page.send(FromRoom(terminal=terminal, message=mine))

    # The pages' side.

    def check(self, link: Link) -> None:
        """Whether its holder may come in now, perhaps back into a call that outlives the link.

        Raises:
            InvitationError: see `invitation.check`.
        """
        try:
            invitation.check(link, self._now(), self.revoked)
        except InvitationError as error:
            if error.reason is Reason.LINK_REVOKED or not self._visits.are_of(link):
                raise

    def page_came(self, page: Page) -> None:
        """A page with a good link: it is welcomed, and told what it would have heard.

        Raises:
            InvitationError: too many pages are open with this link.
        """
        if sum(other.link.id == page.link.id for other in self.pages) >= MAX_PAGES:
            raise InvitationError(f"link {page.link.id}: {MAX_PAGES} pages are open", Reason.NOT_AUTHORISED)
        self.pages.add(page)
        page.send(self._welcome(page.link))
        desk = desk_of(page.link)
        for (terminal, to), message in self._invitations.items():
            if to == desk:
                self._pass_on(page, terminal, desk, message)
        for (terminal, to), call in self._helps.items():
            if to == desk:
                self._pass_on(page, terminal, desk, call)
        for ringing in self._rings.open_at(desk, self._now()):
            self._pass_on(page, ringing.terminal, desk, ringing.message)

    def page_said(self, page: Page, message: FromPage) -> None:
        """One message of a page; what it may not say is refused and goes nowhere."""
        call = ""
        try:
            match message:
                case SetPresence():
                    self._rules.check_presence(page, message)
                    self.presence.set(desk_of(page.link), page, message.state)
                case Resume():
                    for call, terminal in message.calls.items():
                        self._resume(page, call, terminal)
                case ToRoom():
                    call = getattr(message.message, "call", "")
                    self._to_room(page, message)
        except RundtischError as error:
            self.refuse(page, error, call)

    def refuse(self, page: Page, error: RundtischError, call: str = "") -> None:
        """Notes what a page did wrong, and tells it."""
        self.refusals.note(error)
        page.send(Refused(reason=error.reason, detail=error.detail[:200], call=call))

    def page_went(self, page: Page, *, was_clean: bool) -> None:
        """The socket is gone: for good when it was closed cleanly, else its calls and its desk wait for it a moment."""
        self.pages.discard(page)
        mine = self._visits.of(page)
        for visit in mine:
            visit.page = None

        def end() -> None:
            self.presence.drop(desk_of(page.link), page)
            for visit in mine:
                if self._visits.get(visit.call) is visit:
                    self._visits.end(visit.call)
                    self._publish(outgoing.to_room(visit.desk, visit.terminal, Leave(call=visit.call)))

        if was_clean:
            end()
        else:
            self._later(GRACE_S, end)

    def beat(self, *, has_broker: bool) -> None:
        """Every page hears that its line is alive, and whether rooms can be reached by it."""
        for page in tuple(self.pages):
            page.send(Heartbeat(has_broker=has_broker))

    def sweep(self) -> None:
        """Closes pages whose link is no good any more; one that only ran out may finish its call."""
        now = self._now()
        self._rings.forget_old(now)
        for page in tuple(self.pages):
            try:
                invitation.check(page.link, now, self.revoked)
            except InvitationError as error:
                if error.reason is Reason.LINK_REVOKED or not self._visits.of(page):
                    page.close(error.reason)

    def _to_room(self, page: Page, message: ToRoom) -> None:
        self._rules.check_to_room(page, message)
        terminal = message.terminal
        match message.message:
            case Knock() as knock:
                self._visits.add(knock.call, terminal, page)
                self._ring_is_taken(page, terminal, knock.ring)
            case RingAnswer() as answer:
                self._ring_is_taken(page, terminal, answer.ring)
            case Leave() as leave:
                self._visits.end(leave.call)
        self._publish(outgoing.to_room(desk_of(page.link), terminal, message.message))

    def _ring_is_taken(self, page: Page, terminal: str, ring: str) -> None:
        """The other pages of this desk need not ring on."""
        ringing = self._rings.find(desk_of(page.link), terminal, ring)
        if ringing is None or ringing.is_answered:
            return
        ringing.is_answered = True
        for other in self.pages - {page}:
            self._pass_on(other, terminal, desk_of(page.link), RingOver(ring=ring, why=RingEnd.ELSEWHERE))

    def _resume(self, page: Page, call: str, terminal: str) -> None:
        self._rules.check_resume(page, call, terminal)
        if self._visits.has_ended(call):
            page.send(FromRoom(terminal=terminal, message=Door(call=call, standing=Standing.LEFT)))
        else:
            self._visits.add(call, terminal, page)

    def _welcome(self, link: Link) -> Welcome:
        desk_id = desk_of(link)
        if isinstance(link, GuestLink):
            return Welcome(id=desk_id, name={}, office={}, needs={}, now=self._now(), is_guest=True)
        desk = next((desk for desk in self._directory.desks if desk.id == desk_id), None)
        office = next((office for office in self._directory.offices if desk and office.id == desk.office), None)
        return Welcome(
            id=desk_id,
            name=desk.name if desk else {},
            office=office.name if office else {},
            needs={need.id: need.name for need in self._directory.needs},
            now=self._now(),
        )
