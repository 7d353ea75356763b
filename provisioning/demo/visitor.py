"""The visitor of the headless demo: goes the whole way through a consultation by true touches, and looks closely."""

import asyncio
import contextlib
import json
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path

from provisioning.demo import report, robots
from provisioning.demo.hands import Hands
from provisioning.demo.lines import LineError
from provisioning.demo.report import Journal
from provisioning.demo.robots import Robots
from provisioning.demo.waiting import until
from provisioning.demo.watcher import Watcher, event_seen

NUMBER = "4711"
"""The appointment that begins with the demo, see schedule.ics."""
FIRST, SECOND, INTERPRETER = robots.KAYA.desk, robots.BRANDT.desk, robots.SAYED.desk
NEED = "interpreter-ar"
_FIRST_SCREEN_S = 30.0
_PICTURES_S = 20.0
_SHARE_S = 12.0
"""After the steady part: about when the interpreter is there."""
_WATCH_PAUSE_S = 0.1
_LEAST_SAMPLES = 2
_SETTLE_S = 5.0


class Visitor:
    """One visit. `visit` raises PatienceError where the way ends before its end."""

    def __init__(
        self,
        hands: Hands,
        robots: Robots,
        watcher: Watcher,
        journal: Journal,
        memory: Path,
        language: str,
        seconds: float,
        screenshots: Path | None,
    ) -> None:
        self._hands = hands
        self._robots = robots
        self._watcher = watcher
        self._journal = journal
        self._memory = memory
        self._language = language
        self._seconds = seconds
        self._screenshots = screenshots

    async def visit(self) -> None:
        """From idle to idle."""
        steps: tuple[Callable[[], Awaitable[None]], ...] = (
            self._arrive,
            self._prepare,
            self._begin,
            self._open_the_door,
            self._talk,
            self._add_an_interpreter,
            self._mute,
            self._be_shown_something,
            self._end,
        )
        for step in steps:
            await step()

    async def _arrive(self) -> None:
        await self._hands.until(phase="idle", timeout_s=_FIRST_SCREEN_S)
        await self._hands.find(f"language-{self._language}")
        await self._picture("idle")
        await self._robots.sit(robots.KAYA)
        await self._seen("partner-waiting", desk=FIRST)
        await self._hands.touch(f"language-{self._language}")
        await self._hands.until(phase="today")
        await self._hands.find(f"join-{NUMBER}")
        await self._picture("today")

    async def _prepare(self) -> None:
        await self._hands.touch(f"join-{NUMBER}")
        await self._hands.until(phase="preparation")
        await self._pictures_move(("self",))
        await self._hands.find("choose-all")
        await self._picture("preparation")

    async def _begin(self) -> None:
        start = await self._hands.touch("choose-all")
        await self._hands.until(phase="session")
        await self._cameras_move(1)
        self._journal.touch_to_first_frame_s = time.monotonic() - start
        self._journal.planned.append(FIRST)

    async def _open_the_door(self) -> None:
        await self._robots.sit(replace(robots.BRANDT, share_after_s=self._seconds + _SHARE_S))
        await self._seen("partner-waiting", desk=SECOND)
        await self._hands.touch("chip")
        await self._hands.until(sheet="door")
        await self._hands.find("admit-all")
        await self._picture("door")
        await self._hands.touch("admit-all")
        await self._seen("partner-admitted", desk=SECOND)
        await self._cameras_move(2)
        self._journal.planned.append(SECOND)

    async def _talk(self) -> None:
        """The steady part, in which pictures are counted, for as long as was asked and at least for two reports."""
        start = time.monotonic()

        def samples() -> int:
            return sum(1 for moment, peers in self._watcher.seen.calls if moment >= start and len(peers) > 1)

        await self._picture("session")
        await until(
            lambda: time.monotonic() - start >= self._seconds and samples() >= _LEAST_SAMPLES,
            self._seconds + _PICTURES_S,
            "two reports of the call on the broker",
        )
        self._journal.seconds = time.monotonic() - start
        self._journal.rates = report.rates(self._watcher.seen.calls, start)

    async def _add_an_interpreter(self) -> None:
        await self._robots.sit(robots.SAYED)
        await until(
            lambda: self._watcher.seen.presence.get(INTERPRETER) == "free", _PICTURES_S, f"{INTERPRETER} is free"
        )
        await self._hands.touch("add")
        await self._hands.until(sheet="needs")
        await self._hands.find(f"need-{NEED}")
        await self._picture("needs")
        await self._hands.touch(f"need-{NEED}")
        await self._hands.until(sheet="desks")
        await self._hands.find("ring-all")
        await self._picture("desks")
        await self._hands.touch("ring-all")
        await self._hands.until(sheet="ringing")
        await self._hands.find("stop-ringing")
        await self._picture("ringing")
        await self._seen("ring-answered", desk=INTERPRETER)
        await self._hands.until(sheet="door")
        await self._hands.touch("admit-all")
        await self._cameras_move(3)
        self._journal.rung.append(INTERPRETER)

    async def _mute(self) -> None:
        seen = self._watcher.seen
        await self._hands.touch("microphone")
        await until(lambda: seen.microphone == "off", _PICTURES_S, "the microphone is off")
        await self._hands.touch("microphone")
        await until(lambda: seen.microphone == "on", _PICTURES_S, "the microphone is on")

    async def _be_shown_something(self) -> None:
        await self._pictures_move(("/screen",), timeout_s=_SHARE_S + _PICTURES_S)
        await self._picture("sharing")
        before = len(self._watcher.seen.calls)
        await until(
            lambda: INTERPRETER in report.last_figures(self._watcher.seen) and len(self._watcher.seen.calls) > before,
            _PICTURES_S,
            "a report of the call with the interpreter on the broker",
        )

    async def _end(self) -> None:
        await self._hands.touch("end")
        await self._hands.until(sheet="end")
        await self._hands.find("confirm-end")
        await self._picture("end")
        start = await self._hands.touch("confirm-end")
        await until(self._is_forgotten, report.MAX_DELETED_S * 2, "the conversation is deleted")
        self._journal.deleted_s = time.monotonic() - start
        await self._hands.until(phase="ended")
        await until(lambda: self._watcher.seen.microphone == "off", report.MAX_DELETED_S, "the microphone is closed")
        await self._hands.find("rate-1")
        await self._picture("ended")
        await self._hands.touch("rate-1")
        await self._hands.touch("done")
        await self._hands.until(phase="idle")

    def _is_forgotten(self) -> bool:
        """Nothing of the conversation is in the agent's memory any more: no session, none of its names."""
        try:
            state = json.loads((self._memory / "state.json").read_bytes())
        except (OSError, ValueError):
            return False
        return state.get("session") is None and not state.get("waiting")

    async def _seen(self, kind: str, **data: object) -> None:
        await until(event_seen(self._watcher, kind, **data), _PICTURES_S, f"event {kind} {data}")

    async def _cameras_move(self, count: int) -> None:
        """Of so many partners; whoever shares already may be seen by what is shared alone."""
        await self._pictures_move(("/camera", "/screen"), count)

    async def _pictures_move(self, tiles: tuple[str, ...], count: int = 1, timeout_s: float = _PICTURES_S) -> None:
        """Returns when tiles of `count` partners whose names end so have got new pictures since now."""
        before = (await self._hands.look()).tiles
        deadline = time.monotonic() + timeout_s
        moving: set[str] = set()
        while len(moving) < count:
            now = (await self._hands.look()).tiles
            moved = (name for name, seq in now.items() if name.endswith(tiles) and seq > before.get(name, 0))
            moving = {name.partition("/")[0] for name in moved if not name.startswith("self/")}
            if time.monotonic() > deadline:
                self._journal.problems.append(f"pictures {tiles} of {len(moving)} partners instead of {count}: {now}")
                return
            await asyncio.sleep(_WATCH_PAUSE_S)

    async def _picture(self, name: str) -> None:
        if self._screenshots is not None:
            await self._hands.screenshot(self._screenshots / f"{name}.png")
            self._journal.pictures.append(f"{name}.png")


async def watch_screens(hands: Hands, journal: Journal) -> None:
    """Notes every phase and sheet that the app shows, for ever."""
    while True:
        with contextlib.suppress(LineError):
            sight = await hands.look()
            if sight.phase and journal.screens[-1:] != [sight.phase]:
                journal.screens.append(sight.phase)
            if sight.sheet not in ("", "none", *journal.sheets[-1:]):
                journal.sheets.append(sight.sheet)
        await asyncio.sleep(_WATCH_PAUSE_S)


async def until_settled(watcher: Watcher, journal: Journal) -> None:
    """Returns when the monitor and the app have seen the terminal ready again. Raises PatienceError."""
    await until(
        lambda: watcher.seen.status[-1:] == ["ready"] and watcher.seen.phases[-1:] == journal.screens[-1:],
        _SETTLE_S,
        "the last messages on the broker",
    )
