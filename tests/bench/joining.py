"""How soon the terminal answers: from the touch to a partner's first picture, and to the first sign of a reaction.

Visit after visit to the planned appointment, with a partner who waits at the door as it is meant to be. A picture
counts when it is on the glass, not when it has come. A reaction counts from the finger on the glass (put into Kivy's
input as a panel's are) to the first frame that shows the button held down; it is measured in the call.
"""

import asyncio
import time

from kiosk.contract.media import Lamp
from kiosk.contract.state import Standing
from provisioning.demo.lines import Lines
from provisioning.demo.waiting import PatienceError
from tests.bench import figures
from tests.integration.house import KAYA, NUMBER, House, open_house

_LOOK_S = 0.005
_LIMIT_S = 20.0
_BETWEEN_S = 0.5
_TOUCHED = ("microphone", "microphone", "camera", "camera")


class Visits:
    """Visit after visit; `first_frames_s` and `reactions_ms` grow."""

    def __init__(self, house: House) -> None:
        self._house = house
        socket = house.made.terminal.ui.hands_socket
        assert socket is not None
        self._finger = Lines(socket)
        self.first_frames_s: list[float] = []
        self.reactions_ms: list[float] = []

    async def visit(self) -> None:
        """One, from idle to idle. Raises PatienceError where it does not go on."""
        await self._prepare()
        call = await self._begin()
        for control in _TOUCHED:
            await self._react(control)
        await self._end(call)

    async def _prepare(self) -> None:
        house, hands = self._house, self._house.hands
        await house.sit(KAYA)
        await house.until(lambda: any(one.id == KAYA.desk for one in house.state().waiting), _LIMIT_S, "the partner")
        await hands.touch("language-de")
        await hands.touch(f"join-{NUMBER}")
        await hands.until(phase="preparation")
        await house.until(lambda: house.state().media.camera is Lamp.HERE, _LIMIT_S, "the room's own picture")

    async def _begin(self) -> str:
        """The touch after which there is a picture; returns the partner's call."""
        house = self._house
        call = house.partner(KAYA.desk).call
        touched_s = await house.hands.touch("choose-all")
        while f"{call}/camera" not in (await self._finger.ask(do="state"))["shown"]:
            if time.monotonic() - touched_s > _LIMIT_S:
                raise PatienceError(f"no picture of the partner within {_LIMIT_S:g} s")
            await asyncio.sleep(_LOOK_S)
        self.first_frames_s.append(time.monotonic() - touched_s)
        assert house.partner(KAYA.desk).standing is Standing.ADMITTED
        return call

    async def _react(self, control: str) -> None:
        """One touch in the call, which has to do what it is for."""
        await asyncio.sleep(_BETWEEN_S)
        found = await self._house.hands.find(control)
        before = self._wanted(control)
        place = {"x": found["x"] + found["width"] / 2, "y": found["y"] + found["height"] / 2}
        answer = await self._finger.ask(do="touch", **place)
        await self._house.until(lambda: self._wanted(control) != before, _LIMIT_S, f"an effect of {control}")
        self.reactions_ms.append(answer["reaction_ms"])

    def _wanted(self, control: str) -> bool:
        session = self._house.state().session
        assert session is not None, "the session is gone"
        return session.microphone_wanted if control == "microphone" else session.camera_wanted

    async def _end(self, call: str) -> None:
        """Also of the half minute in which the goodbye stays on the screen: with an agent that knows nothing of it."""
        house = self._house
        await house.hands.touch("end")
        await house.hands.touch("confirm-end")
        await house.hands.until(phase="ended")
        await house.send_home(KAYA.desk)
        await house.end("agent")
        house.state_file.unlink(missing_ok=True)
        await house.revive("agent")
        await house.hands.until(phase="idle")
        await house.until(
            lambda: house.state_file.exists() and bool(house.state().appointments), _LIMIT_S, "the schedule"
        )

    def close(self) -> None:
        self._finger.close()


async def bench(count: int) -> figures.Result:
    """`count` visits in one house."""
    async with open_house("1280x800") as house:
        visits = Visits(house)
        try:
            for number in range(1, count + 1):
                await visits.visit()
                figures.say(f"visit {number} of {count}: picture after {visits.first_frames_s[-1]:.2f} s")
        finally:
            visits.close()
    return {
        "touch_to_first_frame_s": figures.summary(visits.first_frames_s, 3),
        "touch_to_reaction_ms": figures.summary(visits.reactions_ms, 1),
    }


if __name__ == "__main__":
    said = figures.options(__doc__ or "", "n", 20, "how many visits")
    figures.run(lambda: bench(said.n), is_json=said.json)
