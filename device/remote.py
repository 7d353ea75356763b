"""What the central side may have done here, by command. Everybody in the room sees that somebody acts from afar."""

import asyncio
import logging
from collections.abc import Callable, Mapping
from typing import Any

from device import clock
from device.broker.commands import CommandError
from device.hands import Hands
from device.room.wires import Room
from device.self_test import Conductor
from kiosk.consultation import events
from kiosk.contract.errors import RoomError
from kiosk.contract.mqtt import AckState, RejectCode
from kiosk.contract.state import State
from kiosk.runtime.version import version

_logger = logging.getLogger(__name__)

IDENTIFY_S = 10.0


class Remote:
    """The handlers for `device.broker.commands.Commands`."""

    def __init__(
        self,
        room: Room,
        dispatch: Callable[[events.Event], None],
        state: Callable[[], State],
        staff: Mapping[str, str],
        conductor: Conductor,
        hands: Hands,
    ) -> None:
        """`staff`: id to the words for the screen, see `kiosk.contract.configuration.Help`."""
        self._room = room
        self._dispatch = dispatch
        self._state = state
        self._staff = staff
        self._conductor = conductor
        self._hands = hands

    @property
    def handlers(self) -> dict[str, Callable[[dict[str, Any]], Any]]:
        return {
            "help-answer": self.answer_help,
            "help-over": self.end_help,
            "identify": self.identify,
            "ping": self.ping,
            "self-test": self.test,
        }

    async def ping(self, args: dict[str, Any]) -> dict[str, Any]:
        """Is anybody there?"""
        return {"version": version(), "uptime_s": clock.uptime_s()}

    async def answer_help(self, args: dict[str, Any]) -> dict[str, Any]:
        """Somebody is on the way: `{"by": <id of the staff>}`, or nobody in particular. Is that one known here?"""
        by = args.get("by", "")
        if not isinstance(by, str) or self._state().help is None:
            raise CommandError(AckState.REJECTED, RejectCode.INVALID)
        self._dispatch(events.HelpAnswered(who=self._staff.get(by, "")))
        return {"is_known": by in self._staff}

    async def end_help(self, args: dict[str, Any]) -> dict[str, Any]:
        """It is done; of what was asked for unseen, this is the only end."""
        if self._state().help is None:
            raise CommandError(AckState.REJECTED, RejectCode.INVALID)
        self._dispatch(events.HelpEnded())
        return {}

    async def identify(self, args: dict[str, Any]) -> dict[str, Any]:
        """Which room is this? The door sign blinks, and the screen says that somebody is looking for it."""
        has_sign = True
        with self._hands.acting("identify"):
            try:
                await self._room.blink(IDENTIFY_S)
            except RoomError as error:
                _logger.warning("%s", error.detail)
                has_sign = False
                await asyncio.sleep(IDENTIFY_S)
        return {"door_sign": has_sign}

    async def test(self, args: dict[str, Any]) -> dict[str, Any]:
        """A self-test of everything but camera, shutter and microphone: those are nobody's from afar."""
        with self._hands.acting("self-test"):
            report = await self._conductor.from_afar()
        if report is None:
            raise CommandError(AckState.BUSY, RejectCode.BUSY_IN_SESSION)
        return {"results": {result.check.value: result.verdict.value for result in report.results}}
