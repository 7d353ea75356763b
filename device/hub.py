"""The one place where something happens: event → transition → state saved → commands done → everybody shown.

Knows the consultation; not who sends events, does commands or is shown the state.
"""

import logging
import secrets
from collections import deque
from collections.abc import Callable
from typing import Any

from msgspec.structs import replace

from device import clock
from device.memory import Memory
from kiosk.consultation import events, first_state, is_used, transition
from kiosk.consultation.commands import Command
from kiosk.contract.state import State
from kiosk.runtime import sealing

_logger = logging.getLogger(__name__)


class Hub:
    """Keeps the state. Use it from the loop's thread; nothing in here waits."""

    def __init__(self, memory: Memory, house_language: str) -> None:
        """Goes on with the state in memory, if there is one."""
        self._memory = memory
        self._fresh = _new_fresh()
        self.state = memory.load() or first_state(clock.now(), house_language, self._fresh)
        self._renew()
        self._viewers: list[Callable[[State], None]] = []
        self._doers: dict[type, Callable[[Any], None]] = {}
        self._undone: list[Command] = []
        self._waiting: deque[events.Event] = deque()
        self._is_busy = False
        self._save(None)

    def show_to(self, viewer: Callable[[State], None]) -> None:
        """`viewer` gets the state after every event, whether it changed or not."""
        self._viewers.append(viewer)

    def do_with(self, kind: type[Command], doer: Callable[[Any], None]) -> None:
        """`doer` carries out the commands of this kind, those first that have waited for it."""
        self._doers[kind] = doer
        waited = [command for command in self._undone if type(command) is kind]
        self._undone = [command for command in self._undone if type(command) is not kind]
        for command in waited:
            doer(command)

    def dispatch(self, event: events.Event) -> None:
        """Lets it happen. An event out of a doer or viewer happens after the one under way."""
        self._waiting.append(event)
        if self._is_busy:
            return
        self._is_busy = True
        try:
            while self._waiting:
                self._step(self._waiting.popleft())
        finally:
            self._is_busy = False

    def _step(self, event: events.Event) -> None:
        before = self.state
        occurrence = events.Occurrence(event=event, at=clock.now(), fresh=self._fresh)
        self.state, commands = transition(before, occurrence)
        self._renew()
        self._save(before)
        for command in commands:
            doer = self._doers.get(type(command), self._undone.append)
            doer(command)
        for viewer in self._viewers:
            viewer(self.state)

    def _renew(self) -> None:
        if is_used(self.state, self._fresh):
            self._fresh = _new_fresh()

    def _save(self, before: State | None) -> None:
        """A change of nothing but time is not worth it."""
        if before is not None and is_alike(before, self.state):
            return
        try:
            self._memory.save(self.state)
        except OSError as error:
            _logger.error("the consultation cannot be kept for a restart: %s", error.strerror)


def is_alike(before: State, after: State) -> bool:
    """Whether nothing but time has passed, in which desks may have said again how they stand."""
    return replace(before, now=after.now, presence_until=after.presence_until) == after


def _new_fresh() -> events.Fresh:
    return events.Fresh(id=secrets.token_hex(12), key=sealing.new_secret())
