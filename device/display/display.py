"""Makes the panel do what the state says, power and brightness, from a thread: no slow monitor holds anybody up.

Knows nothing of why the screen is awake.
"""

import asyncio
import contextlib
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import time
from pathlib import Path
from typing import TypeVar
from zoneinfo import ZoneInfo

from msgspec import Struct
from msgspec.structs import replace

from device import clock
from device.display import brightness, panel
from device.display.backlight import Backlight
from device.display.book import Book
from device.display.cec import Cec
from device.display.compositor import Compositor
from device.display.ddc import Ddc
from device.display.ladder import Ladder
from device.display.light import LightSensor
from device.display.way import Way
from kiosk.consultation import events, wakefulness
from kiosk.contract import configuration
from kiosk.contract.display import DisplayReport, Rung, Wakefulness
from kiosk.contract.errors import DisplayError
from kiosk.contract.state import State
from kiosk.runtime.log import Refusals

_logger = logging.getLogger(__name__)
_T = TypeVar("_T")

LOOK_S = 2.0
"""How often the light in the room is looked at, while it matters."""
_DAY_S = 30.0
"""How often the time of day is, where there is no sensor."""
_STEP_S = 0.05
_GOODBYE_S = 3.0


class _Wish(Struct, frozen=True, kw_only=True):
    is_on: bool
    pct: int


