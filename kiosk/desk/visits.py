"""Whose call is whose: each visit of a page at a room, from its knock to its end. Knows no bytes and no broker."""

from collections import deque
from dataclasses import dataclass, field
from typing import Protocol

from kiosk.contract.errors import Reason
from kiosk.contract.partner import ToPage
from kiosk.runtime.invitation import GuestLink, Link

MAX_VISITS = 4
"""A person is in one conversation; the rest is room for one that just ended and one that is about to begin."""


class Page(Protocol):
    """One connected page, as the switchboard sees it."""

    link: Link

    def send(self, message: ToPage) -> None:
        """Queues a message; never blocks."""

    def close(self, reason: Reason) -> None:
        """Says why, and closes the socket."""


_ENDED = 1000
"""Calls that are remembered for a page that comes back too late."""


def desk_of(link: Link) -> str:
    """Under which name the holder of a link appears in topics."""
    return link.guest if isinstance(link, GuestLink) else link.desk


@dataclass
class Visit:
    """One call. `page` is None while its socket is lost and may come back."""

    call: str
    terminal: str
    link: Link
    page: Page | None

    @property
    def desk(self) -> str:
        return desk_of(self.link)


@dataclass
class Visits:
    """All calls of this server."""

    _by_call: dict[str, Visit] = field(default_factory=dict)
    _ended: deque[str] = field(default_factory=lambda: deque(maxlen=_ENDED))
    _spoken: dict[tuple[str, str], deque[str]] = field(default_factory=dict)

    def get(self, call: str) -> Visit | None:
        return self._by_call.get(call)

    def of(self, page: Page) -> list[Visit]:
        return [visit for visit in self._by_call.values() if visit.page is page]

    def are_of(self, link: Link) -> bool:
        """Whether its holder is in a call, with a socket or without one at the moment."""
        return any(visit.link.id == link.id for visit in self._by_call.values())

    def add(self, call: str, terminal: str, page: Page) -> Visit:
        visit = Visit(call, terminal, page.link, page)
        self._by_call[call] = visit
        return visit

    def end(self, call: str) -> None:
        if self._by_call.pop(call, None):
            self._ended.append(call)

    def has_ended(self, call: str) -> bool:
        """Whether the room was told, or said itself, that this call is over."""
        return call in self._ended and call not in self._by_call

    def room_spoke(self, terminal: str, desk: str, call: str, *, is_over: bool) -> None:
        """The room said where the call stands, which may be one whose page is at another server."""
        calls = self._spoken.pop((terminal, desk), deque(maxlen=MAX_VISITS))
        if call in calls:
            calls.remove(call)
        if not is_over:
            calls.append(call)
        if calls:
            self._spoken[terminal, desk] = calls

    def has_spoken(self, terminal: str, desk: str, call: str) -> bool:
        """Whether this call goes on between the two, as the room said last."""
        return call in self._spoken.get((terminal, desk), ())

    def owned(self, call: str, terminal: str, page: Page) -> Visit | None:
        """The visit, when it is this page's own and at that room."""
        visit = self._by_call.get(call)
        return visit if visit and visit.page is page and visit.terminal == terminal else None

    def may_resume(self, call: str, page: Page) -> bool:
        """Whether `page` may take the call over: nobody has it, or the same link's earlier socket has."""
        visit = self._by_call.get(call)
        return visit is None or visit.link == page.link
