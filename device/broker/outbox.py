"""What is said once and in order (to desks, as answers to commands), held while the broker is away, if not for long."""

import asyncio
import logging
import time
from collections import deque
from collections.abc import Callable

from device.broker.connection import Post, Send
from kiosk.contract.errors import BrokerError, Reason
from kiosk.runtime.log import Refusals

MAX_POSTS = 256
FRESH_S = 30.0
"""Older words are of no use to a person at a desk; they are sent with this expiry, too. What expires later is kept."""

_logger = logging.getLogger(__name__)


class _Entry:
    def __init__(self, post: Post, at: float) -> None:
        self.post = post
        self.at = at


class Outbox:
    """Keeps a message until the broker has acknowledged it; drops the oldest when full, and what is not fresh."""

    def __init__(self, refusals: Refusals, now: Callable[[], float] = time.monotonic) -> None:
        """`now` in seconds, never going back."""
        self._refusals = refusals
        self._now = now
        self._entries: deque[_Entry] = deque()
        self._send: Send | None = None

    def __len__(self) -> int:
        return len(self._entries)

    def put(self, post: Post) -> None:
        """Send now, or when the broker is there again."""
        if len(self._entries) >= MAX_POSTS:
            self._entries.popleft()
            _logger.warning("outbox is full, the oldest message is dropped")
        entry = _Entry(post, self._now())
        self._entries.append(entry)
        self._hand_over(entry)

    def attach(self, send: Send) -> None:
        """The broker is there: everything fresh goes out, in order."""
        self._send = send
        self._entries = deque(entry for entry in self._entries if self._is_fresh(entry))
        for entry in tuple(self._entries):
            self._hand_over(entry)

    def detach(self) -> None:
        """The broker is gone; what it has not acknowledged goes out again."""
        self._send = None

    def _is_fresh(self, entry: _Entry) -> bool:
        return self._now() - entry.at <= max(FRESH_S, entry.post.expiry_s)

    def _hand_over(self, entry: _Entry) -> None:
        if self._send is None:
            return
        try:
            answer = self._send(entry.post)
        except BrokerError:
            self._send = None  # the connection is ending; there will be another
            return
        answer.add_done_callback(lambda done: self._answered(entry, done))

    def _answered(self, entry: _Entry, answer: "asyncio.Future[str]") -> None:
        if answer.cancelled():
            return
        if answer.result():
            self._refusals.note(BrokerError(f"a message was refused: {answer.result()}", Reason.NOT_AUTHORISED))
        if entry in self._entries:
            self._entries.remove(entry)
