"""What the central side may have done here, by command. Everybody in the room sees that somebody acts from afar."""

import asyncio
import logging
from collections.abc import Callable
from typing import Any

from device import clock, health
from device.room.wires import Room
from kiosk.consultation import events
from kiosk.contract.errors import RoomError

_logger = logging.getLogger(__name__)

IDENTIFY_S = 10.0


class Remote:
    """The handlers for `device.broker.commands.Commands`."""

    def __init__(self, room: Room, dispatch: Callable[[events.Event], None]) -> None:
        self._room = room
        self._dispatch = dispatch

    @property
    def handlers(self) -> dict[str, Callable[[dict[str, Any]], Any]]:
        return {"identify": self.identify, "ping": self.ping}

    async def ping(self, args: dict[str, Any]) -> dict[str, Any]:
        """Is anybody there?"""
        return {"version": health.version(), "uptime_s": clock.uptime_s()}

    async def identify(self, args: dict[str, Any]) -> dict[str, Any]:
        """Which room is this? The door sign blinks, and the screen says that somebody is looking for it."""
        self._dispatch(events.RemoteHand(command="identify"))
        has_sign = True
        try:
            await self._room.blink(IDENTIFY_S)
        except RoomError as error:
            _logger.warning("%s", error.detail)
            has_sign = False
            await asyncio.sleep(IDENTIFY_S)
        finally:
            self._dispatch(events.RemoteHand(command=""))
        return {"door_sign": has_sign}
