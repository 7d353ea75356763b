"""The way to the broker: connects, and connects again, without end; says who is there and hands on what comes.

What is to be said is kept by `Mirror` (retained), `Outbox` (once, in order) and `Spool` (numbered events).
"""

import asyncio
import contextlib
import logging
import random
import secrets
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from device.broker.connection import Arrival, Connection, Post, RefusedError, RenewedError, TakenOverError, connected
from device.broker.mirror import Mirror
from device.broker.outbox import FRESH_S, Outbox
from device.broker.spool import Spool
from device.broker.store import Store
from device.broker.way import Way, WayMeter
from kiosk.contract import codec, topics
from kiosk.contract.configuration import Mqtt
from kiosk.contract.errors import BrokerError, Reason
from kiosk.contract.mqtt import Condition, Event, Status
from kiosk.runtime.life import Pulse
from kiosk.runtime.log import Refusals

_logger = logging.getLogger(__name__)

_QUICK_TRIES = 3
_QUICK_S = (0.3, 1.0)
"""A pulled cable or a restarted broker is back in a moment."""
_LASTING_S = 10.0
"""A connection that held so long was a good one."""
_MAX_PAUSE_S = 60.0
_GROWTH = 1.6
"""Of the longest pause, from try to try."""
_SLOW_S = (300.0, 900.0)
"""For a broker that does not let us in."""
_FIGHT = 3
"""So many short connections in a row, none refused, are a fight over our name: mosquitto 2.0 gives no reason (0x8E)."""
_DUPLICATE_S = 3600.0
"""So long after it was last seen a second client under our name is worth an alert."""
_EVENTS_AT_ONCE = 20
_REFUSED_EVENT_PAUSE_S = 60.0
_ANSWER_EXPIRY_S = 24 * 3600
_PROBE_TIMEOUT_S = 2.0
_GOODBYE_TIMEOUT_S = 2.0
_BEAT_S = 10.0
_LIFE_S = 60.0
"""So long at most nothing is heard of a loop that lives; no step of a try takes longer."""


def pause_s(failures: int) -> float:
    """How long to wait after so many tries in a row have failed: full jitter, so that a site does not come as one."""
    if failures <= _QUICK_TRIES:
        return random.uniform(*_QUICK_S)
    return random.uniform(1.0, min(_MAX_PAUSE_S, _GROWTH ** (failures - _QUICK_TRIES + 1)))


