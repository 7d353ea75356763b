"""What a page may say: only in its own name, about its own calls, to rooms that asked for it."""

from collections.abc import Callable, Mapping

from kiosk.contract import topics
from kiosk.contract.directory import Presence
from kiosk.contract.errors import MalformedError, Reason
from kiosk.contract.partner import (
    HelpCall,
    HelpReply,
    Invitations,
    Knock,
    Leave,
    RingAnswer,
    Sealed,
    SetPresence,
    ToRoom,
)
from kiosk.desk.rings import Rings
from kiosk.desk.visits import MAX_VISITS, Page, Visits, desk_of
from kiosk.runtime.invitation import GuestLink


def refusal(page: Page, detail: str, reason: Reason = Reason.NOT_AUTHORISED) -> MalformedError:
    """What is noted about a page; a link's id names nobody."""
    return MalformedError(f"page {page.link.id}", detail, reason)


class Rules:
    """Each check raises MalformedError, NOT_AUTHORISED, and changes nothing."""

    def __init__(
        self,
        visits: Visits,
        rings: Rings,
        invitations: Mapping[tuple[str, str], Invitations],
        helps: Mapping[tuple[str, str], HelpCall],
        is_new: Callable[[], bool],
    ) -> None:
        """`is_new`: whether the server has just been started, and may not have heard yet who was invited or rung."""
        self._is_new = is_new
        self._visits = visits
        self._rings = rings
        self._invitations = invitations
        self._helps = helps

    def check_presence(self, page: Page, message: SetPresence) -> None:
        if isinstance(page.link, GuestLink):
            raise refusal(page, "a guest has no presence")
        if message.state is Presence.GONE:
            raise refusal(page, "a page that speaks is not gone")

    def check_to_room(self, page: Page, message: ToRoom) -> None:
        match message.message:
            case Knock() as knock:
                self._check_knock(page, message.terminal, knock)
            case RingAnswer(ring=ring):
                self._check_ring(page, message.terminal, ring)
            case HelpReply(help=help):
                known = self._helps.get((message.terminal, desk_of(page.link)))
                if isinstance(page.link, GuestLink) or known is None or known.help != help:
                    raise refusal(page, "a call for help it did not get")
            case Leave(call=call) | Sealed(call=call):
                if not self._visits.owned(call, message.terminal, page):
                    raise refusal(page, "a call that is not its own")

    def check_resume(self, page: Page, call: str, terminal: str) -> None:
        if not self._visits.may_resume(call, page):
            raise refusal(page, "a call that is not its own")
        if isinstance(page.link, GuestLink):
            allowed = terminal == page.link.terminal
        else:
            # A server that was started anew knows of no call and of no ring before its time; one that runs has heard
            # what rooms said to desks at other servers. The room itself lets nobody speak for a call not theirs.
            desk = desk_of(page.link)
            is_known = (terminal, desk) in self._invitations or self._visits.get(call) is not None
            is_known = is_known or self._visits.has_spoken(terminal, desk, call)
            allowed = is_known or (self._is_new() and topics.is_terminal(terminal))
        known = self._visits.get(call)
        if not allowed or (known and known.terminal != terminal):
            raise refusal(page, "a room that did not ask for it")
        self._check_room_left(page)

    def _check_knock(self, page: Page, terminal: str, knock: Knock) -> None:
        if bool(knock.number) == bool(knock.ring):
            raise refusal(page, "a knock for an appointment or for a ring, one of the two", Reason.MALFORMED)
        if self._visits.get(knock.call) is not None:
            if not self._visits.owned(knock.call, terminal, page):
                raise refusal(page, "a call that is not its own")
        else:
            self._check_room_left(page)
        if knock.ring:
            self._check_ring(page, terminal, knock.ring)
        else:
            self._check_appointment(page, terminal, knock.number)

    def _check_ring(self, page: Page, terminal: str, ring: str) -> None:
        if isinstance(page.link, GuestLink) or not self._rings.find(desk_of(page.link), terminal, ring):
            raise refusal(page, "a ring it did not get")

    def _check_appointment(self, page: Page, terminal: str, number: str) -> None:
        if isinstance(page.link, GuestLink) and (terminal, number) != (page.link.terminal, page.link.number):
            raise refusal(page, "a room the guest was not invited to")
        invitations = self._invitations.get((terminal, desk_of(page.link)))
        if invitations is None or all(item.number != number for item in invitations.items):
            raise refusal(page, "an appointment it was not invited to")

    def _check_room_left(self, page: Page) -> None:
        if len(self._visits.of(page)) >= MAX_VISITS:
            raise refusal(page, f"more than {MAX_VISITS} calls at once")
