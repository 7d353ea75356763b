"""A room whose events a test waits for."""

import asyncio
from collections.abc import Callable
from typing import Any

from device.room.wires import Room
from kiosk.consultation import RoomPlan, events
from kiosk.contract import wiring
from kiosk.contract.errors import Reason
from kiosk.contract.room import RoomReport, ShutterPosition, Situation
from tests.fakes.patience import PATIENCE_S
from tests.fakes.wires import Wires

_LOOK_S = 0.001
IDLE = RoomPlan()
IN_SESSION = RoomPlan(situations=(Situation.SESSION,), is_shutter_open=True, is_led_on=True)


class Heard:
    """What the room told the agent."""

    def __init__(self) -> None:
        self.events: list[events.Event] = []
        self._news = asyncio.Event()

    def take(self, event: events.Event) -> None:
        self.events.append(event)
        self._news.set()

    def room(self, wires: Wires, parts: dict[str, wiring.Parts], **more: Any) -> Room:
        room = wiring.Room(pin_factory=wires.kind, parts=parts, **more)
        return Room(room, self.take, wires.make_factory)

    def of(self, kind: type) -> list[Any]:
        return [event for event in self.events if isinstance(event, kind)]

    @property
    def report(self) -> RoomReport:
        """The last one."""
        reports: list[events.RoomReported] = self.of(events.RoomReported)
        return reports[-1].report if reports else RoomReport()

    @property
    def faults(self) -> dict[str, Reason]:
        """Those that last."""
        found: dict[str, Reason] = {}
        for event in self.of(events.HardwareFault):
            if event.is_faulty:
                found[event.part] = event.reason
            else:
                found.pop(event.part, None)
        return found

    def has(self, heard: list[events.Event]) -> bool:
        """Exactly these, in this order."""
        return self.events == heard

    def has_shutter(self, position: ShutterPosition) -> bool:
        return self.report.shutter is position

    async def until(self, condition: Callable[[], Any], timeout_s: float = PATIENCE_S) -> None:
        """Looks after every event. Raises TimeoutError."""
        async with asyncio.timeout(timeout_s):
            while not condition():
                self._news.clear()
                await self._news.wait()


async def until_input(room: Room, name: str, is_active: bool, timeout_s: float = PATIENCE_S) -> None:
    """What no event tells, such as the release of a button. Raises TimeoutError."""
    async with asyncio.timeout(timeout_s):
        while True:
            if room.inputs[name].is_active is is_active:
                return
            await asyncio.sleep(_LOOK_S)
