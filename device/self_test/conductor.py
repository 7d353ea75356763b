"""Begins the self-test when it is time, makes one check after the other, and stops at once when somebody comes."""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

from kiosk.consultation import events, schedule, self_test
from kiosk.contract.configuration import SelfTest as Times
from kiosk.contract.self_test import Check, CheckResult, SelfTestReport, Trigger
from kiosk.contract.state import State

_LOOK_S = 20.0
_MORNING = timedelta(hours=2)
"""So long after its time the morning's test is made up for."""
_AGAIN = timedelta(minutes=5)
"""After one that was interrupted."""


class Maker(Protocol):
    """What is needed of `device.self_test.checks.Checks`."""

    async def make(self, check: Check, trigger: Trigger) -> CheckResult:
        """Never raises for what does not work."""


class Conductor:
    """A viewer of the hub; `run` knows the times."""

    def __init__(
        self,
        times: Times,
        zone: ZoneInfo,
        state: Callable[[], State],
        dispatch: Callable[[events.Event], None],
        checks: Maker,
    ) -> None:
        self._times, self._zone = times, zone
        self._state, self._dispatch, self._checks = state, dispatch, checks
        self._group: asyncio.TaskGroup | None = None
        self._task: asyncio.Task[None] | None = None
        self._tried: datetime | None = None
        self._over = asyncio.Event()

    async def run(self) -> None:
        """Never ends."""
        async with asyncio.TaskGroup() as self._group:
            self.show(self._state())
            while True:
                await asyncio.sleep(_LOOK_S)  # first: the processes next door may be on their way
                self.look(self._state())

    def look(self, state: State) -> None:
        """Asks for a test when one is due."""
        trigger = self.due(state)
        if trigger is not None and self_test.may_run(state, trigger):
            self._tried = state.now
            self._dispatch(events.SelfTestAsked(trigger=trigger))

    def due(self, state: State) -> Trigger | None:
        """What it is time for, unless it was done or tried just now."""
        if self._tried is not None and not timedelta() <= state.now - self._tried < _AGAIN:
            self._tried = None  # long ago; or the clock was set back
        if not self._times.is_on or self._tried is not None:
            return None
        before = timedelta(minutes=self._times.before_booking_min)
        begin = schedule.next_start(state)
        # The window ends a quarter of an hour before the booking: then people may be at the door.
        is_before = begin is not None and begin - 2 * before <= state.now <= begin - before
        if begin is not None and is_before and not self._was_done_since(state, begin - 2 * before):
            return Trigger.BOOKING
        local = state.now.astimezone(self._zone)
        morning = local.replace(
            hour=self._times.morning.hour, minute=self._times.morning.minute, second=0, microsecond=0
        )
        if morning <= local < morning + _MORNING and not self._was_done_since(state, morning):
            return Trigger.MORNING
        return None

    def _was_done_since(self, state: State, moment: datetime) -> bool:
        """One from afar is none: it has not seen the camera."""
        looked_at = state.self_test.looked_at
        return looked_at is not None and looked_at >= moment

    def show(self, state: State) -> None:
        """Begins what was asked for; ends what is not wanted any more."""
        is_wanted = state.self_test.trigger is not None
        if is_wanted and self._task is None and self._group is not None:
            self._over.clear()
            self._task = self._group.create_task(self._conduct(), name="self-test")
            self._task.add_done_callback(self._ended)
        elif not is_wanted and self._task is not None:
            self._task.cancel()

    def _ended(self, task: "asyncio.Task[None]") -> None:
        self._task = None
        self._over.set()
        if task.cancelled() or task.exception() is None:
            self.show(self._state())  # one may have been asked for while the last was put away

    async def _conduct(self) -> None:
        trigger = self._state().self_test.trigger
        for check in Check:
            if trigger is None:
                return
            self._dispatch(events.SelfTestStep(check=check))
            result = await self._checks.make(check, trigger)
            self._dispatch(events.CheckDone(result=result))
        self._dispatch(events.SelfTestDone())

    async def from_afar(self) -> SelfTestReport | None:
        """A test for the central side; None when it may not run, or was interrupted."""
        before = self._state().self_test.last
        if not self_test.may_run(self._state(), Trigger.REMOTE) or self._task is not None:
            return None
        self._dispatch(events.SelfTestAsked(trigger=Trigger.REMOTE))
        await self._over.wait()
        last = self._state().self_test.last
        return last if last is not before else None
