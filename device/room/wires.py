"""The wires to the room: shows the room plan on lamps, hears the help button. What fails is a fault, no crash."""

import asyncio
import contextlib
import logging
from collections.abc import Callable
from typing import Any

from device.room.parts import HelpButton, Lamps
from device.room.pins import make_factory
from kiosk.consultation import RoomPlan, Sign
from kiosk.contract import configuration
from kiosk.contract.errors import RoomError

_logger = logging.getLogger(__name__)

_ON = "on"
_BLINK_S = 0.5


class Room:
    """A context manager; use it from the loop's thread."""

    def __init__(
        self,
        wiring: configuration.Room,
        on_help: Callable[[], None],
        on_fault: Callable[[str, bool], None],
    ) -> None:
        """`on_help` and `on_fault` (part, is it faulty) are called on the loop's thread; see `HardwareFault`."""
        self._wiring = wiring
        self._on_fault = on_fault
        loop = asyncio.get_running_loop()

        def pressed() -> None:  # the only thing that gpiozero's thread ever does here
            loop.call_soon_threadsafe(on_help)

        signs = {Sign.FREE: wiring.sign_free, Sign.BUSY: wiring.sign_busy, Sign.WAIT: wiring.sign_wait}
        self._sign = Lamps("door-sign", {sign.value: output for sign, output in signs.items()})
        self._light = Lamps("ceiling-light", {_ON: wiring.ceiling_light})
        self._help_lamp = Lamps("help-lamp", {_ON: wiring.help_lamp})
        self._button = HelpButton(wiring.help_button, pressed)
        self._factory: Any = None
        self._faulty: set[str] = set()
        self._plan: RoomPlan | None = None
        self._is_blinking = False

    @property
    def factory(self) -> Any:
        """The pin factory, for the bench; None when there are no pins."""
        return self._factory

    @property
    def has_help_button(self) -> bool:
        return self._button.is_open

    def __enter__(self) -> "Room":
        self.mend()
        return self

    def __exit__(self, *_: object) -> None:
        for part in self._parts:
            with contextlib.suppress(RoomError):
                part.close()
        if self._factory is not None:
            self._factory.close()

    @property
    def _parts(self) -> tuple[Lamps | HelpButton, ...]:
        return (self._sign, self._light, self._help_lamp, self._button)

    def mend(self) -> None:
        """Try to open what is wired and not open. Call it now and then: a wire may come back."""
        for part in self._parts:
            if part.names and not part.is_open:
                try:
                    self._factory = self._factory or make_factory(self._wiring.pin_factory)
                    part.open(self._factory)
                except RoomError as error:
                    self._note(part.part, error)
                else:
                    self._note(part.part, None)

    def show(self, plan: RoomPlan) -> None:
        """Make the lamps say this; the same again writes nothing."""
        if plan == self._plan:
            return
        self._plan = plan
        if not self._is_blinking:
            self._show_sign()
        self._light_up(self._light, {_ON} if plan.ceiling_light else set())
        self._light_up(self._help_lamp, {_ON} if plan.help_lamp else set())

    async def blink(self, seconds: float) -> None:
        """All lamps of the door sign on and off, so that somebody can tell which room this is."""
        if not self._sign.is_open:
            raise RoomError("door-sign: there is none to blink")
        self._is_blinking = True
        try:
            for step in range(round(seconds / _BLINK_S)):
                self._light_up(self._sign, set() if step % 2 else set(self._sign.names))
                await asyncio.sleep(_BLINK_S)
        finally:
            self._is_blinking = False
            self._show_sign()

    def _show_sign(self) -> None:
        """A sign without a lamp for "please wait" says "in use"."""
        sign = self._plan.sign if self._plan else Sign.FREE
        has_lamp = sign.value in self._sign.names
        self._light_up(self._sign, {Sign.BUSY.value if sign is Sign.WAIT and not has_lamp else sign.value})

    def _light_up(self, lamps: Lamps, lit: set[str]) -> None:
        try:
            lamps.show(lit)
        except RoomError as error:
            with contextlib.suppress(RoomError):
                lamps.close()
            self._note(lamps.part, error)

    def _note(self, part: str, error: RoomError | None) -> None:
        if (error is not None) == (part in self._faulty):
            return
        if error is not None:
            _logger.error("%s", error.detail)
            self._faulty.add(part)
        else:
            _logger.info("%s answers again", part)
            self._faulty.discard(part)
        self._on_fault(part, error is not None)
