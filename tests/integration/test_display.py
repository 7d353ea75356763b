"""The screen with a real agent, the real app and the wires of the bench: it sleeps, wakes, and a hand in the dark wakes
it only. Central turns it off and on, and everybody sees that."""

import asyncio
import contextlib
import os
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from kiosk.contract import codec
from kiosk.contract.configuration import Display, Ui
from kiosk.contract.display import Power, Rung, Wakefulness
from kiosk.contract.mqtt import Ack, AckState, DisplayState, RejectCode
from kiosk.contract.room import Key
from kiosk.contract.wiring import Presence, StartButton, TactileKey
from provisioning.demo.hands import Hands
from provisioning.demo.lines import LineError, Lines
from provisioning.demo.processes import Program
from tests.fakes import screens
from tests.fakes.agent_house import PINS, AgentHouse, Observer

PRESENCE, START, NEXT, OK = 5, 6, 12, 13
ROOM = replace(
    PINS,
    parts={
        **PINS.parts,
        "presence": Presence(pin=PRESENCE, hold_s=0.0, bounce_time_s=0.0),
        "start": StartButton(pin=START, bounce_time_s=0.0),
        "next": TactileKey(pin=NEXT, key=Key.NEXT, bounce_time_s=0.0),
        "ok": TactileKey(pin=OK, key=Key.OK, bounce_time_s=0.0),
    },
)
AWAKE_S = 1.0


class Desk:
    """The terminal on its table: the glass, the wires, and what central hears."""

    def __init__(self, house: AgentHouse, central: Observer, bench: Lines) -> None:
        self.house = house
        self.central = central
        self.bench = bench
        ui = house.configuration.ui
        assert ui.hands_socket is not None
        self.hands = Hands(ui.hands_socket)

    async def press(self, pin: int) -> None:
        await self.bench.ask(do="press", pin=pin)
        await self.bench.ask(do="release", pin=pin)

    async def until_view(self, view: str, timeout_s: float = 20.0) -> dict[str, Any]:
        async with asyncio.timeout(timeout_s):
            while True:
                with contextlib.suppress(LineError):
                    said = await self.hands._ask(do="state")
                    if said["view"] == view:
                        return said
                await asyncio.sleep(0.01)

    def displays(self) -> list[DisplayState]:
        return [codec.decode(data, DisplayState, "test") for data in self.central.payloads("state", "display")]

    async def order(self, number: str, **args: object) -> Ack:
        """The last word on a `display` command."""
        await self.central.command("display", number, codec.encode({"args": args}))
        open_states = (AckState.ACCEPTED, AckState.RUNNING)
        acks: list[Ack] = await self.central.until(
            lambda: [ack for ack in self.central.acks("display", number) if ack.state not in open_states], timeout_s=20
        )
        return acks[-1]


@contextlib.asynccontextmanager
async def on_its_table(house: AgentHouse, **section: object) -> AsyncIterator[Desk]:
    """Everything runs, and nobody is in the room."""
    run = house.directory / "run"
    house.configure(
        room=replace(ROOM, bench_socket=run / "bench"),
        ui=Ui(is_fullscreen=False, hands_socket=run / "hands"),
        display=Display(**{"rungs": (), **section}),  # type: ignore[arg-type]
    )
    await house.start_broker()
    async with house.observe() as central:
        await house.start_agent()
        await house.supervisor.start(
            Program(
                name="app",
                command=(sys.executable, "-m", "kiosk.ui", str(house.file)),
                environment={"SDL_VIDEODRIVER": "offscreen", "KIVY_HOME": str(run / "kivy")},
            )
        )
        desk = Desk(house, central, house.bench())
        await central.until(lambda: "ready" in central.statuses())
        try:
            yield desk
        finally:
            desk.hands.close()
            desk.bench.close()


SOON = {"dim_after_s": 1, "sleep_after_s": 2, "greeting_s": 600}


async def test_a_touch_in_the_dark_wakes_and_does_nothing_else(house: AgentHouse) -> None:
    """Then the same touch starts. `status` says that the terminal slept."""
    async with on_its_table(house, **SOON) as desk:
        await desk.until_view("idle")
        place = await desk.hands.find("language-tr")
        middle = {"x": place["x"] + place["width"] / 2, "y": place["y"] + place["height"] / 2}
        await desk.until_view("sleep")
        await desk.central.until(lambda: desk.central.statuses()[-1] == "sleeping")
        before = len(desk.central.events())
        started_s = time.monotonic()
        await desk.hands._ask(do="touch", **middle)
        said = await desk.until_view("idle")
        assert time.monotonic() - started_s < AWAKE_S
        assert (said["phase"], said["sheet"]) == ("idle", "none")
        await desk.central.until(lambda: desk.central.statuses()[-1] == "ready")
        assert desk.central.events()[before:] == []
        await desk.hands.touch("language-tr")
        await desk.until_view("today")


