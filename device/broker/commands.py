"""Commands from the central side: checked, done at most once, answered every time. Knows no command by its name."""

import asyncio
import random
import re
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from device import clock
from device.broker.answers import Answers
from device.broker.connection import Arrival
from kiosk.contract import codec, topics
from kiosk.contract.errors import MalformedError, RundtischError
from kiosk.contract.mqtt import Ack, AckState, Command, RejectCode
from kiosk.runtime.log import Refusals

SPREAD_S = 30.0
"""A command to every terminal is not carried out by all at once."""
_TYPE = re.compile(r"^[a-z0-9-]{1,32}\Z")
_ID = re.compile(r"^[A-Za-z0-9_.-]{1,64}\Z")
_OWN_KINDS = {"status", "info", "state", "telemetry", "event", "alert", "command", "desired", "desk"}
"""Below the terminal, but with a meaning of their own: no place for a response."""

Handler = Callable[[dict[str, Any]], Awaitable[dict[str, Any]]]
"""Carries a command out with these arguments; returns the result, raises CommandError."""

Say = Callable[[str, bytes, bytes], None]
"""Topic, payload, correlation data."""


class CommandError(RundtischError):
    """A command was understood and cannot be carried out."""

    def __init__(self, state: AckState, code: RejectCode, result: dict[str, Any] | None = None) -> None:
        """`result`: what else there is to say of it."""
        super().__init__(f"{state}: {code}")
        self.state = state
        self.code = code
        self.result = result


class Commands:
    """Takes commands in; `run` carries them out, side by side."""

    def __init__(
        self, name: str, handlers: Mapping[str, Handler], answers: Answers, say: Say, refusals: Refusals
    ) -> None:
        self._name = name
        self._handlers = handlers
        self._answers = answers
        self._say = say
        self._refusals = refusals
        self._waiting: asyncio.Queue[tuple[str, str, Arrival, bool]] = asyncio.Queue()
        self._running: set[str] = set()

    def take(self, kind: str, number: str, arrival: Arrival, *, is_for_all: bool) -> None:
        """One arrival on `command/{kind}/{number}`. Raises MalformedError when the topic cannot be answered."""
        if not _TYPE.match(kind) or not _ID.match(number):
            raise MalformedError("topic command", "type or id is not of the letters that are allowed")
        self._waiting.put_nowait((kind, number, arrival, is_for_all))

    async def run(self) -> None:
        """Never ends."""
        async with asyncio.TaskGroup() as group:
            while True:
                kind, number, arrival, is_for_all = await self._waiting.get()
                order = _Order(kind, number, arrival, is_for_all)
                if order.name in self._running:
                    self._answer(order, _ack(AckState.RUNNING))
                else:
                    self._running.add(order.name)
                    group.create_task(self._carry_out(order), name=f"command {kind}")

    async def _carry_out(self, order: "_Order") -> None:
        ack = self._find(order)
        if ack is None:
            try:
                ack = _ack(AckState.SUCCEEDED, result=await self._try(order))
            except CommandError as error:
                ack = _ack(error.state, error.code, error.result)
            await self._answers.keep(order.name, ack)
        self._running.discard(order.name)
        self._answer(order, ack)

    def _find(self, order: "_Order") -> Ack | None:
        """What it was answered before; a newer version may have said so in words that we do not know."""
        try:
            return self._answers.find(order.name)
        except MalformedError as error:
            self._refusals.note(error)
            return _ack(AckState.FAILED, RejectCode.INTERNAL)

    async def _try(self, order: "_Order") -> dict[str, Any]:
        try:
            args = order.read()
        except MalformedError as error:
            self._refusals.note(error)
            raise CommandError(AckState.REJECTED, RejectCode.INVALID) from None
        order.check_deadline()
        handler = self._handlers.get(order.kind)
        if handler is None:
            raise CommandError(AckState.REJECTED, RejectCode.UNSUPPORTED)
        # Should we die on the way, the command is not done again, and whoever asks learns that it came to nothing.
        await self._answers.keep(order.name, _ack(AckState.FAILED, RejectCode.INTERNAL))
        self._answer(order, _ack(AckState.ACCEPTED))
        if order.is_for_all:
            await asyncio.sleep(random.uniform(0, min(SPREAD_S, 0.8 * order.left_s)))
            order.check_deadline()
        return await handler(args)

    def _answer(self, order: "_Order", ack: Ack) -> None:
        payload = codec.encode(ack)
        topic = topics.terminal(self._name, "ack", order.kind, order.number)
        self._say(topic, payload, order.arrival.correlation)
        where = order.arrival.response_topic
        if where in ("", topic):
            return
        if self._is_ours(where):
            self._say(where, payload, order.arrival.correlation)
        else:
            self._refusals.note(MalformedError("topic command", "a response topic outside the terminal's own"))

    def _is_ours(self, topic: str) -> bool:
        own = topics.terminal(self._name, "")
        below = topic.removeprefix(own).split("/")
        return topic.startswith(own) and below[0] not in _OWN_KINDS and not set(topic) & set("+#\0")


class _Order:
    """One command on its way."""

    def __init__(self, kind: str, number: str, arrival: Arrival, is_for_all: bool) -> None:
        self.kind = kind
        self.number = number
        self.name = f"{kind}/{number}"
        self.arrival = arrival
        self.is_for_all = is_for_all
        self._deadline: datetime | None = None
        if arrival.expiry_s is not None:
            self._deadline = clock.now() + timedelta(seconds=arrival.expiry_s)

    def read(self) -> dict[str, Any]:
        """The arguments. Raises MalformedError for a payload that is none, and for a command that never ends."""
        source = "topic command"
        command: Command = codec.decode(self.arrival.payload or b"{}", Command, source)
        if self.arrival.is_retained:
            raise MalformedError(source, "a command must not be retained")
        if command.deadline is not None:
            if command.deadline.tzinfo is None:
                raise MalformedError(source, "a deadline without a zone - at `$.deadline`")
            self._deadline = min(filter(None, (self._deadline, command.deadline)))
        if self._deadline is None:
            raise MalformedError(source, "a command without a deadline")
        return command.args

    @property
    def left_s(self) -> float:
        """Seconds until the deadline; below 0 when it has passed."""
        return (self._deadline - clock.now()).total_seconds() if self._deadline else 0.0

    def check_deadline(self) -> None:
        if self.left_s <= 0:
            raise CommandError(AckState.EXPIRED, RejectCode.EXPIRED)


def _ack(state: AckState, code: RejectCode | None = None, result: dict[str, Any] | None = None) -> Ack:
    return Ack(time=clock.now(), clock=clock.trust(), state=state, code=code, result=result or {})