class Display:
    """A viewer of the hub; `run` does the work."""

    def __init__(
        self,
        terminal: configuration.Terminal,
        section: configuration.Display,
        directory: Path,
        dispatch: Callable[[events.Event], None],
        refusals: Refusals,
    ) -> None:
        """`directory` is where it is remembered which way works for which screen."""
        self._section = section
        self._zone = ZoneInfo(terminal.time_zone)
        self._book = Book(directory / "displays.json", refusals)
        self._dispatch = dispatch
        self._sensor = LightSensor(section.root, section.light_sensor)
        self._steady = brightness.Steady()
        self._due = asyncio.Event()
        self._wakefulness = Wakefulness.AWAKE
        self._ordered_pct: int | None = None
        self._ladder = Ladder((), "", self._book, lambda: 0)
        self._is_sensed = False
        self._screen = ""
        self._done: _Wish | None = None
        self._is_dark = False
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="display")
        self._report = DisplayReport()
        self._faults: set[str] = set()

    def show(self, state: State) -> None:
        self._is_sensed = wakefulness.is_sensed(state.room)
        wanted = (state.display.wakefulness, state.display.brightness_pct)
        if wanted != (self._wakefulness, self._ordered_pct):
            self._wakefulness, self._ordered_pct = wanted
            self._due.set()

    async def run(self) -> None:
        """Never ends. Leaves the panel lit: nobody else would wake it."""
        await self._do(self._look_for_ways)
        try:
            while True:
                self._due.clear()
                self._ladder.is_sensed = self._is_sensed
                lux = await self._look_at_the_light()
                await self._follow(self._wish(lux))
                with contextlib.suppress(TimeoutError):
                    pace_s = LOOK_S if lux is not None else _DAY_S
                    async with asyncio.timeout(pace_s if self._is_looking else None):
                        await self._due.wait()
        finally:
            if self._is_dark:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._do(self._ladder.set_power, True), _GOODBYE_S)
            self._thread.shutdown(wait=False)

    async def _do(self, what: Callable[..., _T], *arguments: object) -> _T:
        """In the one thread of the panel, so that what was begun is over before the next."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, what, *arguments)

    @property
    def _is_looking(self) -> bool:
        """While it is dark nothing can be too bright."""
        return self._wakefulness is not Wakefulness.ASLEEP

    def _look_for_ways(self) -> None:
        section = self._section
        found = panel.find(section.root, section.connector)
        makers: dict[Rung, Callable[[], Way]] = {
            Rung.BACKLIGHT: lambda: Backlight(section.root),
            Rung.DDC: lambda: Ddc(section.root, found),
            Rung.CEC: lambda: Cec(section.root),
            Rung.COMPOSITOR: lambda: Compositor(section.compositor_directory, found.connector),
        }
        ways = [makers[rung]() for rung in dict.fromkeys(section.rungs) if rung in makers]
        self._screen = found.screen
        self._ladder = Ladder(ways, found.screen, self._book, lambda: panel.count_touch_panels(section.root))

    async def _look_at_the_light(self) -> float | None:
        try:
            lux = await self._do(self._sensor.lux) if self._is_looking else None
        except DisplayError as error:
            self._note("light-sensor", error)
            return None
        self._note("light-sensor", None)
        return lux

    def _wish(self, lux: float | None) -> _Wish:
        section = self._section
        if self._ordered_pct is not None:
            pct = self._ordered_pct
        elif lux is not None:
            pct = self._steady.follow(brightness.by_light(section, lux), section)
        else:
            by_day = brightness.by_daytime(section.daytimes, self._local_time())
            pct = section.brightness_pct if by_day is None else by_day
        pct = brightness.within(section, pct)
        if self._wakefulness is Wakefulness.DIMMED:
            pct = brightness.dimmed(section, pct)
        return _Wish(is_on=self._wakefulness is not Wakefulness.ASLEEP, pct=pct)

    def _local_time(self) -> time:
        return clock.now().astimezone(self._zone).time()

    async def _follow(self, wish: _Wish) -> None:
        done = self._done
        if wish.is_on and (done is None or wish != done):
            await self._light_up(wish, done)
        elif not wish.is_on and (done is None or done.is_on):
            await self._go_dark(wish)

    async def _go_dark(self, wish: _Wish) -> None:
        """From the moment it is asked to, the panel may be dark: touches count no more."""
        if await self._do(self._ladder.way, "power"):
            self._tell(is_lit=False)
        self._is_dark = True
        way = await self._do(self._ladder.set_power, False)
        self._done = wish
        self._tell(is_lit=way is None)

    async def _light_up(self, wish: _Wish, done: _Wish | None) -> None:
        was_dark = done is None or not done.is_on
        if was_dark:
            way = await self._do(self._ladder.set_power, True)
            self._is_dark = False
            if way and done is not None:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(way.lights_up_s):
                        await self._due.wait()
        if was_dark or done is None or wish.pct != done.pct:
            wish = await self._set_brightness(wish, done)
        self._done = wish
        self._tell(is_lit=True)

    async def _set_brightness(self, wish: _Wish, done: _Wish | None) -> _Wish:
        """At once for somebody who comes, else in steps that nobody notices, where the way is quick enough.

        Returns where it came to: what is wanted may have changed on the way.
        """
        way = await self._do(self._ladder.way, "brightness")
        is_gentle = way is not None and way.is_quick and done is not None and done.is_on and wish.pct < done.pct * 2
        for pct in brightness.steps(done.pct, wish.pct) if is_gentle and done else [wish.pct]:
            await self._do(self._ladder.set_brightness, pct)
            if self._due.is_set():
                return replace(wish, pct=pct)
            if pct != wish.pct:
                await asyncio.sleep(_STEP_S)
        return wish

    def _tell(self, *, is_lit: bool) -> None:
        """The state learns what has changed; each step of brightness would be too much of it."""
        used = self._ladder.used
        can_dim = used["brightness"] is not Rung.BLACK
        report = DisplayReport(
            is_lit=is_lit,
            can_dim=can_dim,
            power=used["power"],
            brightness=used["brightness"],
            brightness_pct=round(self._done.pct / 10) * 10 if can_dim and self._done else None,
            screen=self._screen,
        )
        if report != self._report:
            self._report = report
            self._dispatch(events.DisplayReported(report=report))
        self._say("display", self._ladder.is_faulty)

    def _note(self, part: str, error: DisplayError | None) -> None:
        if error is not None and part not in self._faults:
            _logger.error("%s", error.detail)
        self._say(part, error is not None)

    def _say(self, part: str, is_faulty: bool) -> None:
        if is_faulty is not (part in self._faults):
            self._faults ^= {part}
            self._dispatch(events.HardwareFault(part=part, is_faulty=is_faulty))