async def test_who_comes_in_wakes_it_within_a_second_and_it_stays_awake(house: AgentHouse) -> None:
    """A presence sensor on its wire; nothing is touched."""
    async with on_its_table(house, **SOON) as desk:
        await desk.until_view("sleep")
        started_s = time.monotonic()
        await desk.bench.ask(do="press", pin=PRESENCE)
        await desk.until_view("idle")
        assert time.monotonic() - started_s < AWAKE_S
        with pytest.raises(TimeoutError):
            await desk.until_view("sleep", timeout_s=4)
        await desk.bench.ask(do="release", pin=PRESENCE)
        await desk.until_view("sleep")
        rounds = [Wakefulness.ASLEEP, Wakefulness.AWAKE, Wakefulness.DIMMED, Wakefulness.ASLEEP]
        await desk.central.until(lambda: [one.state for one in desk.displays()][-4:] == rounds)


async def test_the_start_button_and_the_keys_work_through_the_agent(house: AgentHouse) -> None:
    """Start from the dark; next and OK lead back to idle."""
    async with on_its_table(house, **SOON) as desk:
        await desk.until_view("sleep")
        await desk.press(START)
        await desk.until_view("today")
        await desk.press(NEXT)
        async with asyncio.timeout(10):
            while not (await desk.hands.controls())["back"]["has_focus"]:
                pass
        await desk.press(OK)
        await desk.until_view("idle")


async def test_central_turns_the_screen_off_and_everybody_sees_who_does_it(house: AgentHouse) -> None:
    """The screen says so before it goes dark; a touch brings it back."""
    async with on_its_table(house) as desk:
        await desk.until_view("idle")
        app = await house.app()
        off = asyncio.create_task(desk.order("1", power="off"))
        await app.until(lambda state: state.remote_hand == "display")
        assert (await off).result == {"state": "asleep"}
        await desk.until_view("sleep")
        (last,) = desk.displays()[-1:]
        assert (last.state, last.wanted, last.power) == (Wakefulness.ASLEEP, Power.OFF, Rung.BLACK)
        await desk.hands._ask(do="touch", x=400, y=400)
        await desk.until_view("idle")
        await desk.central.until(lambda: desk.displays()[-1].wanted is Power.AUTO)


async def test_the_screen_is_not_turned_off_in_a_visit(house: AgentHouse) -> None:
    """`busy-in-session`; and what is no order is `invalid`."""
    async with on_its_table(house) as desk:
        await desk.press(START)
        await desk.until_view("today")
        ack = await desk.order("1", power="off")
        assert (ack.state, ack.code) == (AckState.REJECTED, RejectCode.BUSY_IN_SESSION)
        wrong: tuple[dict[str, object], ...] = (
            {},
            {"power": "dim"},
            {"brightness_pct": 0},
            {"brightness_pct": "50"},
            {"power": "on", "colour": "red"},
        )
        for number, args in enumerate(wrong, 2):
            ack = await desk.order(str(number), **args)
            assert (ack.state, ack.code) == (AckState.REJECTED, RejectCode.INVALID)


async def test_a_monitor_follows_by_its_own_cable(
    house: AgentHouse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """DDC by a program in ddcutil's place: dark with the screen, and an ordered brightness within the bounds."""
    monkeypatch.setenv("PATH", screens.first_on_path(tmp_path))
    screens.connect(tmp_path)
    monitor = screens.ddcutil(tmp_path)
    async with on_its_table(house, root=tmp_path, rungs=(Rung.DDC,), brightest_pct=90) as desk:
        assert os.environ["PATH"].startswith(str(tmp_path))
        await desk.central.until(lambda: desk.displays() and desk.displays()[-1].power is Rung.DDC)
        assert desk.displays()[-1].screen.startswith("SAM")
        await desk.order("1", brightness_pct=100)
        await desk.central.until(lambda: desk.displays()[-1].brightness_pct == 90)
        assert monitor.read()["pct"] == 90
        await desk.order("2", power="off")
        await desk.central.until(lambda: not desk.displays()[-1].is_lit)
        async with asyncio.timeout(10):
            while monitor.read()["on"]:
                await desk.until_view("sleep")
        await desk.hands._ask(do="touch", x=400, y=400)
        await desk.central.until(lambda: desk.displays()[-1].is_lit)
        assert monitor.read()["on"]
