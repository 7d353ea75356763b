"""A call in a whole house: into it by touches, and how its pictures flow on either side."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any

from kiosk.contract.state import Sheet, Standing
from provisioning.demo.waiting import PatienceError
from tests.integration.house import BRANDT, KAYA, NUMBER, House

_PAUSE_S = 0.02
_SOME = 3
"""Pictures that make a flow, rather than the last ones of a queue."""


async def in_call(house: House, *, also: Sequence[Callable[[], Any]] = ()) -> str:
    """The id of `KAYA`'s call, once she is at the table and pictures flow both ways. A call that is there goes on.

    `also` brings further partners of the appointment, who are let in by the same touch.
    """
    if house.state().session is None:
        await house.sit(KAYA)
        for bring in also:
            await bring()
        desks = {KAYA.desk, *(BRANDT.desk for _ in also)}
        await house.until(lambda: desks <= {one.id for one in house.state().waiting}, 15.0, "the partners at the door")
        await house.hands.touch("language-de")
        await house.hands.touch(f"join-{NUMBER}")
        await house.hands.touch("choose-all")
        await house.hands.until(phase="session")
    if house.state().sheet is not Sheet.NONE:  # left open by a test that failed
        await house.hands.touch("close")
        await house.hands.until(sheet="none")
    partner = house.partner(KAYA.desk)
    assert partner.standing is Standing.ADMITTED
    await flowing(house, KAYA.desk, 15.0)
    return partner.call


async def flowing(house: House, desk: str, timeout_s: float) -> float:
    """Returns after how many seconds pictures flow both ways with a partner: some new ones on either side."""
    start_s = time.monotonic()
    tile = f"{house.partner(desk).call}/camera"
    received, seen = -1, house.robot(desk).get("frames", 0)
    while True:
        # The ring is a new one after a restart of media, and numbers its pictures anew.
        number = (await house.tiles()).get(tile, -1)
        received = number if received < 0 or number < received else received
        if number >= received + _SOME > 0 and house.robot(desk).get("frames", 0) >= seen + _SOME:
            return time.monotonic() - start_s
        if time.monotonic() - start_s > timeout_s:
            counted = f"terminal {received} → {number}, partner {seen} → {house.robot(desk)}"
            raise PatienceError(f"pictures with {desk} both ways: not within {timeout_s:g} s ({counted})")
        await asyncio.sleep(_PAUSE_S)


class Pulse:
    """How long the pictures of a partner stood still at most, on the terminal and on the partner's side."""

    def __init__(self, house: House, desk: str) -> None:
        self._house, self._desk = house, desk
        self._tile = f"{house.partner(desk).call}/camera"
        self.terminal_s = 0.0
        self.partner_s = 0.0
        self.seconds = 0.0

    async def run(self) -> None:
        """Looks on, without end."""
        start_s = moved_here_s = moved_there_s = time.monotonic()
        here = there = -1
        while True:
            number = (await self._house.tiles()).get(self._tile, -1)
            frames = self._house.robot(self._desk).get("frames", 0)
            now_s = time.monotonic()
            self.seconds = now_s - start_s
            moved_here_s, here = (now_s, number) if number != here else (moved_here_s, here)
            moved_there_s, there = (now_s, frames) if frames != there else (moved_there_s, there)
            self.terminal_s = max(self.terminal_s, now_s - moved_here_s)
            self.partner_s = max(self.partner_s, now_s - moved_there_s)
            await asyncio.sleep(_PAUSE_S)


@contextlib.asynccontextmanager
async def watching(house: House, desk: str = KAYA.desk) -> AsyncIterator[Pulse]:
    """Feels the pulse of a call while the context is open; the app has to live."""
    pulse = Pulse(house, desk)
    task = asyncio.create_task(pulse.run(), name="pulse")
    try:
        yield pulse
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
