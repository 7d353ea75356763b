"""Retained topics: what the broker should hold for us, repeated after every connect, tidied after a restart."""

import asyncio

from device.broker.connection import Post, Send
from device.broker.store import Store
from kiosk.contract.errors import BrokerError, Reason
from kiosk.runtime.log import Refusals


class Mirror:
    """Topic to payload, as wished. Topics of an earlier life that nobody wishes any more are taken back."""

    def __init__(self, store: Store, refusals: Refusals) -> None:
        self._store = store
        self._refusals = refusals
        self._wished: dict[str, bytes] = {row[0]: b"" for row in store.read("SELECT topic FROM retained")}
        self._send: Send | None = None

    def keep(self, topic: str, payload: bytes) -> None:
        """The broker shall hold `payload` on `topic`; empty takes it back. The same again sends nothing."""
        old = self._wished.get(topic)
        if old == payload or (old is None and not payload):
            return
        if old is None:
            self._store.write("INSERT OR IGNORE INTO retained (topic) VALUES (?)", (topic,))
        self._wished[topic] = payload
        self._hand_over(topic, payload)

    def attach(self, send: Send) -> None:
        """The broker is there: everything goes out, since it may have lost its memory."""
        self._send = send
        for topic, payload in tuple(self._wished.items()):
            self._hand_over(topic, payload)

    def alarm(self, send: Send) -> None:
        """The alerts, for a connection that may be too short for the rest: somebody else uses our name.

        Raises:
            BrokerError: it is gone already.
        """
        for topic, payload in self._wished.items():
            if payload and "/alert/" in topic:
                send(Post(topic=topic, payload=payload, is_retained=True))

    def detach(self) -> None:
        self._send = None

    def _hand_over(self, topic: str, payload: bytes) -> None:
        if self._send is None:
            return
        try:
            answer = self._send(Post(topic=topic, payload=payload, is_retained=True))
        except BrokerError:
            self._send = None
            return
        answer.add_done_callback(lambda done: self._answered(topic, payload, done))

    def _answered(self, topic: str, payload: bytes, answer: "asyncio.Future[str]") -> None:
        if answer.cancelled():
            return
        if answer.result():
            self._refusals.note(BrokerError(f"a retained topic was refused: {answer.result()}", Reason.NOT_AUTHORISED))
        elif not payload and self._wished.get(topic) == b"":
            del self._wished[topic]
            self._store.write("DELETE FROM retained WHERE topic = ?", (topic,))
