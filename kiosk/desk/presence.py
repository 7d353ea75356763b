"""Which desks can be rung, as their pages say it. Knows no link and no call."""

from collections.abc import Callable
from datetime import datetime

from kiosk.contract.directory import DeskPresence, Presence
from kiosk.desk import outgoing
from kiosk.desk.outgoing import Outgoing

REPEAT_S = 30.0
"""Words are retained with an expiry of 90 s, so one that is lost on the way does no harm."""
_ORDER = (Presence.BUSY, Presence.FREE, Presence.AWAY)
"""With several pages open at one desk: who is busy in one of them is busy; else one free page is enough."""


class PresenceBoard:
    """The word of every desk that has a page open; publishes each change and repeats it while the page is there."""

    def __init__(self, publish: Callable[[Outgoing], None], now: Callable[[], datetime]) -> None:
        self._publish = publish
        self._now = now
        self._pages: dict[str, dict[object, Presence]] = {}
        self._words: dict[str, DeskPresence] = {}

    def set(self, desk: str, page: object, state: Presence) -> None:
        """What the person at `page` says."""
        self._pages.setdefault(desk, {})[page] = state
        self._update(desk)

    def drop(self, desk: str, page: object) -> None:
        """The page is gone; the desk is gone with its last page."""
        pages = self._pages.get(desk, {})
        if pages.pop(page, None) is None:
            return
        if not pages:
            del self._pages[desk]
        self._update(desk)

    def repeat(self) -> None:
        """Says every word again."""
        for desk, word in self._words.items():
            self._publish(outgoing.presence(desk, word))

    def clear(self) -> None:
        """The server stops: every desk is gone."""
        for desk in tuple(self._pages):
            del self._pages[desk]
            self._update(desk)

    def _update(self, desk: str) -> None:
        states = self._pages.get(desk, {}).values()
        state = next((state for state in _ORDER if state in states), Presence.GONE)
        known = self._words.get(desk)
        if known is not None and known.state is state:
            return
        word = DeskPresence(state=state, since=self._now())
        if state is Presence.GONE:
            self._words.pop(desk, None)
        else:
            self._words[desk] = word
        self._publish(outgoing.presence(desk, word))
