"""The command `display`: central turns the screen off and on, or sets its brightness. Everybody in the room sees it."""

import asyncio
from collections.abc import Callable
from typing import Any

import msgspec
from msgspec import Struct

from device.broker.commands import CommandError
from device.hands import Hands
from kiosk.consultation import events, wakefulness
from kiosk.contract.display import Power, Wakefulness
from kiosk.contract.mqtt import AckState, RejectCode
from kiosk.contract.state import State

SEEN_S = 4.0
"""So long it is to be read on the screen that somebody acts from afar."""


class _Arguments(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    power: Power | None = None
    brightness_pct: int | None = None


class Orders:
    """The handler for `device.broker.commands.Commands`."""

    def __init__(self, state: Callable[[], State], dispatch: Callable[[events.Event], None], hands: Hands) -> None:
        self._state = state
        self._dispatch = dispatch
        self._hands = hands

    @property
    def handlers(self) -> dict[str, Callable[[dict[str, Any]], Any]]:
        return {"display": self.display}

    async def display(self, args: dict[str, Any]) -> dict[str, Any]:
        """`power`: `on`, `off` or `auto`; `brightness_pct` within the bounds of the house; at least one of them."""
        wanted = _read(args)
        self._check(wanted)
        is_to_be_dark = wanted.power is Power.OFF
        order = events.DisplayOrdered(power=wanted.power, brightness_pct=wanted.brightness_pct)
        if is_to_be_dark and self._state().display.wakefulness is Wakefulness.ASLEEP:
            self._dispatch(order)  # nobody sees anything, and nothing is lit for it
            return self._result()
        with self._hands.acting("display"):
            if not is_to_be_dark:
                self._dispatch(order)
            await asyncio.sleep(SEEN_S)
        if is_to_be_dark:
            self._check(wanted)  # somebody may have begun in the meantime
            self._dispatch(order)
        return self._result()

    def _check(self, wanted: _Arguments) -> None:
        if wanted.power is Power.OFF and not wakefulness.can_be_turned_off(self._state()):
            raise CommandError(AckState.REJECTED, RejectCode.BUSY_IN_SESSION)

    def _result(self) -> dict[str, Any]:
        return {"state": self._state().display.wakefulness.value}


def _read(args: dict[str, Any]) -> _Arguments:
    try:
        wanted = msgspec.convert(args, _Arguments)
    except msgspec.ValidationError:
        wanted = _Arguments()
    pct = wanted.brightness_pct
    if (wanted.power is None and pct is None) or (pct is not None and not 1 <= pct <= 100):
        raise CommandError(AckState.REJECTED, RejectCode.INVALID)
    return wanted
