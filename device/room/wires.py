"""The wires to the room: shows the room plan on its outputs, hears its inputs. What fails is a fault, no crash."""

import asyncio
import contextlib
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

from device.room import rules
from device.room.diary import Diary
from device.room.inputs import Input, press, report
from device.room.lamps import Lamps
from device.room.levels import lines_of
from device.room.motor import PATIENCE
from device.room.pins import make_factory
from device.room.pulses import Buzzer, Opener
from device.room.rules import Setting
from device.room.shutter import Shutter
from kiosk.consultation import RoomPlan, events
from kiosk.contract import wiring
from kiosk.contract.errors import Reason, RoomError
from kiosk.contract.mqtt import PartState
from kiosk.contract.room import RoomReport, WireLine

_logger = logging.getLogger(__name__)

_BLINK_S = 0.5
_TRIED_S = 0.3

Output = Lamps | Shutter | Buzzer | Opener


class Room:
    """A context manager; use it from the loop's thread."""

    def __init__(
        self,
        room: wiring.Room,
        dispatch: Callable[[events.Event], None],
        make_factory: Callable[[wiring.Room, int], Any] = make_factory,
        diary: Path | None = None,
    ) -> None:
        """`dispatch` gets presses, a `RoomReported` at every change, and a `HardwareFault` for each part.

        `diary` is a file in which sensors' silence outlives the process.
        """
        self._diary = Diary(diary)
        self.wiring = room
        self._make_factory = make_factory
        self._dispatch = dispatch
        self._loop = asyncio.get_running_loop()
        self.outputs: dict[str, Output] = {}
        self.inputs: dict[str, Input] = {}
        for name, part in room.parts.items():
            if isinstance(part, wiring.Input):
                self.inputs[name] = Input(name, part, self._changed, self._note, self._diary)
            else:
                self.outputs[name] = self._output(name, part)
        self._factories: dict[int, Any] = {}
        self._reasons: dict[str, Reason] = {}
        self._plan: RoomPlan | None = None
        self._settings: dict[str, Setting] = {}
        self._report = RoomReport()
        self._has_looked = False
        self._identified: set[str] = set()
        self._is_dark = False
        self._blinking: asyncio.TimerHandle | None = None

    def _output(self, name: str, part: wiring.Outputs) -> Output:
        def failed(error: RoomError) -> None:
            self._fail(name, error)

        match part:
            case wiring.Shutter():
                return Shutter(name, part, self._tell, lambda reason: self._note(name, reason))
            case wiring.Buzzer():
                return Buzzer(name, part, failed)
            case wiring.DoorOpener():
                return Opener(name, part, failed)
            case _:
                return Lamps(name, part)

    @property
    def factory(self) -> Any:
        """The pin factory of the main chip, for the bench; None when there are no pins."""
        return self._factories.get(self.wiring.chip)

    @property
    def states(self) -> dict[str, PartState]:
        """Every part, by name, as it was last set or heard; buttons say only whether they work."""
        return {name: self._part_state(name, part) for name, part in self.wiring.parts.items()}

    @property
    def lines(self) -> tuple[WireLine, ...]:
        """Every line, as it is at this moment."""
        are_open = {name for name, one in {**self.inputs, **self.outputs}.items() if one.is_open}
        return lines_of(self.wiring, self._factories, are_open, self._reasons)

    def _part_state(self, name: str, part: wiring.Parts) -> PartState:
        reason = self._reasons.get(name)
        one = self.inputs.get(name) or self.outputs[name]
        says, levels = "", {}
        if isinstance(one, Input):
            if isinstance(part, wiring.Sensed) and one.is_active is not None:
                says = "active" if one.is_active else "inactive"
        elif isinstance(one, Shutter):
            says = one.position.value
        elif name in self._settings:
            setting = self._settings[name]
            says, levels = setting.word, setting.levels
        return PartState(role=wiring.role(part), says=says, levels=levels, fault=reason.value if reason else "")

    @property
    def report(self) -> RoomReport:
        """What the inputs say now."""
        shutters = [one.position for one in self.outputs.values() if isinstance(one, Shutter)]
        return report(list(self.inputs.values()), shutters)

    @property
    def shutter_s(self) -> float:
        """So long the slowest shutter may be on its way; 0 where there is none."""
        parts = self.wiring.parts.values()
        return max((part.travel_s * PATIENCE for part in parts if isinstance(part, wiring.Shutter)), default=0.0)

    def __enter__(self) -> "Room":
        self.mend()
        return self

    def __exit__(self, *_: object) -> None:
        if self._blinking:
            self._blinking.cancel()
        for one in sorted(self.outputs.values(), key=lambda one: isinstance(one, Shutter)):  # the slow ones last
            with contextlib.suppress(RoomError):
                one.make_safe()
        for part in (*self.inputs.values(), *self.outputs.values()):
            with contextlib.suppress(RoomError):
                part.close()
        self._diary.save(is_urgent=True)
        for factory in self._factories.values():
            factory.close()

    def mend(self) -> None:
        """Opens what is wired and not open, looks at what is. Call it now and then: a wire may come back."""
        broken: dict[int, RoomError] = {}
        for name, one in self.inputs.items():
            self._mend(name, one, broken)
        self._has_looked = True
        self._tell()  # before outputs are opened: what depends on it does not flicker either
        for name, output in self.outputs.items():
            self._mend(name, output, broken)
        self._diary.save()
        self._tell()

    def _mend(self, name: str, part: Input | Output, broken: dict[int, RoomError]) -> None:
        if part.is_open:
            if isinstance(part, Input | Shutter):
                part.mend()
            return
        try:
            part.open(self._factory_of(name, broken))
        except RoomError as error:
            self._note(name, error.reason, error.detail)
        else:
            if not (isinstance(part, Shutter) and part.has_fault):
                self._note(name, None)

    def _factory_of(self, name: str, broken: dict[int, RoomError]) -> Any:
        """A chip that is not there is tried once in a mending."""
        chip = self.wiring.parts[name].chip
        chip = self.wiring.chip if chip is None else chip
        if chip in broken:
            raise broken[chip]
        if chip not in self._factories:
            try:
                self._factories[chip] = self._make_factory(self.wiring, chip)
            except RoomError as error:
                broken[chip] = error
                raise
        return self._factories[chip]

    def show(self, plan: RoomPlan) -> None:
        """Makes the outputs say this; the same again writes nothing. Before they are open: how they shall open."""
        if plan == self._plan:
            return
        self._plan = plan
        before, self._settings = self._settings, rules.settings(self.wiring, plan)
        for name, setting in self._settings.items():
            if setting != before.get(name) and name not in self._identified:
                self._set(name, setting)
        self._blink_on()

    def _set(self, name: str, setting: Setting) -> None:
        output = self.outputs[name]
        try:
            if isinstance(output, Lamps):
                output.show(setting, is_dark=setting.is_blinking and self._is_dark)
            elif not isinstance(output, Opener):
                output.show(setting)
        except RoomError as error:
            self._fail(name, error)

    def _blink_on(self) -> None:
        """While something blinks, every half second."""
        names = [name for name, setting in self._settings.items() if setting.is_blinking]
        if names and self._blinking is None:
            self._blinking = self._loop.call_later(_BLINK_S, self._blink_over)
        elif not names and self._blinking is not None:
            self._blinking.cancel()
            self._blinking, self._is_dark = None, False

    def _blink_over(self) -> None:
        self._blinking, self._is_dark = None, not self._is_dark
        for name, setting in self._settings.items():
            if setting.is_blinking and name not in self._identified:
                self._set(name, setting)
        self._blink_on()

    async def blink(self, seconds: float) -> None:
        """All lamps of the door signs on and off, so that somebody can tell which room this is."""
        signs = [one for one in self.outputs.values() if isinstance(one.part, wiring.DoorSign) and one.is_open]
        if not signs:
            raise RoomError("door-sign: there is none to blink")
        names = {sign.name for sign in signs}
        self._identified |= names
        try:
            for step in range(round(seconds / _BLINK_S)):
                for sign in signs:
                    assert isinstance(sign, Lamps)
                    self._fill(sign, not step % 2)
                await asyncio.sleep(_BLINK_S)
        finally:
            self._identified -= names  # somebody else's blinking may go on; whoever is last leaves it as it was
            for name in names & self._settings.keys():
                self._set(name, self._settings[name])

    async def try_lamps(self) -> tuple[int, tuple[str, ...]]:
        """Each sign, light and help lamp lit for a moment, one after the other, then as before.

        The LED of the camera is not among them: it says what is, and nothing else.

        Returns:
            How many there are, and the names of those that do not answer.
        """
        parts = self.wiring.of(wiring.DoorSign, wiring.Light, wiring.HelpLamp)
        silent = []
        for name in parts:
            one = self.outputs[name]
            assert isinstance(one, Lamps)
            self._identified |= {name}
            try:
                if one.is_open:
                    self._fill(one, True)
                    await asyncio.sleep(_TRIED_S)
            finally:
                self._identified -= {name}
                if name in self._settings and one.is_open:
                    self._set(name, self._settings[name])
            if name in self._reasons or not one.is_open:
                silent.append(name)
        return len(parts), tuple(silent)

    def _fill(self, sign: Lamps, is_lit: bool) -> None:
        try:
            sign.fill(is_lit)
        except RoomError as error:
            self._fail(sign.name, error)

    def _changed(self, one: Input) -> None:
        """An input says something else."""
        if isinstance(one.part, wiring.Pressed):
            if one.is_active:
                self._press(one)
        else:
            self._tell()

    def _press(self, one: Input) -> None:
        if isinstance(one.part, wiring.DoorButton):
            opener = self.outputs[one.part.opener]
            assert isinstance(opener, Opener)
            try:
                is_opening = opener.ask(self._plan.situations if self._plan else ())
            except RoomError as error:
                self._fail(opener.name, error)
            else:
                _logger.info("%s: %s", opener.name, "the door opens" if is_opening else "the door stays shut")
            return
        event = press(one.name, one.part)
        if event is not None:
            self._dispatch(event)

    def _tell(self) -> None:
        """Not before all inputs were looked at: one that is still to be opened is not lost."""
        now = self.report
        if self._has_looked and now != self._report:
            self._report = now
            self._dispatch(events.RoomReported(report=now))

    def _fail(self, name: str, error: RoomError) -> None:
        """It is opened again by the next mending."""
        with contextlib.suppress(RoomError):
            self.outputs[name].close()
        self._note(name, error.reason, error.detail)

    def _note(self, name: str, reason: Reason | None, detail: str = "") -> None:
        """Told when it changes."""
        if reason is self._reasons.get(name):
            return
        if reason is not None:
            _logger.error("%s: %s %s", name, reason.value, detail)
            self._reasons[name] = reason
            self._dispatch(events.HardwareFault(part=name, reason=reason))
        else:
            _logger.info("%s works again", name)
            old = self._reasons.pop(name)
            self._dispatch(events.HardwareFault(part=name, is_faulty=False, reason=old))
        self._tell()
