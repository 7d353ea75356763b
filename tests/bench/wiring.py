"""How soon and how cheaply the wires of the room answer, with the real agent and the real touch app on mock pins.

Help is pressed on the wall and taken back on the screen, over and over. `edge_to_output_ms` goes from the request that
moves the button's line to the news that its lamp is lit: event, consultation and both ways through the bench's socket.
`button_to_screen_ms` goes from there to the first frame of the help sheet. What lgpio takes to tell of an edge is not
in it.

`chatter_cpu_pct` is the agent's share of one core while the button's line moves a thousand times a second, without
what it takes to move a line that nobody listens to.
"""

import asyncio
import time

import psutil

from kiosk.contract.state import Sheet
from kiosk.contract.wiring import HelpButton, HelpLamp
from provisioning.demo.lines import Lines
from tests.bench import figures
from tests.integration.house import House, open_house

_LIMIT_S = 10.0
_BETWEEN_S = 0.25
"""And a little more every time, lest all presses meet the same moment of a frame."""
_CHATTER_HZ = 1000
_CHATTER_S = 3.0
_SETTLE_S = 0.5
_SPARE_PIN = 12


class Wall:
    """The help button on the wall, and who watches what follows."""

    def __init__(self, house: House) -> None:
        room, ui = house.made.terminal.room, house.made.terminal.ui
        assert room.bench_socket is not None
        assert ui.hands_socket is not None
        self._house = house
        self._button = next(
            part.pin for part in room.parts.values() if isinstance(part, HelpButton) and not part.is_silent
        )
        self._lamp = next(part.pin for part in room.parts.values() if isinstance(part, HelpLamp))
        self._finger, self._meter, self._eye = (
            Lines(room.bench_socket),
            Lines(room.bench_socket),
            Lines(ui.hands_socket),
        )
        self._is_lit, self._is_dark = asyncio.Event(), asyncio.Event()
        self.outputs_ms: list[float] = []
        self.screens_ms: list[float] = []

    async def __aenter__(self) -> "Wall":
        await self._meter.ask(do="watch")
        await self._eye.ask(do="state")
        self._watching = asyncio.create_task(self._watch(), name="meter")
        return self

    async def __aexit__(self, *_: object) -> None:
        self._watching.cancel()
        await asyncio.gather(self._watching, return_exceptions=True)
        for lines in (self._finger, self._meter, self._eye):
            lines.close()

    async def _watch(self) -> None:
        async for change in self._meter.following():
            if change["pin"] == self._lamp:
                here, gone = (self._is_lit, self._is_dark) if change["level"] else (self._is_dark, self._is_lit)
                here.set()
                gone.clear()

    async def press(self) -> None:
        """Once, until lamp and screen have answered and it was taken back."""
        seen = asyncio.create_task(self._eye.ask(_LIMIT_S, do="await", view="help"), name="eye")
        pressed_s = time.monotonic()
        pressing = asyncio.create_task(self._finger.ask(do="press", pin=self._button), name="finger")
        async with asyncio.timeout(_LIMIT_S):
            await self._is_lit.wait()
            self.outputs_ms.append((time.monotonic() - pressed_s) * 1000)
            await seen
            self.screens_ms.append((time.monotonic() - pressed_s) * 1000)
            await pressing
        await self._finger.ask(do="release", pin=self._button)
        await self._house.hands.touch("cancel-help")
        await self._house.hands.until(sheet=Sheet.NONE)
        await asyncio.wait_for(self._is_dark.wait(), _LIMIT_S)  # it blinks until then

    async def chatter(self, pin: int) -> float:
        """The agent's share of a core in %, while a line chatters."""
        agent = psutil.Process(self._house.pid("agent"))
        if pin >= 0:
            await self._finger.ask(do="chatter", pin=pin, hz=_CHATTER_HZ, seconds=_CHATTER_S + 2 * _SETTLE_S)
        await asyncio.sleep(_SETTLE_S)
        before, began_s = agent.cpu_times(), time.monotonic()
        await asyncio.sleep(_CHATTER_S)
        after, ended_s = agent.cpu_times(), time.monotonic()
        await asyncio.sleep(2 * _SETTLE_S)
        return 100 * (after.user + after.system - before.user - before.system) / (ended_s - began_s)

    async def chatters(self) -> dict[str, float]:
        """Nothing, a line that nobody listens to, the button."""
        idle, moving, heard = [await self.chatter(pin) for pin in (-1, _SPARE_PIN, self._button)]
        return {
            "chatter_cpu_pct": round(max(0.0, heard - (moving - idle)), 2),
            "chatter_idle_cpu_pct": round(idle, 2),
            "chatter_moving_cpu_pct": round(moving - idle, 2),
        }


async def bench(count: int) -> figures.Result:
    """`count` presses in one house, then the chattering."""
    async with open_house("1280x800") as house, Wall(house) as wall:
        for number in range(1, count + 1):
            await wall.press()
            await asyncio.sleep(_BETWEEN_S + number % 10 * 0.007)
            if number % 10 == 0:
                figures.say(f"press {number} of {count}: lamp after {wall.outputs_ms[-1]:.1f} ms")
        chattered = await wall.chatters()
    return {
        "edge_to_output_ms": figures.summary(wall.outputs_ms, 2),
        "button_to_screen_ms": figures.summary(wall.screens_ms, 1),
        **chattered,
    }


if __name__ == "__main__":
    said = figures.options(__doc__ or "", "n", 60, "how many presses")
    figures.run(lambda: bench(said.n), is_json=said.json)