class Client:
    """The terminal's side of the broker. Everything runs on the loop's thread; nothing here waits for the network."""

    def __init__(
        self,
        mqtt: Mqtt,
        name: str,
        store: Store,
        spool: Spool,
        refusals: Refusals,
        on_arrival: Callable[[Arrival], None],
        on_change: Callable[[bool], None],
        runtime_directory: Path | None = None,
        pulse: Pulse | None = None,
    ) -> None:
        """`on_change` tells whether the broker is there; `on_arrival` gets every message of `filters`.

        `runtime_directory`: where a renewed identity is handed over, see `device.broker.identity`. `pulse` beats while
        there is a connection, a try or a pause between two of them.
        """
        self._pulse = pulse or Pulse("broker")
        self._mqtt = mqtt
        self._name = name
        self._runtime_directory = runtime_directory
        self._refusals = refusals
        self._on_arrival = on_arrival
        self._on_change = on_change
        self.mirror = Mirror(store, refusals)
        self.outbox = Outbox(refusals)
        self.spool = spool
        self._taken_over_at: float | None = None
        self._condition = Condition.INIT
        self._since = datetime.now(UTC)
        self._connection: Connection | None = None
        self._connection_id = ""
        self._was_born = False
        self._woken = asyncio.Event()
        self._renewed = asyncio.Event()
        self._meter = WayMeter()
        self._is_refused = False

    @property
    def is_duplicate(self) -> bool:
        """Another client was seen under our name within the last hour."""
        at = self._taken_over_at
        return at is not None and asyncio.get_running_loop().time() - at < _DUPLICATE_S

    @property
    def trouble(self) -> str:
        """Why there is no broker: `broker-refuses`, `identity-twice`, `no-broker`; empty while there is one."""
        if self.is_duplicate:
            return "identity-twice"
        if self._connection:
            return ""
        return "broker-refuses" if self._is_refused else "no-broker"

    async def probe(self) -> float:
        """How long the broker takes to acknowledge our status, in ms.

        Raises:
            BrokerError: there is none, or it does not answer in time.
        """
        if self._connection is None:
            raise BrokerError("there is no broker", Reason.NOT_AUTHORISED if self._is_refused else Reason.NETWORK_LOST)
        begin_s = asyncio.get_running_loop().time()
        try:
            async with asyncio.timeout(_PROBE_TIMEOUT_S):
                await self._publish_status(self._connection, self._condition)
        except TimeoutError:
            raise BrokerError("does not answer", Reason.NO_ANSWER) from None
        return (asyncio.get_running_loop().time() - begin_s) * 1000

    def way(self) -> Way | None:
        """How good the way to the broker is; None while there is none."""
        return self._connection.way(self._meter) if self._connection else None

    @property
    def filters(self) -> tuple[str, ...]:
        """What is subscribed to; the broker's rules allow nothing else."""
        return (
            topics.terminal(self._name, "command", "+", "+"),
            topics.terminal(self._name, "desired", "+"),
            topics.partner_to_room("+", self._name, "+"),
            topics.desk("+", "presence"),
            topics.DIRECTORY,
            f"{topics.ROOT}/all/command/+/+",
        )

    def keep(self, topic: str, message: object | None) -> None:
        """Retained `message` on a topic below the terminal; None takes it back."""
        self.mirror.keep(topics.terminal(self._name, topic), codec.encode(message) if message is not None else b"")

    def tell(self, topic: str, message: object) -> None:
        """Say something once and in order, on a topic below the terminal; forgotten after 30 s without a broker."""
        topic = topics.terminal(self._name, topic)
        self.outbox.put(Post(topic=topic, payload=codec.encode(message), expiry_s=int(FRESH_S)))

    def answer(self, topic: str, payload: bytes, correlation: bytes) -> None:
        """The answer to a command, on a whole topic; the broker keeps it for a day for who asked."""
        self.outbox.put(Post(topic=topic, payload=payload, expiry_s=_ANSWER_EXPIRY_S, correlation=correlation))

    def report(self, topic: str, message: object, expiry_s: int) -> None:
        """Say something that is of use only now (QoS 0), on a topic below the terminal."""
        if self._connection:
            topic = topics.terminal(self._name, topic)
            with contextlib.suppress(BrokerError):
                self._connection.post(Post(topic=topic, payload=codec.encode(message), qos=0, expiry_s=expiry_s))

    def set_condition(self, condition: Condition) -> None:
        """Publish a change of `status`; repeated at every birth."""
        if condition is not self._condition:
            self._condition = condition
            self._since = datetime.now(UTC)
            if self._connection:
                with contextlib.suppress(BrokerError):
                    self._publish_status(self._connection, condition)

    def wake(self) -> None:
        """The network changed: try now, or see whether the broker still answers."""
        self._woken.set()

    def renew(self) -> None:
        """There is a new certificate: connect with it now. The broker keeps what it holds for us in between."""
        self._renewed.set()
        self._woken.set()

    async def run(self) -> None:
        """Never ends."""
        loop = asyncio.get_running_loop()
        failures, short_lives, last = 0, 0, ""
        while True:
            self._pulse.beat(_LIFE_S)
            self._woken.clear()  # not after the try: what failed may have begun before the network or the key was new
            error, lived_s = await self._live_once()
            if isinstance(error, RenewedError):
                _logger.info("broker: %s", error.detail)
                continue
            self._is_refused = isinstance(error, RefusedError)
            failures = 1 if lived_s > _LASTING_S else failures + 1
            short_lives = short_lives + 1 if 0 < lived_s <= _LASTING_S else 0
            pause = random.uniform(*_SLOW_S) if self._is_refused else pause_s(failures)
            if isinstance(error, TakenOverError) or short_lives >= _FIGHT:
                self._taken_over_at = loop.time()
            if failures == 1 or error.detail != last:
                _logger.warning("broker: %s; next try in %.1f s", error.detail, pause)
            last = error.detail
            self._pulse.beat(pause + _LIFE_S)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(pause):
                    await self._woken.wait()

    async def _live_once(self) -> tuple[BrokerError, float]:
        """One connection from its start to its end: why it ended, and after how many seconds; 0 when it never stood."""
        loop = asyncio.get_running_loop()
        connection_id = secrets.token_hex(8)
        entered_at = None
        try:
            self._renewed.clear()  # a later word of it ends the connection that is made now
            async with connected(
                self._mqtt, self._name, connection_id, datetime.now(UTC), self._runtime_directory
            ) as connection:
                entered_at = loop.time()
                if self.is_duplicate:
                    self.mirror.alarm(connection.post)
                await connection.listen(self.filters)
                await self._serve(connection, connection_id)
        except BrokerError as error:
            return error, loop.time() - entered_at if entered_at else 0.0
        raise AssertionError("a connection ends with an error")

    async def _serve(self, connection: Connection, connection_id: str) -> None:
        """Until the connection ends, which raises BrokerError."""
        self._connection, self._connection_id = connection, connection_id
        # No TaskGroup: before Python 3.13 one whose child fails leaves its task half cancelled, and the next
        # `asyncio.timeout` in it ends in CancelledError.
        tasks: list[asyncio.Task[None]] = []
        try:
            self._give_birth(connection)
            self._on_change(True)
            tasks = [
                asyncio.create_task(connection.receive(self._on_arrival), name="broker-receive"),
                asyncio.create_task(self._send_events(connection), name="broker-events"),
                asyncio.create_task(self._probe(connection), name="broker-probe"),
                asyncio.create_task(self._until_renewed(), name="broker-renewal"),
            ]
            ended: set[asyncio.Task[None]] = set()
            while not ended:
                self._pulse.beat(_LIFE_S)
                ended, _ = await asyncio.wait(tasks, timeout=_BEAT_S, return_when=asyncio.FIRST_COMPLETED)
            for task in ended:
                task.result()
        except asyncio.CancelledError:
            await self._say_goodbye(connection)
            raise
        finally:
            self._connection = None
            self.outbox.detach()
            self.mirror.detach()
            self._on_change(False)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    def _give_birth(self, connection: Connection) -> None:
        """Everything anew, in this order: the broker may have lost its memory."""
        is_first, self._was_born = not self._was_born, True
        self._publish_status(connection, Condition.INIT if is_first else self._condition)
        self.mirror.attach(connection.post)
        self.outbox.attach(connection.post)
        if is_first:
            self._publish_status(connection, self._condition)

    def _publish_status(self, connection: Connection, condition: Condition) -> "asyncio.Future[str]":
        status = Status(state=condition, connection=self._connection_id, since=self._since)
        topic = topics.terminal(self._name, "status")
        return connection.post(Post(topic=topic, payload=codec.encode(status), is_retained=True))

    async def _send_events(self, connection: Connection) -> None:
        while True:
            self.spool.more.clear()
            events = await self.spool.next(_EVENTS_AT_ONCE)
            if not events:
                await self.spool.more.wait()
            answers = [(event, connection.post(self._event_post(event))) for event in events]
            for event, answer in answers:
                if await answer:
                    self._refusals.note(BrokerError(f"an event was refused: {answer.result()}", Reason.NOT_AUTHORISED))
                    await asyncio.sleep(_REFUSED_EVENT_PAUSE_S)
                    break  # this one first, lest a later number overtake it
                self.spool.strike(event.seq)

    def _event_post(self, event: Event) -> Post:
        return Post(topic=topics.terminal(self._name, "event", event.type), payload=codec.encode(event))

    async def _probe(self, connection: Connection) -> None:
        """A connection may be dead without knowing; after a change of the network it has to show that it lives."""
        while True:
            self._woken.clear()
            await self._woken.wait()
            try:
                async with asyncio.timeout(_PROBE_TIMEOUT_S):
                    await self._publish_status(connection, self._condition)
            except TimeoutError:
                raise BrokerError("does not answer since the network changed") from None

    async def _until_renewed(self) -> None:
        await self._renewed.wait()
        raise RenewedError("a new certificate")

    async def _say_goodbye(self, connection: Connection) -> None:
        self._since = datetime.now(UTC)
        with contextlib.suppress(BrokerError, TimeoutError):
            async with asyncio.timeout(_GOODBYE_TIMEOUT_S):
                await self._publish_status(connection, Condition.DISCONNECTED)
